"""What a video costs, by the catalogue."""

from __future__ import annotations

from framefit.catalog import Rule
from framefit.geometry import Size
from framefit.videos.offers import Offer


def price_usd(offer: Offer, size: Size | None, seconds: str | None) -> float | None:
    """Return the price of a video in US dollars.

    Args:
        offer: what is known about the model on the server.
        size: the size that is asked for.
        seconds: the length that is asked for.

    Returns:
        Price per second of the size's tier times seconds; None when one of them is not known, and when
        the rule is another server's: relays have prices of their own.
    """
    if not offer.certain or offer.rule is None or seconds is None:
        return None
    each = _per_second(offer.rule, size)
    return None if each is None else each * int(seconds)


def _per_second(rule: Rule, size: Size | None) -> float | None:
    prices = rule.price_per_second_usd
    tier = next((name for name, sizes in rule.tiers.items() if size in sizes), None)
    if tier is not None:
        return prices.get(tier)
    return next(iter(prices.values())) if len(prices) == 1 and not rule.tiers else None
