"""Step: bring any pixel layout to grey, RGB, RGBA or CMYK with eight bits a channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from framefit.imaging.frame import TRANSPARENT_MODES, Frame
from framefit.planning import Plan

if TYPE_CHECKING:
    from PIL.Image import Image

PLAIN_MODES = ("L", "RGB", "RGBA", "CMYK")


def plain_mode(frame: Frame, plan: Plan) -> Frame:
    """Return the frame in one of `PLAIN_MODES`, 16-bit grey scaled and not clipped."""
    return frame.with_image(_plain(frame.image))


def _plain(image: Image) -> Image:
    if image.mode.startswith("I;16"):
        return _from_deep_grey(image)
    if image.mode in TRANSPARENT_MODES or "transparency" in image.info:
        if image.mode == "La":
            image = image.convert("LA")
        return image if image.mode == "RGBA" else image.convert("RGBA")
    if image.mode in PLAIN_MODES:
        return image
    if image.mode in ("I", "F"):
        return _from_wide_grey(image)
    if image.mode == "LAB":
        return _from_lab(image)
    return image.convert("L" if image.mode == "1" else "RGB")


def _from_deep_grey(image: Image) -> Image:
    """Scale 16-bit grey to 8 bits, a transparent value to transparency; 65535 / 255 is 257."""
    wide = image.convert("I")
    # Pillow's own conversion clips at 255 and does not know the transparent value.
    grey = wide.point(lambda value: value * (1 / 257) + 0.5).convert("L")
    clear = image.info.get("transparency")
    if not isinstance(clear, int):
        return grey
    seen = grey.convert("RGBA")
    seen.putalpha(wide.point([0 if value == clear else 255 for value in range(65_536)], "L"))
    return seen


def _from_wide_grey(image: Image) -> Image:
    """Scale 32-bit grey to 8 bits; white is the least of 1, 255 and 65535 that holds every value."""
    extrema = image.getextrema()
    highest = float(extrema[1]) if not isinstance(extrema[1], tuple) else float(extrema[1][1])
    white = next((white for white in (1.0, 255.0, 65_535.0) if highest <= white), highest)
    if image.mode == "I" and white == 1.0:
        white = 255.0
    return image.convert("F").point(lambda value: value * (255.0 / white) + 0.5).convert("L")


def _from_lab(image: Image) -> Image:
    from PIL import ImageCms

    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
    assert converted is not None  # only an in-place conversion returns nothing
    return converted
