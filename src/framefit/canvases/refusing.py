"""Sizes a model does not render, and the nearest it does."""

from __future__ import annotations

from framefit.canvases import multiple
from framefit.canvases.bounds import outside, ratio_range
from framefit.catalog import Rule
from framefit.errors import SizeNotOffered
from framefit.geometry import Size, cover_loss

_SAME_RATIO = 0.01


def refusal(rule: Rule, asked: Size) -> SizeNotOffered | None:
    """Return the error for a size the model does not render, or None when it may be asked for."""
    if not rule.offers(asked):
        nearest = min(rule.sizes, key=lambda size: (cover_loss(asked, size), abs(size.pixels - asked.pixels)))
        return _error(rule, asked, ", ".join(str(size) for size in rule.sizes), nearest)
    if rule.kind == "multiple" and multiple.nearest(asked, rule) != asked:
        least = multiple.smallest_side(rule)
        wanted = f"sides that are multiples of {rule.multiple_of}, each at least {least}"
        return _error(rule, asked, wanted, multiple.nearest(asked, rule))
    if rule.max_area is not None and asked.pixels > rule.max_area:
        return _error(rule, asked, f"at most {rule.max_area:,} pixels", None)
    if rule.kind == "bounds" and not rule.sizes and rule.outside != "accept" and outside(rule, asked):
        return _error(rule, asked, limits(rule), None)
    return None


def takes(rule: Rule, size: Size) -> bool:
    """Tell whether the rule is known to let a request ask for a size."""
    renders = size in rule.sizes or (not rule.sizes and rule.kind in ("multiple", "bounds"))
    return renders and refusal(rule, size) is None


def takes_ratio(rule: Rule, ratio: float) -> bool:
    """Tell whether the rule is known to render a ratio of width / height, to within one per cent."""
    if rule.kind == "bounds" and not rule.sizes:
        low, high = ratio_range(rule)
        return low <= ratio <= high
    listed = [size.ratio for size in rule.sizes]
    for text in rule.ratios:
        across, _, down = text.partition(":")
        listed += [float(across) / float(down)] if down else []
    return rule.kind in ("multiple", "derived") or any(abs(one / ratio - 1) < _SAME_RATIO for one in listed)


def size_not_offered(rule: Rule, asked: Size) -> SizeNotOffered:
    """Return the error for a size that is not among those on offer, with the nearest that is."""
    nearest = min(rule.sizes, key=lambda size: (cover_loss(asked, size), abs(size.pixels - asked.pixels)))
    return _error(rule, asked, ", ".join(str(size) for size in rule.sizes), nearest)


def limits(rule: Rule) -> str:
    """Return the limits of side and ratio in words."""
    parts = []
    if rule.min_side is not None:
        parts.append(f"sides of at least {rule.min_side}")
    if rule.max_side is not None:
        parts.append(f"sides of at most {rule.max_side}")
    if rule.ratio_min is not None and rule.ratio_max is not None:
        parts.append(f"width / height from {rule.ratio_min:g} to {rule.ratio_max:g}")
    return ", ".join(parts)


def _error(rule: Rule, asked: Size, wanted: str, nearest: Size | None) -> SizeNotOffered:
    return SizeNotOffered(
        f"{rule.key} does not render {asked}",
        seen=str(asked),
        wanted=wanted,
        fix=f"--size {nearest}" if nearest else "--size auto",
    )
