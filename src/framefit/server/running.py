"""Runs the server: for good on a terminal, or for a while inside another program."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from framefit.errors import InvalidOption, OutputUnwritable
from framefit.extras import require
from framefit.server.options import ServerOptions

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

    from framefit.server.gateway.options import GatewayOptions

_NEEDED = ("fastapi", "uvicorn", "sqlalchemy", "python_multipart", "httpx2")
_GRACE_SECONDS = 5
"""How long a reply that is under way may take when the server stops."""


@dataclass(frozen=True, kw_only=True)
class RunningServer:
    """A server that listens.

    Args:
        host: the address it listens at.
        port: the port it listens at.
    """

    host: str
    port: int

    @property
    def url(self) -> str:
        """The server's own page, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def base_url(self) -> str:
        """What an SDK is given as its base URL."""
        return f"{self.url}/v1"


def serve(
    options: ServerOptions | GatewayOptions, *, on_ready: Callable[[RunningServer], None] | None = None
) -> None:
    """Serve until the process is told to stop, by Ctrl-C or a termination signal.

    Args:
        options: how the server is set up: the embedded engine, or the gateway.
        on_ready: called once, when it answers.

    Raises:
        MissingExtra: the extra ``serve`` is not installed.
        InvalidOption: the port is taken.
        OutputUnwritable: the data folder cannot be used.
    """
    with _listening(options) as (listener, address), contextlib.suppress(KeyboardInterrupt):
        if not isinstance(options, ServerOptions):
            _require_all()
            from framefit.server.gateway.journal import log_to_stderr
            from framefit.server.gateway.serving import serve_many

            log_to_stderr(options.log_format)
            if options.workers > 1:
                if on_ready is not None:
                    on_ready(address)
                serve_many(options, listener)
                return
        app = _app(options)
        ready = functools.partial(on_ready, address) if on_ready is not None else _nothing
        _server(app, options, ready).run(sockets=[listener])


@contextlib.contextmanager
def running(
    options: ServerOptions | GatewayOptions | None = None, *, make: Callable[[], FastAPI] | None = None
) -> Iterator[RunningServer]:
    """Run a server beside the program, on a free port of this machine, while the block lasts.

    Args:
        options: how it is set up, whose port is not used; None keeps jobs and videos in a temporary
            folder that is removed at the end.
        make: makes the app; None makes the usual one.

    Yields:
        Where the server listens, as soon as it answers.

    Raises:
        MissingExtra: the extra ``serve`` is not installed.
        OutputUnwritable: the data folder cannot be used.
    """
    with contextlib.ExitStack() as stack:
        if options is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="framefit-"))
            options = ServerOptions(data_folder=Path(folder))
        listener, address = stack.enter_context(_listening(dataclasses.replace(options, port=0)))
        app = _app(options) if make is None else make()
        settled = threading.Event()
        server = _server(app, options, settled.set)

        def run() -> None:
            try:
                server.run(sockets=[listener])
            finally:
                settled.set()

        thread = threading.Thread(target=run, name="framefit-server", daemon=True)
        thread.start()
        try:
            settled.wait()
            if not server.started:
                raise OutputUnwritable(
                    "the server did not start; its log says why", seen=str(options.data_folder)
                )
            yield address
        finally:
            server.should_exit = True
            thread.join()


def _app(options: ServerOptions | GatewayOptions) -> FastAPI:
    _require_all()
    if isinstance(options, ServerOptions):
        require("av", "video")
        from framefit.server.app import create_app

        return create_app(options)
    from framefit.server.gateway.app import create_gateway

    return create_gateway(options)


def _require_all() -> None:
    for module in _NEEDED:
        require(module, "serve")


def _nothing() -> None:
    pass


@contextlib.contextmanager
def _listening(options: ServerOptions | GatewayOptions) -> Iterator[tuple[socket.socket, RunningServer]]:
    """Take the port before the server starts, so that a taken one is a plain error."""
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    # asyncio sends small answers at once only where the protocol was named; else each waits 40 ms.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        if os.name == "posix":  # elsewhere the option would let two programs have one port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((options.host, options.port))
        except OSError as error:
            raise InvalidOption(
                f"port {options.port} cannot be listened at",
                seen=error.strerror or str(error),
                wanted="a free port",
                fix="--port 0",
            ) from error
        yield listener, RunningServer(host=options.host, port=listener.getsockname()[1])


def _server(
    app: FastAPI, options: ServerOptions | GatewayOptions, on_started: Callable[[], object]
) -> uvicorn.Server:
    import uvicorn

    class Server(uvicorn.Server):
        """Tells when it listens; uvicorn itself has no such call."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            if self.started:
                on_started()

    return Server(_config(app, options))


def _config(app: FastAPI, options: ServerOptions | GatewayOptions) -> uvicorn.Config:
    if not isinstance(options, ServerOptions):
        from framefit.server.gateway.serving import config_of

        return config_of(app, options)
    import uvicorn

    from framefit.server.faults.connection import cuttable_protocol

    return uvicorn.Config(
        app,
        http=cuttable_protocol(),
        log_config=None,
        access_log=False,
        lifespan="on",
        ws="none",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
