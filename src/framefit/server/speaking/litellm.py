"""LiteLLM proxy 1.109 before an OpenAI-type upstream: ids renamed, no delete, words wrapped."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, JSONResponse

from framefit.catalog import builtin
from framefit.server.body import Fields, Upload, read_fields
from framefit.server.envelope import ApiError
from framefit.server.parsing import models_offered
from framefit.server.references import PARAM
from framefit.server.service import VideosService
from framefit.server.speaking.models import listed_models
from framefit.server.speaking.speech import Speech
from framefit.videos.objects import Video

_PREFIX = "video_"
_NAME = "litellm:custom_llm_provider:{provider};model_id:{model};video_id:{id}"
_MODELS_CREATED = 1677610602
_CLASSES = {
    400: "BadRequestError",
    401: "AuthenticationError",
    404: "NotFoundError",
    429: "RateLimitError",
    500: "InternalServerError",
    503: "ServiceUnavailableError",
}


def _routers(service: VideosService) -> tuple[APIRouter, ...]:
    router = APIRouter()

    @router.post("/videos")
    async def create(request: Request) -> dict[str, Any]:
        fields = _for_upstream(await read_fields(request))
        return _shown(await run_in_threadpool(service.create, fields))

    @router.get("/videos")
    def page() -> dict[str, Any]:
        found = service.page(after=None, limit=None, order=None)
        shown = [_shown(video) for video in found.videos]
        ends = {"first_id": shown[0]["id"], "last_id": shown[-1]["id"]} if shown else {}
        return {**found.as_dict(), "data": shown, **ends}

    @router.get("/videos/{video_id}")
    def retrieve(video_id: str) -> dict[str, Any]:
        return _shown(service.retrieve(_upstream_id(video_id)))

    @router.get("/videos/{video_id}/content")
    def content(video_id: str) -> FileResponse:
        path, _ = service.content(_upstream_id(video_id), None)
        return FileResponse(path, media_type="video/mp4")

    @router.post("/videos/{video_id}/remix")
    async def remix(video_id: str, request: Request) -> dict[str, Any]:
        fields = await read_fields(request, multipart=False)
        return _shown(await run_in_threadpool(service.remix, _upstream_id(video_id), fields))

    @router.get("/models")
    def models() -> dict[str, Any]:
        return listed_models(*models_offered(builtin()), owned_by="openai", created=_MODELS_CREATED)

    return (router,)


def _for_upstream(fields: Fields) -> Fields:
    """Return the fields as they reach the upstream: a picture in JSON goes wrong on the way."""
    value = fields.get(PARAM)
    if value is None or isinstance(value, Upload):
        return fields
    if isinstance(value, str):
        return {**fields, PARAM: Upload(data=value.encode())}
    raise ApiError(500, f"'{type(value).__name__}' object has no attribute 'read'")


def _renamed(video_id: str, model: str) -> str:
    name = _NAME.format(provider="openai", model=model, id=video_id)
    return _PREFIX + base64.b64encode(name.encode()).decode()


def _upstream_id(video_id: str) -> str:
    coded = video_id.removeprefix(_PREFIX)
    try:
        name = base64.b64decode(coded + "=" * (-len(coded) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return video_id
    return name.partition(";video_id:")[2] or video_id


def _shown(video: Video) -> dict[str, Any]:
    source = video.remixed_from_video_id
    return {
        **video.as_dict(),
        "id": _renamed(video.id, video.model),
        "remixed_from_video_id": None if source is None else _renamed(source, video.model),
        "usage": {"duration_seconds": float(video.seconds)},
    }


def _refuse(error: ApiError) -> JSONResponse:
    kind = _CLASSES.get(error.status, "APIError")
    body = {
        "message": f"litellm.{kind}: {kind}: OpenAIException - {error.message}",
        "type": None,
        "param": error.param,
        "code": str(error.status),
    }
    return JSONResponse({"error": body}, error.status, headers=error.headers)


SPEECH = Speech(
    name="litellm",
    routers=_routers,
    refuse=_refuse,
    headers={"x-litellm-call-id": "{id}", "x-litellm-version": "1.109.1"},
)
