"""Settles what a file of jobs asks for: every request, its output and its cost, before anything is sent."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from framefit.batch.local import usual_workers
from framefit.errors import FramefitError, OutputCollision, OutputIsInput
from framefit.generating.jobs_file import Job
from framefit.generating.request import Request, prepare
from framefit.generating.row import JobRow
from framefit.saving import same_file
from framefit.sources import Source

if TYPE_CHECKING:
    from framefit.videos.ledger import Intent


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
        OutputCollision: two lines name one file.
        OutputIsInput: a line's file is a picture.
    """
    named: dict[Path, Job] = {}
    for job in jobs:
        if job.output is not None:
            path = folder / job.output
            first = named.setdefault(path.resolve(), job)
            if first is not job:
                raise OutputCollision(
                    f"lines {first.line} and {job.line} would write one output",
                    seen=str(path),
                    wanted="one output for each line",
                    fix="change the column 'output'",
                )
    taken = set(named)
    return tuple(_checked(job, _free(job, folder, taken)) for job in jobs)


def _free(job: Job, folder: Path, taken: set[Path]) -> Path:
    if job.output is not None:
        return folder / job.output
    stem = "video" if job.image is None else Path(job.image).stem
    path, number = folder / f"{stem}.mp4", 1
    while path.resolve() in taken:
        number += 1
        path = folder / f"{stem}-{number}.mp4"
    taken.add(path.resolve())
    return path


def _checked(job: Job, output: Path) -> Path:
    if job.image is not None and same_file(output, Path(job.image)):
        raise OutputIsInput(
            f"line {job.line} would overwrite its picture",
            seen=str(output),
            wanted="an output that is no input",
            fix="change the column 'output', or -o OTHER_FOLDER",
        )
    return output


def _settled(job: Job, output: Path, base_url: str | None) -> Settled | JobRow:
    row = JobRow(job=job, output=output)
    try:
        request = request_of(job, base_url)
    except FramefitError as error:
        return dataclasses.replace(row, state="failed", error=error)
    intent = request.intent(job.image)
    return Settled(row=dataclasses.replace(row, key=intent.key, price_usd=intent.price_usd), intent=intent)
