"""Backdrops: what fills the canvas around a padded picture, and lies under transparency."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from PIL import Image as PillowImage
from PIL import ImageFilter, ImageStat
from PIL.Image import Resampling, Transpose

from framefit.geometry import Box, Placement, Size, place
from framefit.options import BACKDROP_BLUR, BACKDROP_BRIGHTNESS, Backdrop

if TYPE_CHECKING:
    from PIL.Image import Image

Color = tuple[int, int, int]

_BLUR_SIDE = 160  # longer side of the copy that is blurred, in pixels; enlarged, it is as smooth as any
_STRIP = 128  # pixels along a side that its colour is decided by
_STRIP_DEPTH = 2
_BIN = 16  # levels of a channel that count as one colour at first
_LIKENESS = 24  # levels a channel may be off the most frequent colour and still be of it
_OPAQUE = 128


def with_backdrop(image: Image, placement: Placement, backdrop: Backdrop) -> Image:
    """Put a picture on a canvas.

    Args:
        image: the scaled picture, RGB, of the placement's target size.
        placement: where it lands.
        backdrop: what the rest is filled with. ``auto`` is the dominant colour of the picture's sides that
            touch the backdrop; ``blur`` a blurred, slightly darkened copy that covers the canvas;
            ``mirror`` the picture mirrored at its sides, over and over; ``edge`` its outermost pixels
            drawn out.

    Returns:
        The canvas.
    """
    left, top = int(placement.target.left), int(placement.target.top)
    color = border_color(image, _open_sides(placement)) if backdrop == "auto" else backdrop
    canvas = PillowImage.new("RGB", placement.canvas, (0, 0, 0) if isinstance(color, str) else color)
    canvas.paste(image, (left, top))
    if backdrop == "blur":
        _blur(canvas, image, placement.target)
    elif backdrop == "mirror":
        _mirror(canvas, placement.target)
    elif backdrop == "edge":
        _draw_out(canvas, placement.target)
    return canvas


def color_under(image: Image, backdrop: Backdrop) -> Color:
    """Return the colour to lay under a picture's transparency.

    A backdrop that is made from the picture needs an opaque picture to be made from. Its border's own
    colour goes under it; where most of the border is transparent itself, white or black, whichever is
    further from what there is to see.

    Args:
        image: the picture, RGBA.
        backdrop: the backdrop asked for.
    """
    if not isinstance(backdrop, str):
        return backdrop
    border = _border_pixels(image, ("left", "top", "right", "bottom"))
    opaque = [pixel[:3] for pixel in border if pixel[3] >= _OPAQUE]
    if 2 * len(opaque) >= len(border):
        return _dominant(opaque)
    mask = image.getchannel("A")
    if mask.getextrema()[1] == 0:
        return 0, 0, 0  # nothing to see: as the default backdrop has it
    brightness = ImageStat.Stat(image.convert("L"), mask.point(lambda value: 255 * (value >= _OPAQUE))).mean[
        0
    ]
    return (255, 255, 255) if brightness < _OPAQUE else (0, 0, 0)


def border_color(image: Image, sides: Iterable[str]) -> Color:
    """Return the most frequent colour along the sides of a picture.

    Args:
        image: the picture, RGB.
        sides: any of ``left``, ``top``, ``right`` and ``bottom``.
    """
    return _dominant([pixel[:3] for pixel in _border_pixels(image, sides)])


def _open_sides(placement: Placement) -> list[str]:
    target, canvas = placement.target, placement.canvas
    gaps = {
        "left": target.left > 0,
        "top": target.top > 0,
        "right": target.right < canvas.width,
        "bottom": target.bottom < canvas.height,
    }
    return [side for side, gap in gaps.items() if gap]


def _border_pixels(image: Image, sides: Iterable[str]) -> list[tuple[int, ...]]:
    """Return pixels of strips along the sides; longer strips are thinned out."""
    width, height = image.size
    deep = min(_STRIP_DEPTH, width, height)
    strips = {
        "left": Box(0, 0, deep, height),
        "top": Box(0, 0, width, deep),
        "right": Box(width - deep, 0, width, height),
        "bottom": Box(0, height - deep, width, height),
    }
    channels = len(image.getbands())
    pixels: list[tuple[int, ...]] = []
    for side in sides:
        strip = strips[side]
        size = min(_STRIP, round(strip.width)), min(_STRIP, round(strip.height))
        data = image.resize(size, Resampling.NEAREST, box=strip).tobytes()
        pixels += zip(*(data[channel::channels] for channel in range(channels)), strict=True)
    return pixels


def _dominant(pixels: list[tuple[int, ...]]) -> Color:
    """Return the mean of the pixels around the most frequent colour."""
    bins = Counter(tuple(value // _BIN for value in pixel) for pixel in pixels)
    most, _ = min(bins.items(), key=lambda item: (-item[1], item[0]))
    core = _mean([pixel for pixel in pixels if tuple(value // _BIN for value in pixel) == most])
    return _mean(
        [pixel for pixel in pixels if all(abs(a - b) <= _LIKENESS for a, b in zip(pixel, core, strict=True))]
    )


def _mean(pixels: list[tuple[int, ...]]) -> Color:
    red, green, blue = (round(sum(values) / len(pixels)) for values in zip(*pixels, strict=True))
    return red, green, blue


def _blur(canvas: Image, image: Image, target: Box) -> None:
    """Fill the canvas around the target with a blurred, darkened copy that would cover all of it."""
    scale = min(1.0, _BLUR_SIDE / max(canvas.size))
    small = Size(max(1, round(canvas.width * scale)), max(1, round(canvas.height * scale)))
    cover = place(Size(*image.size), small).source
    copy = image.resize(small, Resampling.BOX, box=cover)
    copy = copy.filter(ImageFilter.GaussianBlur(BACKDROP_BLUR * max(small)))
    copy = copy.point([round(value * BACKDROP_BRIGHTNESS) for value in range(256)] * 3)
    across, down = small.width / canvas.width, small.height / canvas.height
    for _, outer in _gaps(Size(*canvas.size), target):
        size = round(outer.width), round(outer.height)
        part = copy.resize(size, Resampling.BICUBIC, box=outer.scaled(across, down))
        canvas.paste(part, (int(outer.left), int(outer.top)))


def _gaps(canvas: Size, target: Box) -> list[tuple[Box, Box]]:
    """Return what is to be filled around the target, each with the outermost pixels beside it."""
    left, top, right, bottom = target
    width, height = canvas
    gaps = (
        (Box(left, top, left + 1, bottom), Box(0, top, left, bottom)),
        (Box(right - 1, top, right, bottom), Box(right, top, width, bottom)),
        (Box(0, top, width, top + 1), Box(0, 0, width, top)),
        (Box(0, bottom - 1, width, bottom), Box(0, bottom, width, height)),
    )
    return [gap for gap in gaps if min(gap[1].width, gap[1].height) > 0]


def _mirror(canvas: Image, target: Box) -> None:
    """Fill the canvas with mirrored copies of what stands in the target, to the sides, then up and down."""
    left, top, right, bottom = map(int, target)
    across = canvas.crop((left, top, right, bottom))
    flipped = across.transpose(Transpose.FLIP_LEFT_RIGHT)
    for x, number in _steps(left, right, canvas.width):
        canvas.paste(flipped if number % 2 else across, (x, top))
    band = canvas.crop((0, top, canvas.width, bottom))
    flipped = band.transpose(Transpose.FLIP_TOP_BOTTOM)
    for y, number in _steps(top, bottom, canvas.height):
        canvas.paste(flipped if number % 2 else band, (0, y))


def _steps(low: int, high: int, whole: int) -> list[tuple[int, int]]:
    """Return where copies of ``low`` to ``high`` begin that fill 0 to ``whole``, and how many steps out."""
    length = high - low
    before = [(low - number * length, number) for number in range(1, -(-low // length) + 1)]
    after = [(low + number * length, number) for number in range(1, -(-(whole - high) // length) + 1)]
    return before + after


def _draw_out(canvas: Image, target: Box) -> None:
    """Fill the canvas with the outermost pixels of the target, to the sides, then up and down."""
    for inner, outer in _gaps(Size(*canvas.size), target):
        size = round(outer.width), round(outer.height)
        drawn = canvas.resize(size, Resampling.NEAREST, box=inner)
        canvas.paste(drawn, (int(outer.left), int(outer.top)))
