"""How servers that take the shape of the picture arrive at the size of the video.

Each formula takes the size of the picture, the pixels of the tier and the step of both sides, and
returns the size the server renders. A side of 0 means that the server's own arithmetic breaks down,
which happens only for pictures many times longer than wide. Floating point is used where the servers
use it, since the last bit decides on which side of a step a size falls.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType

from framefit.catalog.rule import Formula
from framefit.geometry import Size

_LONGEST_BUCKET = 4.0


def area_floor(picture: Size, area: int, step: int) -> Size:
    """Return the size with the picture's ratio and the area, rounded to pixels, then down to the step.

    Source:
        SGLang ``multimodal_gen/runtime/pipelines_core/stages/input_validation.py`` at 03b8c17f
        (Wan I2V); vLLM-Omni ``diffusion/models/wan2_2/pipeline_wan2_2_i2v.py`` at 00372d6c and
        ``pipeline_wan2_2_ti2v.py`` at 22d3a557 (requests without a size).
    """
    tall = picture.height / picture.width
    return Size(
        _down(round(math.sqrt(area / tall)), step),
        _down(round(math.sqrt(area * tall)), step),
    )


def latent_floor(picture: Size, area: int, step: int) -> Size:
    """Return the size with the picture's ratio and the area, rounded straight down to the step.

    A side of 719.99 becomes 704 here and 720 in `area_floor`.

    Source:
        Wan2.2 ``wan/image2video.py`` at 42bf4cfa: latents of 8 pixels, in patches of 2.
    """
    tall = picture.height / picture.width
    return Size(_down(math.sqrt(area / tall), step), _down(math.sqrt(area * tall), step))


def area_ceil(picture: Size, area: int, step: int) -> Size:
    """Return the size with the picture's ratio and the area, cut to pixels, then up to the step.

    Source:
        vLLM-Omni ``diffusion/models/hunyuan_video/pipeline_hunyuan_video_1_5_i2v.py`` at 23852d8a.
    """
    wide = picture.width / picture.height
    height = int((area / wide) ** 0.5)
    return Size(-_down(-int(height * wide), step), -_down(-height, step))


def best_fit(picture: Size, area: int, step: int) -> Size:
    """Return the size on the grid, within the area, whose ratio is nearest to the picture's.

    Two are compared: the width rounded down and the height filled up, and the other way round.

    Source:
        Wan2.2 ``wan/utils/utils.py`` ``best_output_size`` at 42bf4cfa (TI2V-5B); SGLang
        ``input_validation.py`` at 03b8c17f uses the same.
    """
    ratio = picture.width / picture.height
    exact_width = (area * ratio) ** 0.5
    exact_height = area / exact_width
    width, height = _down(exact_width, step), _down(exact_height, step)
    if not width or not height:
        return Size(0, 0)
    by_width = Size(width, _down(area / width, step))
    by_height = Size(_down(area / height, step), height)
    if not by_width.height or not by_height.width:
        return Size(0, 0)
    return by_width if _apart(ratio, by_width.ratio) < _apart(ratio, by_height.ratio) else by_height


def bucket(picture: Size, area: int, step: int) -> Size:
    """Return the bucket whose ratio is nearest to the picture's, on the side towards the square.

    Source:
        diffusers ``pipelines/hunyuan_video1_5/image_processor.py`` at 58eb52c0.
    """
    return _nearest_bucket(picture, area, step, equal=True)


def bucket_strict(picture: Size, area: int, step: int) -> Size:
    """Return what `bucket` does, but for landscape pictures never a bucket of exactly their ratio.

    Source:
        HunyuanVideo-I2V ``hyvideo/inference.py`` at 1481c1d5 and HunyuanVideo-1.5
        ``hyvideo/utils/data_utils.py`` at 60783e70, as ported by others.
    """
    return _nearest_bucket(picture, area, step, equal=False)


@lru_cache(maxsize=32)
def buckets(area: int, step: int) -> tuple[tuple[float, Size], ...]:
    """Return every bucket of an area with its height / width, rounded to five places as servers do.

    A bucket is a rectangle of whole cells that cannot grow in both directions without leaving the
    area, or lies on the stairs between two such; none is more than four times longer than wide.
    """
    cells = round(area / step**2)
    found = []
    for rows in range(cells, 0, -1):
        for columns in range(max(1, cells // (rows + 1)), cells // rows + 1):
            if max(rows, columns) / min(rows, columns) <= _LONGEST_BUCKET:
                size = Size(columns * step, rows * step)
                found.append((round(size.height / size.width, 5), size))
    return tuple(found)


def _nearest_bucket(picture: Size, area: int, step: int, *, equal: bool) -> Size:
    tall = picture.height / picture.width
    listed = buckets(area, step)
    if tall >= 1:
        towards = [(tall - ratio, size) for ratio, size in listed if ratio <= tall]
    else:
        towards = [
            (ratio - tall, size) for ratio, size in listed if ratio > tall or (equal and ratio == tall)
        ]
    return min(towards, key=lambda pair: pair[0])[1]


def _down(side: float, step: int) -> int:
    return int(side // step * step)


def _apart(one: float, other: float) -> float:
    return max(one / other, other / one)


FORMULAS: Mapping[Formula, Callable[[Size, int, int], Size]] = MappingProxyType(
    {
        "area_floor": area_floor,
        "latent_floor": latent_floor,
        "area_ceil": area_ceil,
        "best_fit": best_fit,
        "bucket": bucket,
        "bucket_strict": bucket_strict,
    }
)
"""The formulas by the name a catalogue entry gives."""
