"""framefit fit: pictures in, pictures that fit out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from framefit.cli import arguments as shared
from framefit.cli.output import note
from framefit.errors import InvalidOption
from framefit.options import MAX_PIXELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from framefit.cli.batch import Request

_RESULT = "The result"
_MANY = "Many pictures"


def fit(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="INPUT...",
            help="Pictures, folders, patterns, or addresses like s3://bucket/folder; - is standard input.",
            show_default=False,
            callback=shared.not_empty,
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="A file, a folder or an address; - is standard output. Default: beside the picture.",
            callback=shared.not_empty,
        ),
    ] = None,
    size: Annotated[
        list[str] | None,
        typer.Option(
            help="The canvas, width then height: 1280x720. auto: what loses least. May be repeated.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="A model of the catalogue; `framefit models` lists them. May be repeated.",
            show_default=False,
        ),
    ] = None,
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
    chroma: Annotated[
        str, typer.Option(help="JPEG chroma: 4:2:0, 4:2:2 or 4:4:4.", rich_help_panel=_RESULT)
    ] = "4:2:0",
    lossless: Annotated[
        bool,
        typer.Option("--lossless", help="Keep every pixel: PNG or lossless WebP.", rich_help_panel=_RESULT),
    ] = False,
    best: Annotated[
        bool, typer.Option("--best", help="Never decode at a reduced scale: slower.", rich_help_panel=_RESULT)
    ] = False,
    allow_truncated: Annotated[
        bool,
        typer.Option(
            "--allow-truncated", help="Fit what is there of a file cut short.", rich_help_panel=_RESULT
        ),
    ] = False,
    max_pixels: shared.MaxPixels = MAX_PIXELS,
    lists: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            help="A list: an address a line, or CSV with a column image; - is standard input.",
            callback=shared.not_empty,
            rich_help_panel=_MANY,
            show_default=False,
        ),
    ] = None,
    on_collision: Annotated[
        str, typer.Option(help="refuse, or suffix: a.png beside a.jpg becomes a-png.", rich_help_panel=_MANY)
    ] = "refuse",
    manifest: Annotated[
        str | None,
        typer.Option(
            help="The rows of the run, .jsonl or .parquet; none keeps none. Default: OUT/manifest.jsonl.",
            rich_help_panel=_MANY,
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option(help="Leave alone what an earlier run did.", rich_help_panel=_MANY)
    ] = True,
    max_failures: Annotated[
        int | None, typer.Option(min=0, help="Stop after more failures.", rich_help_panel=_MANY)
    ] = None,
    retry: Annotated[
        int, typer.Option(min=0, help="How often a store that fails is asked again.", rich_help_panel=_MANY)
    ] = 3,
    workers: Annotated[
        int | None, typer.Option(min=1, help="How many pictures at a time. Default: one for each processor.")
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(
            help="Most decoded pixels in flight: 4GB. Default: half of the memory; on Ray 1GiB a task.",
            rich_help_panel=_MANY,
        ),
    ] = None,
    engine: Annotated[str, typer.Option(help="local or ray.", rich_help_panel=_MANY)] = "local",
    ray_address: Annotated[
        str | None, typer.Option(help="The Ray cluster. Default: this machine.", rich_help_panel=_MANY)
    ] = None,
    json: shared.Json = False,
) -> None:
    """Fit pictures to a size or a model, exactly."""
    from framefit.batch.inputs import is_several
    from framefit.batch.naming import format_of_output, is_folder
    from framefit.cli.batch import Request, fit_all
    from framefit.options import read_options

    inputs, lists = inputs or [], lists or []
    _refuse_mixed_output(inputs, lists, output, json=json)
    several = is_several(inputs, lists)
    to_folder = output not in (None, "-") and is_folder(str(output), several=several)
    options = read_options(
        mode=mode,
        focus=focus,
        crop=crop,
        backdrop=backdrop,
        scene=scene,
        max_loss=max_loss,
        face_model=face_model,
        format=format_of_output(output, format, folder=to_folder),
        quality=quality,
        max_bytes=max_bytes,
        chroma=chroma,
        lossless=lossless,
        best=best,
        allow_truncated=allow_truncated,
        max_pixels=max_pixels,
    )
    request = Request(
        inputs=tuple(inputs),
        lists=tuple(lists),
        output=output,
        to_folder=to_folder,
        several=several,
        sizes=tuple(size or ()),
        models=tuple(model or ()),
        server=server,
        catalog=catalog,
        options=options,
        on_collision=on_collision,
        manifest=manifest,
        resume=resume,
        max_failures=max_failures,
        retry=retry,
        workers=workers,
        memory=memory,
        engine=engine,
        ray_address=ray_address,
        json=json,
    )
    if output == "-" or (output is None and list(inputs) == ["-"]):
        _to_standard_output(request)
    elif not fit_all(request):
        raise typer.Exit(1)


def _refuse_mixed_output(
    inputs: Sequence[str], lists: Sequence[str], output: str | None, *, json: bool
) -> None:
    if not inputs and not lists:
        raise InvalidOption(
            "there is no input", wanted="INPUT or a list", fix="name a picture, or --from FILE"
        )
    if "-" in inputs and "-" in lists:
        raise InvalidOption(
            "standard input can be a picture or a list, not both", seen="- and --from -", fix="--from FILE"
        )
    to_stdout = output == "-" or (output is None and list(inputs) == ["-"])
    if to_stdout and (json or lists or len(inputs) > 1):
        raise InvalidOption(
            "standard output can hold one picture and nothing else",
            seen="--json" if json else f"{len(inputs)} inputs and {len(lists)} lists",
            wanted="one input and no --json, or an output file",
            fix="-o FILE",
        )
    if to_stdout and sys.stdout.isatty():
        raise InvalidOption(
            "a picture is nothing to show on a terminal",
            seen="standard output, which is a terminal",
            wanted="a file or a pipe",
            fix="-o FILE, or > FILE",
        )


def _to_standard_output(request: Request) -> None:
    from framefit.batch.wants import one_target
    from framefit.cli.batch import how_fitted, read_one, sentence
    from framefit.fitting import plan_one
    from framefit.imaging import render

    target = one_target(
        sizes=request.sizes, models=request.models, server=request.server, catalog=request.catalog
    )
    source = read_one(request.inputs[0], retries=request.retry)
    fitted = render(plan_one(source, target, request.options), source)
    sys.stdout.buffer.write(fitted.data)
    sys.stdout.buffer.flush()
    plan = fitted.plan
    how = how_fitted(plan.action, plan.mode, plan.placement.share_lost)
    for finding in fitted.findings:
        note(f"{finding.message} [{finding.code}]")
    note(sentence(plan.info.name, "standard output", f"{plan.canvas} {plan.format}, {how}", len(fitted.data)))
