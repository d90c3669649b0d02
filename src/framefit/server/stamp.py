"""Puts the same headers on every reply."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Stamp:
    """Wrap an app so that every reply carries further headers.

    Args:
        app: the app to wrap.
        headers: names and values; ``{id}`` in a value is replaced by an id of the reply.
    """

    def __init__(self, app: ASGIApp, *, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = dict(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value.replace("{id}", uuid.uuid4().hex)
            await send(message)

        await self._app(scope, receive, stamped)
