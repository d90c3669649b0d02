"""The square that pictures are laid on for networks, which see one size only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image as PillowImage

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 512
"""Side of the square in pixels; a multiple of 32, which the networks ask for."""


def squared(image: Image) -> tuple[Image, float]:
    """Lay a picture at the top left of a black square of `SIDE` pixels, made smaller if it is larger.

    Returns:
        The square, and how many pixels of it a pixel of the picture is, at most 1.
    """
    scale = min(1.0, SIDE / max(image.size))
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    square = PillowImage.new("RGB", (SIDE, SIDE))
    square.paste(image if size == image.size else image.resize(size, PillowImage.Resampling.BILINEAR))
    return square, scale
