"""The arguments and options that several commands share, with one spelling and one help text."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from framefit.errors import InvalidOption

_WISH = "How to fit"


def not_empty(given: Any) -> Any:
    """Refuse empty names: an unset variable of a shell gives one, and it would mean the current folder.

    Args:
        given: what a parameter was given: a name, names, or None.

    Raises:
        InvalidOption: an empty name.
    """
    if given is not None and "" in ([given] if isinstance(given, str) else given):
        raise InvalidOption(
            "a name is empty", seen="''", wanted="the name of a file or a folder", fix="leave it out"
        )
    return given


Pictures = Annotated[
    list[str],
    typer.Argument(metavar="INPUT...", help="Pictures or folders; - is standard input.", callback=not_empty),
]
Picture = Annotated[str, typer.Argument(metavar="INPUT", help="A picture.", callback=not_empty)]
Size = Annotated[
    str | None, typer.Option(help="The canvas, width then height: 1280x720. auto: what loses least.")
]
Model = Annotated[str | None, typer.Option(help="A model of the catalogue; `framefit models` lists them.")]
NeededModel = Annotated[str, typer.Option(help="A model of the catalogue; `framefit models` lists them.")]
Server = Annotated[str | None, typer.Option(help="The server the model runs on.")]
CatalogFile = Annotated[
    str | None,
    typer.Option("--catalog", metavar="FILE", help="Your own catalogue file, over the built-in entries."),
]
Seconds = Annotated[str | None, typer.Option(help="Length of the video in seconds.")]
Mode = Annotated[
    str | None, typer.Option(help="cover (default), pad, stretch or auto.", rich_help_panel=_WISH)
]
Focus = Annotated[
    str,
    typer.Option(
        help="What to keep: center, x,y as fractions 0 to 1, face, attention or auto.", rich_help_panel=_WISH
    ),
]
Crop = Annotated[
    str | None,
    typer.Option(
        help="Start from this part: left,top,right,bottom, fractions 0 to 1.", rich_help_panel=_WISH
    ),
]
Backdrop = Annotated[
    str,
    typer.Option(
        help="What fills the pad: a colour, auto, blur, mirror or edge.",
        rich_help_panel=_WISH,
    ),
]
Scene = Annotated[
    str | None,
    typer.Option(
        help="portrait, landscape, product, art or screenshot: picks the mode.", rich_help_panel=_WISH
    ),
]
MaxLoss = Annotated[
    float, typer.Option(help="The share, 0 to 1, that mode auto may cut away.", rich_help_panel=_WISH)
]
MaxPixels = Annotated[int, typer.Option(help="Refuse pictures with more pixels, from their header.")]
FaceModel = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="A YuNet ONNX file to find faces with.", rich_help_panel=_WISH),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object per line on standard output.")]
LedgerPlace = Annotated[
    str | None,
    typer.Option(
        "--ledger",
        help="Where requests are kept on record: a SQLite file or a postgresql+psycopg:// address."
        " Default: FRAMEFIT_LEDGER, else framefit.db in the user's data folder.",
    ),
]
