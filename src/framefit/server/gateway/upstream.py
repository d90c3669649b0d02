"""The server behind the gateway: its connections, its key and its dialect."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx2

from framefit.server.envelope import ApiError
from framefit.server.gateway.hops import RawHeaders, request_headers
from framefit.server.gateway.options import GatewayOptions
from framefit.videos.dialects import AUTO, Dialect, dialect_named
from framefit.videos.dialects.recognising import USUAL, Answer, recognise

_NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)
"""What is raised before a byte of a request has left."""

_IDLE_CONNECTION_SECONDS = 2.0
"""Shorter than any server's own patience, so that a connection is hardly ever used as it is closed."""

_LARGEST_ANSWER = 1 << 20
_NOBODYS_VIDEO = "/videos/framefit-asks-who-answers"


class Upstream:
    """Speaks to the server behind the gateway; nothing is ever sent twice here.

    Args:
        options: the gateway's settings.
    """

    def __init__(self, options: GatewayOptions) -> None:
        self.base_url = options.base_url
        self._options = options
        timeout = httpx2.Timeout(options.answer_seconds, connect=options.connect_seconds)
        self._pooled = httpx2.AsyncClient(
            timeout=timeout,
            limits=httpx2.Limits(
                max_connections=None,
                max_keepalive_connections=100,
                keepalive_expiry=_IDLE_CONNECTION_SECONDS,
            ),
        )
        # A create goes over a connection of its own: on one that was idle, the server may hang up
        # while the request leaves, and then nobody knows whether it was read.
        self._single = httpx2.AsyncClient(
            timeout=timeout, limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0)
        )
        self._dialect = None if options.dialect == AUTO else dialect_named(options.dialect)
        self._asking = asyncio.Lock()

    async def close(self) -> None:
        """Close every connection."""
        await self._pooled.aclose()
        await self._single.aclose()

    def headers(self, sent: RawHeaders, *, without: tuple[bytes, ...] = ()) -> list[tuple[bytes, bytes]]:
        """Return the headers of a request to the upstream, with its key.

        Args:
            sent: the client's headers, names in lower case.
            without: names to leave out.
        """
        options = self._options
        return request_headers(sent, key=options.upstream_key, keep_keys=not options.tokens, without=without)

    def hide_key_in(self, body: bytes) -> bytes:
        """Return a body without the upstream's key, which careless servers repeat."""
        key = self._options.upstream_key
        return body.replace(key.encode(), b"***") if key else body

    async def send(self, request: httpx2.Request, *, alone: bool = False) -> httpx2.Response:
        """Send a request and return the reply as soon as its head is there; the caller closes it.

        Args:
            request: what to send; no default header is added to it.
            alone: whether it gets a connection of its own.

        Raises:
            ApiError: 502 when nothing was sent, 504 when it is not known what became of it.
        """
        client = self._single if alone else self._pooled
        request.extensions = {"timeout": client.timeout.as_dict(), **request.extensions}
        try:
            return await client.send(request, stream=True)
        except _NOT_SENT as error:
            raise unreachable() from error
        except httpx2.RequestError as error:
            raise outcome_unknown(may_repeat=request.method in ("GET", "HEAD")) from error

    async def dialect(self, sent: RawHeaders) -> Dialect:
        """Return how the upstream speaks, asking it who it is when that is not known yet.

        Args:
            sent: the headers of the client's request, whose key the questions need.

        Raises:
            ApiError: 502 or 504, it does not answer.
        """
        if self._dialect is None:
            async with self._asking:
                if self._dialect is None:
                    self._dialect = await self._recognised(sent)
        return self._dialect

    async def _recognised(self, sent: RawHeaders) -> Dialect:
        host = (urlsplit(self.base_url).hostname or "").rstrip(".")
        found = recognise(Answer(host=host))
        if found is not None:
            return found
        async for answer in self._answers(sent):
            found = recognise(answer)
            if found is not None:
                return found
        return dialect_named(USUAL)

    async def _answers(self, sent: RawHeaders) -> AsyncIterator[Answer]:
        drop = (b"content-length", b"content-type", b"accept-encoding", b"idempotency-key")
        headers = [*self.headers(sent, without=drop), (b"accept-encoding", b"identity")]
        for path in ("/models", _NOBODYS_VIDEO):
            reply = await self.send(httpx2.Request("GET", self.base_url + path, headers=headers))
            try:
                body = await read_up_to(reply, _LARGEST_ANSWER)
            finally:
                await reply.aclose()
            yield Answer(
                status_code=reply.status_code,
                headers={name.lower(): value for name, value in reply.headers.items()},
                body=None if body is None else decoded_json(body),
            )


async def read_up_to(reply: httpx2.Response, most: int) -> bytes | None:
    """Read the body of a reply whole.

    Args:
        reply: whose head is there.
        most: the largest body, in bytes.

    Returns:
        The body; None when it is larger.

    Raises:
        ApiError: 502, it breaks off.
    """
    pieces, count = [], 0
    try:
        async for piece in reply.aiter_raw():
            count += len(piece)
            if count > most:
                return None
            pieces.append(piece)
    except httpx2.RequestError as error:
        raise broken_off() from error
    return b"".join(pieces)


def decoded_json(body: bytes) -> Any:
    """Return the JSON in a body, or its text when it is none."""
    text = body.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def unreachable() -> ApiError:
    """Return the 502 for an upstream that cannot be connected to: nothing was sent."""
    return ApiError(502, "The upstream cannot be reached; nothing was sent.", code="upstream_unreachable")


def broken_off() -> ApiError:
    """Return the 502 for a reply that ends too early."""
    return ApiError(502, "The upstream broke off its answer.", code="upstream_broken")


def outcome_unknown(*, may_repeat: bool = False) -> ApiError:
    """Return the 504 for a request that left and was never answered.

    Args:
        may_repeat: whether clients may send it again by themselves.
    """
    if may_repeat:
        return ApiError(504, "The upstream did not answer.", code="upstream_silent")
    return ApiError(
        504,
        "The upstream did not answer: whether it has accepted this request is not known. "
        "Look at its list of videos before you send it again.",
        code="outcome_unknown",
        headers={"x-should-retry": "false"},
    )
