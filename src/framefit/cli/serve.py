"""framefit serve: a strict local Videos API server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from framefit.cli.output import note

if TYPE_CHECKING:
    from framefit.server.running import RunningServer


def serve(
    host: Annotated[str, typer.Option(help="Address to listen at; only this machine's own.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Port to listen at; 0 takes a free one.")
    ] = 8080,
    speak: Annotated[
        str,
        typer.Option(
            help="Answer as this server does: openai, azure, vllm-omni, sglang, litellm, dynamo or relay."
        ),
    ] = "openai",
    faults: Annotated[
        Path | None, typer.Option(help="Go wrong on purpose, as this TOML or JSON file says.")
    ] = None,
    data: Annotated[Path, typer.Option(help="Folder for jobs and videos; they survive a restart.")] = Path(
        ".framefit"
    ),
) -> None:
    """Serve the Videos API on this machine, with the embedded engine behind it.

    The engine renders a camera move over the reference picture. It is not a generative model.
    """
    from framefit.server.faults.fault import read_faults
    from framefit.server.options import ServerOptions
    from framefit.server.running import serve as run

    options = ServerOptions(
        data_folder=data,
        host=host,
        port=port,
        speak=speak,
        faults=() if faults is None else read_faults(faults),
    )
    run(options, on_ready=_say_where)


def _say_where(server: RunningServer) -> None:
    note(
        f"framefit embedded engine at {server.base_url}: a camera move over the picture, not a generative model"
    )
