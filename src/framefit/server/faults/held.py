"""What a fault asks of the service for the request at hand, seen by that request only."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Literal

Hold = Literal["stuck", "moderated"]

HOLD: ContextVar[Hold | None] = ContextVar("hold", default=None)
"""What becomes of the job that this request creates."""

LAG: ContextVar[float] = ContextVar("lag", default=0.0)
"""Seconds that a job must be old to stand in the list that this request gets."""
