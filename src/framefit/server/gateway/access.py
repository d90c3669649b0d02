"""Who may use the gateway: known keys, addressed by a name of its own, from no foreign web page."""

from __future__ import annotations

import hmac
import re
from hashlib import sha256

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from framefit.server.envelope import ApiError
from framefit.server.gateway.options import GatewayOptions
from framefit.server.studio.page_routes import wants_page
from framefit.server.studio.session import OPEN, PATH, is_let_in

OPEN_PATHS = frozenset({"/healthz", "/readyz"})
"""Asked by machines that have neither key nor name, and telling nothing but yes or no."""

_LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.IGNORECASE | re.ASCII)


class Access:
    """Refuse requests that may not use the gateway.

    Args:
        app: the app to protect.
        options: the gateway's settings.
    """

    def __init__(self, app: ASGIApp, *, options: GatewayOptions) -> None:
        self._app = app
        self._options = options
        self._tokens = [_hashed(token) for token in options.tokens]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        refusal = None
        if scope["type"] == "http" and scope["path"] not in OPEN_PATHS:
            headers = Headers(scope=scope)
            refusal = self._stranger(headers) or self._unknown(headers, scope["path"])
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await refusal.response()(scope, receive, send)

    def _stranger(self, headers: Headers) -> ApiError | None:
        """Refuse what a browser was tricked into sending: under a foreign name, or from a foreign page."""
        hosts = headers.getlist("host")
        host = hosts[0].lower() if len(hosts) == 1 else ""
        allowed = {name.lower() for name in self._options.allow_hosts}
        known = host in allowed or host.rpartition(":")[0] in allowed
        anyone = not self._options.loopback and not allowed
        if not host or not (known or anyone or _LOOPBACK.fullmatch(host)):
            return ApiError(403, "This gateway does not answer to that name.", code="host_not_allowed")
        own = {f"http://{host}", f"https://{host}", *(name.lower() for name in self._options.allow_origins)}
        if _LOOPBACK.fullmatch(host) and not known:
            own.discard(f"https://{host}")
        if any(origin.lower() not in own for origin in headers.getlist("origin")):
            return ApiError(
                403, "This gateway does not answer web pages of other origins.", code="origin_not_allowed"
            )
        return None

    def _unknown(self, headers: Headers, path: str) -> ApiError | None:
        if not self._tokens or _is_page(path, headers):
            return None
        if path.startswith(f"{PATH}/") and is_let_in(headers, self._options.tokens):
            return None
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        shown = bearer.strip() if scheme.lower() == "bearer" else headers.get("api-key", "")
        given = _hashed(shown)
        # Every token is compared, and hashes of one length: how long it takes tells nothing.
        matches = [hmac.compare_digest(given, token) for token in self._tokens]
        if any(matches):
            return None
        return ApiError(
            401,
            "Incorrect API key provided: this gateway wants one of its own tokens.",
            code="invalid_api_key",
            headers={"www-authenticate": "Bearer"},
        )


def _is_page(path: str, headers: Headers) -> bool:
    """Tell the studio's page, which holds nothing secret and asks for the token, from everything else."""
    if path == "/":
        return wants_page(headers)
    return path == OPEN or (path.startswith("/studio/") and not path.startswith(f"{PATH}/"))


def _hashed(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogateescape")).digest()
