"""Bounds the memory of the pictures that are being worked on, from what their headers say."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Condition, Lock

from framefit.errors import InvalidOption
from framefit.limits import decoded_pixels
from framefit.planning import Plan
from framefit.probing import PictureInfo

_BYTES_PER_PIXEL = 4
"""Pillow holds every layout but grey and palettes with four bytes to a pixel."""


def memory_of(plans: Sequence[Plan]) -> int:
    """Estimate the memory that decoding a picture and rendering its plans takes, in bytes.

    Args:
        plans: what one decoding serves; at least one.

    A picture whose pixels have to be brought to another layout first is held twice.
    """
    canvas = max(plan.canvas.pixels for plan in plans)
    shrink = min(plan.shrink for plan in plans)
    return memory_to_look(plans[0].info, shrink=shrink) + 2 * _BYTES_PER_PIXEL * canvas


def memory_to_look(info: PictureInfo, *, shrink: int = 1) -> int:
    """Estimate the memory that decoding a picture takes, in bytes.

    Args:
        info: the facts of the picture.
        shrink: how many times smaller it is decoded.
    """
    copies = 1 if info.mode in ("L", "RGB", "RGBA", "CMYK") and info.bits <= 8 else 2
    return decoded_pixels(info, shrink) * _BYTES_PER_PIXEL * copies


def half_of_memory() -> int:
    """Return half of the machine's memory, or of the limit this process's container has, in bytes."""
    sizes = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")] if hasattr(os, "sysconf") else []
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.is_file():
        text = limit.read_text(encoding="ascii").strip()
        sizes += [int(text)] if text.isdigit() else []
    return min(sizes, default=4 << 30) // 2


class Budget:
    """Lets work begin while its memory fits; what would not fit even alone runs alone.

    Args:
        limit: how much may be in use at a time, in bytes.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.highest = 0
        self._used = 0
        self._changed = Condition()
        self._turn = Lock()

    @contextmanager
    def holding(self, count: int) -> Iterator[None]:
        """Wait until ``count`` bytes are free, and hold them until the block ends."""
        # Who waits keeps the turn, so that small pictures cannot pass a large one for ever.
        with self._turn, self._changed:
            self._changed.wait_for(lambda: self._used == 0 or self._used + count <= self.limit)
            self._used += count
            self.highest = max(self.highest, self._used)
        try:
            yield
        finally:
            with self._changed:
                self._used -= count
                self._changed.notify_all()


def read_bytes(text: str) -> int:
    """Read an amount of memory: ``4GB``, ``512MiB``, ``1.5G`` or a number of bytes.

    Raises:
        InvalidOption: it cannot be read, or is less than a megabyte.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?\s*", text, re.IGNORECASE)
    power = "kmgt".find(match[2].lower()) + 1 if match and match[2] else 0
    count = int(float(match[1]) * (1024 if match[3] else 1000) ** power) if match else 0
    if count < 1_000_000:
        raise InvalidOption(
            "the amount of memory cannot be read",
            seen=text,
            wanted="1MB or more, like 4GB",
            fix="--memory 4GB",
        )
    return count
