"""The page itself: its files, sent with headers that keep it to this server."""

from __future__ import annotations

import functools
import gzip
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from framefit.server.envelope import ApiError

_FOLDER = Path(__file__).parent / "page"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; media-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    # A newer framefit must not be met by an older page.
    "cache-control": "no-cache",
}
"""What every file of the page is sent with: nothing is loaded from, or sent to, any other server."""


def page_files() -> dict[str, Path]:
    """Return the files of the page by their name below ``/studio/``."""
    found = (path for path in _FOLDER.rglob("*") if path.is_file() and path.suffix in _TYPES)
    return {path.relative_to(_FOLDER).as_posix(): path for path in found}


def page_router() -> APIRouter:
    """Return the routes of the page's files."""
    router = APIRouter(prefix="/studio")
    files = page_files()

    @router.api_route("/{name:path}", methods=["GET", "HEAD"], include_in_schema=False)
    def file(name: str, request: Request) -> Response:
        if name not in files:
            raise ApiError(404, f"Invalid URL (GET /studio/{name})", code="unknown_url")
        return page_file(request.headers, name)

    return router


def page_file(headers: Mapping[str, str], name: str = "index.html") -> Response:
    """Return one file of the page, the page itself by default: nothing of it where the browser has it already.

    Args:
        headers: the request's.
        name: the file's name below ``/studio/``.
    """
    path = _FOLDER / name
    data, packed, tag = _contents(path, path.stat().st_mtime_ns)
    sent = {**HEADERS, "etag": tag, "vary": "accept-encoding"}
    if headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=sent)
    if "gzip" in headers.get("accept-encoding", ""):
        return Response(packed, media_type=_TYPES[path.suffix], headers={**sent, "content-encoding": "gzip"})
    return Response(data, media_type=_TYPES[path.suffix], headers=sent)


@functools.lru_cache(maxsize=64)
def _contents(path: Path, _changed: int) -> tuple[bytes, bytes, str]:
    """Return a file as it is and compressed, and a word for its contents."""
    data = path.read_bytes()
    return data, gzip.compress(data, mtime=0), f'"{sha256(data).hexdigest()[:32]}"'


def page_or_facts(request: Request, facts: Mapping[str, Any]) -> Response:
    """Return the page to a browser, and plain facts to everybody else.

    Args:
        request: the request for ``/``.
        facts: what the server says about itself.
    """
    page = wants_page(request.headers)
    reply = page_file(request.headers) if page else JSONResponse(dict(facts))
    reply.headers["vary"] = "accept, accept-encoding"
    return reply


def wants_page(headers: Mapping[str, str]) -> bool:
    """Tell a browser that opens the page from a program."""
    return "text/html" in headers.get("accept", "")
