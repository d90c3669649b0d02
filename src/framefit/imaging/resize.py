"""Step: scale the used part of the picture to the size it has on the canvas."""

from __future__ import annotations

import math

from PIL import Image

from framefit.geometry import WHOLE, Box, Size, is_sideways, stored_box
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
    image, box = _cropped(frame, plan, box.scaled(1 / frame.shrunk, 1 / frame.shrunk))
    box = _inside(box, Size(*image.size))
    if box == (0, 0, *image.size) and size == image.size:
        return frame.with_image(image)
    return frame.with_image(image.resize(size, Image.Resampling.LANCZOS, box=box))


def _cropped(frame: Frame, plan: Plan, box: Box) -> tuple[Image.Image, Box]:
    """Cut the image down to an explicit crop, and return the box as it lies in the rest.

    The filter reaches a few pixels beyond its box, so what was cropped away would shine in at the edges.
    """
    if plan.options.crop == WHOLE:
        return frame.image, box
    upright = plan.info.size
    part = stored_box(plan.options.crop.box(upright), upright, frame.orientation)
    part = part.scaled(1 / frame.shrunk, 1 / frame.shrunk)
    left, top = math.floor(part.left), math.floor(part.top)
    right = min(frame.image.width, math.ceil(part.right))
    bottom = min(frame.image.height, math.ceil(part.bottom))
    # Pillow's crop() would warn above a pixel limit that is global to the process.
    image = frame.image.resize(
        (right - left, bottom - top), Image.Resampling.NEAREST, (left, top, right, bottom)
    )
    return image, Box(box.left - left, box.top - top, box.right - left, box.bottom - top)


def _inside(box: Box, size: Size) -> Box:
    """Cut what floating-point rounding lets a box stick out of the picture."""
    return Box(
        max(0.0, box.left), max(0.0, box.top), min(size.width, box.right), min(size.height, box.bottom)
    )
