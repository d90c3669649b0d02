"""Progress on standard error: live bars where somebody sees them, a line for every quarter elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from framefit.cli.output import note

if TYPE_CHECKING:
    from framefit.batch.work import Done


class Counting:
    """Counts pictures and says, every now and then, how far a run is.

    Args:
        say: takes the number done, the total, and a text about both.
        every: seconds between two texts.
    """

    def __init__(self, say: Callable[[int, int, str], None], *, every: float) -> None:
        self._say, self._every = say, every
        self._total = self._done = self._bytes = self._failed = 0
        self._worked = 0
        self._began = self._said = time.monotonic()

    def begin(self, total: int) -> None:
        """Say how many there are; the clock starts."""
        self._total = total
        self._began = self._said = time.monotonic()

    def step(self, done: Done) -> None:
        """Count one more."""
        self._done += 1
        self._worked += bool(done.rows)
        self._bytes += done.byte_count
        self._failed += any(row.status == "failed" for row in (*done.rows, *done.before))
        now = time.monotonic()
        if now - self._said >= self._every:
            self._said = now
            self._say(self._done, self._total, self._text(now - self._began))

    def _text(self, seconds: float) -> str:
        rate = self._done / seconds
        left = timedelta(seconds=round((self._total - self._done) / rate)) if rate else "?"
        return (
            f"{self._done:,} of {self._total:,} files, {self._worked / seconds:,.1f} pictures/s, "
            f"{self._bytes / seconds / 1e6:,.1f} MB/s, {self._failed:,} failed, {left} left"
        )


@contextmanager
def counting(*, silent: bool) -> Iterator[Counting]:
    """Show files, pictures and megabytes per second, failures and the time left.

    On a terminal there is one line that changes; elsewhere a line a minute.
    """
    if silent or not sys.stderr.isatty():
        yield Counting(lambda _done, _total, text: None if silent else note(text), every=60.0)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (BarColumn(bar_width=20), TextColumn("{task.description}"))
    # Results that go to a file must not be drawn above the bar on the terminal instead.
    redirect = sys.stdout.isatty()
    bars = Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=redirect)
    with bars as bar:
        task = bar.add_task("looking for pictures", total=None)
        yield Counting(
            lambda done, total, text: bar.update(task, completed=done, total=total, description=text),
            every=0.2,
        )


@contextmanager
def job_status(*, silent: bool) -> Iterator[Callable[[str, int], None]]:
    """Show the status and the progress, 0 to 100, of one job.

    Yields:
        What to call with each status and progress.
    """
    if silent:
        yield lambda *_: None
        return
    if not sys.stderr.isatty():
        yield _lines_of_changes()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("submitting", total=100)
        yield lambda status, progress: bar.update(task, description=status, completed=progress)


def _lines_of_changes() -> Callable[[str, int], None]:
    said: set[tuple[str, int]] = set()

    def step(status: str, progress: int) -> None:
        quarter = (status, progress // 25)
        if quarter not in said:
            said.add(quarter)
            note(f"{status} {progress} %")

    return step
