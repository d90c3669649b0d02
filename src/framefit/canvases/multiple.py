"""The canvas of a server that renders any size on a grid."""

from __future__ import annotations

from framefit.canvases.choice import Choice, part_of
from framefit.catalog import Rule
from framefit.geometry import Size, cover_loss
from framefit.options import Options

_SMALLEST_SHARE = 0.8
_REACH = 4


def choose(rule: Rule, picture: Size, options: Options) -> Choice:
    """Choose the size on the grid that loses least of the picture.

    It stays within the pixels the server works with by default, and above four fifths of them; where
    those are not known it is the picture's own size, rounded down to the grid.
    """
    part = part_of(picture, options.crop)
    budget = next(iter(rule.areas.values()), None) or (
        rule.default_size.pixels if rule.default_size else None
    )
    step = rule.multiple_of or 1
    if budget is None:
        canvas = snapped(part, rule)
        return Choice(canvas=canvas, video=canvas, because=f"it is the picture's own size in steps of {step}")
    canvas = _within(part, budget, rule)
    return Choice(
        canvas=canvas,
        video=canvas,
        because=f"in steps of {step}, at about the {budget:,} pixels {rule.key} works with, it loses least",
    )


def smallest_side(rule: Rule) -> int:
    """Return the shortest side on the grid, in pixels."""
    step = rule.multiple_of or 1
    return -(-max(rule.min_side or 1, 1) // step) * step


def snapped(size: Size, rule: Rule) -> Size:
    """Return a size rounded down to the grid, never below its shortest side."""
    step, least = rule.multiple_of or 1, smallest_side(rule)
    width, height = (max(least, side // step * step) for side in size)
    return Size(width, height)


def nearest(size: Size, rule: Rule) -> Size:
    """Return the size on the grid nearest to a size, never below its shortest side."""
    step, least = rule.multiple_of or 1, smallest_side(rule)
    width, height = (max(least, (side + step // 2) // step * step) for side in size)
    return Size(width, height)


def _within(part: Size, budget: int, rule: Rule) -> Size:
    step, least = rule.multiple_of or 1, smallest_side(rule)
    most = budget // (least * least)
    ratio = min(max(part.ratio, 1 / most), most)
    exact = Size(int((budget * ratio) ** 0.5), int((budget / ratio) ** 0.5))
    corner = snapped(exact, rule)
    candidates = [
        Size(corner.width + across * step, corner.height + down * step)
        for across in range(-_REACH, _REACH + 1)
        for down in range(-_REACH, _REACH + 1)
    ]
    fitting = [
        size
        for size in candidates
        if min(size) >= least and _SMALLEST_SHARE * budget <= size.pixels <= budget
    ]
    return min(
        fitting, key=lambda size: (round(cover_loss(part, size), 3), -size.pixels, size), default=corner
    )
