"""How long to wait, how often to try, and how fast to ask."""

from __future__ import annotations

import email.utils
import math
import random
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from framefit.errors import InvalidOption

SETTLE_SECONDS = 60.0
"""How long after a lost answer a server's list may still lack a job that was taken."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 8.0
_JITTER = 0.25
_LONGEST_JITTER = 5.0


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long to wait and how often to try.

    Args:
        timeout_seconds: how long submitting and waiting for one video may take together, above 0; waiting
            for a turn under a rate limit does not count.
        settle_seconds: how long after a lost answer an empty list of jobs is not believed, 0 or more.
        retries: how often a create is sent again that cannot have been accepted, 0 to 20.
        create_seconds: how long the server may take to answer a create, above 0.

    Raises:
        InvalidOption: a value outside its range.
    """

    timeout_seconds: float = 1800.0
    settle_seconds: float = SETTLE_SECONDS
    retries: int = 5
    create_seconds: float = 600.0

    def __post_init__(self) -> None:
        """Check every value."""
        _above("timeout", self.timeout_seconds, "1800")
        _above("create-seconds", self.create_seconds, "600")
        if not (math.isfinite(self.settle_seconds) and self.settle_seconds >= 0):
            raise _out_of_range("settle", self.settle_seconds, "0 s or more", f"{SETTLE_SECONDS:g}")
        if not 0 <= self.retries <= 20:
            raise _out_of_range("retries", self.retries, "0 to 20", "5")


def back_off(attempt: int) -> float:
    """Return how many seconds to wait before a request is sent again.

    Args:
        attempt: how often it was sent already, from 1.

    Returns:
        0.5 s, doubled with each attempt up to 8 s, less up to a quarter at random, as the official SDK
        does, so that those who were turned away together do not come back together.
    """
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** (attempt - 1)) * (1.0 - _JITTER * random.random())


def asked_pause(headers: Mapping[str, str]) -> float | None:
    """Return the seconds a reply asks to wait, a little more at random; None when it does not ask.

    Args:
        headers: ``retry-after-ms``, or ``retry-after`` in seconds or as a date (RFC 9110, 10.2.3).
    """
    seconds = _number(headers.get("retry-after-ms"), 0.001)
    if seconds is None:
        seconds = _number(headers.get("retry-after"), 1.0)
    if seconds is None:
        moment = (
            email.utils.parsedate_to_datetime(text)
            if _is_date(text := headers.get("retry-after", ""))
            else None
        )
        seconds = None if moment is None else moment.timestamp() - time.time()
    if seconds is None:
        return None
    return max(0.0, seconds) + min(_LONGEST_JITTER, _JITTER * max(0.0, seconds)) * random.random()


class StoppedError(Exception):
    """The run is to end; what is under way is left to the next one."""


class Watch:
    """How much time one video has left, and whether the run that wants it is to end.

    Args:
        seconds: how long submitting and waiting may take together.
        stopping: is set when the run is to end; None for a run that nobody ends so.
    """

    def __init__(self, seconds: float, stopping: threading.Event | None = None) -> None:
        self._end = time.monotonic() + seconds
        self._stopping = stopping or threading.Event()

    @property
    def left(self) -> float:
        """Seconds that are left, 0 or more."""
        return max(0.0, self._end - time.monotonic())

    def extend(self, seconds: float) -> None:
        """Give more time: what was spent on something else than this video."""
        self._end += seconds

    def sleep(self, seconds: float) -> None:
        """Wait, but not when the run is to end.

        Raises:
            StoppedError: it is.
        """
        if self._stopping.wait(seconds):
            raise StoppedError


class Pacer:
    """Lets requests pass at an even pace, whichever thread they come from.

    Args:
        per_minute: how many a minute, above 0; None is as fast as they come.
    """

    def __init__(self, per_minute: float | None) -> None:
        self._gap = 0.0 if per_minute is None else 60.0 / per_minute
        self._next = time.monotonic()
        self._lock = threading.Lock()

    def take_turn(self, watch: Watch) -> None:
        """Wait until it is the caller's turn.

        Args:
            watch: the caller's time, which stands still meanwhile.

        Raises:
            StoppedError: the run is to end.
        """
        with self._lock:
            turn = max(self._next, time.monotonic())
            self._next = turn + self._gap
        wait = max(0.0, turn - time.monotonic())
        watch.sleep(wait)
        watch.extend(wait)


def _number(text: str | None, unit: float) -> float | None:
    try:
        seconds = float(text or "") * unit
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) else None


def _is_date(text: str) -> bool:
    return email.utils.parsedate_tz(text) is not None


def _above(name: str, value: float, usual: str) -> None:
    if not value > 0:
        raise _out_of_range(name, value, "above 0 s", usual)


def _out_of_range(name: str, value: float, wanted: str, usual: str) -> InvalidOption:
    return InvalidOption(
        f"the {name} is out of range", seen=f"{value:g}", wanted=wanted, fix=f"--{name} {usual}"
    )
