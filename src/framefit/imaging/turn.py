"""Step: apply the EXIF orientation."""

from __future__ import annotations

from PIL.Image import Transpose

from framefit.imaging.frame import Frame
from framefit.planning import Plan

TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
"""What makes a picture stored with each orientation upright (EXIF 2.32, tag 0x0112)."""


def turn(frame: Frame, plan: Plan) -> Frame:
    """Return the frame upright."""
    if frame.orientation == 1:
        return frame
    return frame.with_image(frame.image.transpose(TURNS[frame.orientation]))
