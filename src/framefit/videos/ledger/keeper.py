"""Keeps the leases of the rows that this process works on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from framefit.errors import LedgerUnusable

_log = logging.getLogger(__name__)


class Keeper:
    """Renews leases in a thread that runs while there is one to renew.

    Args:
        renew: extends the leases of the owners it is given.
        every_seconds: how often.
    """

    def __init__(self, renew: Callable[[list[str]], None], *, every_seconds: float) -> None:
        self._renew = renew
        self._every = every_seconds
        self._held: set[str] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def hold(self, owner: str) -> None:
        """Renew this one from now on."""
        with self._changed:
            self._held.add(owner)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="framefit-ledger", daemon=True)
                self._thread.start()

    def drop(self, owner: str) -> None:
        """Renew this one no more."""
        with self._changed:
            self._held.discard(owner)

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._changed.wait_for(lambda: self._closed, timeout=self._every):
                    return
                held = list(self._held)
            try:
                if held:
                    self._renew(held)
            except LedgerUnusable:
                # Tried again at the next turn; a lease outlasts several. Whoever holds a row finds out at
                # its next change whether it is still theirs.
                _log.exception("leases in the ledger cannot be renewed")
