"""The framefit command."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from framefit import __version__
from framefit.cli import check, explain, fit, generate, jobs, models, report, serve, verify
from framefit.cli.output import print_error, use_utf8
from framefit.errors import FramefitError

app = typer.Typer(
    name="framefit",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Make any picture fit any image-to-video model, exactly.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"framefit {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


app.command()(fit.fit)
app.command()(report.report)
app.command()(check.check)
app.command()(explain.explain)
app.command()(models.models)
app.command()(generate.generate)
app.add_typer(jobs.app, name="jobs")
app.command()(verify.verify)
app.command()(serve.serve)


def main() -> None:
    """Run the command line.

    Exit codes: 0 done, 1 findings or some inputs failed, 2 wrong usage, 130 interrupted.
    """
    use_utf8()
    try:
        app()
    except FramefitError as error:
        print_error(error, as_json="--json" in sys.argv)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output has gone; nothing more can be said to it, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
