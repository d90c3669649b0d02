"""Step: write the pixels as a file, within the byte budget."""

from __future__ import annotations

import importlib
import os
import tempfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from framefit.errors import OutputUnwritable, OverByteBudget
from framefit.imaging.frame import Frame
from framefit.planning import Plan
from framefit.probing import DECODERS

if TYPE_CHECKING:
    from PIL.Image import Image

LOWEST_QUALITY = 40
"""Below this, blocks show; a budget that needs less is refused."""

_KINDS = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP"}
_FAST = {"png": 2, "webp": 2, "webp lossless": 0}
_SMALL = {"png": 9, "webp": 6, "webp lossless": 6}
"""How hard to compress: PNG level 0 to 9, WebP method 0 to 6. Fast unless a budget needs the small one."""


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """A written file.

    Args:
        data: its bytes.
        quality: the quality it was written with; None where the format has none.
    """

    data: bytes
    quality: int | None


def encode(frame: Frame, plan: Plan) -> Encoded:
    """Return the file.

    With a byte budget that the quality asked for does not meet, the highest lower quality down to
    `LOWEST_QUALITY` that does is searched for by halving; a lossless file is compressed once more, harder.

    Raises:
        OverByteBudget: no quality of the range meets the budget.
        OutputUnwritable: there is no room to encode it in.
    """
    limit, quality = plan.byte_limit, plan.options.quality
    lossless = plan.format == "png" or (plan.format == "webp" and plan.options.lossless)
    data = _written(frame.image, plan, quality, _FAST)
    if limit is None or len(data) <= limit:
        return Encoded(data=data, quality=None if lossless else quality)
    if lossless:
        data = _written(frame.image, plan, quality, _SMALL)
        if len(data) <= limit:
            return Encoded(data=data, quality=None)
        raise _over(plan, f"{len(data)} bytes without loss", f"at most {limit} bytes")
    found = _searched(frame.image, plan, limit)
    if found is not None:
        return found
    raise _over(
        plan,
        f"{len(data)} bytes at quality {quality}",
        f"at most {limit} bytes at quality {LOWEST_QUALITY} or more",
    )


def _searched(image: Image, plan: Plan, limit: int) -> Encoded | None:
    """Return the file of the highest quality under the one asked for that meets the limit, if one does."""
    low, high, best = LOWEST_QUALITY, plan.options.quality - 1, None
    while low <= high:
        middle = (low + high) // 2
        data = _written(image, plan, middle, _FAST)
        if len(data) <= limit:
            best, low = Encoded(data=data, quality=middle), middle + 1
        else:
            high = middle - 1
    return best


def _over(plan: Plan, seen: str, wanted: str) -> OverByteBudget:
    return OverByteBudget(
        f"{plan.info.name!r} cannot be made small enough as {plan.format}",
        seen=seen,
        wanted=wanted,
        fix="--format jpeg" if plan.format == "png" else "--max-bytes, or a smaller --size",
    )


def _written(image: Image, plan: Plan, quality: int, effort: dict[str, int]) -> bytes:
    options: dict[str, Any]
    if plan.format == "jpeg":
        options = {"quality": quality, "subsampling": plan.options.chroma}
    elif plan.format == "png":
        options = {"compress_level": effort["png"]}
    elif plan.options.lossless:
        options = {"lossless": True, "quality": 50, "method": effort["webp lossless"]}
    else:
        options = {"quality": quality, "method": effort["webp"]}
    importlib.import_module(DECODERS[plan.format][0])  # else Pillow imports every format to find the writer
    clean = image.copy() if image.info else image
    clean.info = {}  # Pillow's writers take profile, EXIF and comments from here unless told otherwise
    try:
        with _file_in_memory() as file:
            clean.save(file, _KINDS[plan.format], **options)
            file.seek(0)
            return file.read()
    except (OSError, MemoryError) as error:
        reason = getattr(error, "strerror", None) or str(error) or "no memory"
        raise OutputUnwritable(
            f"the result of {plan.info.name!r} cannot be encoded: {reason.lower()}",
            seen=f"{plan.canvas} {plan.format}",
            wanted="room in memory, or where temporary files are",
            fix="make room, or a smaller --size",
        ) from error


def _file_in_memory() -> IO[bytes]:
    """Open a real file that never reaches a disk where the system has such files, else a temporary one.

    Pillow's JPEG writer lets other threads run while it writes to a real file, and only then: with
    ``BytesIO`` two threads are no faster than one.
    """
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("framefit"), "w+b")
    return tempfile.TemporaryFile()
