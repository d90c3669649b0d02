"""What an unsuccessful create means: refused, never sent, or nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from framefit.errors import OutcomeUnknown, RequestRejected, ServerUnreachable, VideoError
from framefit.videos.replies import is_mismatch, one_line, said, shown_address, where

if TYPE_CHECKING:
    from openai import APIConnectionError, APIStatusError, OpenAI

_NEVER_SENT = frozenset(
    {"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol"}
)
"""What the HTTP library raises before the first byte of a request leaves; told apart by name, because
the SDK has changed the package they come from."""

_NOT_ACCEPTED = frozenset({501, 503})
"""Statuses from 500 on that say that nothing was begun."""

LOOK_FIRST = "look at the server's list of jobs (GET {where}/videos) before sending again"


def connection_error(error: APIConnectionError, client: OpenAI) -> VideoError:
    """Return the error for a create that got no answer.

    Args:
        error: what the SDK raised.
        client: the client that sent it.

    Returns:
        ServerUnreachable when the request never left, else OutcomeUnknown.
    """
    cause = error.__cause__ or error
    kind, address = type(cause).__name__, where(client)
    # Names come from the HTTP library and texts from the operating system: neither holds the key.
    seen = one_line(f"{kind}: {cause}", 200)
    if kind in _NEVER_SENT:
        return ServerUnreachable(
            f"no connection to {address}; nothing was submitted",
            seen=seen,
            wanted="a Videos API server that answers",
            fix="check --base-url and that the server runs",
        )
    return OutcomeUnknown(
        f"the connection to {address} was lost after the request left; it may have been accepted, and billed",
        seen=seen,
        wanted="an answer to the request",
        fix=LOOK_FIRST.format(where=address),
    )


def status_error(error: APIStatusError, client: OpenAI, *, size: str | None) -> VideoError:
    """Return the error for a create that was answered with an HTTP error.

    Args:
        error: what the SDK raised.
        client: the client that sent it.
        size: the size that was asked for.

    Returns:
        RequestRejected when nothing was started, else OutcomeUnknown.
    """
    status, words, address = error.status_code, said(error, client), where(client)
    if status >= 500 and status not in _NOT_ACCEPTED:
        return OutcomeUnknown(
            f"{address} failed while it took the request; it may have been accepted, and billed",
            seen=words,
            wanted="an answer to the request",
            fix=LOOK_FIRST.format(where=address),
        )
    message, fix = _refusal(error, words, size)
    return RequestRejected(f"{message}; nothing was started", seen=words, fix=fix)


def _refusal(error: APIStatusError, words: str, size: str | None) -> tuple[str, str]:
    status = error.status_code
    if is_mismatch(words):
        wish = f" --size {size}" if size else " and --size"
        return (
            "the server says that the picture has not the requested size",
            f"fit the picture with the same size as the request: framefit fit PICTURE{wish}",
        )
    if status < 400:
        place = error.response.headers.get("location", "")
        return "the server says that it is at another address", f"--base-url, from {shown_address(place)}"
    if status == 401:
        return "the server does not accept the key", "set FRAMEFIT_API_KEY, or --api-key KEY"
    if status == 403:
        return "the server does not allow this with this key", "use another key, picture or prompt"
    if status in (404, 405, 501):
        return (
            "the server does not know this request",
            "check --base-url, which usually ends in /v1, and --model",
        )
    if status in (429, 503):
        wait = error.response.headers.get("retry-after", "")
        return (
            "the server is busy",
            f"send it again in {wait} s" if wait.isdecimal() else "send it again later",
        )
    return "the server refused the request", "change what it names"
