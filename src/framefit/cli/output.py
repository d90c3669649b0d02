"""Prints results to standard output and everything else to standard error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from framefit.errors import FramefitError


def print_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object on one line of standard output."""
    print(json.dumps(value, ensure_ascii=False), flush=True)


def note(text: str) -> None:
    """Print a message to standard error."""
    typer.echo(text, err=True)


def print_error(error: FramefitError, *, name: str | None = None, as_json: bool = False) -> None:
    """Print an error: what happened, what was seen, what was wanted, and the fix.

    Args:
        error: the error.
        name: the input it belongs to, where there are several.
        as_json: print it as a JSON object on standard output instead.
    """
    if as_json:
        print_json({"input": name, "error": error.as_dict()} if name else {"error": error.as_dict()})
        return
    where = f"{name}: " if name else ""
    typer.secho(f"{where}{error.message} [{error.code}]", err=True, fg="red", color=color_wish())
    for label in ("seen", "wanted", "fix"):
        text = getattr(error, label)
        if text:
            note(f"  {label + ':':<8}{text}")


def color_wish() -> bool | None:
    """Return False where colours are not wanted, by ``NO_COLOR`` or a dumb terminal; None lets the stream decide."""
    return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None


def settle_streams() -> None:
    """Make names in any script printable, whatever the locale says, and a closed stream one that takes all.

    Closed as they are, the first file that is opened would take the stream's number.
    """
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("r" if name == "stdin" else "w"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")
