"""Gives work on pictures its turn: so many at a time, so many waiting, and an honest 503 beyond."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from framefit.server.envelope import ApiError

_Result = TypeVar("_Result")

_COME_BACK_SECONDS = 2
_BUSY = "The gateway is fitting as many pictures as it can; nothing was sent to the upstream."


class Desk:
    """A bounded queue in front of the processors.

    Args:
        at_once: how many work at a time.
        waiting: how many may wait.
        busy: what whoever comes too many is told.
        code: the stable word for it.
    """

    def __init__(self, *, at_once: int, waiting: int, busy: str = _BUSY, code: str = "gateway_busy") -> None:
        self._busy, self._code = busy, code
        self._places = asyncio.Semaphore(at_once)
        # Threads of its own, and few: memory that was used for pictures is used for the next ones again.
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="framefit-fit")
        self._most = at_once + waiting
        self._admitted = 0

    @property
    def admitted(self) -> int:
        """How many work or wait."""
        return self._admitted

    async def work(self, job: Callable[[], _Result]) -> _Result:
        """Do a job beside the event loop, by whoever holds a turn."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, job)

    async def do(self, job: Callable[[], _Result]) -> _Result:
        """Do a job when it is its turn.

        Raises:
            ApiError: 503, too many are waiting already.
        """
        async with self.turn():
            return await self.work(job)

    def close(self) -> None:
        """Let the threads end when their jobs have."""
        self._threads.shutdown(wait=False)

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn and hold it while the block lasts.

        Raises:
            ApiError: 503, too many are waiting already; nothing was sent, so it may be sent again.
        """
        if self._admitted >= self._most:
            raise ApiError(
                503,
                self._busy,
                code=self._code,
                headers={"retry-after": str(_COME_BACK_SECONDS), "x-should-retry": "true"},
            )
        self._admitted += 1
        try:
            async with self._places:
                yield
        finally:
            self._admitted -= 1
