"""A small copy of a picture, upright and opaque, to look for a subject in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image as PillowImage

from framefit.geometry import SHRINKS, Size, is_sideways, stored_box
from framefit.imaging.decode import opened
from framefit.imaging.flatten import flatten
from framefit.imaging.frame import Frame
from framefit.imaging.plain_mode import plain_mode
from framefit.imaging.to_srgb import to_srgb
from framefit.imaging.turn import turn
from framefit.limits import decoded_pixels
from framefit.planning import Plan
from framefit.probing import DAMAGE, broken
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
    with opened(source, plan, shrink=shrink_to_look(plan)) as (image, frame):
        try:
            image.load()
            return reduced(frame, plan)
        except DAMAGE as error:
            raise broken(source.name, error) from error


def reduced(frame: Frame, plan: Plan) -> Image:
    """Make the small copy of a picture that has been decoded.

    Args:
        frame: the picture as decoded.
        plan: as `glimpse` takes it.

    Returns:
        As `glimpse` does.
    """
    frame = plain_mode(frame, plan)
    stored = Size(*frame.image.size)
    upright = stored.turned if is_sideways(frame.orientation) else stored
    box = stored_box(plan.options.crop.box(upright), upright, frame.orientation)
    scale = min(1.0, LONGEST_SIDE / max(box.width, box.height))
    size = Size(max(1, round(box.width * scale)), max(1, round(box.height * scale)))
    small = frame.image.resize(size, PillowImage.Resampling.BILINEAR, box=box, reducing_gap=2.0)
    frame = frame.with_image(small)
    for step in (to_srgb, turn, flatten):
        frame = step(frame, plan)
    return frame.image


def shrink_to_look(plan: Plan) -> int:
    """Return how many times smaller a JPEG is decoded to be looked at.

    As far as its cropped part keeps the pixels needed, and further where the limit on pixels asks for it.
    """
    part, most = plan.options.crop.box(plan.info.size), plan.options.max_pixels
    enough = _MARGIN * LONGEST_SIDE
    wanted = next((shrink for shrink in SHRINKS if max(part.width, part.height) / shrink >= enough), 1)
    allowed = (shrink for shrink in (1, *SHRINKS) if decoded_pixels(plan.info, shrink) <= most)
    return max(wanted, min(allowed, default=max(SHRINKS)))
