"""Frame: a picture on its way through the pipeline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

TRANSPARENT_MODES = ("RGBA", "LA", "PA", "La", "RGBa")
"""Pillow's pixel layouts that have a transparency channel."""


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Decoded pixels and what is still to be done to them.

    Args:
        image: the pixels.
        orientation: the EXIF orientation, 1 to 8, that is still to be applied.
        shrunk: how many times smaller the reader made the picture while decoding, 1 for not.
        profile: the ICC profile the colours are in; None is sRGB.
    """

    image: Image
    orientation: int = 1
    shrunk: int = 1
    profile: bytes | None = None

    def with_image(self, image: Image) -> Frame:
        """Return the frame with other pixels."""
        return replace(self, image=image)
