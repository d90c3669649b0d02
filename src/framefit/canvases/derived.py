"""The canvas on a server that takes the shape of the picture and makes a size of it itself."""

from __future__ import annotations

import math
from collections.abc import Iterator

from framefit.canvases.choice import Choice, part_of
from framefit.canvases.formulas import FORMULAS, buckets
from framefit.catalog import Rule
from framefit.geometry import Size, cover_loss
from framefit.options import Options

_BENT = 0.02
"""How far the fitted picture may be from the shape of the video, so that no server bends it visibly."""
_TIE = 0.001
"""Losses that differ by less count as equal, and the larger video wins."""
_ROUNDS = 50
"""Feeding a size back to the server's arithmetic settles long before."""
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

    It is the video's own size where that works; otherwise the nearest shape within one step and two
    per cent, since the server may round its own sizes to others.

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
    near = sorted((_bent(shape, video), shape) for shape in shapes if min(shape) > 0)
    return next(
        (shape for bent, shape in near if bent <= _BENT and video_size(rule, shape, asked) == video), None
    )


def _bent(shape: Size, video: Size) -> float:
    return abs(math.log(shape.ratio / video.ratio))


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
    weight = 3 if rule.mismatch == "derive" else 1  # what a server bends is worse than what fit() cuts
    best: tuple[float, int, Size, Size] | None = None
    for video in sorted(_reachable(rule, part), key=lambda size: cover_loss(part, size)):
        if best is not None and cover_loss(part, video) > best[0] + _TIE:
            break
        shape = picture_for(rule, video)
        if shape is not None:
            cost = round(cover_loss(part, shape) + weight * cover_loss(shape, video), 3)
            best = min(best or (math.inf, 0, video, shape), (cost, -video.pixels, video, shape))
    because = f"{rule.key} takes the picture's shape in steps of its own"
    if best is None:
        return Choice(canvas=part, video=video_size(rule, part), because=because)
    return Choice(canvas=best[3], video=best[2], because=because)


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
    for _ in range(_ROUNDS):
        again = video_size(rule, middle)
        if again is None or again == middle:
            return
        yield again
        middle = again


def _area(rule: Rule, asked: Size | None) -> int:
    """Return the pixels the server aims at: those asked for where they count, else a tier's."""
    areas = list(rule.areas.values())
    if asked is None:
        return areas[0]
    if rule.size_means == "area":
        return min(asked.pixels, max(areas))
    return min(areas, key=lambda area: abs(math.log(area / asked.pixels)))
