"""The framefit command."""

from __future__ import annotations

import os
import sys
import warnings
from typing import Annotated, Any

import typer

from framefit import __version__
from framefit.cli import check, explain, fit, generate, jobs, models, report, serve, verify
from framefit.cli.output import color_wish, print_error, settle_streams
from framefit.errors import FramefitError, InvalidOption, OutputUnwritable

_WRONG_USAGE: type[Exception] = typer.BadParameter.__bases__[0]
"""What is raised for options that do not exist or cannot be read; Typer exports only this child of it."""

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
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 - its callback answers
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    context.color = color_wish()


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

    Exit codes: 0 done, 1 findings or some inputs failed, 2 wrong usage, 130 interrupted, 141 when whoever
    read the output has gone.
    """
    settle_streams()
    if not sys.warnoptions:
        # What a reader of pictures only warns of is in the result, or an error of framefit's own.
        warnings.filterwarnings("ignore", module=r"PIL\.")
    as_json = "--json" in sys.argv
    try:
        code = _run(as_json=as_json)
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = 130
    except OSError as error:
        if error.filename is not None:
            raise  # of some file, where it should have become an error with a code
        code = _without_output(error)
    sys.exit(code)


def _run(*, as_json: bool) -> int:
    try:
        return app(standalone_mode=False) or 0
    except FramefitError as error:
        print_error(error, as_json=as_json)
        return error.exit_code
    except _WRONG_USAGE as error:
        usage: Any = error
        if as_json:
            print_error(InvalidOption(usage.format_message(), fix="see --help"), as_json=True)
        else:
            usage.show()
        return int(usage.exit_code)
    except SystemExit as ended:
        if isinstance(ended.__context__, BrokenPipeError):
            raise ended.__context__ from None  # which Typer takes for a failure of the command
        raise


def _without_output(error: OSError) -> int:
    """Return the exit code for output that nobody took; what is still held back is dropped."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return 141
    lost = OutputUnwritable(
        f"standard output cannot be written: {(error.strerror or str(error)).lower()}",
        seen="standard output",
        wanted="a place with room",
        fix="-o FILE, or another place",
    )
    print_error(lost)
    return lost.exit_code
