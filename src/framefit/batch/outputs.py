"""Decides where each result goes, and refuses before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from framefit.batch.inputs import Input
from framefit.errors import InvalidOption, OutputCollision, OutputIsInput
from framefit.imaging.fitted import ENDINGS, SUFFIXES
from framefit.options import Format
from framefit.planning import Plan


@dataclass(frozen=True, kw_only=True)
class Job:
    """One picture, its plan, and where its result goes.

    Args:
        input: the picture.
        plan: what will be done.
        output: the file to appear.
    """

    input: Input
    plan: Plan
    output: Path


def format_of_output(output: str | None, format: str | None, *, several: bool) -> str | None:
    """Decide the format from what was asked for and the suffix of a single output file.

    Args:
        output: the output as given; None and ``-`` have no suffix.
        format: the format asked for; None leaves it to the suffix.
        several: whether the output is a folder.

    Raises:
        InvalidOption: the suffix stands for another format than the one asked for, or for none.
    """
    if output is None or output == "-" or is_folder(output, several=several):
        return format
    named = SUFFIXES.get(Path(output).suffix.lower())
    if named is None or (format is not None and named != format):
        raise InvalidOption(
            f"{Path(output).name!r} has the suffix of another format",
            seen=Path(output).suffix,
            wanted=ENDINGS[_as_format(format)] if format in ENDINGS else ", ".join(SUFFIXES),
            fix="-o NAME.jpg, NAME.png or NAME.webp",
        )
    return named


def _as_format(format: str | None) -> Format:
    return next(known for known in ENDINGS if known == format)


def is_folder(output: str, *, several: bool) -> bool:
    """Tell whether an output as given means a folder: it is one, looks like one, or must be one."""
    return several or output.endswith(("/", "\\")) or Path(output).is_dir() or not Path(output).suffix


def name_outputs(
    planned: Sequence[tuple[Input, Plan]], output: str | None, *, several: bool, inputs: Sequence[Input]
) -> tuple[Job, ...]:
    """Give every planned picture its output file.

    Args:
        planned: the pictures and their plans.
        output: a file for a single picture, a folder, or None for files beside the pictures named
            ``NAME-WIDTHxHEIGHT.jpg``.
        several: whether the output is a folder.
        inputs: every picture that was named, those without a plan too: none may be overwritten.

    Returns:
        The jobs, in the same order.

    Raises:
        OutputIsInput: an output is one of the pictures.
        OutputCollision: two pictures would write one output.
    """
    jobs = tuple(
        Job(input=input, plan=plan, output=_output(input, plan, output, several=several))
        for input, plan in planned
    )
    _refuse_inputs(jobs, inputs)
    _refuse_collisions(jobs)
    return jobs


def _output(input: Input, plan: Plan, output: str | None, *, several: bool) -> Path:
    ending = ENDINGS[plan.format]
    if output is None:
        beside = input.source if isinstance(input.source, Path) else input.relative
        return beside.with_name(f"{beside.stem}-{plan.canvas}{ending}")
    if is_folder(output, several=several):
        return Path(output) / input.relative.parent / f"{input.relative.stem}{ending}"
    return Path(output)


def _refuse_inputs(jobs: Sequence[Job], inputs: Sequence[Input]) -> None:
    named = {_identity(input.source): input for input in inputs if isinstance(input.source, Path)}
    for job in jobs:
        hit = named.get(_identity(job.output))
        if hit is not None:
            raise OutputIsInput(
                f"the result of {job.input.name!r} would overwrite the picture {hit.name!r}",
                seen=str(job.output),
                wanted="an output that is no input",
                fix="-o OTHER_FOLDER",
            )


def _refuse_collisions(jobs: Sequence[Job]) -> None:
    taken: dict[object, Job] = {}
    for job in jobs:
        first = taken.setdefault(_identity(job.output), job)
        if first is not job:
            raise OutputCollision(
                f"{first.input.name!r} and {job.input.name!r} would write one output",
                seen=str(job.output),
                wanted="one output for each picture",
                fix="rename one, or fit them into different folders",
            )


def _identity(path: Path) -> object:
    """Return what two paths to one file have in common: device and inode, else the resolved path."""
    try:
        status = path.stat()
    except OSError:
        return str(path.resolve())
    return status.st_dev, status.st_ino
