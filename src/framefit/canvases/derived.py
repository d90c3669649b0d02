"""The canvas on a server that takes the shape of the picture and makes a size of it itself."""

from __future__ import annotations

import math
from collections.abc import Iterator

from framefit.canvases.choice import Choice, part_of
from framefit.canvases.formulas import FORMULAS, buckets
from framefit.catalog import Rule
from framefit.geometry import Size, cover_loss
from framefit.options import Options

_LONGEST = 16
"""Pictures longer than this are cut to it first: no formula here has a size for them."""


def video_size(rule: Rule, picture: Size, asked: Size | None = None) -> Size | None:
    """Return the size of the video the server will make of a picture; None when that is not known.

    Args:
        rule: the rule of the model on the server.
        picture: the size of the picture as the server sees it.
        asked: the size in the request.
    """
    if rule.formula is None or rule.multiple_of is None:
        return None
    if asked is not None and rule.size_means == "canvas":
        return asked
    size = FORMULAS[rule.formula](picture, _area(rule, asked), rule.multiple_of)
    return size if min(size) > 0 else None


def picture_for(rule: Rule, video: Size, asked: Size | None = None) -> Size | None:
    """Return the size of a picture from which the server makes a video of exactly this size.

    It is the video's own size where that works; otherwise the nearest shape up to one step away,
    since the server may round its own sizes to others.

    Args:
        rule: the rule of the model on the server.
        video: the size wanted.
        asked: the size in the request.

    Returns:
        The size of the picture, or None when the server cannot be brought to make that video.
    """
    step = rule.multiple_of or 1
    shapes = [video]
    for away in range(1, step):
        shapes += [
            Size(video.width + away, video.height),
            Size(video.width, video.height + away),
            Size(video.width - away, video.height),
            Size(video.width, video.height - away),
        ]
    shapes = [shape for shape in shapes if min(shape) > 0]
    shapes.sort(key=lambda shape: abs(math.log(shape.ratio / video.ratio)))
    return next((shape for shape in shapes if video_size(rule, shape, asked) == video), None)


def choose(rule: Rule, picture: Size, asked: Size | None, options: Options) -> Choice | None:
    """Choose the size of the fitted picture so that the server's own arithmetic changes nothing.

    Returns:
        The choice, or None when the server's arithmetic is not known.
    """
    if rule.formula is None:
        return None
    if asked is not None:
        return _as_asked(rule, asked)
    part = part_of(picture, options.crop)
    videos = sorted(_reachable(rule, part), key=lambda size: (round(cover_loss(part, size), 4), -size.pixels))
    for video in videos:
        shape = picture_for(rule, video)
        if shape is not None:
            return Choice(
                canvas=shape, video=video, because=f"{rule.key} takes the picture's shape in steps of its own"
            )
    return None


def _as_asked(rule: Rule, asked: Size) -> Choice:
    shape = picture_for(rule, asked, asked)
    if shape == asked:
        return Choice(canvas=asked, video=asked, because="it is the size asked for")
    if shape is not None:
        return Choice(canvas=shape, video=asked, because=f"from this shape {rule.key} makes {asked}")
    video = video_size(rule, asked, asked)
    made = f", and makes {video} of it" if video else ""
    return Choice(canvas=asked, video=video, because=f"{rule.key} does not render the size asked for{made}")


def _reachable(rule: Rule, part: Size) -> Iterator[Size]:
    """Yield the sizes of video near the picture's shape that the server may arrive at."""
    step, area = rule.multiple_of or 1, _area(rule, None)
    if rule.formula in ("bucket", "bucket_strict"):
        yield from (size for _, size in buckets(area, step))
        return
    ratio = min(max(part.ratio, 1 / _LONGEST), _LONGEST)
    middle = video_size(rule, Size(round(10_000 * ratio), 10_000))
    if middle is None:
        return
    for across in range(-2, 3):
        for down in range(-2, 3):
            size = Size(middle.width + across * step, middle.height + down * step)
            if min(size) >= step:
                yield size


def _area(rule: Rule, asked: Size | None) -> int:
    """Return the pixels the server aims at: those asked for where they count, else a tier's."""
    areas = list(rule.areas.values())
    if asked is None:
        return areas[0]
    if rule.size_means == "area":
        return min(asked.pixels, max(areas))
    return min(areas, key=lambda area: abs(math.log(area / asked.pixels)))
