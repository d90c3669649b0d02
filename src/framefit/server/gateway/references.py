"""Fits the pictures of one request, and says what was done to them and why."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from framefit.checking import forecast
from framefit.errors import FramefitError, InvalidOption
from framefit.fitting import plan_one
from framefit.forecasting.findings import Finding
from framefit.geometry import Size
from framefit.imaging import render
from framefit.options import Options
from framefit.planning import Plan
from framefit.probing import sniff
from framefit.server.envelope import ApiError
from framefit.server.gateway.recognising import Found
from framefit.server.gateway.targets import Aim
from framefit.sources import Source
from framefit.videos.dialects import Upload

_LONGEST_HEADER = 4000
_OF_THE_SERVER = frozenset({"model_retired", "size_not_offered", "seconds_not_offered"})
"""Findings that hold for the server of the rule alone, not for any other with the same model."""

_NAME = "input_reference"


@dataclass(frozen=True, kw_only=True)
class References:
    """The pictures of a request, ready to be sent.

    Args:
        uploads: the pictures, each with the field it stood in.
        canvas: the size they all have; None when nothing was known to fit them to.
        asked: the size that the request itself asks for; None when it asks for none.
        plan: what was done to the first; None when nothing was.
        findings: what the upstream would have done to the first as it came, and what is not known.
        seconds: how long fitting took.
    """

    uploads: list[tuple[str, Upload]] = field(default_factory=list)
    canvas: Size | None = None
    asked: Size | None = None
    plan: Plan | None = None
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0

    def told(self) -> dict[str, Any]:
        """Return what was done, in a few plain values."""
        return {} if self.plan is None else _summary(self.plan)

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers that tell of it."""
        if not self.uploads and not self.findings:
            return []
        told = [(b"x-framefit-findings", _findings(self.findings))]
        if self.plan is not None:
            told.append((b"x-framefit-plan", _compact(self.told())))
            told.append((b"server-timing", f"fit;dur={self.seconds * 1000:.1f}".encode()))
        return told


def fit_references(found: list[Found], aim: Aim, wish: Options) -> References:
    """Fit every picture of a request; blocks, so not for the event loop.

    Args:
        found: the pictures, whose bytes are there.
        aim: what they are fitted to.
        wish: how they are fitted.

    Raises:
        ApiError: 400, a picture cannot be used, or a wish cannot be met.
    """
    pictures = [(one.name, one.data) for one in found if one.data is not None]
    canvas: Size | None = None
    plans: list[Plan] = []
    uploads: list[tuple[str, Upload]] = []
    for name, data in pictures:
        source = Source(name=_NAME, data=data)
        try:
            plan = _planned(source, aim, wish)
            if plan is None:
                uploads.append((name, _as_it_is(data)))
                continue
            fitted = render(plan, source)
        except FramefitError as error:
            raise _refusal(error) from error
        canvas = canvas or fitted.size
        plans.append(plan)
        uploads.append((name, fitted.upload()))
    if not plans:
        return References(uploads=uploads, findings=(unknown_canvas(),) if uploads else ())
    return References(uploads=uploads, canvas=canvas, plan=plans[0], findings=_foreseen(plans[0], aim))


def unknown_canvas() -> Finding:
    """Return the finding for a picture that is passed on as it is, for want of a size."""
    return Finding(
        code="canvas_unknown",
        level="note",
        message="neither the request nor the catalogue says which size the picture must have",
        fix="send 'size', or name the upstream with --server",
        known=False,
    )


def not_fetched(code: str = "reference_not_fetched") -> Finding:
    """Return the finding for a picture that the gateway has not seen."""
    messages = {
        "reference_not_fetched": "the picture is at an address, and this gateway does not fetch addresses",
        "reference_not_seen": "only the upstream can get at the picture, so it was not fitted",
    }
    return Finding(code=code, level="note", message=messages[code], known=False)


def _planned(source: Source, aim: Aim, wish: Options) -> Plan | None:
    if aim.target is None:
        return None
    try:
        return plan_one(source, aim.target, wish)
    except InvalidOption:
        if aim.target.size is None:
            return None  # a model of the catalogue whose sizes nobody knows
        raise


def _as_it_is(data: bytes) -> Upload:
    kind = sniff(data[:32], _NAME)
    return f"{_NAME}.{'jpg' if kind == 'jpeg' else kind}", data, f"image/{kind}"


def _foreseen(plan: Plan, aim: Aim) -> tuple[Finding, ...]:
    if plan.target.rule is None:
        return ()
    found = forecast(plan.info, plan.target).findings
    return tuple(one for one in found if aim.certain or one.code not in _OF_THE_SERVER)


def _refusal(error: FramefitError) -> ApiError:
    details = [
        f"{word}: {value}" for word, value in (("seen", error.seen), ("wanted", error.wanted)) if value
    ]
    message = f"{error.message} ({'; '.join(details)})." if details else f"{error.message}."
    return ApiError(400, message, code=error.code, param=_NAME)


def _summary(plan: Plan) -> dict[str, Any]:
    return {
        "mode": plan.mode,
        "share_lost": round(plan.placement.share_lost, 4),
        "was": str(plan.info.size),
        "now": str(plan.canvas),
        "action": plan.action,
        "format": plan.format,
    }


def _findings(findings: tuple[Finding, ...]) -> bytes:
    told = [{"code": one.code, "level": one.level, "message": one.message} for one in findings]
    whole = _compact(told)
    if len(whole) <= _LONGEST_HEADER:
        return whole
    return _compact([{"code": one["code"], "level": one["level"]} for one in told])


def _compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii")
