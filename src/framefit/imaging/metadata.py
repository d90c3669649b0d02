"""Removes metadata from a file without touching its pixels."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from framefit.carried import PNG_SIGNATURE, jpeg_word, png_word, webp_word
from framefit.errors import PictureBroken
from framefit.options import Format

_WEBP_FLAGS = 0x08 | 0x04  # EXIF and XMP in the VP8X header


def without_metadata(data: bytes, format: Format, name: str) -> bytes:
    """Return the file without EXIF, XMP, IPTC, comments and texts; the pixel data are copied as they are.

    Args:
        data: a whole file that has been decoded without an error.
        format: ``jpeg``, ``png`` or ``webp``.
        name: what to call the file in the error.

    Raises:
        PictureBroken: the structure of the file is not what the format says.

    Source:
        ITU-T T.81 annex B for JPEG, the PNG specification 3rd edition for chunks, RFC 9649 for WebP.
    """
    try:
        return {"jpeg": _jpeg, "png": _png, "webp": _webp}[format](data)
    except (struct.error, IndexError, ValueError) as error:
        raise PictureBroken(
            f"{name!r} has a damaged structure", seen=str(error), wanted=f"a whole {format} file"
        ) from error


def _jpeg(data: bytes) -> bytes:
    out = bytearray(data[:2])
    position = 2
    while True:
        if data[position] != 0xFF:
            position += 1  # readers skip bytes between segments; nothing of the picture is in them
            continue
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1  # a fill byte before the marker
            continue
        length = int(struct.unpack_from(">H", data, position + 2)[0])
        segment = data[position : position + 2 + length]
        if jpeg_word(marker, segment[4:36]) is None:
            out += segment
        position += 2 + length
        if marker == 0xDA:
            return bytes(out + data[position : _end_of_jpeg(data, position)])


def _end_of_jpeg(data: bytes, position: int) -> int:
    """Return where the picture ends: pictures and videos appended after the end marker are metadata too."""
    while True:
        position = data.find(b"\xff", position)
        if position < 0 or position + 1 >= len(data):
            raise ValueError("no end of the picture")
        marker = data[position + 1]
        if marker == 0xD9:
            return position + 2
        if marker == 0x00 or marker == 0xFF or 0xD0 <= marker <= 0xD7:
            position += 1 if marker == 0xFF else 2
        else:
            position += 2 + int(struct.unpack_from(">H", data, position + 2)[0])


def _png(data: bytes) -> bytes:
    out = bytearray(PNG_SIGNATURE)
    position = len(PNG_SIGNATURE)
    while True:
        length, kind = struct.unpack_from(">I4s", data, position)
        chunk = data[position : position + 12 + length]
        if len(chunk) != 12 + length:
            raise ValueError(f"chunk {kind!r} is cut short")
        if png_word(kind, chunk[8:40]) is None:
            out += chunk
        position += 12 + length
        if kind == b"IEND":
            return bytes(out)


def _webp(data: bytes) -> bytes:
    out = bytearray()
    for kind, body in _riff_chunks(data):
        if webp_word(kind) is not None:
            continue
        if kind == b"VP8X":
            body = bytes([body[0] & ~_WEBP_FLAGS]) + body[1:]
        out += kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
    return b"RIFF" + struct.pack("<I", len(out) + 4) + b"WEBP" + bytes(out)


def _riff_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    end = min(len(data), 8 + int(struct.unpack_from("<I", data, 4)[0]))
    position = 12
    while position + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, position)
        body = data[position + 8 : position + 8 + length]
        if len(body) != length:
            raise ValueError(f"chunk {kind!r} is cut short")
        yield kind, body
        position += 8 + length + length % 2
