"""A small copy of a picture, upright and opaque, to look for a subject in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image as PillowImage

from framefit.geometry import Size, stored_box
from framefit.imaging.flatten import flatten
from framefit.imaging.frame import Frame
from framefit.imaging.plain_mode import plain_mode
from framefit.imaging.to_srgb import to_srgb
from framefit.imaging.turn import turn
from framefit.planning import Plan
from framefit.probing import DAMAGE, broken, open_header, sniff, turn_to_apply
from framefit.sources import Source

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST_SIDE = 512
"""Longest side of the small copy, in pixels: faces down to about a fortieth of the picture still show."""

_MARGIN = 2  # a JPEG is decoded at least twice as large as needed, where it is, so that scaling stays clean


def glimpse(source: Source, plan: Plan) -> Image:
    """Decode the cropped part of a picture small.

    Args:
        source: the picture.
        plan: a plan for it; its crop says which part is looked at.

    Returns:
        The part in RGB, upright, no side longer than `LONGEST_SIDE`; never enlarged.

    Raises:
        PictureBroken: the file is truncated or damaged.
    """
    if source.image is not None:
        return _reduced(source.image.copy(), turn_to_apply(source.image, None), plan)
    with source.open() as file:
        kind = sniff(file.read(32), source.name)
        file.seek(0)
        image = open_header(file, kind, source.name)
        orientation = turn_to_apply(image, kind)
        try:
            if kind == "jpeg":
                image.draft(None, _draft_size(plan))
            image.load()
            return _reduced(image, orientation, plan)
        except DAMAGE as error:
            raise broken(source.name, error) from error


def _reduced(image: Image, orientation: int, plan: Plan) -> Image:
    frame = Frame(image=image, orientation=orientation, profile=image.info.get("icc_profile"))
    frame = plain_mode(frame, plan)
    stored = Size(*frame.image.size)
    upright = stored.turned if orientation >= 5 else stored
    box = stored_box(plan.options.crop.box(upright), upright, orientation)
    scale = min(1.0, LONGEST_SIDE / max(box.width, box.height))
    size = Size(max(1, round(box.width * scale)), max(1, round(box.height * scale)))
    small = frame.image.resize(size, PillowImage.Resampling.BILINEAR, box=box, reducing_gap=2.0)
    frame = frame.with_image(small)
    for step in (to_srgb, turn, flatten):
        frame = step(frame, plan)
    return frame.image


def _draft_size(plan: Plan) -> Size:
    """Return the size to decode a JPEG at, for its cropped part to have the pixels that are needed."""
    part = plan.options.crop.box(plan.info.stored_size)
    scale = _MARGIN * LONGEST_SIDE / max(part.width, part.height)
    whole = plan.info.stored_size
    return Size(max(1, round(whole.width * scale)), max(1, round(whole.height * scale)))
