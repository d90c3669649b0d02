"""What a server makes of the shape of a picture, in words."""

from __future__ import annotations

from collections.abc import Iterator

from framefit.canvases.refusing import limits
from framefit.catalog import Rule
from framefit.forecasting.findings import Finding, Level, fit_command
from framefit.forecasting.outcomes import Outcome, seen_size
from framefit.geometry import Size
from framefit.probing import PictureInfo


def about_the_limits(info: PictureInfo, rule: Rule) -> Iterator[Finding]:
    """Yield what is beyond the limits of side and ratio."""
    if rule.outside == "accept":
        return
    seen = seen_size(info, rule)
    low, high = rule.ratio_min, rule.ratio_max
    sides = limits(rule)
    checks = (
        ("side_too_small", rule.min_side is not None and min(seen) < rule.min_side, f"{seen}", sides),
        ("side_too_large", rule.max_side is not None and max(seen) > rule.max_side, f"{seen}", sides),
        (
            "ratio_out_of_range",
            not (low or 0) <= seen.ratio <= (high or seen.ratio),
            f"width / height {seen.ratio:.3f}",
            sides,
        ),
    )
    for code, beyond, found, wanted in checks:
        if beyond:
            yield Finding(
                code=code,
                level="reject",
                message=f"the picture lies outside the limits of {rule.key}; {_answer(rule)}",
                seen=found,
                wanted=wanted,
                fix=fit_command(info, rule, None),
                source=rule.sources[0],
            )


def _answer(rule: Rule) -> str:
    """Return how the server answers a picture beyond its limits, as far as that is known."""
    words = f": {rule.error_text}" if rule.error_when == "limits" and rule.error_text else ""
    if rule.outside == "fail":
        return f"the job is accepted and fails later{words}"
    if rule.outside == "reject":
        return f"it is refused{words}{status(rule)}"
    return "what it answers is not known"


def status(rule: Rule) -> str:
    """Return the HTTP status of a rejection in brackets, or nothing."""
    return f" (HTTP {rule.error_status})" if rule.error_status else ""


def about_the_shape(info: PictureInfo, rule: Rule, asked: Size | None, result: Outcome) -> Iterator[Finding]:
    """Yield what becomes of the shape of a picture.

    Args:
        info: the facts of the picture.
        rule: the rule of the model on the server.
        asked: the size in the request.
        result: what `outcome` told.
    """
    if result.canvas is None and result.kind == "unknown":
        yield Finding(
            code="canvas_unknown",
            level="note",
            message=f"which sizes {rule.key} renders is not known",
            seen=str(info.stored_size),
            source=rule.sources[0],
            known=False,
        )
        return
    said = _said(info, rule, asked, result)
    if said is None:
        return
    code, level, message = said
    wanted = result.canvas or result.video
    yield Finding(
        code=code,
        level=level,
        message=message,
        seen=str(seen_size(info, rule)),
        wanted=str(wanted) if wanted else None,
        fix=None if level == "note" and result.kind != "unknown" else fit_command(info, rule, wanted),
        source=rule.sources[0],
        known=result.kind != "unknown",
    )


def _said(
    info: PictureInfo, rule: Rule, asked: Size | None, result: Outcome
) -> tuple[str, Level, str] | None:
    """Return code, level and sentence for an outcome; None when nothing happens to the picture."""
    video = result.video
    if result.kind == "reject":
        words = rule.error_text if rule.error_when in ("mismatch", "ratio") and rule.error_text else None
        refused = "the server refuses a picture of another size"
        return "size_mismatch", "reject", f"{words or refused}{status(rule)}"
    if result.kind == "unknown":
        message = f"what {rule.key} does with a picture of another size is not known"
        return "size_mismatch", "note", message
    if result.kind == "stretch":
        return (
            "size_mismatch",
            "change",
            f"the server stretches the picture to {video}: {faces(result.wider)}",
        )
    if result.kind == "crop":
        return (
            "size_mismatch",
            "change",
            f"the server cuts {result.lost:.1%} of the picture away: {_kept(result)}",
        )
    if result.kind == "pad":
        return "size_mismatch", "change", f"the server fills the picture up to {video} with bars"
    if result.kind == "derive":
        becomes = f"the video will be {video}" if video else "the video takes the shape of the picture"
        code = "size_mismatch" if rule.mismatch == "ignore" else "size_ignored"
        return code, "change", f"{rule.key} does not render the size asked for: {becomes}"
    if result.kind == "scale":
        return "picture_scaled", "note", f"the server scales the picture{_to(video)}; its shape is kept"
    if asked is None and rule.kind in ("derived", "bounds") and info.stored_size != video:
        becomes = f", {video}" if video else ""
        return "size_follows_picture", "note", f"the video takes the shape of the picture{becomes}"
    return None


def faces(wider: float) -> str:
    """Return what a stretch does to things, in words."""
    if wider >= 1:
        return f"faces {wider:.2f} times wider"
    return f"faces {1 / wider:.2f} times narrower"


def _kept(result: Outcome) -> str:
    if result.box is None:
        return "where it cuts is not known"
    box = result.box
    return f"it keeps {box.width:g}x{box.height:g} at {box.left:g},{box.top:g}"


def _to(video: Size | None) -> str:
    return f" to {video}" if video else ""
