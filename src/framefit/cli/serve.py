"""framefit serve: a strict local Videos API server, or a gateway in front of any other."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from framefit.cli.output import note
from framefit.errors import InvalidOption

if TYPE_CHECKING:
    from framefit.server.gateway.options import GatewayOptions
    from framefit.server.options import ServerOptions
    from framefit.server.running import RunningServer

_ACCESS, _FITTING, _LIMITS = "Who may use it", "How pictures are fitted", "Limits"
_MORE = "Gateway"


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen at; 127.0.0.1.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Port to listen at, 8080; 0 takes a free one.")
    ] = None,
    speak: Annotated[
        str | None,
        typer.Option(
            help="Engine: answer as openai, azure, vllm-omni, sglang, litellm, dynamo or relay does."
        ),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder for jobs, videos and keys, .framefit; it survives a restart.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="A TOML file with any of these settings.")] = None,
    max_body_bytes: Annotated[
        int | None, typer.Option(help="Largest request body; 64 MiB.", rich_help_panel=_LIMITS)
    ] = None,
    upstream: Annotated[
        str | None,
        typer.Option(help="Be a gateway in front of this base URL, such as https://HOST/v1."),
    ] = None,
    upstream_key: Annotated[
        str | None,
        typer.Option(help="The upstream's key, added to every request.", rich_help_panel=_ACCESS),
    ] = None,
    token: Annotated[
        list[str] | None,
        typer.Option(help="What a client must show as its key; may be repeated.", rich_help_panel=_ACCESS),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="A further Host to answer to; may be repeated.", rich_help_panel=_ACCESS),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(help="A web page's origin to answer; may be repeated.", rich_help_panel=_ACCESS),
    ] = None,
    dialect: Annotated[
        str | None, typer.Option(help="How the upstream speaks; auto.", rich_help_panel=_MORE)
    ] = None,
    server: Annotated[
        str | None, typer.Option(help="The upstream's name in the catalogue.", rich_help_panel=_FITTING)
    ] = None,
    catalog: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Your own catalogue file, over the built-in entries.",
            rich_help_panel=_FITTING,
        ),
    ] = None,
    mode: Annotated[
        str | None, typer.Option(help="cover, pad, stretch or auto.", rich_help_panel=_FITTING)
    ] = None,
    focus: Annotated[
        str | None, typer.Option(help="center, x,y, face, attention or auto.", rich_help_panel=_FITTING)
    ] = None,
    backdrop: Annotated[
        str | None, typer.Option(help="What fills a pad; black.", rich_help_panel=_FITTING)
    ] = None,
    face_model: Annotated[
        Path | None,
        typer.Option(help="A YuNet ONNX file to find faces with.", rich_help_panel=_FITTING),
    ] = None,
    raw: Annotated[
        bool | None, typer.Option("--raw", help="Pass replies on as they come.", rich_help_panel=_MORE)
    ] = None,
    fetch_references: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HOST",
            help="Fetch https pictures from this host; may be repeated.",
            rich_help_panel=_FITTING,
        ),
    ] = None,
    faults: Annotated[
        Path | None, typer.Option(help="Engine: go wrong on purpose, as this TOML or JSON file says.")
    ] = None,
    fetch_seconds: Annotated[
        float | None, typer.Option(help="For fetching one picture; 20.", rich_help_panel=_LIMITS)
    ] = None,
    fetch_bytes: Annotated[
        int | None, typer.Option(help="Largest picture fetched; 32 MiB.", rich_help_panel=_LIMITS)
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Database of idempotency keys.", rich_help_panel=_MORE),
    ] = None,
    keep_seconds: Annotated[
        float | None,
        typer.Option(help="For keeping a video that came with its create; 3600.", rich_help_panel=_LIMITS),
    ] = None,
    keep_bytes: Annotated[
        int | None, typer.Option(help="Room for such videos; 256 MiB.", rich_help_panel=_LIMITS)
    ] = None,
    max_megapixels: Annotated[
        float | None, typer.Option(help="Largest picture that is decoded; 100.", rich_help_panel=_LIMITS)
    ] = None,
    max_connections: Annotated[
        int | None, typer.Option(help="Connections at a time; 1000.", rich_help_panel=_LIMITS)
    ] = None,
    fits_at_once: Annotated[
        int | None, typer.Option(help="Pictures fitted at a time; processors.", rich_help_panel=_LIMITS)
    ] = None,
    fits_waiting: Annotated[
        int | None, typer.Option(help="Pictures that may wait; 256.", rich_help_panel=_LIMITS)
    ] = None,
    header_seconds: Annotated[
        float | None, typer.Option(help="For the head of a request; 10.", rich_help_panel=_LIMITS)
    ] = None,
    idle_seconds: Annotated[
        float | None, typer.Option(help="For a client that does nothing; 30.", rich_help_panel=_LIMITS)
    ] = None,
    upload_seconds: Annotated[
        float | None, typer.Option(help="For a whole body; 300.", rich_help_panel=_LIMITS)
    ] = None,
    connect_seconds: Annotated[
        float | None, typer.Option(help="For connecting to the upstream; 10.", rich_help_panel=_LIMITS)
    ] = None,
    answer_seconds: Annotated[
        float | None, typer.Option(help="For an upstream that says nothing; 600.", rich_help_panel=_LIMITS)
    ] = None,
    grace_seconds: Annotated[
        float | None, typer.Option(help="For requests when it stops; 30.", rich_help_panel=_LIMITS)
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Processes; 1.", rich_help_panel=_MORE)] = None,
    log_format: Annotated[str | None, typer.Option(help="text or json.", rich_help_panel=_MORE)] = None,
) -> None:
    """Serve the Videos API on this machine, with the embedded engine or another server behind it.

    The engine renders a camera move over the reference picture. It is not a generative model.
    With --upstream it is a gateway: every reference picture is made to fit on its way to that server.
    """
    from framefit.imaging.freed_memory import keep_freed_memory
    from framefit.server.faults.fault import read_faults
    from framefit.server.options import ServerOptions
    from framefit.server.running import serve as run
    from framefit.server.settings import NAMES, read_settings

    several = {"tokens": token, "allow_hosts": allow_host, "allow_origins": allow_origin}
    given = {**context.params, **several}
    options = read_settings({name: given[name] for name in NAMES}, os.environ, config)
    if faults is not None:
        if not isinstance(options, ServerOptions):
            raise InvalidOption(
                "only the embedded engine goes wrong on purpose",
                seen="--faults and --upstream",
                wanted="one of the two",
                fix="leave out --faults",
            )
        options = replace(options, faults=read_faults(faults))
    keep_freed_memory()
    run(options, on_ready=lambda server: _say_where(server, options))


def _say_where(server: RunningServer, options: ServerOptions | GatewayOptions) -> None:
    from framefit.server.options import ServerOptions
    from framefit.videos.replies import shown_address

    if isinstance(options, ServerOptions):
        what = "framefit embedded engine"
        note(f"{what} at {server.base_url}: a camera move over the picture, not a generative model")
    else:
        note(f"framefit gateway at {server.base_url}, in front of {shown_address(options.upstream)}")
