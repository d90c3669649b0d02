"""Progress on standard error: live bars where somebody sees them, a line for every quarter elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from framefit.cli.output import note


@contextmanager
def counting(total: int, *, silent: bool) -> Iterator[Callable[[], None]]:
    """Show how many of ``total`` are done, on a terminal and when there is more than one.

    Yields:
        What to call when one more is done.
    """
    if total < 2 or silent or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("fitting"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("fitting", total=total)
        yield lambda: bar.advance(task)


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
