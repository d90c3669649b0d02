"""Works on many pictures in threads of this process; one bad picture never stops the others."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from threading import Event, Semaphore

from framefit.batch.memory import Budget
from framefit.batch.wants import Wanted
from framefit.batch.work import Done, PutOff, Task, work
from framefit.sources import Source

_THREADS_PER_WORKER_IN_STORES = 8
"""A store answers in tens of milliseconds, in which a processor could fit another picture."""


@dataclass(frozen=True, kw_only=True)
class Local:
    """The local engine.

    Args:
        workers: how many pictures are decoded at a time. Decoding and scaling run outside the
            interpreter's lock, so threads use the processors.
        memory: the most bytes of decoded pixels held at a time; files waiting take a quarter of it more.
        in_stores: whether pictures come from or go to a store, so that threads wait much.
        put_off_larger: whether a picture that needs more memory is put off instead of worked on alone.
        stdin: what ``-`` stands for.
    """

    workers: int
    memory: int
    in_stores: bool = False
    put_off_larger: bool = False
    stdin: Source | None = None

    @property
    def keeps_rows(self) -> bool:
        """Rows are kept by who runs this engine."""
        return False

    def run(self, tasks: Iterable[Task], wanted: Wanted, stop: Event) -> Iterator[Done]:
        """Work on pictures side by side.

        Args:
            tasks: the pictures.
            wanted: what is wanted of them.
            stop: when it is set no further picture is begun; those in flight are ended.

        Yields:
            What became of each, as they end.
        """
        gates = _Gates(self)
        threads = self.workers * (_THREADS_PER_WORKER_IN_STORES if self.in_stores else 1)
        waiting = iter(tasks)

        def begin(task: Task) -> Future[Done]:
            return pool.submit(work, task, wanted, gates, self.stdin if task.item.address == "-" else None)

        with ThreadPoolExecutor(max_workers=threads) as pool:
            # Only a few are handed over at a time: an interrupt then ends what is in flight and no more.
            running = {begin(task) for task in islice(waiting, 2 * threads)}
            while running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                if stop.is_set():
                    running = {future for future in running if not future.cancel()}
                else:
                    running |= {begin(task) for task in islice(waiting, len(done))}
                for future in done:
                    yield future.result()


class _Gates:
    def __init__(self, engine: Local) -> None:
        self._largest = engine.memory if engine.put_off_larger else None
        self._processors = Semaphore(engine.workers)
        self._files = Budget(engine.memory // 4)
        self._pixels = Budget(engine.memory)

    @contextmanager
    def fetching(self, byte_count: int) -> Iterator[None]:
        with self._files.holding(byte_count):
            yield

    @contextmanager
    def decoding(self, byte_count: int) -> Iterator[None]:
        if self._largest is not None and byte_count > self._largest:
            raise PutOff(byte_count)
        with self._pixels.holding(byte_count), self._processors:
            yield


def usual_workers() -> int:
    """Return one worker for each processor this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
