"""The routes of the gateway: creates are fitted, words about videos are mended, all else passes through."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx2
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from framefit.server.envelope import ApiError
from framefit.server.gateway.creating import Creator
from framefit.server.gateway.keeping import Kept
from framefit.server.gateway.mending import failed_video, mended_deletion, mended_page, mended_video
from framefit.server.gateway.passing import answer, pass_on
from framefit.server.gateway.replying import Mend, mended
from framefit.videos.dialects import Dialect

_EVERY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_CREATES = ("/videos", "/videos/", "/videos/sync", "/videos/stream")
"""Those with a word behind them are vLLM-Omni's, answered with the video itself, and Dynamo's, answered bit by bit."""

_COSTS_MONEY = ("remix", "edits", "extensions")


def calls_router(creator: Creator) -> APIRouter:
    """Return every route below ``/v1``.

    Args:
        creator: takes requests to create a video.
    """
    router = APIRouter(prefix="/v1")
    calls = _Calls(creator)
    for path in _CREATES:
        router.add_api_route(path, creator.create, methods=["POST"])
    router.add_api_route("/videos", calls.page, methods=["GET"])
    for name in ("edits", "extensions"):
        router.add_api_route(f"/videos/{name}", calls.derive, methods=["POST"])
    router.add_api_route("/videos/{video_id}/remix", calls.derive, methods=["POST"])
    router.add_api_route("/videos/{video_id}/content", calls.content, methods=["GET", "HEAD"])
    router.add_api_route("/videos/{video_id}", calls.retrieve, methods=["GET"])
    router.add_api_route("/videos/{video_id}", calls.delete, methods=["DELETE"])
    router.add_api_route("/{path:path}", calls.anything, methods=_EVERY_METHOD)
    return router


class _Calls:
    """Every call but create."""

    def __init__(self, creator: Creator) -> None:
        self._upstream = creator.upstream
        self._counter = creator.shelf
        self._raw = creator.options.raw

    async def page(self, request: Request) -> Response:
        after = request.query_params.get("after")

        def mend(dialect: Dialect) -> Mend:
            return lambda status, body: (status, mended_page(body, dialect, after=after))

        return await self._asked(request, mend)

    async def retrieve(self, request: Request, video_id: str) -> Response:
        kept = await self._kept(request, video_id)
        if kept is not None:
            return JSONResponse(kept.video)

        def mend(dialect: Dialect) -> Mend:
            def video(status: int, body: Any) -> tuple[int, Any]:
                if status < 400:
                    return status, mended_video(body, dialect, video_id=video_id)
                failed = failed_video(status, body, dialect, video_id=video_id)
                return (status, body) if failed is None else (200, failed)

            return video

        return await self._asked(request, mend)

    async def delete(self, request: Request, video_id: str) -> Response:
        if await self._kept(request, video_id) is not None:
            return await self._counter.drop(request, video_id)

        def mend(_dialect: Dialect) -> Mend:
            return lambda status, body: (status, mended_deletion(body, video_id=video_id))

        return await self._asked(request, mend)

    async def derive(self, request: Request) -> Response:
        def mend(dialect: Dialect) -> Mend:
            return lambda status, body: (status, mended_video(body, dialect))

        return await self._asked(request, mend, create=True)

    async def content(self, request: Request, video_id: str) -> Response:
        dialect = await self._upstream.dialect(request.scope["headers"])
        query = None if self._raw else _content_query(request, dialect)
        kept = await self._kept(request, video_id)
        if kept is None:
            reply = await pass_on(request, self._upstream, query=query, plain=True)
        else:
            there = await self._counter.content(request, kept)
            if isinstance(there, Response):
                return there
            reply = there
        if reply.status_code < 400 or self._raw or request.method == "HEAD":
            return answer(reply, self._upstream)
        return await self._mended(reply, dialect, lambda status, body: (status, body))

    async def anything(self, request: Request) -> Response:
        alone = any(request.url.path.endswith(f"/{name}") for name in _COSTS_MONEY)
        return answer(await pass_on(request, self._upstream, alone=alone), self._upstream)

    async def _kept(self, request: Request, video_id: str) -> Kept | None:
        if self._raw:
            return None
        dialect = await self._upstream.dialect(request.scope["headers"])
        return await self._counter.find(request, video_id, dialect)

    async def _asked(self, request: Request, mend: Any, *, create: bool = False) -> Response:
        if self._raw:
            return answer(await pass_on(request, self._upstream, alone=create), self._upstream)
        dialect = await self._upstream.dialect(request.scope["headers"])
        reply = await pass_on(request, self._upstream, plain=True, alone=create)
        return await self._mended(reply, dialect, mend(dialect), create=create)

    async def _mended(
        self, reply: httpx2.Response, dialect: Dialect, mend: Mend, *, create: bool = False
    ) -> Response:
        try:
            return await mended(reply, self._upstream, dialect=dialect, mend=mend, create=create)
        except BaseException:
            await reply.aclose()
            raise


def _content_query(request: Request, dialect: Dialect) -> bytes | None:
    """Return the query for a video, which some servers take the variant in for something else.

    Raises:
        ApiError: 400, a still is asked for, which this upstream would answer with the whole video.
    """
    variant = request.query_params.get("variant")
    if dialect.variants or variant is None:
        return None
    if variant not in ("video", ""):
        raise ApiError(
            400,
            f"Invalid value: '{variant}'. The upstream has only 'video'.",
            code="invalid_value",
            param="variant",
        )
    pairs = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return urlencode([pair for pair in pairs if pair[0] != "variant"]).encode()
