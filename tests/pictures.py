"""Test pictures, made by code. Every one is named by what is in it."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageDraw

CORNERS = {"red": (220, 30, 30), "green": (30, 180, 60), "blue": (40, 60, 220), "yellow": (240, 210, 40)}


def scene(width: int, height: int) -> Image.Image:
    """A smooth picture with red, green, blue and yellow corners, clockwise from the top left.

    With the white disc in its middle, turning, mirroring and cutting can all be seen in its pixels.
    """
    across, down = Image.linear_gradient("L").rotate(90).resize((width, height)), Image.linear_gradient("L")
    down = down.resize((width, height))
    image = Image.merge("RGB", (across, down, Image.new("L", (width, height), 96)))
    draw = ImageDraw.Draw(image)
    a, b = width // 4, height // 4
    boxes = [(0, 0), (width - a, 0), (width - a, height - b), (0, height - b)]
    for (x, y), color in zip(boxes, CORNERS.values(), strict=True):
        draw.rectangle((x, y, x + a - 1, y + b - 1), fill=color)
    radius = min(width, height) // 8
    x, y = width // 2, height // 2
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill="white")
    return image


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """The bytes of a picture file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def with_orientation(orientation: int) -> Image.Exif:
    """EXIF data that holds one orientation tag."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


STORE = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def stored_with(upright: Image.Image, orientation: int) -> Image.Image:
    """The picture as a camera stores it that writes this EXIF orientation."""
    turn = STORE[orientation]
    return upright if turn is None else upright.transpose(turn)


def write(path: Path, image: Image.Image, kind: str = "JPEG", **options: object) -> Path:
    """Save a picture and return its path."""
    path.write_bytes(encoded(image, kind, **options))
    return path
