"""check(): what a server would say to a picture as it is, from its header alone."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from framefit.canvases import refusal
from framefit.catalog import Catalog, Rule, read_catalog
from framefit.errors import (
    InvalidOption,
    NotAPicture,
    PictureBroken,
    PictureEmpty,
    PictureError,
    PictureTooLarge,
)
from framefit.focus import can_find_faces, find_faces, glimpse
from framefit.forecasting.alternatives import alternatives
from framefit.forecasting.findings import GRAVITY, Finding, Level, fit_command, model_flags, said_on
from framefit.forecasting.outcomes import Outcome, outcome
from framefit.forecasting.shape import about_the_limits, about_the_shape, status
from framefit.geometry import Size
from framefit.options import Options
from framefit.planning import Target, decide, read_target
from framefit.probing import PictureInfo, probe
from framefit.sources import PictureSource, Source

__all__ = ["Finding", "Forecast", "Level", "check", "forecast"]


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What a server would do with a picture as it is.

    Args:
        name: what the picture is called.
        rule: the rule it was checked against.
        canvas: the size the request would ask for; None when it could not be decided.
        findings: everything found, the gravest first.
        info: the facts of the picture; None when it cannot be read as one.
        outcome: what becomes of the picture's shape; None when it cannot be read as one.
    """

    name: str
    rule: Rule
    canvas: Size | None
    findings: tuple[Finding, ...]
    info: PictureInfo | None = None
    outcome: Outcome | None = None

    @property
    def verdict(self) -> str:
        """The forecast in one word.

        ``reject``; ``stretch``, ``crop``, ``pad``, ``derive`` (the size is ignored) or ``change`` for
        what alters the picture; ``unknown``; or ``pass``.
        """
        levels = {finding.level for finding in self.findings}
        if "reject" in levels:
            return "reject"
        kind = self.outcome.kind if self.outcome else "unknown"
        if "change" in levels:
            return kind if kind in ("stretch", "crop", "pad", "derive") else "change"
        return "unknown" if kind == "unknown" or "unknown" in levels else "pass"

    @property
    def ok(self) -> bool:
        """Whether the server would take the picture and use it unaltered."""
        return all(finding.level == "note" for finding in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """Return the forecast as plain values for JSON."""
        return {
            "picture": self.name,
            "model": self.rule.model,
            "server": self.rule.server,
            "canvas": str(self.canvas) if self.canvas else None,
            "ok": self.ok,
            "verdict": self.verdict,
            "outcome": self.outcome.as_dict() if self.outcome else None,
            "findings": [finding.as_dict() for finding in self.findings],
        }


def check(
    source: PictureSource,
    *,
    model: str,
    server: str | None = None,
    size: str | tuple[int, int] | None = None,
    seconds: str | int | None = None,
    today: date | None = None,
    catalog: str | Path | Catalog | None = None,
    strict: bool = False,
    faces: bool | None = None,
    face_model: str | Path | None = None,
) -> Forecast:
    """Forecast what a server would do with a picture as it is, without sending anything.

    Only the header is read: a file cut short after its header is found by `fit`, not here. Faces are the
    exception: where the rule refuses pictures of people, the picture is decoded small to look for them.

    Args:
        source: a path, bytes, a binary file object, a PIL image or a NumPy array.
        model: a model of the catalogue.
        server: the server it runs on; None takes the first where it is live.
        size: the size the request would ask for; None or ``"auto"`` takes the picture's own size
            where the model has it, else the one that loses least.
        seconds: the length the request would ask for.
        today: the day to judge end dates by; None is today.
        catalog: a catalogue, or a catalogue file whose entries come over the built-in ones.
        strict: whether what is not known, and may decide about this request, counts against the picture.
        faces: whether to look for faces where the rule refuses them; None looks if the extra ``faces``
            is installed.
        face_model: a YuNet ONNX file to find faces with; None takes what is installed.

    Returns:
        The forecast. A file that is no picture is a finding, not an error.

    Raises:
        UnknownModel, UnknownServer, InvalidSize: there is nothing to check against.
        PictureNotFound, PictureIsFolder, PictureUnreadable: there is no file to check.
        MissingExtra: faces were to be looked for, and the extra ``faces`` is not installed.
    """
    rules = read_catalog(catalog)
    target = read_target(size=size, model=model, server=server, seconds=seconds, catalog=rules)
    rule = _rule(target)
    try:
        source = Source.of(source)
        info = probe(source)
    except (NotAPicture, PictureBroken, PictureEmpty) as error:
        name = source.name if isinstance(source, Source) else _name_of(source)
        findings = (_unusable(error, rule), *_about_the_request(target, today or date.today(), rules))
        return Forecast(name=name, rule=rule, canvas=target.size, findings=_dated(findings, rule))
    expected = forecast(info, target, today=today, catalog=rules, strict=strict)
    if rule.faces != "rejected" or faces is False:
        return expected
    face_file = None if face_model is None else Path(face_model)
    if faces is None and face_file is None and not can_find_faces():
        return expected
    seen = _dated(_about_faces(source, info, rule, face_file), rule)
    return replace(expected, findings=_gravest_first((*expected.findings, *seen)))


def forecast(
    info: PictureInfo,
    target: Target,
    *,
    today: date | None = None,
    catalog: Catalog | None = None,
    strict: bool = False,
) -> Forecast:
    """Forecast what a server would do with a picture whose facts are known.

    Args:
        info: the facts of the picture.
        target: the rule, and the size and seconds the request would ask for.
        today: the day to judge end dates by; None is today.
        catalog: where alternatives to a retired model, and limits to compare with, are looked for; None
            is the usual catalogue.
        strict: whether what is not known, and may decide about this request, counts against the picture.

    Raises:
        InvalidOption: the target has no rule.
    """
    rule, known = _rule(target), catalog or read_catalog(None)
    offered = target.size is None or refusal(rule, target.size) is None
    result = outcome(info, rule, target.size)
    findings = [
        *_about_the_request(target, today or date.today(), known),
        *_about_the_file(info, rule, result.canvas if offered else None),
        *about_the_limits(info, rule),
        *(about_the_shape(info, rule, target.size, result) if offered else ()),
    ]
    if strict:
        from framefit.forecasting.strictness import strictly

        findings = strictly(findings, info, target, known)
    return Forecast(
        name=info.name,
        rule=rule,
        canvas=target.size or result.canvas,
        findings=_gravest_first(_dated(findings, rule)),
        info=info,
        outcome=result,
    )


def _gravest_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: GRAVITY[finding.level]))


def _dated(findings: Iterable[Finding], rule: Rule) -> tuple[Finding, ...]:
    return tuple(replace(finding, checked_on=said_on(rule)) for finding in findings)


def _name_of(source: PictureSource) -> str:
    return Path(source).name if isinstance(source, str | os.PathLike) else "picture"


def _rule(target: Target) -> Rule:
    if target.rule is None:
        raise InvalidOption("a forecast needs a model", wanted="a model", fix="--model NAME")
    return target.rule


def _unusable(error: PictureError, rule: Rule) -> Finding:
    return Finding(
        code=error.code,
        level="reject",
        message=error.message,
        seen=error.seen,
        wanted=", ".join(rule.formats) or error.wanted,
        fix=error.fix,
        source=rule.sources[0],
    )


def _about_the_request(target: Target, today: date, catalog: Catalog) -> Iterator[Finding]:
    rule = _rule(target)
    if rule.has_ended(today):
        yield _retired(rule, target, today, catalog)
    error = refusal(rule, target.size) if target.size is not None else None
    if error is not None:
        words = f": {rule.error_text}{status(rule)}" if rule.error_when == "grid" and rule.error_text else ""
        yield Finding(
            code="size_not_offered",
            level="reject",
            message=f"{error.message}{words}",
            seen=error.seen,
            wanted=error.wanted,
            fix=error.fix,
            source=rule.sources[0],
        )
    if target.seconds is not None and rule.seconds and target.seconds not in map(str, rule.seconds):
        offered = ", ".join(map(str, rule.seconds))
        yield Finding(
            code="seconds_not_offered",
            level="reject",
            message=f"{rule.key} does not render {target.seconds} seconds",
            seen=target.seconds,
            wanted=offered,
            fix=f"--seconds {_nearest_seconds(rule, target.seconds)}",
            source=rule.sources[0],
        )


def _retired(rule: Rule, target: Target, today: date, catalog: Catalog) -> Finding:
    """Return the finding for a model that has ended, with live models that take the same size."""
    others = alternatives(catalog, rule, target.size, today)
    names = ", ".join(other.key for other in others[:5])
    ended = f"{rule.key} ended on {rule.ended_on}" if rule.ended_on else f"{rule.key} has ended"
    successors = f"; its maker names {', '.join(rule.replaced_by)} instead" if rule.replaced_by else ""
    return Finding(
        code="model_retired",
        level="reject",
        message=ended + successors,
        seen=rule.model,
        wanted=f"a model that is live, for instance {names}" if names else "a model that is live",
        fix=model_flags(others[0]) if others else "framefit models --live",
        source=rule.sources[0],
    )


def _nearest_seconds(rule: Rule, asked: str) -> int:
    try:
        number = float(asked)
    except ValueError:
        return rule.default_seconds or rule.seconds[0]
    return min(rule.seconds, key=lambda offered: abs(offered - number))


def _about_the_file(info: PictureInfo, rule: Rule, size: Size | None) -> Iterator[Finding]:
    if rule.formats and info.format is not None and info.format not in rule.formats:
        yield Finding(
            code="format_not_allowed",
            level="reject",
            message=f"{rule.key} does not take {info.format} files",
            seen=info.format,
            wanted=", ".join(rule.formats),
            fix=fit_command(info, rule, size, "--format jpeg"),
            source=rule.sources[0],
        )
    if rule.max_bytes is not None and info.byte_count is not None and info.byte_count > rule.max_bytes:
        yield Finding(
            code="too_many_bytes",
            level="reject",
            message=f"the file is larger than {rule.key} takes",
            seen=f"{info.byte_count} bytes",
            wanted=f"at most {rule.max_bytes} bytes",
            fix=fit_command(info, rule, size, f"--max-bytes {rule.max_bytes}"),
            source=rule.sources[0],
        )
    if info.orientation != 1 and rule.exif != "applied":
        ignored = rule.exif == "ignored"
        yield Finding(
            code="stored_turned",
            level="change" if ignored else "note",
            message="the picture is stored turned, and the server uses it as stored"
            if ignored
            else "the picture is stored turned; whether the server turns it upright is not known",
            seen=f"{info.stored_size} with EXIF orientation {info.orientation}",
            wanted=f"{info.size}, upright",
            fix=fit_command(info, rule, size),
            source=rule.sources[0],
            known=ignored,
        )
    if info.alpha and rule.alpha != "flattened":
        yield Finding(
            code="has_transparency",
            level=_ALPHA[rule.alpha][0],
            message=f"the picture has transparency{_ALPHA[rule.alpha][1]}",
            seen=info.mode,
            wanted="an opaque picture",
            fix=fit_command(info, rule, size, "--backdrop white"),
            source=rule.sources[0],
            known=rule.alpha != "unknown",
        )


_ALPHA: dict[str, tuple[Level, str]] = {
    "dropped": ("change", ", which the server drops: what lies under it shows, often black"),
    "rejected": ("reject", ", which the server refuses"),
    "unknown": ("note", "; what the server makes of it is not known"),
}
"""Level and words for a picture with transparency, by what the rule says of it."""


def _about_faces(source: Source, info: PictureInfo, rule: Rule, model: Path | None) -> Iterator[Finding]:
    try:
        # A plan for any canvas will do: its crop and its limits are what counts here.
        image = glimpse(source, decide(info, Target(size=Size(64, 64)), Options()))
    except PictureBroken as error:
        yield _unusable(error, rule)
        return
    except PictureTooLarge as error:
        yield Finding(
            code="faces_unknown",
            level="note",
            message=f"{rule.key} refuses pictures of people, and this one is too large to look for faces",
            seen=error.seen,
            wanted=error.wanted,
            source=rule.sources[0],
        )
        return
    found = find_faces(image, model=model)
    if found.boxes:
        yield Finding(
            code="faces_refused",
            level="note",
            message=f"{rule.key} refuses pictures of people, and will probably refuse this one",
            seen=str(found),
            wanted="a picture without a clear face, a generated character, or a stylised picture",
            fix="use another picture",
            source=rule.sources[0],
        )
