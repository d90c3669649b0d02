"""framefit generate --jobs: a file of videos, with a live table."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from framefit.cli.dry_run import dollars, preview_many
from framefit.cli.output import note, print_error, print_json
from framefit.errors import OutputIsInput
from framefit.saving import same_file

if TYPE_CHECKING:
    from rich.table import Table

    from framefit.generating.budget import Budget
    from framefit.generating.many import Many
    from framefit.generating.row import JobRow
    from framefit.generating.single import Conditions

_SHOWN = 20
"""Lines of the live table: what is under way, then what ended last."""

_STOPPING = (
    "interrupted: nothing more is sent; waiting for the answers to what was sent"
    " (once more leaves them to the next run)"
)


def run(
    path: str,
    output: str | None,
    defaults: Mapping[str, str | None],
    conditions: Conditions,
    budget: Budget,
    many: Many,
    *,
    dry_run: bool,
    json: bool,
) -> None:
    """Work a file of jobs through; ends with code 1 when a video is not there.

    Args:
        path: the file.
        output: the folder of the videos; None is the current one.
        defaults: what holds where a line says nothing, by column.
        conditions: server, patience, and whether to compare first frames.
        budget: what all together may cost.
        many: how many at a time, and where the ledger is.
        dry_run: only show what would be sent.
        json: print one object per line.
    """
    from framefit.generating.jobs_file import read_jobs
    from framefit.generating.manifest import NAME
    from framefit.generating.many import generate_many

    jobs = read_jobs(path, defaults)
    folder = Path(output or ".")
    if same_file(folder / NAME, Path(path)):
        raise OutputIsInput(
            "the manifest of the run would overwrite the file of jobs",
            seen=path,
            wanted="another folder, or another name",
            fix="-o OTHER_FOLDER",
        )
    if dry_run:
        if not preview_many(jobs, folder, conditions, budget, many, json=json):
            raise typer.Exit(1)
        return
    with _shown(len(jobs), silent=json) as on_row:
        rows = generate_many(
            jobs,
            folder,
            conditions=conditions,
            budget=budget,
            many=many,
            on_row=on_row,
            on_stopping=lambda: note(_STOPPING),
        )
    for row in rows:
        if json:
            print_json(row.as_dict())
        elif row.error is not None:
            print_error(row.error, name=f"line {row.job.line}")
    if not json:
        spent = {row.key: row.spent_usd for row in rows}
        total = None if None in spent.values() else sum(cost or 0.0 for cost in spent.values())
        done = sum(row.done for row in rows)
        typer.echo(
            f"{done} of {len(rows)} videos in {folder} ({dollars(total)}); manifest.jsonl tells of each"
        )
    if not all(row.done for row in rows):
        raise typer.Exit(1)


@contextmanager
def _shown(total: int, *, silent: bool) -> Iterator[Callable[[JobRow], None]]:
    if silent:
        yield lambda _: None
        return
    if not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console
    from rich.live import Live

    rows: dict[int, JobRow] = {}
    with Live(console=Console(stderr=True), refresh_per_second=4, transient=True) as live:

        def show(row: JobRow) -> None:
            rows.pop(row.job.line, None)
            rows[row.job.line] = row
            live.update(_table(rows, total))

        yield show


def _lines() -> Callable[[JobRow], None]:
    """Return what writes a line for every change of state."""
    said: dict[int, str] = {}

    def show(row: JobRow) -> None:
        if said.get(row.job.line) != row.state and row.state != "planned":
            said[row.job.line] = row.state
            note(f"line {row.job.line}: {row.state} {row.video_id or ''}".rstrip())

    return show


def _table(rows: Mapping[int, JobRow], total: int) -> Table:
    from rich.table import Table

    states = Counter(row.state for row in rows.values())
    counts = ", ".join(f"{count} {state}" for state, count in states.most_common())
    table = Table(
        "line", "picture", "state", "%", "video", title=f"{total} videos: {counts}", title_justify="left"
    )
    ended = ("downloaded", "failed", "rejected", "planned")
    latest = list(rows.values())
    latest.reverse()
    newest = [row for row in latest if row.state not in ended] + [row for row in latest if row.state in ended]
    for row in newest[:_SHOWN]:
        name = Path(row.job.image).name if row.job.image else "text"
        table.add_row(str(row.job.line), name, row.state, str(row.progress), row.video_id or "")
    return table
