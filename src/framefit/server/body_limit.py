"""Keeps request bodies within a number of bytes, while they arrive."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from framefit.server.envelope import ApiError

_PATIENCE = 4
"""Bodies up to this many times the limit are read to their end and dropped.

A connection closed in the middle of an upload shows up at the client as a broken pipe instead of
the reply that tells the reason.
"""


class BodyLimit:
    """Answer 413 to a body over the limit; nothing beyond the limit is kept in memory.

    Args:
        app: the app to protect.
        max_bytes: the largest body.
    """

    def __init__(self, app: ASGIApp, *, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced) > self._max_bytes:
            if int(announced) <= self._max_bytes * _PATIENCE:
                await self._drop_rest(receive)
            await self._too_large().response()(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > self._max_bytes:
                    if message.get("more_body", False):
                        await self._drop_rest(receive)
                    raise self._too_large()
            return message

        await self._app(scope, counted, send)

    async def _drop_rest(self, receive: Receive) -> None:
        dropped = 0
        while dropped <= self._max_bytes * _PATIENCE:
            message = await receive()
            dropped += len(message.get("body", b""))
            if message["type"] != "http.request" or not message.get("more_body", False):
                return

    def _too_large(self) -> ApiError:
        return ApiError(413, f"The request body is over {self._max_bytes} bytes.", code="request_too_large")
