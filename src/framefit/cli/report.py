"""framefit report: a run as one HTML page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from framefit.cli import arguments as shared
from framefit.cli.output import print_json


def report(
    manifest: Annotated[str, typer.Argument(metavar="MANIFEST", help="The manifest of a run.")],
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="The page. Default: MANIFEST.html.")
    ] = None,
    json: shared.Json = False,
) -> None:
    """Draw a run as one HTML page: counts, failures, and what loses most, before and after."""
    from framefit.batch.addresses import is_remote, name_of
    from framefit.batch.report import report as draw
    from framefit.batch.stores import write

    name = Path(name_of(manifest) if is_remote(manifest) else manifest)
    page = output or str(name.with_suffix(".html"))
    write(page, draw(manifest).encode(), retries=3, mark=".framefit-")
    if json:
        print_json({"manifest": manifest, "output": page})
    else:
        typer.echo(page)
