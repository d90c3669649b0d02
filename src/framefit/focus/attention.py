"""What draws the eye, by libvips' smartcrop."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

from framefit.errors import MissingExtra
from framefit.extras import require

if TYPE_CHECKING:
    from PIL.Image import Image


def can_attend() -> bool:
    """Tell whether the extra ``attention`` is installed."""
    try:
        require_attention()
    except MissingExtra:
        return False
    return True


def attention_point(image: Image, window: tuple[float, float]) -> tuple[float, float]:
    """Return the point of a picture that draws the eye most.

    Args:
        image: the picture, RGB.
        window: width and height in its pixels of what will be kept; the search is as coarse as that is large.

    Returns:
        The point in fractional pixels from the left and the top.

    Raises:
        MissingExtra: the extra ``attention`` is not installed.

    Source:
        libvips, ``vips_smartcrop`` with ``VIPS_INTERESTING_ATTENTION``: edges, skin colours and saturation.
    """
    pyvips = require_attention()
    width = min(image.width, max(1, round(window[0])))
    height = min(image.height, max(1, round(window[1])))
    pixels = pyvips.Image.new_from_memory(image.tobytes(), image.width, image.height, 3, "uchar")
    pixels = pixels.copy(interpretation="srgb")
    _, found = pixels.smartcrop(width, height, interesting="attention", attention_x=True, attention_y=True)
    return found["attention_x"] + 0.5, found["attention_y"] + 0.5


def require_attention() -> ModuleType:
    """Import the binding of libvips.

    Raises:
        MissingExtra: it, or libvips itself, is not installed.
    """
    try:
        return require("pyvips", "attention")
    except OSError as error:  # the binding is there, and libvips itself is not
        raise MissingExtra(
            "this needs the optional part 'attention', of which libvips is not installed",
            seen=str(error).splitlines()[0],
            wanted="framefit[attention]",
            fix="pip install 'framefit[attention]'",
        ) from error
