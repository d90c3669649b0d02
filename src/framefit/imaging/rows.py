"""Decoding a JPEG only as far down as its pixels are used.

A JPEG can only be decoded from the top, so the rows under the used part need not be. The decoder is given
the file with a smaller height in its header; what it then gives is, to the bit, the top of the picture.
"""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Sequence
from typing import IO, BinaryIO

from framefit.geometry import Size, is_sideways, stored_box
from framefit.planning import Plan

_LANCZOS_SUPPORT = 3
_CHROMA_REACH = 16
"""How many rows further down colours are looked at: chroma is interpolated from the rows around."""

_WORTHWHILE = 0.95
_END = b"\xff\xd9"


def rows_needed(plans: Sequence[Plan], shrink: int) -> int | None:
    """Return how many rows from the top, as stored, all plans together use; None is all.

    Args:
        plans: plans for one picture.
        shrink: how many times smaller it is decoded.

    A JPEG in several scans is read whole whatever is used of it, and what is kept is checked whole.
    """
    info = plans[0].info
    if info.format != "jpeg" or info.progressive or any(plan.action != "convert" for plan in plans):
        return None
    rows = 0
    for plan in plans:
        bottom = stored_box(plan.placement.source, info.size, info.orientation).bottom
        scale = plan.placement.scale[0 if is_sideways(info.orientation) else 1]
        reach = _LANCZOS_SUPPORT * max(shrink, 1 / scale) + shrink * _CHROMA_REACH
        rows = max(rows, math.ceil(bottom + reach))
    return rows if rows < info.stored_size.height * _WORTHWHILE else None


def only_rows(file: BinaryIO, rows: int, stored: Size) -> BinaryIO:
    """Return the file of a JPEG as one that ends lower rows earlier, or as it is where that is not safe.

    Args:
        file: the file; it is left at its start.
        rows: how many rows to keep.
        stored: the size as planned; a file of another size is left alone.

    It is safe when the file ends with the end-of-image marker: within the picture's data that marker
    cannot stand (ITU-T T.81 B.1.1.5), so a file cut short there is still seen to be cut short.
    """
    file.seek(-len(_END), io.SEEK_END)
    whole = file.read() == _END
    place = _place_of_height(file) if whole else None
    if place is not None:
        file.seek(place)
        height, width = struct.unpack(">HH", file.read(4))
        place = place if (width, height) == stored else None
    file.seek(0)
    return file if place is None else _Patched(file, place, struct.pack(">H", rows))  # type: ignore[return-value]


def _place_of_height(file: BinaryIO) -> int | None:
    """Return where the height stands in the frame header of a baseline JPEG, if it is one.

    Source:
        ITU-T T.81 B.2.2: marker, length (2 bytes), precision (1), height (2), width (2).
    """
    file.seek(2)
    while True:
        head = file.read(4)
        if len(head) < 4 or head[0] != 0xFF or head[1] == 0xFF:
            return None
        if head[1] in (0xC0, 0xC1):
            return file.tell() + 1
        if head[1] in (0xC2, 0xDA):
            return None
        file.seek(int.from_bytes(head[2:], "big") - 2, io.SEEK_CUR)


class _Patched:
    """A file in which a few bytes read differently.

    Args:
        file: the file.
        place: where the first of them stands.
        instead: what is read there.
    """

    def __init__(self, file: IO[bytes], place: int, instead: bytes) -> None:
        self._file, self._place, self._instead = file, place, instead

    def read(self, count: int = -1) -> bytes:
        start = self._file.tell()
        data = self._file.read(count)
        first, last = max(start, self._place), min(start + len(data), self._place + len(self._instead))
        if first >= last:
            return data
        patch = self._instead[first - self._place : last - self._place]
        return data[: first - start] + patch + data[last - start :]

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()
