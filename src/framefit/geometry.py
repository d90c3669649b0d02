"""Where a picture goes on a canvas, as pure arithmetic on sizes and boxes.

No pixels and no models here. Sizes are width then height. Source boxes are in fractional pixels
of the upright picture, canvas boxes in whole pixels of the canvas.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from framefit.errors import InvalidOption, InvalidSize

Mode = Literal["cover", "pad", "stretch"]

LARGEST_SIDE = 65_535
SMALLEST_CROP = 1e-6
"""Least width and height of a crop, as a fraction: a millionth of the picture."""

_SIZE = re.compile(r"\s*(\d{1,6})\s*[x×X*]\s*(\d{1,6})\s*", re.ASCII)


class Size(NamedTuple):
    """A width and a height in pixels, in that order.

    Compares and unpacks like a plain ``(width, height)`` tuple; written with a plain ``x``.
    """

    width: int
    height: int

    @classmethod
    def parse(cls, value: str | tuple[int, int]) -> Size:
        """Read a size from ``"1280x720"``, ``"1280×720"``, ``"1280*720"`` or a pair of integers.

        Args:
            value: the text or the pair; each side 1 to 65535 pixels.

        Returns:
            The size.

        Raises:
            InvalidSize: the value cannot be read, or a side is out of range.
        """
        if isinstance(value, str):
            match = _SIZE.fullmatch(value)
            if match is None:
                raise _bad_size(value)
            sides = (int(match[1]), int(match[2]))
        else:
            sides = _whole_pair(value)
        if not all(1 <= side <= LARGEST_SIDE for side in sides):
            raise _bad_size(value)
        return cls(*sides)

    @property
    def pixels(self) -> int:
        """Number of pixels."""
        return self.width * self.height

    @property
    def ratio(self) -> float:
        """Width divided by height."""
        return self.width / self.height

    @property
    def turned(self) -> Size:
        """The same size with width and height exchanged."""
        return Size(self.height, self.width)

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


def _whole_pair(value: object) -> tuple[int, int]:
    """Read two whole numbers; True and False are none, though Python counts with them."""
    if not isinstance(value, Sequence) or isinstance(value, bytes | bytearray):
        raise _bad_size(value)
    try:
        width, height = value
        sides = (int(width), int(height))
    except (TypeError, ValueError, OverflowError) as error:
        raise _bad_size(value) from error
    if sides != (width, height) or isinstance(width, bool) or isinstance(height, bool):
        raise _bad_size(value)
    return sides


def _bad_size(value: object) -> InvalidSize:
    return InvalidSize(
        f"{str(value)!r} is not a size",
        seen=str(value),
        wanted=f"WIDTHxHEIGHT in whole pixels, each 1 to {LARGEST_SIDE}, for instance 1280x720",
        fix="--size 1280x720",
    )


class Box(NamedTuple):
    """A rectangle by its edges: left, top, right, bottom."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Right minus left."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Bottom minus top."""
        return self.bottom - self.top

    @property
    def area(self) -> float:
        """Width times height."""
        return self.width * self.height

    def scaled(self, x: float, y: float) -> Box:
        """Return the box with horizontal edges multiplied by ``x`` and vertical ones by ``y``."""
        return Box(self.left * x, self.top * y, self.right * x, self.bottom * y)


class Crop(NamedTuple):
    """The part of a picture to start from, as fractions 0 to 1 of its upright width and height.

    All four are edges measured from the left and the top, as ``crop_bounds`` has them: the whole
    picture is ``(0, 0, 1, 1)``.
    """

    left: float
    top: float
    right: float
    bottom: float

    @property
    def is_part(self) -> bool:
        """Whether the crop lies in the picture and is at least `SMALLEST_CROP` wide and high."""
        inside = all(0.0 <= edge <= 1.0 for edge in self)
        return inside and min(self.right - self.left, self.bottom - self.top) >= SMALLEST_CROP

    def box(self, source: Size) -> Box:
        """Return the cropped part of ``source`` in fractional pixels."""
        return Box(*self).scaled(source.width, source.height)


WHOLE = Crop(0.0, 0.0, 1.0, 1.0)


class Focus(NamedTuple):
    """The point to keep in view, as fractions 0 to 1 of the upright picture, from left and top."""

    x: float
    y: float


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Which part of the picture lands where on the canvas.

    Args:
        mode: how the picture was placed.
        source: the part used, in fractional pixels of the upright picture.
        target: the part of the canvas it fills, in whole pixels.
        canvas: the size the model will render.
        share_lost: the share of the whole picture that is not used, 0 to 1.
    """

    mode: Mode
    source: Box
    target: Box
    canvas: Size
    share_lost: float

    @property
    def target_size(self) -> Size:
        """The size in whole pixels that the used part is scaled to."""
        return Size(round(self.target.width), round(self.target.height))

    @property
    def scale(self) -> tuple[float, float]:
        """Canvas pixels per source pixel, horizontally and vertically."""
        return self.target.width / self.source.width, self.target.height / self.source.height

    @property
    def distortion(self) -> float:
        """How many times wider things look than they are: 1.0 keeps the shape."""
        horizontal, vertical = self.scale
        return horizontal / vertical

    @property
    def fills_canvas(self) -> bool:
        """Whether nothing of the canvas is left for the backdrop."""
        return self.target == (0, 0, self.canvas.width, self.canvas.height)


def place(
    source: Size, canvas: Size, *, mode: Mode = "cover", focus: Focus | None = None, crop: Crop = WHOLE
) -> Placement:
    """Place a picture on a canvas.

    Args:
        source: size of the upright picture in pixels.
        canvas: size to fill, in pixels.
        mode: ``cover`` fills the canvas and cuts what sticks out; ``pad`` keeps everything and
            leaves the rest to the backdrop; ``stretch`` changes the shape.
        focus: the point that ``cover`` keeps as near to the middle as it can; None is the middle of
            the cropped part. A focus outside the crop counts as the nearest point inside it.
        crop: the part of the picture to start from.

    Returns:
        The placement. The source box lies inside the crop; in ``cover`` and ``pad`` the shape is
        kept to within half a canvas pixel (a padded picture is never less than one pixel wide).

    Raises:
        InvalidOption: the crop or the focus lies outside the picture.
    """
    _check_crop(crop)
    kept = crop.box(source)
    if mode == "cover":
        target = Box(0, 0, canvas.width, canvas.height)
        kept = _cover(kept, canvas, _focus_point(kept, source, focus))
    elif mode == "pad":
        target = _pad(kept, canvas)
    else:
        target = Box(0, 0, canvas.width, canvas.height)
    lost = 1.0 - kept.area / source.pixels
    return Placement(mode=mode, source=kept, target=target, canvas=canvas, share_lost=max(0.0, lost))


def cover_loss(source: Size, canvas: Size, crop: Crop = WHOLE) -> float:
    """Return the share, 0 to 1, of the cropped part that ``cover`` would cut away."""
    _check_crop(crop)
    box = crop.box(source)
    kept = _cover(box, canvas, (0.0, 0.0))
    return max(0.0, 1.0 - kept.area / box.area)


def stored_box(box: Box, upright: Size, orientation: int) -> Box:
    """Turn a box of the upright picture into the same box of the picture as stored.

    Args:
        box: in fractional pixels of the upright picture.
        upright: size of the upright picture.
        orientation: EXIF orientation 1 to 8 of the stored picture.

    Returns:
        The box in fractional pixels of the stored picture.

    Source:
        EXIF 2.32, tag 0x0112: where the 0th row and the 0th column of the stored picture lie.
    """
    left, top, right, bottom = box
    width, height = upright
    if orientation in (2, 3):
        left, right = width - right, width - left
    if orientation in (3, 4):
        top, bottom = height - bottom, height - top
    if orientation in (6, 7):
        left, right = width - right, width - left
    if orientation in (7, 8):
        top, bottom = height - bottom, height - top
    if orientation >= 5:
        return Box(top, left, bottom, right)
    return Box(left, top, right, bottom)


def is_sideways(orientation: int) -> bool:
    """Tell whether EXIF orientation 1 to 8 exchanges width and height."""
    return 5 <= orientation <= 8


def _check_crop(crop: Crop) -> None:
    if not crop.is_part:
        raise InvalidOption(
            "the crop is not a part of the picture",
            seen=",".join(f"{edge:g}" for edge in crop),
            wanted="left,top,right,bottom as fractions 0 to 1, left < right and top < bottom",
            fix="--crop 0,0,1,1",
        )


def _focus_point(kept: Box, source: Size, focus: Focus | None) -> tuple[float, float]:
    if focus is None:
        return (kept.left + kept.right) / 2, (kept.top + kept.bottom) / 2
    if not (0.0 <= focus.x <= 1.0 and 0.0 <= focus.y <= 1.0):
        raise InvalidOption(
            "the focus lies outside the picture",
            seen=f"{focus.x:g},{focus.y:g}",
            wanted="x,y as fractions 0 to 1 from the left and the top",
            fix="--focus 0.5,0.5",
        )
    return focus.x * source.width, focus.y * source.height


def _cover(part: Box, canvas: Size, point: tuple[float, float]) -> Box:
    """Return the largest box inside ``part`` with the canvas's shape, as near to ``point`` as it can be."""
    scale = max(canvas.width / part.width, canvas.height / part.height)
    left, right = _slide(part.left, part.right, canvas.width / scale, point[0])
    top, bottom = _slide(part.top, part.bottom, canvas.height / scale, point[1])
    return Box(left, top, right, bottom)


def _slide(low: float, high: float, length: float, middle: float) -> tuple[float, float]:
    """Put a stretch of ``length`` around ``middle`` without leaving ``low`` to ``high``."""
    if length >= high - low:
        return low, high
    start = max(low, min(middle - length / 2, high - length))
    return start, min(start + length, high)


def _pad(part: Box, canvas: Size) -> Box:
    scale = min(canvas.width / part.width, canvas.height / part.height)
    width = min(canvas.width, max(1, round(part.width * scale)))
    height = min(canvas.height, max(1, round(part.height * scale)))
    left, top = (canvas.width - width) // 2, (canvas.height - height) // 2
    return Box(left, top, left + width, top + height)
