"""Settles what a file of jobs asks for: every request, its output and its cost, before anything is sent."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from framefit.batch.local import usual_workers
from framefit.errors import FramefitError, OutputCollision, OutputIsInput
from framefit.generating.jobs_file import Job
from framefit.generating.manifest import NAME as MANIFEST
from framefit.generating.outputs import check_writable
from framefit.generating.request import Request, prepare
from framefit.generating.row import JobRow, with_entry
from framefit.sources import Source

if TYPE_CHECKING:
    from framefit.videos.ledger import Entry, Intent, Ledger


@dataclass(frozen=True, kw_only=True)
class Settled:
    """A line whose request is settled.

    Args:
        row: where it stands.
        intent: what is wanted, without the picture itself: it is fitted again when it is sent.
    """

    row: JobRow
    intent: Intent


def settle(jobs: Sequence[Job], folder: Path, base_url: str | None) -> tuple[list[Settled], list[JobRow]]:
    """Fit every picture and settle every request.

    Args:
        jobs: the lines.
        folder: where outputs go that are not absolute.
        base_url: the server; None is the embedded engine.

    Returns:
        The lines that are settled, and those whose picture or options cannot be used.

    Raises:
        OutputCollision, OutputIsInput: two lines lead to one file, or one to a picture.
    """
    outputs = name_outputs(jobs, folder)
    with ThreadPoolExecutor(max_workers=usual_workers()) as pool:
        found = list(pool.map(lambda job, output: _settled(job, output, base_url), jobs, outputs))
    return [one for one in found if isinstance(one, Settled)], [
        one for one in found if isinstance(one, JobRow)
    ]


def ready(
    settled: Sequence[Settled], before: Mapping[str, Entry | None], book: Ledger
) -> tuple[list[Settled], list[JobRow]]:
    """Find out, before anything is paid for, whether each video can appear where it is to be.

    Args:
        settled: from `settle`.
        before: the rows of the ledger, by key.
        book: the ledger.

    Returns:
        The lines that can go on, and those whose file cannot be written, or is somebody else's: a name
        that nobody wrote down replaces no file that framefit has not made.
    """
    going: list[Settled] = []
    failed: list[JobRow] = []
    for one in settled:
        entry, output = before[one.intent.key], one.row.output
        try:
            check_writable(output)
            if one.row.job.output is None and not _is_own(output, entry, book):
                raise _is_anothers(output)
        except FramefitError as error:
            row = one.row if entry is None else with_entry(one.row, entry)
            failed.append(dataclasses.replace(row, error=error))
        else:
            going.append(one)
    return going, failed


def request_of(job: Job, base_url: str | None) -> Request:
    """Fit the picture of a line and settle its request.

    Raises:
        UsageError: an option is wrong.
        PictureError: the picture cannot be used.
    """
    source = job.wish.source
    return prepare(job.wish, None if source is None else Source.of(source), base_url)


def name_outputs(jobs: Sequence[Job], folder: Path) -> tuple[Path, ...]:
    """Give every line its file: as it says, else ``NAME.mp4`` after its picture, numbered where taken.

    The names depend on the lines alone, so that the same file of jobs leads to the same files again.

    Raises:
        OutputCollision: two lines name one file, or a line that of the manifest.
        OutputIsInput: a line's file is a picture of any line.
    """
    named: dict[Path, Job] = {}
    manifest = (folder / MANIFEST).resolve()
    for job in jobs:
        if job.output is not None:
            path = folder / job.output
            if path.resolve() == manifest:
                raise _is_manifest(job, path)
            first = named.setdefault(path.resolve(), job)
            if first is not job:
                raise OutputCollision(
                    f"lines {first.line} and {job.line} would write one output",
                    seen=str(path),
                    wanted="one output for each line",
                    fix="change the column 'output'",
                )
    taken = set(named)
    numbers: Counter[str] = Counter()
    outputs = tuple(_free(job, folder, taken, numbers) for job in jobs)
    pictures = {_place(Path(job.image)): job for job in jobs if job.image is not None}
    for job, output in zip(jobs, outputs, strict=True):
        other = pictures.get(place) if (place := _place(output)) is not None else None
        if other is not None:
            raise OutputIsInput(
                f"line {job.line} would overwrite the picture of line {other.line}",
                seen=str(output),
                wanted="an output that is no input",
                fix="change the column 'output', or -o OTHER_FOLDER",
            )
    return outputs


def _free(job: Job, folder: Path, taken: set[Path], numbers: Counter[str]) -> Path:
    if job.output is not None:
        return folder / job.output
    stem = "video" if job.image is None else Path(job.image).stem
    while True:
        numbers[stem] += 1
        path = folder / (f"{stem}.mp4" if numbers[stem] == 1 else f"{stem}-{numbers[stem]}.mp4")
        if path.resolve() not in taken:
            taken.add(path.resolve())
            return path


def _place(path: Path) -> tuple[int, int] | None:
    """Return what all names of one file share; None where there is none."""
    try:
        facts = path.stat()
    except (OSError, ValueError):
        return None
    return facts.st_dev, facts.st_ino


def _is_own(output: Path, entry: Entry | None, book: Ledger) -> bool:
    """Tell whether a file is free to be written: there is none, or framefit made the one that is there."""
    from framefit.videos.carrying import is_whole

    if not output.exists() or book.wrote(output):
        return True
    if entry is None or entry.attempts == 0:
        return False
    # A run that was killed may have made the file and not said so; lines that ask for the same share one.
    return entry.output is None or is_whole(output, entry)


def _is_anothers(output: Path) -> OutputCollision:
    return OutputCollision(
        f"{output.name!r} is there already, and is no video that this ledger knows",
        seen=str(output),
        wanted="a name that is free, or one that was written down",
        fix="-o OTHER_FOLDER, or the column 'output'",
    )


def _is_manifest(job: Job, path: Path) -> OutputCollision:
    return OutputCollision(
        f"line {job.line} would write the manifest of the run",
        seen=str(path),
        wanted="another name",
        fix="change the column 'output'",
    )


def _settled(job: Job, output: Path, base_url: str | None) -> Settled | JobRow:
    row = JobRow(job=job, output=output)
    try:
        request = request_of(job, base_url)
    except FramefitError as error:
        return dataclasses.replace(row, state="failed", error=error)
    intent = request.intent(job.image)
    return Settled(row=dataclasses.replace(row, key=intent.key, price_usd=intent.price_usd), intent=intent)
