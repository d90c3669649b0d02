"""A relay of the new-api kind on an official channel: task ids, ``submitted`` first, flat errors."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, JSONResponse

from framefit.catalog import builtin
from framefit.server.body import read_fields
from framefit.server.envelope import ApiError
from framefit.server.parsing import models_offered, read_create
from framefit.server.service import VideosService
from framefit.server.speaking.models import listed_models
from framefit.server.speaking.speech import Speech
from framefit.videos.objects import Video

_WORDS = {"queued": "submitted"}


def _routers(service: VideosService) -> tuple[APIRouter, ...]:
    router = APIRouter()

    @router.post("/videos")
    async def create(request: Request) -> dict[str, Any]:
        fields = await read_fields(request)

        def submitted() -> Video:
            return service.submit(read_create(fields, builtin()), fields, prefix="task_")

        return _shown(await run_in_threadpool(submitted))

    @router.get("/videos/{task_id}")
    def retrieve(task_id: str) -> dict[str, Any]:
        return _shown(service.retrieve(task_id))

    @router.get("/videos/{task_id}/content")
    def content(task_id: str) -> FileResponse:
        path, _ = service.content(task_id, None)
        return FileResponse(path, media_type="video/mp4")

    @router.post("/videos/{task_id}/remix")
    async def remix(task_id: str, request: Request) -> dict[str, Any]:
        fields = await read_fields(request, multipart=False)
        return _shown(await run_in_threadpool(service.remix, task_id, fields))

    @router.get("/models")
    def models() -> dict[str, Any]:
        return listed_models(*models_offered(builtin()), owned_by="custom")

    return (router,)


def _shown(video: Video) -> dict[str, Any]:
    shown = {name: value for name, value in video.as_dict().items() if value is not None}
    return {
        **shown,
        "task_id": video.id,
        "status": _WORDS.get(video.status, video.status),
        "quality": "standard",
    }


def _refuse(error: ApiError) -> JSONResponse:
    words = f"upstream error: {error.message}"
    body = {"code": error.code or "fail_to_fetch_task", "message": words, "data": None}
    return JSONResponse(body, error.status, headers=error.headers)


SPEECH = Speech(
    name="relay",
    routers=_routers,
    refuse=_refuse,
    headers={"x-oneapi-request-id": "{id}", "x-new-api-version": "v1.0.0"},
)
