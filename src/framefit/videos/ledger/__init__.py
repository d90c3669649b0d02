"""The ledger: a durable record of every video that was or may have been paid for."""

from __future__ import annotations

from framefit.videos.ledger.claim import Claim
from framefit.videos.ledger.entry import Entry, Event, Intent, State
from framefit.videos.ledger.record import Ledger

__all__ = ["Claim", "Entry", "Event", "Intent", "Ledger", "State"]
