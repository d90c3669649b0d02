"""What a server makes of the shape of a picture as it is, from sizes alone."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from framefit.canvases import refusal, video_size
from framefit.canvases.listed import best_of
from framefit.catalog import Rule
from framefit.geometry import Box, Size, cover_loss, place
from framefit.probing import PictureInfo

Kind = Literal["pass", "scale", "reject", "stretch", "crop", "pad", "derive", "unknown"]

_SAME_SHAPE = 0.005
"""Losses and stretches below this share are rounding to a step, not a change anyone sees."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What becomes of the shape of a picture.

    Args:
        kind: ``pass`` nothing; ``scale`` made larger or smaller; ``reject``, ``stretch``, ``crop``,
            ``pad`` as they say; ``derive`` the size asked for is ignored; ``unknown``.
        canvas: the size the request asks for or the server takes by default; None when not known.
        video: the size the video will have; None when it is not known.
        wider: how many times wider things become than they are; 1.0 keeps the shape.
        lost: the share of the picture that is cut away, 0 to 1.
        box: the part that is kept, in pixels of the picture as the server sees it; None when nothing
            is cut, or where is not known.
    """

    kind: Kind
    canvas: Size | None = None
    video: Size | None = None
    wider: float = 1.0
    lost: float = 0.0
    box: Box | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the outcome as plain values for JSON; the box is left, top, right, bottom."""
        return {
            **asdict(self),
            "canvas": str(self.canvas) if self.canvas else None,
            "video": str(self.video) if self.video else None,
            "wider": round(self.wider, 4),
            "lost": round(self.lost, 6),
            "box": [round(edge, 2) for edge in self.box] if self.box else None,
        }


def seen_size(info: PictureInfo, rule: Rule) -> Size:
    """Return the size of the picture as the server sees it.

    A server that is not known to turn pictures by their EXIF orientation is taken to see them as
    they are stored.
    """
    return info.size if rule.exif == "applied" else info.stored_size


def outcome(info: PictureInfo, rule: Rule, asked: Size | None) -> Outcome:
    """Tell what the server makes of a picture's shape.

    Args:
        info: the facts of the picture.
        rule: the rule of the model on the server.
        asked: the size in the request; None leaves it out.
    """
    seen = seen_size(info, rule)
    if asked is not None and refusal(rule, asked) is not None:
        return Outcome(kind="reject", canvas=asked)
    if rule.kind == "derived" or rule.mismatch == "derive":
        return _followed(rule, seen, asked)
    canvas = asked or _default_canvas(info, rule, seen)
    if canvas is None:
        free = rule.kind == "bounds" and rule.mismatch != "unknown"
        return Outcome(kind="pass" if free else "unknown")
    return _fitted_by_server(rule, seen, canvas)


def _default_canvas(info: PictureInfo, rule: Rule, seen: Size) -> Size | None:
    """Return the canvas of a request without a size, or of the size a user would pick."""
    if seen in rule.sizes:
        return seen
    if rule.kind == "multiple":
        return video_size(rule, seen) or rule.default_size
    if not rule.sizes_complete or (rule.kind == "bounds" and rule.mismatch == "reject"):
        return None
    return best_of(rule, info.size)


def _followed(rule: Rule, seen: Size, asked: Size | None) -> Outcome:
    """Tell what becomes of a picture whose shape the server takes over."""
    video = video_size(rule, seen, asked)
    if video is None:
        same = asked is None or cover_loss(seen, asked) < _SAME_SHAPE
        return Outcome(kind="pass" if same else "derive", canvas=asked)
    lost = cover_loss(seen, video) if rule.mismatch == "crop" else 0.0
    box = place(seen, video).source if lost >= _SAME_SHAPE else None
    wider = video.ratio / seen.ratio if rule.mismatch == "derive" else 1.0
    if asked is not None and video != asked:
        return Outcome(kind="derive", canvas=asked, video=video, wider=wider, lost=lost, box=box)
    if lost >= _SAME_SHAPE:
        return Outcome(kind="crop", canvas=asked or video, video=video, lost=lost, box=box)
    if abs(wider - 1) >= _SAME_SHAPE:
        return Outcome(kind="stretch", canvas=asked or video, video=video, wider=wider)
    return Outcome(kind="pass" if seen == video else "scale", canvas=asked or video, video=video)


def _fitted_by_server(rule: Rule, seen: Size, canvas: Size) -> Outcome:
    """Tell what becomes of a picture on a server that renders the canvas."""
    if seen == canvas:
        return Outcome(kind="pass", canvas=canvas, video=canvas)
    if rule.mismatch == "reject":
        by_ratio = rule.error_when == "ratio" and cover_loss(seen, canvas) < _SAME_SHAPE
        return Outcome(kind="scale" if by_ratio else "reject", canvas=canvas)
    if rule.mismatch in ("unknown", "ignore"):
        return Outcome(kind="derive" if rule.mismatch == "ignore" else "unknown", canvas=canvas)
    lost = cover_loss(seen, canvas)
    if lost < _SAME_SHAPE:
        return Outcome(kind="scale", canvas=canvas, video=canvas)
    if rule.mismatch == "stretch":
        return Outcome(kind="stretch", canvas=canvas, video=canvas, wider=canvas.ratio / seen.ratio)
    if rule.mismatch == "pad":
        return Outcome(kind="pad", canvas=canvas, video=canvas)
    box = place(seen, canvas).source if rule.crop_position == "center" else None
    return Outcome(kind="crop", canvas=canvas, video=canvas, lost=lost, box=box)
