"""Turns a focus that is a wish into a point of the picture, and says why that one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from framefit.errors import PictureBroken
from framefit.focus.attention import attention_point, can_attend, require_attention
from framefit.focus.faces import Faces, can_find_faces, find_faces
from framefit.focus.glimpse import glimpse, reduced, shrink_to_look
from framefit.focus.heads import best_view
from framefit.focus.opencv import require_opencv
from framefit.geometry import Box, Focus, Size
from framefit.imaging.partial import decode_part, plan_part
from framefit.options import FocusWish
from framefit.planning import Plan
from framefit.sources import Source

if TYPE_CHECKING:
    from PIL.Image import Image

_ROUNDING = 1e-3  # source pixels
_UNSEEN = "center: nothing is cut away, so nothing was looked for"


@dataclass(frozen=True, kw_only=True)
class Found:
    """A focus found in a picture.

    Args:
        focus: the point to keep; None is the middle.
        reason: what was used and why, in a few words that begin with ``face``, ``attention`` or ``center``.
    """

    focus: Focus | None
    reason: str


def resolve(source: Source, plan: Plan, wish: FocusWish) -> Found:
    """Find the focus of a picture.

    Args:
        source: the picture.
        plan: its plan with the focus in the middle, for the crop and how much will be kept.
        wish: ``face``; ``attention``; or ``auto``: a face, else what draws the eye, else the middle,
            as far as the extras for it are installed.

    Returns:
        The focus, in fractions of what is there of a file cut short, where that is allowed. The picture is
        not looked at where nothing is cut away.

    Raises:
        MissingExtra: the extra for ``face``, ``attention`` or a face model is not installed.
        InvalidOption: the face model cannot be read.
        PictureBroken: the picture is truncated or damaged.
    """
    faces_wanted = wish == "face" or (wish == "auto" and plan.options.face_model is not None)
    if faces_wanted:
        require_opencv()
    if wish == "attention":
        require_attention()
    if not _loses(plan) and not plan.options.allow_truncated:
        return Found(focus=None, reason=_UNSEEN)
    by_face, by_attention = (
        wish != "attention" and (faces_wanted or can_find_faces()),
        wish != "face" and can_attend(),
    )
    if not by_face and not by_attention:
        return Found(
            focus=None, reason="center: neither framefit[faces] nor framefit[attention] is installed"
        )
    image, plan = _seen(source, plan)
    if not _loses(plan):
        return Found(focus=None, reason=_UNSEEN)
    part, kept = plan.options.crop.box(plan.info.size), plan.placement.source
    window = kept.width * image.width / part.width, kept.height * image.height / part.height
    misses = [] if by_face or wish != "auto" else ["framefit[faces] is not installed"]
    if by_face:
        faces = find_faces(image, model=plan.options.face_model)
        if faces.boxes:
            return _on_faces(faces, image, window, part, plan.info.size)
        misses.append(str(faces))
    if by_attention:
        point = attention_point(image, window)
        return Found(
            focus=_focus(point, image, part, plan.info.size), reason=": ".join(["attention", *misses])
        )
    misses += ["framefit[attention] is not installed"] if wish == "auto" else []
    return Found(focus=None, reason=f"center: {', and '.join(misses)}")


def _loses(plan: Plan) -> bool:
    part, kept = plan.options.crop.box(plan.info.size), plan.placement.source
    return plan.mode == "cover" and max(part.width - kept.width, part.height - kept.height) >= _ROUNDING


def _seen(source: Source, plan: Plan) -> tuple[Image, Plan]:
    """Return the small copy, with the plan for what it shows: of a file cut short, what is there."""
    try:
        return glimpse(source, plan), plan
    except PictureBroken:
        allowed = plan.options.allow_truncated
        part = decode_part(source, plan, shrink=shrink_to_look(plan)) if allowed else None
        if part is None:
            raise
    plan = plan_part(plan, part)
    return reduced(part.frame, plan), plan


def _on_faces(faces: Faces, image: Image, window: tuple[float, float], part: Box, upright: Size) -> Found:
    view = best_view(faces.boxes, window, Size(*image.size))
    lost = len(faces.boxes) - view.whole_heads
    reason = f"face: {faces}"
    if lost:
        reason += (
            f", {lost} of them not whole on the canvas"
            if len(faces.boxes) > 1
            else ", larger than the canvas"
        )
    return Found(focus=_focus((view.x, view.y), image, part, upright), reason=reason)


def _focus(point: tuple[float, float], image: Image, part: Box, upright: Size) -> Focus:
    """Turn a point of the small copy of a part into fractions of the whole picture."""
    x = (part.left + point[0] / image.width * part.width) / upright.width
    y = (part.top + point[1] / image.height * part.height) / upright.height
    return Focus(min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0))
