"""How much clients may ask of the gateway's patience: for a head, for a body, for one more connection."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from framefit.server.edge import Edge
from framefit.server.envelope import ApiError


class Patience:
    """Answer 408 to a body that stops arriving, or that takes too long in all.

    Args:
        app: the app to protect.
        idle_seconds: how long nothing may arrive.
        upload_seconds: how long a whole body may take.
    """

    def __init__(self, app: ASGIApp, *, idle_seconds: float, upload_seconds: float) -> None:
        self._app = app
        self._idle = idle_seconds
        self._upload = upload_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        deadline = time.monotonic() + self._upload
        arrived = False

        async def timed() -> Message:
            nonlocal arrived
            if arrived:
                return await receive()
            try:
                async with asyncio.timeout(max(0.0, min(self._idle, deadline - time.monotonic()))):
                    message = await receive()
            except TimeoutError as error:
                raise _too_slow() from error
            arrived = not message.get("more_body", False)
            return message

        await self._app(scope, timed, send)


class PatientConfig(uvicorn.Config):
    """uvicorn's settings, and how long a connection may be silent.

    Args:
        app: as uvicorn takes it.
        header_seconds: how long a head may take to arrive.
        idle_seconds: how long a client may take nothing of an answer.
        max_connections: how many connections are served at a time.
        settings: further settings of uvicorn.
    """

    def __init__(
        self,
        app: Any,
        *,
        header_seconds: float,
        idle_seconds: float,
        max_connections: int,
        **settings: Any,
    ) -> None:
        self.header_seconds = header_seconds
        self.idle_seconds = idle_seconds
        self.max_connections = max_connections
        super().__init__(app, http=PatientProtocol, **settings)


class PatientProtocol(H11Protocol):
    """Ends connections that send a head byte by byte or stop reading, and refuses one too many.

    uvicorn would wait for ever.
    """

    _head: asyncio.TimerHandle | None = None
    _reader: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a head."""
        super().connection_made(transport)
        most = getattr(self.config, "max_connections", None)
        if most is not None and len(self.connections) > most:
            self.app = Edge(_crowded)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Take bytes, and see whether they complete a head."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._await_head()
        else:
            self._cancel_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._cancel_head()
        self.resume_writing()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Begin to wait for a client to read what is there."""
        super().pause_writing()
        seconds = getattr(self.config, "idle_seconds", None)
        if self._reader is None and seconds is not None:
            self._reader = self.loop.call_later(seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Stop waiting: the client reads."""
        if self._reader is not None:
            self._reader.cancel()
            self._reader = None
        super().resume_writing()

    def _await_head(self) -> None:
        seconds = getattr(self.config, "header_seconds", None)
        if self._head is None and seconds is not None:
            self._head = self.loop.call_later(seconds, self.transport.close)

    def _cancel_head(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None


async def _crowded(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse a request that came over one connection too many; uvicorn's own 503 says nothing of when to return."""
    refusal = ApiError(
        503,
        "The gateway has as many connections as it takes; nothing was sent to the upstream.",
        code="gateway_busy",
        headers={"retry-after": "2", "x-should-retry": "true", "connection": "close"},
    )
    await refusal.response()(scope, receive, send)


def _too_slow() -> ApiError:
    return ApiError(
        408,
        "The body of your request took too long to arrive; nothing was sent to the upstream.",
        code="upload_too_slow",
        headers={"connection": "close"},
    )
