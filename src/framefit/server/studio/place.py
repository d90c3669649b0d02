"""Place: where the page has its videos made."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from framefit.catalog import read_catalog
from framefit.server.studio.wishes import Wish
from framefit.videos.client import ServerAddress, server_name
from framefit.videos.dialects import AUTO
from framefit.videos.offers import Offer, offer_for

EMBEDDED = "framefit embedded engine (camera move, not a generative model)"
DEFAULT_MODEL = "sora-2"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where videos are made.

    Args:
        address: the server; without a base URL it is the embedded engine.
        dialect: how it speaks; ``auto`` tells it from its answers.
        server: its name in the catalogue; None tells it from the address.
    """

    address: ServerAddress = field(default_factory=ServerAddress)
    dialect: str = AUTO
    server: str | None = None

    @property
    def embedded(self) -> bool:
        """Whether that is the embedded engine."""
        return self.address.base_url is None

    @property
    def engine(self) -> str:
        """Who renders, in words."""
        base_url = self.address.base_url
        return EMBEDDED if base_url is None else urlsplit(base_url).hostname or base_url

    @property
    def name(self) -> str:
        """The address as the ledger keeps it."""
        return server_name(self.address.base_url)

    @property
    def catalogued(self) -> str | None:
        """The catalogue's name of the server, as far as it was told."""
        if self.embedded:
            return "embedded"
        return self.server or (None if self.dialect == AUTO else self.dialect)

    def offer(self, wish: Wish) -> tuple[Offer, Wish]:
        """Return what is known about a model there, and the wish as it holds there.

        Raises:
            UsageError: that server does not make such a video.
        """
        model = wish.model or DEFAULT_MODEL
        offer = offer_for(
            model, server=self._named(model), base_url=self.address.base_url, size=wish.asked_size
        )
        rule = offer.rule
        there = {"model": rule.model if rule else None, "server": rule.server if rule else None}
        return offer, wish.model_copy(update=there)

    def _named(self, model: str) -> str | None:
        """Return the catalogue's name of the server, if the catalogue has the model there."""
        known = {rule.server for rule in read_catalog(None).rules if model in rule.names}
        return self.catalogued if self.embedded or self.catalogued in known else None
