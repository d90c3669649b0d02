"""What a JPEG, PNG or WebP file carries beside its picture, told from its structure alone."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

MOST_PARTS = 100_000
"""Parts of a file, each of few bytes, beyond which it is no picture but work: readers go through them one by one."""

_FEW_BYTES = 64
_PNG_PICTURE = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS"}
_PNG_COLOUR = {b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"cICP", b"mDCV", b"cLLI"}
_PNG_HINTS = {b"pHYs", b"bKGD", b"hIST", b"sPLT"}
_PNG_TEXTS = {b"tEXt", b"zTXt", b"iTXt"}
_WEBP_PICTURE = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP", b"ANIM", b"ANMF"}


def carried(file: BinaryIO, kind: str) -> tuple[str, ...]:
    """List what a file holds that is no part of its picture; no pixel is decoded.

    Args:
        file: the file; it is left at any position.
        kind: ``jpeg``, ``png`` or ``webp``.

    Returns:
        Words in alphabetical order: ``exif``, ``xmp``, ``iptc``, ``comment``, ``text``, ``other``, and
        ``trailer`` for bytes behind the end of the picture.

    Raises:
        ValueError: the file has more than `MOST_PARTS` tiny parts.
    """
    length = file.seek(0, 2)
    file.seek(0)
    words = {"jpeg": _jpeg, "png": _png, "webp": _webp}[kind](file, length)
    return tuple(sorted({word for word in words if word is not None}))


def jpeg_word(marker: int, start: bytes) -> str | None:
    """Name what a JPEG segment carries, None for a part of the picture.

    Args:
        marker: the second byte of the segment's marker.
        start: the first bytes behind the segment's length.

    JFIF, the ICC profile and Adobe's colour marker belong to the picture: its colours hang on them.
    """
    if marker == 0xFE:
        return "comment"
    if not 0xE0 <= marker <= 0xEF:
        return None
    known = {
        (0xE0, b"JFIF\0"): None,
        (0xE2, b"ICC_PROFILE\0"): None,
        (0xEE, b"Adobe"): None,
        (0xE1, b"Exif\0"): "exif",
        (0xE1, b"http://ns.adobe.com/x"): "xmp",
        (0xED, b"Photoshop"): "iptc",
    }
    for (number, identity), word in known.items():
        if marker == number and start.startswith(identity):
            return word
    return "other"


def png_word(kind: bytes, start: bytes) -> str | None:
    """Name what a PNG chunk carries, None for a part of the picture."""
    if kind in _PNG_PICTURE or kind in _PNG_COLOUR or kind in _PNG_HINTS:
        return None
    if kind == b"eXIf":
        return "exif"
    if kind in _PNG_TEXTS:
        return "xmp" if start.startswith(b"XML:com.adobe.xmp") else "text"
    return "other"


def webp_word(kind: bytes) -> str | None:
    """Name what a WebP chunk carries, None for a part of the picture."""
    if kind in _WEBP_PICTURE:
        return None
    return {b"EXIF": "exif", b"XMP ": "xmp"}.get(kind, "other")


def png_exif(file: BinaryIO) -> bytes | None:
    """Return the EXIF data of a PNG, which may stand behind its pixels."""
    length = file.seek(0, 2)
    for kind, position, count in _png_chunks(file, length):
        if kind == b"eXIf":
            file.seek(position)
            return b"Exif\0\0" + file.read(count)
    return None


def png_is_whole(file: BinaryIO) -> bool:
    """Tell whether a PNG has its last chunk; the file is left where it was."""
    position = file.tell()
    whole = any(kind == b"IEND" for kind, _, _ in _png_chunks(file, file.seek(0, 2)))
    file.seek(position)
    return whole


def _checked(count: int) -> int:
    if count > MOST_PARTS:
        raise ValueError(f"it has more than {MOST_PARTS:,} parts")
    return count


def _jpeg(file: BinaryIO, length: int) -> Iterator[str | None]:
    file.seek(2)
    parts = 0
    while (byte := file.read(1)) != b"":
        parts = _checked(parts + 1)
        if byte != b"\xff":
            yield "other"  # readers skip bytes between segments, so anything can hide there
            continue
        marker = file.read(1)
        while marker == b"\xff":
            parts = _checked(parts + 1)
            marker = file.read(1)
        head = file.read(2)
        if len(head) < 2:
            break
        count = int(struct.unpack(">H", head)[0])
        position = file.tell()
        yield jpeg_word(marker[0], file.read(min(32, max(0, count - 2))))
        if marker == b"\xda":
            break
        file.seek(position + max(0, count - 2))
    file.seek(max(0, length - 2))
    yield None if file.read(2) == b"\xff\xd9" else "trailer"


def _png(file: BinaryIO, length: int) -> Iterator[str | None]:
    for kind, position, count in _png_chunks(file, length):
        file.seek(position)
        yield png_word(kind, file.read(min(32, count)) if kind in _PNG_TEXTS else b"")
        if kind == b"IEND" and position + count + 4 < length:
            yield "trailer"


def _png_chunks(file: BinaryIO, length: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, position and length of the data of every chunk up to the end of the picture."""
    position, kind, tiny = len(PNG_SIGNATURE), b"", 0
    while kind != b"IEND":
        file.seek(position)
        head = file.read(8)
        if len(head) < 8:
            return  # a file cut short: decoding it says so, and what is there may be wanted
        count, kind = struct.unpack(">I4s", head)
        if position + 12 + count > length:
            return
        tiny = _checked(tiny + (count < _FEW_BYTES))
        yield kind, position + 8, count
        position += 12 + count


def _webp(file: BinaryIO, length: int) -> Iterator[str | None]:
    file.seek(4)
    end = min(length, 8 + int.from_bytes(file.read(4), "little"))
    position, tiny = 12, 0
    while position + 8 <= end:
        file.seek(position)
        kind, count = struct.unpack("<4sI", file.read(8))
        tiny = _checked(tiny + (count < _FEW_BYTES))
        yield webp_word(kind)
        position += 8 + count + count % 2
    if end + end % 2 < length:
        yield "trailer"
