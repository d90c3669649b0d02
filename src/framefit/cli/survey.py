"""framefit check --all: a table of what every live model would do with a picture."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from framefit.cli.output import print_error, print_json
from framefit.errors import FramefitError

if TYPE_CHECKING:
    from framefit.surveying import Prospect

_WIDE = 160
_COLORS = {"pass": "green", "reject": "red", "unknown": "magenta"}


def survey(inputs: list[str], *, strict: bool, catalog: str | None, json: bool) -> None:
    """Print a table for each picture; exit code 1 only for pictures that cannot be read."""
    from framefit.batch.inputs import find_inputs
    from framefit.catalog import read_catalog
    from framefit.sources import Source
    from framefit.surveying import check_all

    known = read_catalog(catalog)
    stdin = Source.of(typer.get_binary_stream("stdin")) if "-" in inputs else None
    found = find_inputs(inputs, stdin=stdin)
    failed = [*found.failed]
    for picture in found.pictures:
        try:
            rows = check_all(picture.source, catalog=known, strict=strict)
        except FramefitError as error:
            failed.append((picture.name, error))
            continue
        if json:
            for row in rows:
                print_json({"input": picture.name, **row.as_dict()})
        else:
            _print(picture.name, rows)
    for name, reason in failed:
        print_error(reason, name=name, as_json=json)
    if failed:
        raise typer.Exit(1)


def _print(name: str, rows: tuple[Prospect, ...]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for head in ("model", "server"):
        table.add_column(head, overflow="fold")
    for head in ("as it is", "canvas", "video", "cover", "pad", "USD"):
        table.add_column(head, no_wrap=True)
    for row in rows:
        table.add_row(
            row.rule.model,
            row.rule.server,
            Text(row.verdict, style=_COLORS.get(row.verdict, "yellow")),
            str(row.canvas or "?"),
            "same" if row.video and row.video == row.canvas else str(row.video or "?"),
            _share(row.kept_cover),
            _share(row.filled_pad),
            "?" if row.price_usd is None else f"{row.price_usd:.2f}",
        )
    typer.secho(f"{name}: {len(rows)} live models", bold=True)
    console = Console(file=sys.stdout)
    Console(file=sys.stdout, width=console.width if sys.stdout.isatty() else _WIDE).print(table)
    typer.echo(
        "as it is: what the server does with the file; canvas: what fit makes of it; cover: the share of the\n"
        "picture kept; pad keeps all of it, and fills this share of the video; USD: the shortest clip; ?: not known"
    )


def _share(share: float | None) -> str:
    return "?" if share is None else f"{share:.1%}"
