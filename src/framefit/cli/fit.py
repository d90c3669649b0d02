"""framefit fit: pictures in, pictures that fit out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from framefit.cli import arguments as shared
from framefit.cli.output import note, print_error, print_json
from framefit.cli.progress import counting
from framefit.errors import InvalidOption
from framefit.options import MAX_PIXELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from framefit.batch.inputs import Inputs
    from framefit.batch.local import Outcome
    from framefit.batch.outputs import Job
    from framefit.options import Options
    from framefit.planning import Target

_RESULT = "The result"


def fit(
    inputs: shared.Pictures,
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", help="A file, or a folder; - is standard output. Default: beside the picture."
        ),
    ] = None,
    size: shared.Size = None,
    model: shared.Model = None,
    server: shared.Server = None,
    catalog: shared.CatalogFile = None,
    mode: shared.Mode = None,
    focus: shared.Focus = "center",
    crop: shared.Crop = None,
    backdrop: shared.Backdrop = "black",
    scene: shared.Scene = None,
    max_loss: shared.MaxLoss = 0.15,
    face_model: shared.FaceModel = None,
    format: Annotated[
        str | None,
        typer.Option(
            help="jpeg, png or webp. Default: the suffix of the output, else jpeg.", rich_help_panel=_RESULT
        ),
    ] = None,
    quality: Annotated[
        int, typer.Option(help="JPEG and WebP quality, 1 to 100.", rich_help_panel=_RESULT)
    ] = 95,
    max_bytes: Annotated[
        int | None, typer.Option(help="Largest result in bytes.", rich_help_panel=_RESULT)
    ] = None,
    max_pixels: shared.MaxPixels = MAX_PIXELS,
    workers: Annotated[
        int | None, typer.Option(min=1, help="How many pictures at a time. Default: one for each processor.")
    ] = None,
    json: shared.Json = False,
) -> None:
    """Fit pictures to a size or a model, exactly."""
    from framefit.batch.inputs import find_inputs
    from framefit.batch.outputs import format_of_output
    from framefit.options import read_options
    from framefit.planning import read_target

    _refuse_mixed_output(inputs, output, json=json)
    target = read_target(size=size, model=model, server=server, catalog=catalog)
    found = find_inputs(inputs, stdin=_standard_input() if "-" in inputs else None)
    options = read_options(
        mode=mode,
        focus=focus,
        crop=crop,
        backdrop=backdrop,
        scene=scene,
        max_loss=max_loss,
        face_model=face_model,
        format=format_of_output(output, format, several=found.several),
        quality=quality,
        max_bytes=max_bytes,
        max_pixels=max_pixels,
    )
    if output == "-" or (output is None and list(inputs) == ["-"]):
        _to_standard_output(found, target, options)
        return
    failed = _fit_all(found, target, options, output, workers=workers, json=json)
    if failed:
        raise typer.Exit(1)


def _refuse_mixed_output(inputs: Sequence[str], output: str | None, *, json: bool) -> None:
    to_stdout = output == "-" or (output is None and list(inputs) == ["-"])
    if to_stdout and (json or len(inputs) > 1):
        raise InvalidOption(
            "standard output can hold one picture and nothing else",
            seen="--json" if json else f"{len(inputs)} inputs",
            wanted="one input and no --json, or an output file",
            fix="-o FILE",
        )


def _standard_input() -> Any:
    from framefit.sources import Source

    return Source.of(sys.stdin.buffer)


def _to_standard_output(found: Inputs, target: Target, options: Options) -> None:
    from framefit.fitting import plan_one
    from framefit.imaging import render

    if not found.pictures:
        raise found.failed[0][1]
    source = found.pictures[0].source
    fitted = render(plan_one(source, target, options), source)
    sys.stdout.buffer.write(fitted.data)
    sys.stdout.buffer.flush()
    note(_sentence(fitted.plan.info.name, "standard output", fitted.plan, len(fitted.data)))


def _fit_all(
    found: Inputs, target: Target, options: Options, output: str | None, *, workers: int | None, json: bool
) -> list[Outcome]:
    """Fit everything, say what becomes of each, and return the failures."""
    from framefit.batch.local import Outcome, plan_all, run, usual_workers
    from framefit.batch.outputs import name_outputs

    planned, failed = plan_all(found.pictures, target, options)
    failed = [*(Outcome(name=name, error=error) for name, error in found.failed), *failed]
    jobs = name_outputs(planned, output, several=found.several, inputs=found.pictures)
    total = len(jobs) + len(failed)
    with counting(len(jobs), silent=json) as step:
        for outcome in run(jobs, workers=workers or usual_workers()):
            step()
            if outcome.error is not None:
                failed.append(outcome)
            elif outcome.job is not None:
                _say(outcome.job, outcome.byte_count, json=json)
    for outcome in failed:
        if outcome.error is not None:
            print_error(outcome.error, name=outcome.name, as_json=json)
    if found.several:
        skipped = f", {len(found.skipped)} skipped as no pictures" if found.skipped else ""
        note(f"{total - len(failed)} fitted, {len(failed)} failed{skipped}")
    return failed


def _say(job: Job, byte_count: int, *, json: bool) -> None:
    if json:
        print_json(
            {
                "input": job.input.name,
                "output": str(job.output),
                "bytes": byte_count,
                "plan": job.plan.as_dict(),
            }
        )
    else:
        typer.echo(_sentence(job.input.name, str(job.output), job.plan, byte_count))


def _sentence(name: str, output: str, plan: Any, byte_count: int) -> str:
    kept = {"keep": "as it was", "strip": "metadata removed"}.get(plan.action)
    how = kept or f"{plan.mode}, {plan.placement.share_lost:.1%} lost"
    return f"{name} -> {output} ({plan.canvas} {plan.format}, {how}, {byte_count / 1000:.0f} kB)"
