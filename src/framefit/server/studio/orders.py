"""Order and quote: a video that is wanted, and where it would be made for how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from framefit.server.studio.wishes import Wish


class Order(BaseModel):
    """A video that is wanted of an uploaded picture."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    picture: str = Field(max_length=64, description="The id of the upload.")
    wish: Wish
    prompt: str = Field(min_length=1, max_length=32_000, description="What is to happen.")
    seconds: str | None = Field(default=None, max_length=6, description="The length, in whole seconds.")
    confirmed: bool = Field(default=False, description="Whether the person has agreed to what it costs.")


class Repeat(BaseModel):
    """Another take of a video that was asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    confirmed: bool = Field(default=False, description="Whether the person has agreed to what it costs.")


@dataclass(frozen=True, kw_only=True)
class Quote:
    """Where a video would be made, and for how much.

    Args:
        engine: who would render it, in words.
        embedded: whether that is the embedded engine.
        size: the size of the video.
        seconds: its length, as it would be sent; None leaves it to the server.
        lengths: the lengths on offer, in seconds; empty when they are not known.
        cost_usd: the estimated price in US dollars; None when not known.
    """

    engine: str
    embedded: bool
    size: str
    seconds: str | None
    lengths: tuple[int, ...]
    cost_usd: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return the quote as plain values for JSON."""
        return {
            "engine": self.engine,
            "embedded": self.embedded,
            "size": self.size,
            "seconds": self.seconds,
            "lengths": list(self.lengths),
            "cost_usd": self.cost_usd,
            "needs_confirmation": self.needs_confirmation,
        }

    @property
    def needs_confirmation(self) -> bool:
        """Whether somebody has to agree before anything is sent."""
        return not self.embedded and self.cost_usd != 0
