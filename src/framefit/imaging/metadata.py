"""Removes metadata from a file without touching its pixels."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from framefit.errors import PictureBroken
from framefit.options import Format

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT"}
_WEBP_REMOVED = {b"EXIF", b"XMP "}
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
            raise ValueError(f"no marker at byte {position}")
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1  # a fill byte before the marker
            continue
        length = int(struct.unpack_from(">H", data, position + 2)[0])
        segment = data[position : position + 2 + length]
        if not _is_jpeg_metadata(marker, segment):
            out += segment
        position += 2 + length
        if marker == 0xDA:
            return bytes(out + data[position : _end_of_jpeg(data, position)])


def _is_jpeg_metadata(marker: int, segment: bytes) -> bool:
    """Tell what may go: APPn but JFIF (0), ICC (2) and Adobe's colour marker (14), and comments."""
    if marker == 0xFE:
        return True
    if not 0xE0 <= marker <= 0xEF:
        return False
    identity = segment[4:16]
    return not (
        (marker == 0xE0 and identity.startswith(b"JFIF\0"))
        or (marker == 0xE2 and identity.startswith(b"ICC_PROFILE\0"))
        or (marker == 0xEE and identity.startswith(b"Adobe"))
    )


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
    out = bytearray(_PNG_SIGNATURE)
    position = len(_PNG_SIGNATURE)
    while True:
        length, kind = struct.unpack_from(">I4s", data, position)
        chunk = data[position : position + 12 + length]
        if len(chunk) != 12 + length:
            raise ValueError(f"chunk {kind!r} is cut short")
        if kind in _PNG_KEPT:
            out += chunk
        position += 12 + length
        if kind == b"IEND":
            return bytes(out)


def _webp(data: bytes) -> bytes:
    out = bytearray()
    for kind, body in _riff_chunks(data):
        if kind in _WEBP_REMOVED:
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
