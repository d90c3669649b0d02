"""Preview: what a call would send and cost; nothing is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from framefit.checking import Forecast, check
from framefit.generating.budget import cost_usd
from framefit.generating.request import Request
from framefit.sources import PictureSource

if TYPE_CHECKING:
    from framefit.videos.ledger import Ledger


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a request would be, and what is known about it.

    Args:
        request: what would be sent.
        forecast: what the server would say to the picture as it is, before fitting; None without a
            picture or a rule.
        key: what would name the video in the ledger.
        state: where the ledger says that it stands; None when it was never asked for.
        cost_usd: what it costs in all, what was spent on it before included; None when not known.
    """

    request: Request
    forecast: Forecast | None
    key: str
    state: str | None
    cost_usd: float | None

    @property
    def sends(self) -> bool:
        """Whether a create would be sent."""
        return self.state in (None, "planned", "rejected")

    def as_dict(self) -> dict[str, Any]:
        """Return the preview as plain values for JSON."""
        request, fitted = self.request, self.request.fitted
        return {
            "dry_run": True,
            "key": self.key,
            "state": self.state,
            "sends": self.sends,
            "model": request.wish.model,
            "prompt": request.wish.prompt,
            "size": None if request.size is None else str(request.size),
            "seconds": request.seconds,
            "price_usd": request.price_usd,
            "cost_usd": self.cost_usd,
            "plan": None if fitted is None else fitted.plan.as_dict(),
            "forecast": None if self.forecast is None else self.forecast.as_dict(),
        }


def preview(request: Request, source: PictureSource | None, book: Ledger) -> Preview:
    """Look at what a request would be; nothing is sent, and nothing put on record.

    Args:
        request: from `framefit.generating.request.prepare`.
        source: the picture as it is.
        book: the ledger.
    """
    intent = request.intent(None)
    entry = book.get(intent.key)
    rule = request.offer.rule
    forecast = None
    if source is not None and rule is not None:
        forecast = check(source, model=rule.model, server=rule.server, size=request.size)
    return Preview(
        request=request,
        forecast=forecast,
        key=intent.key,
        state=None if entry is None else entry.state,
        cost_usd=cost_usd(intent, entry),
    )
