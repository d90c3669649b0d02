"""Sends a create once, reads its answer, and mends the answers of every call about videos."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import urlsplit

import httpx2
from starlette.responses import Response

from framefit.server.envelope import ApiError
from framefit.server.gateway.holding import Hold, Holder
from framefit.server.gateway.mending import mended_error, mended_headers, mended_video
from framefit.server.gateway.passing import PassedOn, headers_back, held
from framefit.server.gateway.upstream import Upstream, broken_off, decoded_json, outcome_unknown
from framefit.videos.dialects import Dialect

LARGEST_MENDED = 8 * 1024 * 1024
"""A reply over this many bytes is passed on as it comes: it holds a video, not words about one."""

_OF_THE_BODY = (b"content-length", b"content-type", b"content-encoding")
_JSON = (b"content-type", b"application/json")

Mend = Callable[[int, Any], tuple[int, Any]]
"""Takes the HTTP status and the decoded JSON of a reply and returns both as they go back."""


async def submit(
    upstream: Upstream,
    holder: Holder,
    hold: Hold,
    sent: httpx2.Request,
    *,
    dialect: Dialect,
    told: list[tuple[bytes, bytes]],
    raw: bool,
) -> Response:
    """Send a create, exactly once.

    Args:
        upstream: the server behind the gateway.
        holder: guards idempotency keys.
        hold: the request's own key.
        sent: what to send.
        dialect: how the upstream speaks.
        told: headers that go back beside the answer.
        raw: whether the answer goes back as it came.

    Raises:
        ApiError: 502 when nothing was sent or the upstream is elsewhere, 504 when it is not known whether it was accepted.
    """
    hold.sent = True
    try:
        reply = await upstream.send(sent, alone=True)
    except ApiError as error:
        hold.sent = error.status != 502
        raise
    if not raw and _leads_past(reply, upstream):
        await reply.aclose()
        hold.sent = False
        raise _moved(reply)
    try:
        answer = await mended(reply, upstream, dialect=dialect, mend=_created(dialect), create=True, raw=raw)
    except ApiError as error:
        await reply.aclose()
        # It was accepted or refused, and which of the two is what got lost.
        raise outcome_unknown() from error
    answer.raw_headers.extend(told)
    if isinstance(answer, PassedOn):
        return answer
    await holder.settle(hold, answer.status_code, _kept(answer), bytes(answer.body))
    return answer


async def mended(
    reply: httpx2.Response,
    upstream: Upstream,
    *,
    dialect: Dialect,
    mend: Mend,
    create: bool = False,
    raw: bool = False,
) -> Response:
    """Return a reply with its words mended; one too long to be words, or made of events, goes back as it comes.

    Args:
        reply: the upstream's, whose head is there.
        upstream: the server behind the gateway.
        dialect: how it speaks.
        mend: what is done to a reply that is no error.
        create: whether the request asked for a video.
        raw: whether the reply goes back as it came.

    Raises:
        ApiError: 502, the reply breaks off.
    """
    headers = headers_back(reply, upstream)
    if reply.headers.get("content-type", "").startswith("text/event-stream"):
        return PassedOn(reply, headers)  # news as it comes, which nobody wants to wait for
    stream = reply.aiter_raw()
    start, whole = await _begin(stream)
    if not whole:
        return PassedOn(reply, headers, content=_joined(start, stream))
    await reply.aclose()
    without_length = [(name, value) for name, value in headers if name != b"content-length"]
    if raw:
        return held(reply.status_code, start, without_length)
    body = decoded_json(upstream.hide_key_in(start))
    status = reply.status_code
    if isinstance(body, str) and status < 400:
        return held(status, start, without_length)
    status, body = mend(status, body)
    if status >= 400:
        body = mended_error(status, body, dialect)
    kept = [(name, value) for name, value in headers if name not in _OF_THE_BODY]
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
    return held(status, text, [*mended_headers(kept, status, create=create), _JSON])


def _leads_past(reply: httpx2.Response, upstream: Upstream) -> bool:
    """Tell whether a reply sends the client to another server; on one's own the client is back here."""
    place = reply.headers.get("location", "") if reply.is_redirect else ""
    return bool(urlsplit(place).netloc) and not place.startswith(upstream.base_url + "/")


def _moved(reply: httpx2.Response) -> ApiError:
    """Return the 502 for a create that was answered with a redirect: clients would follow it past the gateway."""
    place = reply.headers["location"].partition("?")[0].partition("#")[0]
    return ApiError(
        502,
        f"The upstream takes creates at another address, {place}; start the gateway with --upstream there.",
        code="upstream_moved",
        headers={"x-should-retry": "false"},
    )


def _created(dialect: Dialect) -> Mend:
    def mend(status: int, body: Any) -> tuple[int, Any]:
        return (200, mended_video(body, dialect)) if status < 300 else (status, body)

    return mend


async def _begin(stream: AsyncIterator[bytes]) -> tuple[bytes, bool]:
    """Read up to the longest reply that is mended; tells whether that was all."""
    data = bytearray()
    try:
        async for piece in stream:
            data += piece
            if len(data) > LARGEST_MENDED:
                return bytes(data), False
    except httpx2.RequestError as error:
        raise broken_off() from error
    return bytes(data), True


async def _joined(start: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield start
    async for piece in rest:
        yield piece


def _kept(answer: Response) -> list[tuple[bytes, bytes]]:
    """Return the headers of an answer that are told again when it is repeated."""
    names = (b"content-type", b"openai-poll-after-ms", b"x-should-retry", b"x-upstream-request-id")
    return [
        (name, value)
        for name, value in answer.raw_headers
        if name in names or name.startswith(b"x-framefit-")
    ]
