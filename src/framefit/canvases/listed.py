"""The canvas of a model that offers a list of sizes, or a list of ratios."""

from __future__ import annotations

from framefit.canvases.choice import Choice, part_of
from framefit.catalog import Rule
from framefit.geometry import Size, cover_loss
from framefit.options import Options

_SAME_RATIO = 0.02


def choose(rule: Rule, picture: Size, options: Options) -> Choice | None:
    """Choose the size on offer that loses least of the picture, the smallest among equals.

    A ratio whose pixel sizes are not known counts with the largest size of that ratio inside the
    picture.

    Returns:
        The choice, or None when neither sizes nor ratios are known.
    """
    part = part_of(picture, options.crop)
    offered = list(rule.sizes)
    if not rule.sizes or not rule.sizes_complete:
        offered += [size for size in _by_ratio(rule, part) if not _listed(size, rule)]
    if not offered:
        return None
    best = min(offered, key=lambda size: (round(cover_loss(picture, size, options.crop), 9), size.pixels))
    if best in rule.sizes:
        return Choice(canvas=best, video=best, because=_because(rule, best))
    return Choice(
        canvas=best,
        video=None,
        because=f"of the ratios of {rule.key} it loses least; their pixel sizes are not known",
    )


def best_of(rule: Rule, picture: Size) -> Size | None:
    """Return the listed size that loses least of a picture, or None without a list."""
    return min(rule.sizes, key=lambda size: (round(cover_loss(picture, size), 9), size.pixels), default=None)


def _because(rule: Rule, size: Size) -> str:
    tier = rule.tier_of(size)
    return f"of the sizes of {rule.key} it loses least" + (f" (tier {tier})" if tier else "")


def _by_ratio(rule: Rule, part: Size) -> list[Size]:
    found = []
    for text in rule.ratios:
        across, _, down = text.partition(":")
        if across.isdigit() and down.isdigit():
            times = min(part.width // int(across), part.height // int(down))
            found.append(Size(max(1, times) * int(across), max(1, times) * int(down)))
    return found


def _listed(size: Size, rule: Rule) -> bool:
    return any(cover_loss(size, other) < _SAME_RATIO for other in rule.sizes)
