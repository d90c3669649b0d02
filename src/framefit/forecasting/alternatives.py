"""Live models that would take the size of a model that has ended."""

from __future__ import annotations

from datetime import date

from framefit.canvases import takes
from framefit.catalog import Catalog, Rule
from framefit.geometry import Size


def alternatives(catalog: Catalog, rule: Rule, size: Size | None, today: date) -> tuple[Rule, ...]:
    """Return the live models that accept a size, those known to render exactly it first.

    Args:
        catalog: where to look.
        rule: the model to replace; what its maker names as successor comes before all others, the
            local server of framefit itself last.
        size: the size that was asked for; None takes the model's usual one.
        today: the day to judge by.
    """
    wanted = size or rule.default_size or (rule.sizes[0] if rule.sizes else None)
    live = (
        other
        for other in catalog
        if other.status == "live" and not other.has_ended(today) and other.role == rule.role
    )
    return tuple(
        sorted(
            (other for other in live if wanted is None or takes(other, wanted)),
            key=lambda other: (
                other.model not in rule.replaced_by,
                other.server == "embedded",
                wanted not in other.sizes,
                other.shortest_price_usd(wanted) is None,
                other.shortest_price_usd(wanted) or 0.0,
                other.key,
            ),
        )
    )
