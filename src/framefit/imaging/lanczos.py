"""Lanczos-3 scaling of a part of a picture: with SIMD where a wheel for it exists, else by Pillow."""

from __future__ import annotations

import importlib
import threading
from functools import cache
from math import ceil, floor, isclose
from typing import TYPE_CHECKING, Any

import PIL
from PIL import Image

from framefit.geometry import Box, Size

if TYPE_CHECKING:
    from collections.abc import Callable

    Scaler = Callable[[Image.Image, Size, Box], Image.Image]

TESTED_PILLOWS = range(11, 14)
"""Pillow majors `cykooz.resizer` was tested with: it reads Pillow's own memory, whose layout may change."""

_SUPPORT = 3
_kept = threading.local()


def lanczos(image: Image.Image, size: Size, box: Box) -> Image.Image:
    """Return a part of a picture scaled to a size, by whichever way is there.

    Args:
        image: the picture, of mode L, RGB, RGBA or CMYK.
        size: the size of the result.
        box: the part, in fractional pixels, inside the picture.
    """
    return scaled(image, size, box, by_pillow if simd_module() is None else by_simd)


def scaled(image: Image.Image, size: Size, box: Box, way: Scaler) -> Image.Image:
    """Return a part of a picture scaled to a size, one axis after the other.

    Args:
        image: as `lanczos` takes it; transparency is scaled premultiplied, so that no fringe shows.
        size: as `lanczos` takes it.
        box: as `lanczos` takes it.
        way: what scales along one axis.

    What the filter overshoots is cut off between the two axes, so their order shows at hard edges. It is
    chosen by the shape alone: the same for a picture stored turned, for both ways and for every Pillow.

    Source:
        Lanczos-3 with a support that grows with the reduction, as Pillow documents it.
    """
    mode = "RGBa" if image.mode == "RGBA" else image.mode
    plain = image if image.mode == mode else image.convert(mode)
    if _across_first(size, box):
        top, bottom = _reached(box.top, box.bottom, size.height, image.height)
        half = way(plain, Size(size.width, bottom - top), Box(box.left, top, box.right, bottom))
        done = way(half, size, Box(0, box.top - top, size.width, box.bottom - top))
    else:
        left, right = _reached(box.left, box.right, size.width, image.width)
        half = way(plain, Size(right - left, size.height), Box(left, box.top, right, box.bottom))
        done = way(half, size, Box(box.left - left, 0, box.right - left, size.height))
    return done if image.mode == mode else done.convert(image.mode)


def by_pillow(image: Image.Image, size: Size, box: Box) -> Image.Image:
    """Scale along one axis with Pillow's own code, on every platform."""
    whole = Box(0, 0, *image.size)
    edges = tuple(map(int, box))
    if size.width == box.width and (box.left, box.right) != (whole.left, whole.right):
        part = (edges[0], 0, edges[2], image.height)
        image = image.resize((size.width, image.height), Image.Resampling.NEAREST, part)
        box = Box(0, box.top, size.width, box.bottom)
    elif size.height == box.height and (box.top, box.bottom) != (whole.top, whole.bottom):
        part = (0, edges[1], image.width, edges[3])
        image = image.resize((image.width, size.height), Image.Resampling.NEAREST, part)
        box = Box(box.left, 0, box.right, size.height)
    return image.resize(size, Image.Resampling.LANCZOS, box=box)


def by_simd(image: Image.Image, size: Size, box: Box) -> Image.Image:
    """Scale along one axis with `cykooz.resizer`, which must be there."""
    module = simd_module()
    options = module.ResizeOptions(
        resize_alg=module.ResizeAlg.convolution(module.FilterType.lanczos3),
        crop_box=module.CropBox(box.left, box.top, box.width, box.height),
    )
    result = Image.new(image.mode, size)
    _resizer(module).resize_pil(image, result, options)
    return result


def _across_first(size: Size, box: Box) -> bool:
    """Tell which axis comes first: the one that is reduced more, else the longer one of the result."""
    across, down = box.width / size.width, box.height / size.height
    if isclose(across, down, rel_tol=1e-6):
        return size.width >= size.height
    return across > down


def _reached(low: float, high: float, wanted: int, length: int) -> tuple[int, int]:
    """Return the whole pixels that the filter looks at along one axis."""
    reach = _SUPPORT * max(1.0, (high - low) / wanted) + 1
    return max(0, floor(low - reach)), min(length, ceil(high + reach))


@cache
def simd_module() -> Any:
    """Return the module `cykooz_resizer`, or None where it is missing or untested with this Pillow."""
    if int(PIL.__version__.split(".")[0]) not in TESTED_PILLOWS:
        return None
    try:
        return importlib.import_module("cykooz_resizer")
    except ImportError:
        return None


def _resizer(module: Any) -> Any:
    """Return this thread's own resizer: it keeps buffers between pictures and is not to be shared."""
    if not hasattr(_kept, "resizer"):
        _kept.resizer = module.Resizer()
    return _kept.resizer
