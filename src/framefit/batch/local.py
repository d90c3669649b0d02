"""Fits many pictures in threads of this process; one bad picture never stops the others."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice

from framefit.batch.inputs import Input
from framefit.batch.outputs import Job
from framefit.errors import FramefitError
from framefit.fitting import plan_one
from framefit.imaging import render
from framefit.options import Options
from framefit.planning import Plan, Target


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one picture: exactly one of job and error is set.

    Args:
        name: the picture, as the user would recognise it.
        job: what was done.
        byte_count: size of the result in bytes.
        error: why there is no result.
    """

    name: str
    job: Job | None = None
    byte_count: int = 0
    error: FramefitError | None = None


def usual_workers() -> int:
    """Return one worker for each processor this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def plan_all(
    inputs: Sequence[Input], target: Target, options: Options
) -> tuple[list[tuple[Input, Plan]], list[Outcome]]:
    """Plan every picture: from its header, and decoded small where the focus is to be found in it.

    Returns:
        The pictures with their plans, and the ones that failed.

    Raises:
        UsageError: the target or an option fits no picture; nothing has been done.
    """
    planned: list[tuple[Input, Plan]] = []
    failed: list[Outcome] = []
    for input in inputs:
        try:
            planned.append((input, plan_one(input.source, target, options)))
        except FramefitError as error:
            if error.exit_code == 2:
                raise
            failed.append(Outcome(name=input.name, error=error))
    return planned, failed


def run(jobs: Iterable[Job], *, workers: int) -> Iterator[Outcome]:
    """Fit pictures side by side.

    Args:
        jobs: what to do.
        workers: how many threads, at least 1. Decoding, scaling and encoding run outside the
            interpreter's lock, so threads use the processors.

    Yields:
        An outcome for each job, as they end.
    """
    waiting = iter(jobs)
    with ThreadPoolExecutor(max_workers=workers) as pool:
        # Only a few are handed over at a time: an interrupt then ends what is in flight and no more.
        running: set[Future[Outcome]] = {pool.submit(_one, job) for job in islice(waiting, 2 * workers)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            running |= {pool.submit(_one, job) for job in islice(waiting, len(done))}
            for future in done:
                yield future.result()


def _one(job: Job) -> Outcome:
    try:
        fitted = render(job.plan, job.input.source)
        fitted.save(job.output)
    except FramefitError as error:
        return Outcome(name=job.input.name, error=error)
    return Outcome(name=job.input.name, job=job, byte_count=len(fitted.data))
