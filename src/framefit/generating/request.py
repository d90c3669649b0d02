"""Request: what is sent for a wish, settled before anything costs money."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from framefit.checking import check
from framefit.errors import InvalidOption, InvalidSize
from framefit.fitting import fit
from framefit.generating.wish import Wish
from framefit.geometry import Size
from framefit.imaging import Fitted
from framefit.probing import probe
from framefit.sources import Source
from framefit.videos.client import server_name
from framefit.videos.offers import Offer, offer_for, read_seconds
from framefit.videos.prices import price_usd

if TYPE_CHECKING:
    from framefit.videos.ledger import Intent

_THE_SERVER_DECIDES = frozenset({"model_retired"})
"""Findings that are no fault of the picture; a server may have kept a model beyond its announced end."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is sent.

    Args:
        wish: what was wanted.
        base_url: the server; None is the embedded engine.
        size: the size that is asked for; None leaves it to the server.
        seconds: the length that is asked for; None leaves it to the server.
        fitted: the picture that is sent; None for a video from text.
        offer: what is known about the model on the server.
        price_usd: what the video costs; None when that is not known.
    """

    wish: Wish
    base_url: str | None
    size: Size | None
    seconds: str | None
    fitted: Fitted | None
    offer: Offer
    price_usd: float | None

    def intent(self, name: str | None) -> Intent:
        """Return the request as the ledger keeps it.

        Args:
            name: how the user would recognise the picture.
        """
        from framefit.videos.ledger import Intent

        return Intent(
            server=server_name(self.base_url),
            model=self.wish.model,
            prompt=self.wish.prompt,
            size=None if self.size is None else str(self.size),
            seconds=self.seconds,
            picture=None if self.fitted is None else hashlib.sha256(self.fitted.data).hexdigest(),
            picture_name=name,
            take=self.wish.take,
            price_usd=self.price_usd,
        )


def prepare(wish: Wish, picture: Source | None, base_url: str | None) -> Request:
    """Fit the picture and settle the request; nothing is sent.

    Args:
        wish: what is wanted.
        picture: its picture, opened; None for a video from text.
        base_url: the server; None is the embedded engine.

    Raises:
        UsageError: an option is wrong, or the model does not render that size or length.
        PictureError: the picture cannot be used.
    """
    size = None if wish.size is None or wish.size == "auto" else Size.parse(wish.size)
    offer = offer_for(wish.model, server=wish.server, base_url=base_url, size=size)
    seconds = read_seconds(wish.seconds, offer)
    rule = offer.rule
    fitted = None
    if picture is None:
        size = size or (rule.default_size if rule is not None else None)
    else:
        fitted = fit(
            picture,
            size=size,
            model=None if rule is None else rule.model,
            server=None if rule is None else rule.server,
            mode=wish.mode,
            focus=wish.focus,
            crop=wish.crop,
            backdrop=wish.backdrop,
        )
        _check_fitted(fitted, offer)
        size = fitted.size
    return Request(
        wish=wish,
        base_url=base_url,
        size=size,
        seconds=seconds,
        fitted=fitted,
        offer=offer,
        price_usd=price_usd(offer, size, seconds),
    )


def _check_fitted(fitted: Fitted, offer: Offer) -> None:
    """Read the bytes as a server will, and refuse to send what it would refuse."""
    info = probe(fitted.data)
    if info.stored_size != fitted.size or info.orientation != 1:
        raise InvalidSize(
            "the fitted picture has not the size of the video",
            seen=f"{info.stored_size} with EXIF orientation {info.orientation}",
            wanted=str(fitted.size),
            fix="please report this picture",
        )
    if offer.rule is None:
        return
    # Faces are a note at most, and no reason not to send: looking for them would cost more than the fitting.
    forecast = check(
        fitted.data, model=offer.rule.model, server=offer.rule.server, size=fitted.size, faces=False
    )
    for finding in forecast.findings:
        if finding.level == "reject" and finding.code not in _THE_SERVER_DECIDES:
            raise InvalidOption(finding.message, seen=finding.seen, wanted=finding.wanted, fix=finding.fix)
