"""Azure OpenAI v1: the protocol with names of deployments, 4, 8 or 12 s, and its own headers.

The text of the 404 for a deployment that does not exist is not on record, only its type.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from framefit.server.body import Fields, read_fields
from framefit.server.envelope import ApiError, invalid_value
from framefit.server.service import VideosService
from framefit.server.speaking.models import listed_models
from framefit.server.speaking.speech import Speech
from framefit.server.videos_routes import videos_router

DEPLOYMENTS = ("sora-2",)
_SIZES = ("720x1280", "1280x720")
_SECONDS = ("4", "8", "12")


def _routers(service: VideosService) -> tuple[APIRouter, ...]:
    first = APIRouter(prefix="/videos")

    @first.post("")
    async def create(request: Request) -> JSONResponse:
        fields = await read_fields(request)
        _check(fields)
        video = await run_in_threadpool(service.create, fields)
        return JSONResponse(video.as_dict())

    return first, videos_router(service), _models()


def _models() -> APIRouter:
    router = APIRouter()

    @router.get("/models")
    def models() -> dict[str, Any]:
        return listed_models(*DEPLOYMENTS, owned_by="system")

    return router


def _check(fields: Fields) -> None:
    deployment = fields.get("model", DEPLOYMENTS[0])
    if deployment not in DEPLOYMENTS:
        raise ApiError(
            404, "The API deployment for this resource does not exist.", kind="video_generation_user_error"
        )
    for name, offered in (("size", _SIZES), ("seconds", _SECONDS)):
        value = fields.get(name, offered[0])
        if isinstance(value, str) and value not in offered:
            raise invalid_value(name, value, offered)


SPEECH = Speech(
    name="azure",
    routers=_routers,
    prefixes=("/v1", "/openai/v1"),
    headers={"apim-request-id": "{id}", "x-ms-region": "This machine"},
)
