"""The routes of the videos protocol."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, JSONResponse

from framefit.server.body import read_fields
from framefit.server.envelope import ApiError
from framefit.server.service import VideosService
from framefit.videos.objects import Variant, Video

POLL_AFTER_MS = 250
"""How long a client should wait between two looks; the SDK demands an integer."""

_TYPES: dict[Variant, str] = {"video": "video/mp4", "thumbnail": "image/webp", "spritesheet": "image/jpeg"}
_NOT_OFFERED = ("edits", "extensions", "characters")


def videos_router(service: VideosService) -> APIRouter:
    """Return the routes under ``/videos``.

    Args:
        service: what carries the calls out.
    """
    router = APIRouter(prefix="/videos")

    @router.post("")
    async def create(request: Request) -> JSONResponse:
        fields = await read_fields(request)
        return _reply(await run_in_threadpool(service.create, fields))

    @router.get("")
    def page(request: Request) -> JSONResponse:
        query = request.query_params
        found = service.page(after=query.get("after"), limit=query.get("limit"), order=query.get("order"))
        return JSONResponse(found.as_dict())

    for name in _NOT_OFFERED:
        router.add_api_route(f"/{name}", _not_offered(name), methods=["POST"])
    router.add_api_route("/characters/{character_id}", _not_offered("characters"), methods=["GET"])

    @router.get("/{video_id}")
    def retrieve(video_id: str) -> JSONResponse:
        return _reply(service.retrieve(video_id))

    @router.delete("/{video_id}")
    def delete(video_id: str) -> dict[str, Any]:
        service.delete(video_id)
        return {"id": video_id, "deleted": True, "object": "video.deleted"}

    @router.api_route("/{video_id}/content", methods=["GET", "HEAD"])
    def content(video_id: str, request: Request) -> FileResponse:
        path, variant = service.content(video_id, request.query_params.get("variant"))
        return FileResponse(path, media_type=_TYPES[variant], filename=path.name, stat_result=path.stat())

    @router.post("/{video_id}/remix")
    async def remix(video_id: str, request: Request) -> JSONResponse:
        fields = await read_fields(request, multipart=False)
        return _reply(await run_in_threadpool(service.remix, video_id, fields))

    return router


def _reply(video: Video) -> JSONResponse:
    headers = {"openai-poll-after-ms": str(POLL_AFTER_MS)} if video.is_unfinished else {}
    return JSONResponse(video.as_dict(), headers=headers)


def _not_offered(name: str) -> Any:
    def refuse() -> None:
        raise ApiError(404, f"The framefit embedded engine does not offer '{name}'.", code="not_offered")

    return refuse
