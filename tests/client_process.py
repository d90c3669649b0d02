"""The framefit command in processes that start at once: made by a server that has everything loaded."""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path

CONTEXT = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")
CONTEXT.set_forkserver_preload(
    [
        "framefit.cli.main",
        "framefit.generating.many",
        "framefit.videos.carrying",
        "openai",
        "psycopg",
        "PIL.Image",
    ]
)


def command(arguments: list[str], folder: Path, log: Path) -> BaseProcess:
    """Start the command with these arguments in a folder; what it says goes to the end of the log."""
    process = CONTEXT.Process(target=_run, args=(arguments, str(folder), str(log)))
    process.start()
    return process


def _run(arguments: list[str], folder: str, log: str) -> None:
    from framefit.cli.main import main

    os.chdir(folder)
    with Path(log).open("a", buffering=1) as said:
        faulthandler.enable(said)
        sys.stdout = sys.stderr = said
        sys.argv = ["framefit", *arguments]
        main()
