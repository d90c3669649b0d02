"""How large a picture may be, said from header facts before a pixel is decoded."""

from __future__ import annotations

from framefit.errors import InvalidOption, PictureTooLarge
from framefit.geometry import Size
from framefit.options import Format, Options
from framefit.probing import PictureInfo

LARGEST_SIDE: dict[Format, int] = {"jpeg": 65_500, "png": 65_535, "webp": 16_383}
"""Longest side each format can hold: libjpeg's limit, framefit's own, and WebP's 14 bits."""

_HELD_TWICE = ("webp", "avif", "heic")
_MOST_PIXELS_A_BYTE = 256
"""A block of 8x8 pixels takes at least two bits: one Huffman code for each kind of coefficient (ITU-T T.81 F.1)."""


def decoded_pixels(info: PictureInfo, shrink: int) -> int:
    """Return how many pixels must be held in memory to decode a picture.

    Args:
        info: the facts of the picture.
        shrink: how many times smaller it is decoded.

    A JPEG stored in several scans counts whole: its coefficients are all held until the last scan. So does
    one whose file is too small for the pixels it tells of. Readers that decode into a buffer of their own
    before they hand the pixels over hold them twice.
    """
    pixels = info.stored_size.pixels
    if info.format in _HELD_TWICE:
        return 2 * pixels
    if info.progressive or (info.byte_count or 0) * _MOST_PIXELS_A_BYTE < pixels:
        return pixels
    width, height = info.stored_size
    return -(-width // shrink) * -(-height // shrink)


def check_pixels(info: PictureInfo, shrink: int, options: Options) -> None:
    """Refuse a picture that would take too much memory.

    Raises:
        PictureTooLarge: more pixels would be decoded than ``options.max_pixels``.
    """
    pixels = decoded_pixels(info, shrink)
    if pixels > options.max_pixels:
        smaller = f" at 1/{shrink} of its size" if shrink > 1 and not info.progressive else ""
        raise PictureTooLarge(
            f"{info.name!r} has more pixels than the limit",
            seen=f"{info.stored_size}, {pixels:,} pixels to decode{smaller}",
            wanted=f"at most {options.max_pixels:,} pixels",
            fix=f"--max-pixels {pixels}",
        )


def check_canvas(canvas: Size, format: Format, options: Options) -> None:
    """Refuse a canvas that the format cannot hold or that is over the pixel limit.

    Raises:
        InvalidOption: one of the two.
    """
    if max(canvas) > LARGEST_SIDE[format]:
        raise InvalidOption(
            f"{format} cannot hold so large a picture",
            seen=str(canvas),
            wanted=f"sides of at most {LARGEST_SIDE[format]} pixels",
            fix="--format png" if max(canvas) <= LARGEST_SIDE["png"] else "--size smaller",
        )
    if canvas.pixels > options.max_pixels:
        raise InvalidOption(
            "the canvas has more pixels than the limit",
            seen=f"{canvas}, {canvas.pixels:,} pixels",
            wanted=f"at most {options.max_pixels:,} pixels",
            fix=f"--max-pixels {canvas.pixels}",
        )
