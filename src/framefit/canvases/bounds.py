"""The canvas of a model that takes any picture inside limits."""

from __future__ import annotations

import math

from framefit.canvases.choice import Choice, part_of
from framefit.canvases.listed import best_of
from framefit.catalog import Rule
from framefit.geometry import Size, cover_loss
from framefit.options import Options


def ratio_range(rule: Rule) -> tuple[float, float]:
    """Return the smallest and the largest width / height that fit the limits of ratio and side."""
    low, high = rule.ratio_min or 0.0, rule.ratio_max or math.inf
    if rule.min_side and rule.max_side:
        low, high = max(low, rule.min_side / rule.max_side), min(high, rule.max_side / rule.min_side)
    return low, high


def outside(rule: Rule, picture: Size) -> bool:
    """Tell whether a picture lies beyond a limit of side or ratio."""
    low, high = ratio_range(rule)
    return (
        not low <= picture.ratio <= high
        or (rule.min_side is not None and min(picture) < rule.min_side)
        or (rule.max_side is not None and max(picture) > rule.max_side)
    )


def choose(rule: Rule, picture: Size, options: Options) -> Choice:
    """Leave a picture inside the limits alone and bring one outside to the nearest limit.

    A picture too long or too tall is cut to the limit by ``cover`` and ``stretch`` and widened to it
    by ``pad``; one too small or too large is scaled.
    """
    part = part_of(picture, options.crop)
    if not outside(rule, part):
        canvas, because = part, f"the picture lies inside the limits of {rule.key} and is left alone"
    else:
        canvas = _brought_inside(rule, part, options)
        because = f"the picture lies outside the limits of {rule.key} and is brought inside"
    video = best_of(rule, canvas) if rule.mismatch in ("crop", "stretch") else None
    if video is not None:
        loss = cover_loss(canvas, video)
        because += f"; of the sizes to ask for {video} loses least, {loss:.1%}"
    return Choice(canvas=canvas, video=video, because=because)


def _brought_inside(rule: Rule, part: Size, options: Options) -> Size:
    low, high = ratio_range(rule)
    ratio = min(max(part.ratio, low), high)
    cut = (part.height * ratio, part.height) if part.ratio > ratio else (part.width, part.width / ratio)
    grown = (part.width, part.width / ratio) if part.ratio > ratio else (part.height * ratio, part.height)
    loss = 1 - cut[0] * cut[1] / part.pixels
    pad = options.mode == "pad" or (options.mode == "auto" and loss > options.max_loss)
    width, height = grown if pad else cut
    scale = 1.0
    if rule.min_side is not None:
        scale = max(scale, rule.min_side / min(width, height))
    if rule.max_side is not None:
        scale = min(scale, rule.max_side / max(width, height))
    return _whole(rule, width * scale, height * scale, low, high)


def _whole(rule: Rule, width: float, height: float, low: float, high: float) -> Size:
    """Round to whole pixels without leaving the limits."""
    least, most = rule.min_side or 1, rule.max_side or math.inf
    across, down = (min(max(round(side), least), most) for side in (width, height))
    if across / down > high:
        across = math.floor(down * high)
    if across / down < low:
        down = math.floor(across / low)
    return Size(int(across), int(down))
