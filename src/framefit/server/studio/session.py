"""Lets a page in that was shown one of the gateway's tokens, by a cookie that only the studio's API reads."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import Headers
from starlette.responses import Response

from framefit.server.envelope import ApiError

PATH = "/studio/api"
OPEN = f"{PATH}/session"
"""Where a token is shown; whoever has none yet has to get there."""

_COOKIE = "framefit-studio"
_ITSELF = ("same-origin", "none", "")
"""What a browser says about requests of the page itself; older ones, and those without TLS, say nothing."""


class Shown(BaseModel):
    """A token, as somebody types it into the page."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    token: str = Field(min_length=1, max_length=4096, description="One of the gateway's tokens.")


def session_router(tokens: Sequence[str]) -> APIRouter:
    """Return the route ``/session``.

    Args:
        tokens: what may be shown; with none, whatever is shown is fine.
    """
    router = APIRouter(tags=["session"])

    @router.post("/session", status_code=204)
    def show(shown: Shown, request: Request) -> Response:
        """Show a token once; the browser then holds a cookie that opens the studio and nothing else."""
        # Every token is compared, and hashes of one length: how long it takes tells nothing.
        known = [hmac.compare_digest(_pass_of(shown.token), _pass_of(token)) for token in tokens]
        if tokens and not any(known):
            raise ApiError(401, "This is none of the gateway's tokens.", code="invalid_api_key")
        reply = Response(status_code=204)
        reply.set_cookie(
            _COOKIE,
            _pass_of(shown.token),
            path=PATH,
            httponly=True,
            samesite="strict",
            # Behind a proxy that speaks TLS only the page itself says so.
            secure=request.headers.get("origin", "").startswith("https://"),
        )
        return reply

    return router


def is_let_in(headers: Headers, tokens: Iterable[str]) -> bool:
    """Tell whether a request to the studio's API comes with the cookie of a token, from the page itself.

    Args:
        headers: the request's.
        tokens: the gateway's.
    """
    if headers.get("sec-fetch-site", "") not in _ITSELF:
        return False
    given = _cookie(headers)
    matches = [hmac.compare_digest(given, _pass_of(token)) for token in tokens]
    return any(matches)


def _pass_of(token: str) -> str:
    """Return what the cookie holds: it opens the studio, and the token cannot be read from it."""
    return hmac.new(token.encode("utf-8", "surrogatepass"), b"framefit studio", sha256).hexdigest()


def _cookie(headers: Headers) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(_COOKIE)
    except CookieError:
        found = None
    # Comparing takes ASCII only, and so does the cookie that was given.
    return found.value if found is not None and found.value.isascii() else ""
