"""Gives a request hold of its own connection, so that a fault can cut it."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import Receive, Scope

_TRANSPORT = "framefit.transport"


def cuttable_protocol() -> type[asyncio.Protocol]:
    """Return uvicorn's HTTP protocol, whose requests know their connection."""
    from uvicorn.protocols.http.auto import AutoHTTPProtocol

    class Cuttable(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
        """Puts the connection into the state that each of its requests is given."""

        app_state: dict[str, Any]

        def connection_made(self, transport: asyncio.Transport) -> None:
            self.app_state = {**self.app_state, _TRANSPORT: transport}
            super().connection_made(transport)

    return Cuttable


async def cut(scope: Scope, receive: Receive, *, after_sending: bool = False) -> None:
    """End the connection of a request without another word, and return when it is gone.

    Args:
        scope: the request's scope.
        receive: the request's channel.
        after_sending: let what was sent so far arrive first.
    """
    transport = scope["state"][_TRANSPORT]
    if after_sending:
        transport.close()
    else:
        transport.abort()
    await gone(receive)


async def gone(receive: Receive) -> None:
    """Return when the other side has gone; what it still sends is read and dropped."""
    while (await receive())["type"] != "http.disconnect":
        pass
