"""Keeps web pages from elsewhere away from a server that has no password."""

from __future__ import annotations

import re

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from framefit.server.envelope import ApiError

_LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.IGNORECASE | re.ASCII)


class LoopbackGuard:
    """Refuse requests that were not addressed to this machine, or that a foreign web page sends.

    A page elsewhere can make a browser reach 127.0.0.1 in two ways: under a name of its own that
    resolves to it (then ``Host`` is that name), or by a plain cross-site request (then ``Origin`` is
    the page's).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        refusal = _refusal(Headers(scope=scope)) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await refusal.response()(scope, receive, send)


def _refusal(headers: Headers) -> ApiError | None:
    hosts = headers.getlist("host")
    if len(hosts) != 1 or _LOOPBACK.fullmatch(hosts[0]) is None:
        return ApiError(403, "This server answers to 127.0.0.1 and localhost only.", code="host_not_allowed")
    own = f"http://{hosts[0]}".lower()
    if any(origin.lower() != own for origin in headers.getlist("origin")):
        return ApiError(
            403, "This server does not answer web pages of other origins.", code="origin_not_allowed"
        )
    return None
