"""Runs a batch from its inputs to its manifest; the engines do the work in between."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Literal, Protocol

from framefit.batch.addresses import folder_of, is_remote
from framefit.batch.items import Item
from framefit.batch.journal import Journal, only_run, open_journal
from framefit.batch.local import Local, usual_workers
from framefit.batch.manifest import Manifest
from framefit.batch.memory import half_of_memory
from framefit.batch.naming import OnCollision, name_items
from framefit.batch.wants import Wanted, wants_of
from framefit.batch.work import Done, Task
from framefit.batch.workspace import Workspace

Ending = Literal["complete", "interrupted", "too_many_failures"]


class Engine(Protocol):
    """What works on pictures."""

    @property
    def keeps_rows(self) -> bool:
        """Whether the engine writes rows into the manifest's parts by itself."""

    def run(self, tasks: Iterable[Task], wanted: Wanted, stop: Event) -> Iterator[Done]:
        """Work on pictures and yield what became of each, until none is left or stop is set."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A job on many pictures.

    Args:
        items: the pictures.
        wanted: what is wanted of them.
        manifest: where the rows are kept; None keeps none.
        resume: whether what an earlier run did, and still stands, is left alone.
        on_collision: what happens when two pictures would write one output.
        max_failures: more failures than this end the run; None is no limit.
    """

    items: Iterable[Item]
    wanted: Wanted
    manifest: Manifest | None = None
    resume: bool = True
    on_collision: OnCollision = "refuse"
    max_failures: int | None = None


@dataclass(frozen=True, kw_only=True)
class Summary:
    """How a run ended.

    Args:
        ending: ``complete``, ``interrupted`` or ``too_many_failures``.
        total: how many pictures there were.
        worked: how many were looked at.
        before: how many results stood from earlier runs.
        statuses: how many rows have each status.
        codes: how many rows have each error code, the most frequent first.
    """

    ending: Ending
    total: int
    worked: int
    before: int
    statuses: dict[str, int] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)


def run(
    batch: Batch,
    engine: Engine,
    *,
    stop: Event,
    on_start: Callable[[int], None],
    on_done: Callable[[Done], None],
) -> Summary:
    """Run a batch.

    Args:
        batch: the job.
        engine: what works on the pictures.
        stop: set it to end the run early; what is in flight is ended and kept.
        on_start: called with the number of pictures before the first is begun.
        on_done: called with what became of each picture.

    Raises:
        UsageError: nothing was begun.
        OutputUnwritable: the manifest cannot be written.
    """
    manifest = batch.manifest
    with Workspace() as workspace, only_run(manifest) if manifest else contextlib.nullcontext():
        name_items(batch.items, batch.wanted, workspace, on_collision=batch.on_collision)
        total = workspace.count()
        if manifest is not None and batch.resume:
            _take_over(manifest, batch.wanted, workspace)
        with _journal(batch, engine) as journal:
            on_start(total)
            worked, before, ending = _work_off(batch, engine, workspace, journal, stop, on_done)
        if manifest is not None and ending == "complete":
            if engine.keeps_rows:
                sweep(workspace, batch.wanted)  # its workers may have been killed
            manifest.write(workspace.lines())
        statuses, codes = workspace.tally()
    return Summary(ending=ending, total=total, worked=worked, before=before, statuses=statuses, codes=codes)


def _journal(batch: Batch, engine: Engine) -> contextlib.AbstractContextManager[Journal | None]:
    if batch.manifest is None or engine.keeps_rows:
        return contextlib.nullcontext()
    return open_journal(batch.manifest, anew=not batch.resume)


def fit_items(items: Iterable[Item], wanted: Wanted) -> list[Done]:
    """Fit pictures with the local engine and without a manifest.

    Args:
        items: the pictures.
        wanted: what is wanted of them.

    Returns:
        What became of each, in their order.

    Raises:
        UsageError: nothing was begun.
    """
    ended: list[Done] = []
    engine = Local(workers=usual_workers(), memory=half_of_memory())
    batch = Batch(items=items, wanted=wanted)
    run(batch, engine, stop=Event(), on_start=lambda _: None, on_done=ended.append)
    return sorted(ended, key=lambda done: done.item.number)


def _work_off(
    batch: Batch,
    engine: Engine,
    workspace: Workspace,
    journal: Journal | None,
    stop: Event,
    on_done: Callable[[Done], None],
) -> tuple[int, int, Ending]:
    worked = before = failures = 0
    limit = batch.max_failures
    for done in engine.run(_tasks(workspace, batch.wanted), batch.wanted, stop):
        if journal is not None:
            journal.put(done.to_keep)
        slots = [want.id for want in wants_of(done.item, batch.wanted)]
        workspace.put_rows(done.to_keep, number=done.item.number, slots=slots)
        worked += 1
        before += len(done.before)
        failures += sum(row.status == "failed" for row in (*done.rows, *done.before))
        on_done(done)
        if limit is not None and failures > limit:
            stop.set()
    if worked == workspace.count():
        return worked, before, "complete"
    too_many = limit is not None and failures > limit
    return worked, before, "too_many_failures" if too_many else "interrupted"


def _tasks(workspace: Workspace, wanted: Wanted) -> Iterator[Task]:
    for item in workspace.items():
        ids = [want.id for want in wants_of(item, wanted)]
        workspace.claim(item.number, ids)
        yield Task(item=item, before=workspace.rows_of(ids))


def _take_over(manifest: Manifest, wanted: Wanted, workspace: Workspace) -> None:
    """Read what earlier runs left, bring it into one file, and remove what a killed run left half done."""
    for row in manifest.rows():
        workspace.put_rows([row])
    if any(True for _ in manifest.part_files()):
        manifest.write(workspace.lines())
    if workspace.has_rows():
        sweep(workspace, wanted)


def sweep(workspace: Workspace, wanted: Wanted) -> None:
    """Remove the temporary files that workers of this run left when they were killed."""
    folders = {folder_of(want.base) for item in workspace.items() for want in wants_of(item, wanted)}
    for folder in folders:
        if not is_remote(folder) and Path(folder).is_dir():
            for path in Path(folder).glob(f"{wanted.mark}*"):
                path.unlink(missing_ok=True)
