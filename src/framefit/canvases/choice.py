"""Choice: the size of the fitted picture, the size of the video, and why."""

from __future__ import annotations

from dataclasses import dataclass

from framefit.geometry import Crop, Size


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which canvas was chosen and what the server will make of it.

    Args:
        canvas: the size of the fitted picture, in pixels.
        video: the size the video will have, in pixels; None when it is not known.
        because: why this canvas, in words.
    """

    canvas: Size
    video: Size | None
    because: str


def part_of(picture: Size, crop: Crop) -> Size:
    """Return the size of the cropped part of a picture in whole pixels, at least one by one."""
    box = crop.box(picture)
    return Size(max(1, round(box.width)), max(1, round(box.height)))
