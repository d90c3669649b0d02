"""Step: scale the used part of the picture to the size it has on the canvas."""

from __future__ import annotations

from PIL import Image

from framefit.geometry import Box, Size, is_sideways, stored_box
from framefit.imaging.frame import Frame
from framefit.planning import Plan


def resize(frame: Frame, plan: Plan) -> Frame:
    """Return the part of the placement, scaled with a Lanczos-3 filter, still as stored.

    The picture is turned later, when it is small; so box and size are turned here to match.

    Source:
        Lanczos-3 with a support that grows with the reduction, as Pillow documents it.
    """
    placement, upright = plan.placement, plan.info.size
    box = stored_box(placement.source, upright, frame.orientation)
    size = placement.target_size.turned if is_sideways(frame.orientation) else placement.target_size
    box = _inside(box.scaled(1 / frame.shrunk, 1 / frame.shrunk), Size(*frame.image.size))
    if box == (0, 0, *frame.image.size) and size == frame.image.size:
        return frame
    return frame.with_image(frame.image.resize(size, Image.Resampling.LANCZOS, box=box))


def _inside(box: Box, size: Size) -> Box:
    """Cut what floating-point rounding lets a box stick out of the picture."""
    return Box(
        max(0.0, box.left), max(0.0, box.top), min(size.width, box.right), min(size.height, box.bottom)
    )
