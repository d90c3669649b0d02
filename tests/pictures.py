"""Test pictures, made by code. Every one is named by what is in it."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

from PIL import Image, ImageDraw

from framefit.geometry import Size
from framefit.probing import PictureInfo

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


def opened(path: Path) -> Image.Image:
    """The picture of a file, decoded, with the file closed again; its format is kept."""
    with Image.open(path) as image:
        image.load()
        return image


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG file, with its checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def one_colour_png(width: int, height: int) -> bytes:
    """A whole black grey-level PNG of any size, in few bytes and without its pixels in memory."""

    def packed(count: int, last: bool) -> bytes:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        return packer.compress(bytes(count)) + packer.flush(zlib.Z_FINISH if last else zlib.Z_FULL_FLUSH)

    row, (blocks, rest) = width + 1, divmod(height, 64)
    checksum = (row * height % 65521) << 16 | 1  # the Adler-32 of that many zeros
    pixels = packed(64 * row, False) * blocks + packed(rest * row, True)
    stream = b"\x78\x01" + pixels + struct.pack(">I", checksum)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", stream), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(kind, data) for kind, data in chunks)


def with_png_chunks(data: bytes, *chunks: tuple[bytes, bytes], at_end: bool = False) -> bytes:
    """A PNG file with more chunks, behind its header or behind its pixels."""
    place = len(data) - 12 if at_end else 33
    return data[:place] + b"".join(png_chunk(*chunk) for chunk in chunks) + data[place:]


def with_jpeg_segments(data: bytes, *segments: tuple[int, bytes]) -> bytes:
    """A JPEG file with more segments at its start, each a marker's second byte and its content."""
    added = b"".join(
        bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body for marker, body in segments
    )
    return data[:2] + added + data[2:]


def jpeg_sampling(data: bytes) -> list[tuple[int, int]]:
    """The horizontal and vertical sampling factor of every component, from a JPEG's frame header."""
    position = 2
    while data[position + 1] not in (0xC0, 0xC1, 0xC2):
        position += 2 + int.from_bytes(data[position + 2 : position + 4])
    components = data[position + 9]
    factors = [data[position + 11 + 3 * number] for number in range(components)]
    return [(factor >> 4, factor & 15) for factor in factors]


def facts(shape: Size, orientation: int = 1, stored: Size | None = None) -> PictureInfo:
    """The facts of a plain JPEG of a size."""
    return PictureInfo(
        name="picture.jpg",
        format="jpeg",
        size=shape,
        stored_size=stored or shape,
        orientation=orientation,
        mode="RGB",
        bits=8,
        alpha=False,
        animated=False,
        progressive=False,
        profile=None,
        srgb=True,
        metadata=(),
        byte_count=1000,
    )
