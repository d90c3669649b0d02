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
        The price of a call, or the price per second of the size's tier times seconds, the dearest
        variant where there are several; None when one of them is not known, and when the rule is
        another server's: relays have prices of their own.
    """
    rule = offer.rule
    if not offer.certain or rule is None:
        return None
    if rule.price_per_call_usd is not None:
        return rule.price_per_call_usd
    each = _per_second(rule, size)
    return None if each is None or seconds is None else round(each * int(seconds), 6)


def _per_second(rule: Rule, size: Size | None) -> float | None:
    prices = rule.price_per_second_usd
    by_tier = {name: name.split(" ")[0] for name in prices}
    if not any(tier in rule.tiers for tier in by_tier.values()):
        # One tier, or none: the names are those of variants.
        return (
            max(prices.values(), default=None) if len(set(by_tier.values())) == 1 or not rule.tiers else None
        )
    tier = next((name for name, sizes in rule.tiers.items() if size in sizes), None)
    return max((price for name, price in prices.items() if by_tier[name] == tier), default=None)
