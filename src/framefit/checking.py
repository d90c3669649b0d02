"""check(): what a server would say to a picture as it is, from its header alone."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

from framefit.catalog import Rule
from framefit.errors import (
    InvalidOption,
    NotAPicture,
    PictureBroken,
    PictureEmpty,
    PictureError,
    PictureTooLarge,
)
from framefit.focus import can_find_faces, find_faces, glimpse
from framefit.geometry import Size
from framefit.options import Options
from framefit.planning import Target, canvas_for, decide, read_target
from framefit.probing import PictureInfo, probe
from framefit.sources import PictureSource, Source

Level = Literal["reject", "change", "note"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing a server would do to a request, or that is worth knowing before it is sent.

    Args:
        code: stable name of the kind of finding.
        level: ``reject`` when the request would fail, ``change`` when the picture would be altered
            without a word, ``note`` for the rest.
        message: one sentence; the server's own words where they are known.
        seen: the value found.
        wanted: the value that would have been accepted.
        fix: the command or flag that mends it.
        source: where the rule is written.
    """

    code: str
    level: Level
    message: str
    seen: str | None = None
    wanted: str | None = None
    fix: str | None = None
    source: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What a server would do with a picture as it is.

    Args:
        name: what the picture is called.
        rule: the rule it was checked against.
        canvas: the size the request would ask for; None when it could not be decided.
        findings: everything found, the gravest first.
        info: the facts of the picture; None when it cannot be read as one.
    """

    name: str
    rule: Rule
    canvas: Size | None
    findings: tuple[Finding, ...]
    info: PictureInfo | None = None

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
    target = read_target(size=size, model=model, server=server, seconds=seconds)
    rule = _rule(target)
    try:
        source = Source.of(source)
        info = probe(source)
    except (NotAPicture, PictureBroken, PictureEmpty) as error:
        name = source.name if isinstance(source, Source) else "picture"
        findings = (_unusable(error, rule), *_about_the_request(target, today or date.today()))
        return Forecast(name=name, rule=rule, canvas=target.size, findings=findings)
    expected = forecast(info, target, today=today)
    if rule.faces != "rejected" or faces is False:
        return expected
    face_file = None if face_model is None else Path(face_model)
    if faces is None and face_file is None and not can_find_faces():
        return expected
    return replace(
        expected, findings=_gravest_first(*expected.findings, *_about_faces(source, info, rule, face_file))
    )


def forecast(info: PictureInfo, target: Target, *, today: date | None = None) -> Forecast:
    """Forecast what a server would do with a picture whose facts are known.

    Args:
        info: the facts of the picture.
        target: the rule, and the size and seconds the request would ask for.
        today: the day to judge end dates by; None is today.

    Raises:
        InvalidOption: the target has no rule.
    """
    rule = _rule(target)
    canvas = target.size or _expected_canvas(info, target)
    findings = _gravest_first(
        *_about_the_request(target, today or date.today()),
        *_about_the_file(info, rule),
        *_about_the_shape(info, rule, canvas),
    )
    return Forecast(name=info.name, rule=rule, canvas=canvas, findings=findings, info=info)


def _gravest_first(*findings: Finding) -> tuple[Finding, ...]:
    order = {"reject": 0, "change": 1, "note": 2}
    return tuple(sorted(findings, key=lambda finding: order[finding.level]))


def _rule(target: Target) -> Rule:
    if target.rule is None:
        raise InvalidOption("a forecast needs a model", wanted="a model", fix="--model NAME")
    return target.rule


def _expected_canvas(info: PictureInfo, target: Target) -> Size | None:
    rule = _rule(target)
    if info.stored_size in rule.sizes:
        return info.stored_size
    return canvas_for(info.size, target, Options()) if rule.sizes else None


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


def _about_the_request(target: Target, today: date) -> Iterator[Finding]:
    rule = _rule(target)
    if rule.has_ended(today):
        yield Finding(
            code="model_retired",
            level="reject",
            message=f"{rule.key} ended on {rule.ended_on}" if rule.ended_on else f"{rule.key} has ended",
            seen=rule.model,
            wanted="a model that is live",
            fix="framefit models --live",
            source=rule.sources[0],
        )
    if target.size is not None and rule.sizes and target.size not in rule.sizes:
        from framefit.planning import size_not_offered

        error = size_not_offered(rule, target.size)
        yield Finding(
            code="size_not_offered",
            level="reject",
            message=error.message,
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


def _nearest_seconds(rule: Rule, asked: str) -> int:
    try:
        number = float(asked)
    except ValueError:
        return rule.default_seconds or rule.seconds[0]
    return min(rule.seconds, key=lambda offered: abs(offered - number))


def _about_the_file(info: PictureInfo, rule: Rule) -> Iterator[Finding]:
    if rule.formats and info.format is not None and info.format not in rule.formats:
        yield Finding(
            code="format_not_allowed",
            level="reject",
            message=f"{rule.key} does not take {info.format} files",
            seen=info.format,
            wanted=", ".join(rule.formats),
            fix=_fit(info, "--format jpeg"),
            source=rule.sources[0],
        )
    if rule.max_bytes is not None and info.byte_count is not None and info.byte_count > rule.max_bytes:
        yield Finding(
            code="too_many_bytes",
            level="reject",
            message=f"the file is larger than {rule.key} takes",
            seen=f"{info.byte_count} bytes",
            wanted=f"at most {rule.max_bytes} bytes",
            fix=_fit(info, f"--max-bytes {rule.max_bytes}"),
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
            fix=_fit(info),
            source=rule.sources[0],
        )
    if info.alpha and rule.alpha != "flattened":
        known = rule.alpha in ("dropped", "rejected")
        yield Finding(
            code="has_transparency",
            level="change" if known else "note",
            message="the picture has transparency, which the server drops"
            if known
            else "the picture has transparency; what the server makes of it is not known",
            seen=info.mode,
            wanted="an opaque picture",
            fix=_fit(info, "--backdrop white"),
            source=rule.sources[0],
        )


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


def _fit(info: PictureInfo, *flags: str) -> str:
    """Return the command that mends a picture."""
    return " ".join(["framefit fit", shlex.quote(info.name), *flags])


def _about_the_shape(info: PictureInfo, rule: Rule, canvas: Size | None) -> Iterator[Finding]:
    if canvas is None:
        yield Finding(
            code="canvas_unknown",
            level="note",
            message=f"which sizes {rule.key} renders is not known",
            seen=str(info.stored_size),
            source=rule.sources[0],
        )
        return
    if info.stored_size == canvas or (rule.sizes and canvas not in rule.sizes):
        return
    if rule.mismatch == "reject":
        status = f" (HTTP {rule.error_status})" if rule.error_status else ""
        message = f"{rule.error_text or 'the server refuses a picture of another size'}{status}"
    elif rule.mismatch == "unknown":
        message = f"what {rule.key} does with a picture of another size is not known"
    else:
        message = f"the server alters the picture: {rule.mismatch}"
    yield Finding(
        code="size_mismatch",
        level="reject" if rule.mismatch == "reject" else "note" if rule.mismatch == "unknown" else "change",
        message=message,
        seen=str(info.stored_size),
        wanted=str(canvas),
        fix=_fit(info, f"--size {canvas}"),
        source=rule.sources[0],
    )
