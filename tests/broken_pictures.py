"""Broken files, made by code: cut, altered, lying about their size, and files that are no pictures at all."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pillow_heif

from pictures import encoded, scene, with_orientation

SIZE = (160, 120)
KINDS: dict[str, tuple[str, dict[str, object]]] = {
    "jpg": ("JPEG", {"quality": 85, "exif": with_orientation(6)}),
    "progressive.jpg": ("JPEG", {"progressive": True}),
    "png": ("PNG", {}),
    "webp": ("WEBP", {"quality": 80}),
    "lossless.webp": ("WEBP", {"lossless": True}),
    "gif": ("GIF", {}),
    "bmp": ("BMP", {}),
    "tiff": ("TIFF", {}),
    "lzw.tiff": ("TIFF", {"compression": "tiff_lzw"}),
    "jpeg.tiff": ("TIFF", {"compression": "jpeg"}),
    "avif": ("AVIF", {"speed": 10}),
}


def whole_files() -> dict[str, bytes]:
    """One sound file of every kind."""
    image = scene(*SIZE)
    files = {name: encoded(image, kind, **options) for name, (kind, options) in KINDS.items()}
    buffer = io.BytesIO()
    pillow_heif.from_pillow(image).save(buffer)
    return {**files, "heic": buffer.getvalue()}


def broken_files(cuts: int = 14, alterations: int = 18, lies: int = 8) -> Iterator[tuple[str, bytes]]:
    """Named broken files, the same at every call: about 40 of every kind, and some that are no pictures."""
    for name, data in whole_files().items():
        chance = random.Random(name)
        for number in range(cuts):
            place = chance.randrange(1, len(data)) if number % 2 else len(data) - chance.randrange(1, 64)
            yield f"cut{number}.{name}", data[:place]
        for number in range(alterations):
            yield (
                f"altered{number}.{name}",
                _altered(data, chance, 1 << chance.randrange(6), head=number % 3 == 0),
            )
        for number in range(lies):
            yield f"lie{number}.{name}", _lying(data, chance)
        yield f"doubled.{name}", data + data
        yield f"emptied.{name}", data[:64] + bytes(max(0, len(data) - 64))
        yield f"noise.{name}", data[:64] + chance.randbytes(4000)
    yield from _no_pictures()


def _altered(data: bytes, chance: random.Random, count: int, *, head: bool) -> bytes:
    """Some bytes replaced, all near the start where the header is, or anywhere."""
    changed = bytearray(data)
    for _ in range(count):
        changed[chance.randrange(min(len(data), 200) if head else len(data))] = chance.randrange(256)
    return bytes(changed)


def _lying(data: bytes, chance: random.Random) -> bytes:
    """The file with its sides, however they are written, replaced by others."""
    width, height = (chance.choice((0, 1, 7, 161, 5000, 30_000, 65_535, 2**31 - 1)) for _ in range(2))
    for form in (">HH", "<HH", ">II", "<II"):
        largest = 256 ** struct.calcsize(form[:2]) - 1
        for true, lie in ((SIZE, (width, height)), (SIZE[::-1], (height, width))):
            told = struct.pack(form, *(min(side, largest) for side in lie))
            data = data.replace(struct.pack(form, *true), told)
    for form, side, lie in (("<HHI", SIZE[0], width), ("<HHI", SIZE[1], height)):
        data = data.replace(
            struct.pack(form, 4, 1, side)[2:], struct.pack(form, 4, 1, min(lie, 2**32 - 1))[2:]
        )
    return data


def _no_pictures() -> Iterator[tuple[str, bytes]]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("picture.jpg", encoded(scene(*SIZE)))
    for suffix in KINDS:
        yield f"zip.{suffix}", archive.getvalue()
        yield f"text.{suffix}", "그림이 아니라 글입니다. ".encode() * 40
        yield f"zeros.{suffix}", bytes(5000)
        yield f"empty.{suffix}", b""


def write_all(folder: Path) -> int:
    """Write every broken file to a folder, and return how many there are."""
    count = 0
    for name, data in broken_files():
        (folder / name).write_bytes(data)
        count += 1
    return count
