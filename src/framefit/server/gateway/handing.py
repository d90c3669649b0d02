"""Hands out videos that came with the answer to their create, to clients that ask for them afterwards."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

import httpx2
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from framefit.server.envelope import ApiError
from framefit.server.gateway.keeping import Keeper, Kept
from framefit.server.gateway.passing import PassedOn
from framefit.server.gateway.upstream import Upstream, decoded_json
from framefit.videos.dialects import Dialect

_log = logging.getLogger(__name__)


class Shelf:
    """Where such videos are left and fetched; a server whose jobs can be asked for needs none of it.

    Args:
        keeper: keeps them.
        upstream: the server behind the gateway.
    """

    def __init__(self, keeper: Keeper, upstream: Upstream) -> None:
        self._keeper = keeper
        self._upstream = upstream

    async def leave(self, request: Request, answer: Response, dialect: Dialect) -> None:
        """Keep the video in the answer to a create.

        Args:
            request: the create.
            answer: what goes back to the client.
            dialect: how the upstream speaks.
        """
        if not dialect.create_waits or isinstance(answer, PassedOn) or answer.status_code != 200:
            return
        body = decoded_json(bytes(answer.body))
        try:
            await run_in_threadpool(self._keeper.keep, client_of(request), body)
        except SQLAlchemyError:
            # The video is paid for and stands in the answer, which must reach the client.
            _log.exception("a video could not be kept")

    async def find(self, request: Request, video_id: str, dialect: Dialect) -> Kept | None:
        """Return a video that is kept for the client; None where the upstream is the one to ask."""
        if dialect.retrieves:
            return None
        return await run_in_threadpool(self._keeper.find, client_of(request), video_id)

    async def drop(self, request: Request, video_id: str) -> Response:
        """Keep a video no longer, and confirm it as the protocol does."""
        await run_in_threadpool(self._keeper.remove, client_of(request), video_id)
        return JSONResponse({"id": video_id, "deleted": True, "object": "video.deleted"})

    async def content(self, request: Request, kept: Kept) -> Response | httpx2.Response:
        """Return the video itself: kept here, streamed from the upstream, or at another server's address.

        Raises:
            ApiError: 404, the upstream keeps it where only it can read.
        """
        if kept.content is not None:
            return Response(kept.content, media_type="video/mp4")
        link = kept.link or ""
        if _origin(link) == _origin(self._upstream.base_url):
            drop = (b"accept-encoding", b"content-length", b"content-type")
            headers = self._upstream.headers(request.scope["headers"], without=drop)
            headers.append((b"accept-encoding", b"identity"))
            return await self._upstream.send(httpx2.Request(request.method, link, headers=headers))
        if urlsplit(link).scheme in ("http", "https"):
            # Clients follow it and leave their key behind; the gateway fetches from nobody else.
            return RedirectResponse(link, 302)
        raise ApiError(
            404,
            "The upstream has put this video where only it can read; "
            "ask for it with response_format 'b64_json'.",
            code="content_out_of_reach",
        )


def client_of(request: Request) -> str:
    """Return what a client shows as its key: one client never gets what another asked for."""
    return request.headers.get("authorization") or request.headers.get("api-key") or ""


def _origin(url: str) -> tuple[str, str, int | None] | None:
    parts = urlsplit(url)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    if usual is None:
        return None
    try:
        return parts.scheme, (parts.hostname or "").lower(), parts.port or usual
    except ValueError:
        return None
