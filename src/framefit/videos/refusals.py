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

_TIMEOUT, _NOT_IMPLEMENTED, _UNAVAILABLE = 408, 501, 503
_MAYBE_A_PROXYS = frozenset({_TIMEOUT, _UNAVAILABLE})
"""Statuses that a server may say of itself, and a proxy of the server behind it."""

_BUSY = frozenset({408, 409, 425, 429, _UNAVAILABLE})
"""Statuses after which the same request may be taken later."""

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
    words, address = said(error, client), where(client)
    if _may_be_accepted(error):
        return OutcomeUnknown(
            f"{address} failed while it took the request; it may have been accepted, and billed",
            seen=words,
            wanted="an answer to the request",
            fix=LOOK_FIRST.format(where=address),
        )
    message, fix = _refusal(error, words, size)
    return RequestRejected(f"{message}; nothing was started", seen=words, fix=fix)


def may_be_repeated(error: VideoError) -> bool:
    """Tell whether a create may be sent again as it is: it was not accepted, and might be another time.

    Args:
        error: what `framefit.videos.client.submit` raised.

    Returns:
        True when the request never left, and after 429 and 503 with ``Retry-After``, or any such status
        with ``x-should-retry: true``; False when the server says ``x-should-retry: false``.
    """
    from openai import APIStatusError

    if isinstance(error, ServerUnreachable):
        return True
    cause = error.__cause__
    if not isinstance(error, RequestRejected) or not isinstance(cause, APIStatusError):
        return False
    wish = cause.response.headers.get("x-should-retry", "").lower()
    if wish in ("true", "false"):
        return wish == "true" and cause.status_code in _BUSY
    return cause.status_code in (429, _UNAVAILABLE)


def _may_be_accepted(error: APIStatusError) -> bool:
    """Tell whether a server that answers with an error may have begun all the same.

    Proxies say 503 also when the connection behind them broke after the request had passed; a server
    that turns a request away itself says when to come back. 408 should mean that the request never came
    whole, and is what some front doors say when the server behind them took too long over it.
    """
    headers = error.response.headers
    if error.status_code in _MAYBE_A_PROXYS and headers.get("x-should-retry", "").lower() == "true":
        return False
    if error.status_code == _UNAVAILABLE:
        return "retry-after" not in headers and "retry-after-ms" not in headers
    return error.status_code == _TIMEOUT or (
        error.status_code >= 500 and error.status_code != _NOT_IMPLEMENTED
    )


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
