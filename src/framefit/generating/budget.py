"""Refuses what costs more than was allowed, before anything is sent."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from framefit.errors import InvalidOption, OverBudget, PriceUnknown

if TYPE_CHECKING:
    from framefit.videos.ledger import Entry, Intent


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What may be spent.

    Args:
        max_cost_usd: US dollars, 0 or more; None is no limit.
        allow_unknown_price: whether videos may be asked for whose price is not known; they count nothing.

    Raises:
        InvalidOption: the limit is no amount.
    """

    max_cost_usd: float | None = None
    allow_unknown_price: bool = False

    def __post_init__(self) -> None:
        """Check the limit."""
        if self.max_cost_usd is not None and not 0 <= self.max_cost_usd < float("inf"):
            raise InvalidOption(
                "the budget is out of range",
                seen=f"{self.max_cost_usd:g}",
                wanted="0 or more US dollars",
                fix="--max-cost 5",
            )

    def check(self, costs: Iterable[float | None]) -> None:
        """Refuse what costs too much.

        Args:
            costs: of each video, from `cost_usd`.

        Raises:
            PriceUnknown: a limit is set, a cost is not known, and that is not allowed.
            OverBudget: together they cost more than the limit.
        """
        if self.max_cost_usd is None:
            return
        known = list(costs)
        missing = known.count(None)
        if missing and not self.allow_unknown_price:
            raise PriceUnknown(
                "the price of a video is not known, so no budget can be kept",
                seen=f"{missing} of {len(known)} videos",
                wanted="a price in the catalogue: framefit models",
                fix="--server NAME when its prices hold, or --allow-unknown-price",
            )
        total = round(sum(cost for cost in known if cost is not None), 6)
        if total > self.max_cost_usd:
            raise OverBudget(
                "the videos cost more than was allowed, those that were asked for before included; nothing was sent",
                seen=f"{total:.2f} USD for {len(known)} {'video' if len(known) == 1 else 'videos'}",
                wanted=f"{self.max_cost_usd:.2f} USD or less",
                fix=f"--max-cost {math.ceil(round(total * 100, 4)) / 100:.2f}",
            )


def cost_usd(intent: Intent, entry: Entry | None) -> float | None:
    """Return what a video costs in all: what was spent on it, and what would still be.

    Args:
        intent: the video.
        entry: its row; None when it was never asked for.
    """
    if entry is None:
        return intent.price_usd
    again = 1 if entry.state in ("planned", "rejected") else 0
    price = intent.price_usd if entry.price_usd is None else entry.price_usd
    times = entry.charges + again
    return 0.0 if times == 0 else None if price is None else price * times
