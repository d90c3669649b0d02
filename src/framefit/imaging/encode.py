"""Step: write the pixels as a file, within the byte budget."""

from __future__ import annotations

import importlib
import io
from typing import TYPE_CHECKING, Any

from framefit.errors import OverByteBudget
from framefit.imaging.frame import Frame
from framefit.options import Format
from framefit.planning import Plan
from framefit.probing import DECODERS

if TYPE_CHECKING:
    from PIL.Image import Image

LOWEST_QUALITY = 40
"""Below this, blocks show; a budget that needs less is refused."""

_KINDS = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP"}


def encode(frame: Frame, plan: Plan) -> bytes:
    """Return the file.

    With a byte budget, the highest quality from the one asked for down to `LOWEST_QUALITY` that
    meets it is searched for by halving.

    Raises:
        OverByteBudget: no quality of the range meets the budget, or the format has no quality.
    """
    limit = plan.byte_limit
    data = _encoded(frame.image, plan, plan.options.quality)
    if limit is None or len(data) <= limit:
        return data
    low, high, best = LOWEST_QUALITY, plan.options.quality - 1, None
    while plan.format != "png" and low <= high:
        middle = (low + high) // 2
        tried = _encoded(frame.image, plan, middle)
        if len(tried) <= limit:
            best, low = tried, middle + 1
        else:
            high = middle - 1
    if best is not None:
        return best
    raise OverByteBudget(
        f"{plan.info.name!r} cannot be made small enough as {plan.format}",
        seen=f"{len(data)} bytes at quality {plan.options.quality}",
        wanted=f"at most {limit} bytes at quality {LOWEST_QUALITY} or more",
        fix="--format jpeg" if plan.format == "png" else "--max-bytes, or a smaller --size",
    )


def _encoded(image: Image, plan: Plan, quality: int) -> bytes:
    settings: dict[Format, dict[str, Any]] = {
        "jpeg": {"quality": quality, "subsampling": plan.options.chroma},
        "png": {"compress_level": 2},
        "webp": {"quality": quality, "method": 2},
    }
    importlib.import_module(DECODERS[plan.format][0])  # else Pillow imports every format to find the writer
    buffer = io.BytesIO()
    clean = image.copy() if image.info else image
    clean.info = {}  # Pillow's writers take profile, EXIF and comments from here unless told otherwise
    clean.save(buffer, _KINDS[plan.format], **settings[plan.format])
    return buffer.getvalue()
