"""framefit explain: what fit would do, in words, as a drawing, or for another program."""

from __future__ import annotations

import json as json_module
from typing import Annotated

import typer

from framefit.cli import arguments as shared
from framefit.errors import InvalidOption
from framefit.options import MAX_PIXELS


def explain(
    input: shared.Picture,
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
    max_pixels: shared.MaxPixels = MAX_PIXELS,
    form: Annotated[str, typer.Option("--as", help="text, ffmpeg (a -vf string) or json.")] = "text",
    json: shared.Json = False,
) -> None:
    """Show what fit would do to a picture, without doing it."""
    from framefit.fitting import plan
    from framefit.sources import Source

    source = Source.of(typer.get_binary_stream("stdin") if input == "-" else input)
    made = plan(
        source,
        size=size,
        model=model,
        server=server,
        catalog=catalog,
        mode=mode,
        focus=focus,
        crop=crop,
        backdrop=backdrop,
        scene=scene,
        max_loss=max_loss,
        face_model=face_model,
        max_pixels=max_pixels,
    )
    form = "json" if json else form
    if form == "text":
        typer.echo(made.explain())
    elif form == "ffmpeg":
        typer.echo(made.as_ffmpeg())
    elif form == "json":
        typer.echo(json_module.dumps(made.as_dict(), ensure_ascii=False))
    else:
        raise InvalidOption(
            f"form {form!r} is not known", seen=form, wanted="text, ffmpeg or json", fix="--as text"
        )
