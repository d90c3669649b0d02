"""Passes a request on as it is and its reply back as it comes, with nothing held on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from framefit.server.gateway.hops import reply_headers, upstream_url
from framefit.server.gateway.upstream import Upstream

_LOCATIONS = (b"location", b"content-location")


class PassedOn(StreamingResponse):
    """A reply of the upstream, streamed; its headers are those that came, repeated ones too.

    Args:
        reply: the upstream's, whose head is there.
        headers: what goes back.
        content: the body; None is the reply's own.
        status: the HTTP status; None is the reply's own.
    """

    def __init__(
        self,
        reply: httpx2.Response,
        headers: list[tuple[bytes, bytes]],
        *,
        content: AsyncIterator[bytes] | None = None,
        status: int | None = None,
    ) -> None:
        self._reply = reply
        super().__init__(content or reply.aiter_raw(), status or reply.status_code)
        self.raw_headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the reply, and let go of the upstream's connection however that ends."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._reply.aclose()


async def pass_on(
    request: Request,
    upstream: Upstream,
    *,
    query: bytes | None = None,
    plain: bool = False,
    alone: bool = False,
) -> httpx2.Response:
    """Send a request on and return the reply as soon as its head is there.

    Args:
        request: the client's, whose body nobody has read.
        upstream: the server behind the gateway.
        query: the query to send; None is the request's own.
        plain: whether the reply must not be compressed, because it is going to be read here.
        alone: whether it gets a connection of its own.

    Raises:
        ApiError: the path leads out of the API, or the upstream does not answer.
    """
    scope = request.scope
    url = upstream_url(
        upstream.base_url, scope["raw_path"], scope["query_string"] if query is None else query
    )
    headers = upstream.headers(scope["headers"], without=(b"accept-encoding",) if plain else ())
    names = {name for name, _ in headers}
    body = bool(names & {b"content-length"}) or any(
        name == b"transfer-encoding" for name, _ in scope["headers"]
    )
    if plain:
        headers.append((b"accept-encoding", b"identity"))
    sent = httpx2.Request(request.method, url, headers=headers, content=request.stream() if body else None)
    return await upstream.send(sent, alone=alone)


def answer(reply: httpx2.Response, upstream: Upstream) -> PassedOn:
    """Return a reply as it came, but for headers of its connection and addresses of the upstream itself."""
    return PassedOn(reply, headers_back(reply, upstream))


def headers_back(reply: httpx2.Response, upstream: Upstream) -> list[tuple[bytes, bytes]]:
    """Return the headers that go back: an address of the upstream itself becomes the gateway's, where its key is."""
    base = upstream.base_url.encode()
    return [
        (name, b"/v1" + value[len(base) :] if name in _LOCATIONS and value.startswith(base + b"/") else value)
        for name, value in reply_headers(reply.headers.raw)
    ]


def held(status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> Response:
    """Return a reply whose body is known.

    Args:
        status: the HTTP status.
        body: the whole body.
        headers: its headers, without a length.
    """
    response = Response(body, status)
    response.raw_headers = [*headers, (b"content-length", str(len(body)).encode())]
    return response
