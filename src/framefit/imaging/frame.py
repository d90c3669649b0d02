"""Frame: a picture on its way through the pipeline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from framefit.findings import Finding

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
        findings: what was found on the way that is worth knowing.
    """

    image: Image
    orientation: int = 1
    shrunk: int = 1
    profile: bytes | None = None
    findings: tuple[Finding, ...] = ()

    def with_image(self, image: Image) -> Frame:
        """Return the frame with other pixels."""
        return replace(self, image=image)

    def with_finding(self, finding: Finding) -> Frame:
        """Return the frame with one more finding."""
        return replace(self, findings=(*self.findings, finding))
