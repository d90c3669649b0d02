"""What is passed on of a message: every header but those that belong to one connection, and the path."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import unquote_to_bytes

from framefit.server.envelope import ApiError
from framefit.server.gateway.wishes import PREFIX

RawHeaders = Sequence[tuple[bytes, bytes]]

_HOP_BY_HOP = frozenset(
    {
        *(b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection"),
        *(b"te", b"trailer", b"transfer-encoding", b"upgrade"),
    }
)
"""RFC 9110, section 7.6.1, with the older names that are still seen."""

_NOT_SENT_ON = frozenset({b"host", b"expect", b"origin"})
"""What is said to the gateway alone: which page asks is for it to judge, and it has."""

_OURS = frozenset({b"date", b"server"})
"""Every server that hands a reply on writes these itself."""

_KEYS = frozenset({b"authorization", b"api-key"})


def request_headers(
    headers: RawHeaders, *, key: str | None, keep_keys: bool, without: Iterable[bytes] = ()
) -> list[tuple[bytes, bytes]]:
    """Return the headers that go to the upstream.

    Args:
        headers: as the client sent them, names in lower case.
        key: the upstream's key, which takes the place of any the client sent.
        keep_keys: whether what the client sent as its key is the upstream's to see.
        without: further names to leave out.
    """
    drop = _HOP_BY_HOP | _NOT_SENT_ON | _named(headers) | set(without)
    if key is not None or not keep_keys:
        drop |= _KEYS
    own = PREFIX.encode()
    kept = [(name, value) for name, value in headers if name not in drop and not name.startswith(own)]
    return [*kept, (b"authorization", b"Bearer " + key.encode())] if key is not None else kept


def reply_headers(headers: RawHeaders, *, without: Iterable[bytes] = ()) -> list[tuple[bytes, bytes]]:
    """Return the headers that go back to the client.

    Args:
        headers: as the upstream sent them.
        without: further names to leave out.
    """
    lower = [(name.lower(), value) for name, value in headers]
    drop = _HOP_BY_HOP | _named(lower) | _OURS | set(without)
    # The gateway has a request id of its own; the upstream's is told beside it.
    renamed = {b"x-request-id": b"x-upstream-request-id"}
    return [(renamed.get(name, name), value) for name, value in lower if name not in drop]


def upstream_url(base_url: str, raw_path: bytes, query: bytes) -> str:
    """Return the address of a path of the gateway at the upstream.

    Args:
        base_url: the upstream's, without a slash at its end; it stands for ``/v1``.
        raw_path: the path as it was sent, beginning with ``/v1``.
        query: the query as it was sent.

    Raises:
        ApiError: 400, a path that would lead out of the base URL.
    """
    path = raw_path.partition(b"?")[0]
    plain = unquote_to_bytes(path)
    # Twice, since what is behind the upstream's own proxy may decode once more.
    for shown in (plain, unquote_to_bytes(plain)):
        if any(part in (b".", b"..") for part in re.split(rb"[/\\]", shown)):
            raise ApiError(400, "The path of your request leads out of the API.", code="invalid_url")
    below = path.removeprefix(b"/v1").decode("ascii", "strict")
    return base_url + below + (f"?{query.decode('ascii')}" if query else "")


def _named(headers: RawHeaders) -> set[bytes]:
    """Return the names that ``Connection`` says belong to this connection only."""
    values = (value for name, value in headers if name == b"connection")
    return {part.strip().lower() for value in values for part in value.split(b",")}
