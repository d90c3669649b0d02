"""SGLang diffusion 0.5.23 with Wan I2V: the picture's ratio decides, errors in ``detail``."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter, Request
from PIL import Image
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, JSONResponse

from framefit.geometry import Size
from framefit.server.body import Fields, Upload, read_fields
from framefit.server.envelope import ApiError
from framefit.server.parsing import CreateRequest
from framefit.server.references import PARAM, Reference
from framefit.server.service import VideosService
from framefit.server.speaking.fields import lasting, renderable, sides, text, whole
from framefit.server.speaking.models import WAN, listed_models
from framefit.server.speaking.pictures import as_reference, decoded, from_data_url, size_by_area, stretched
from framefit.server.speaking.speech import Speech
from framefit.videos.objects import Video

_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})", re.ASCII)
_LARGEST_AREA = 720 * 1280
_USUAL = Size(1280, 720)


def _routers(service: VideosService) -> tuple[APIRouter, ...]:
    router = APIRouter()

    @router.post("/videos")
    async def create(request: Request) -> dict[str, Any]:
        fields = await read_fields(request)
        return _shown(service, await run_in_threadpool(_create, service, fields))

    @router.get("/videos")
    def page(request: Request) -> dict[str, Any]:
        query = request.query_params
        found = service.page(after=query.get("after"), limit=query.get("limit"), order=query.get("order"))
        return {**found.as_dict(), "data": [_shown(service, video) for video in found.videos]}

    @router.get("/videos/{video_id}")
    def retrieve(video_id: str) -> dict[str, Any]:
        return _shown(service, service.retrieve(video_id))

    @router.delete("/videos/{video_id}")
    def delete(video_id: str) -> dict[str, Any]:
        before = service.retrieve(video_id)
        shown = _shown(service, before)
        service.remove(video_id)
        return {**shown, "status": "deleted"}

    @router.get("/videos/{video_id}/content")
    def content(video_id: str, request: Request) -> FileResponse:
        variant = request.query_params.get("variant")
        video = service.retrieve(video_id)
        if variant not in (None, "0"):
            raise ApiError(404, f"Output variant '{variant}' not found")
        if video.is_unfinished:
            raise ApiError(404, "Generation is still in-progress")
        path, _ = service.content(video_id, None)
        return FileResponse(path, media_type="video/mp4", filename=path.name)

    @router.get("/models")
    def models() -> dict[str, Any]:
        listed = listed_models(WAN, owned_by="sglang")
        return {**listed, "data": [{**row, "task_type": "I2V", "num_gpus": 1} for row in listed["data"]]}

    return (router,)


def _create(service: VideosService, fields: Fields) -> Video:
    prompt = text(fields, "prompt")
    if prompt is None:
        raise ApiError(400, "prompt is required")
    seconds = lasting(whole(fields, "seconds"))
    asked = sides(fields) or _asked(text(fields, "size"))
    data = _picture(fields)
    if data is None:
        size, reference = renderable(asked or _USUAL), None
    else:
        image = decoded(data, upright=True)
        area = _LARGEST_AREA if asked is None else min(asked.width * asked.height, _LARGEST_AREA)
        size = renderable(size_by_area(image, area))
        reference = _shaped(image, size, data)
    model = text(fields, "model") or WAN
    request = CreateRequest(prompt=prompt, model=model, size=size, seconds=seconds, reference=reference)
    return service.submit(request, fields)


def _shaped(image: Image.Image, size: Size, data: bytes) -> Reference:
    return as_reference(stretched(image, size, Image.Resampling.BICUBIC), data)


def _asked(size: str | None) -> Size | None:
    if size is None:
        return None
    match = _SIZE.fullmatch("".join(size.lower().split()))
    if match is None:
        raise ApiError(400, f"Invalid size: {size}")
    return Size(int(match[1]), int(match[2]))


def _picture(fields: Fields) -> bytes | None:
    value = fields.get(PARAM)
    if isinstance(value, Upload):
        return value.data
    if value is not None and not isinstance(value, str):
        raise ApiError(400, f"Invalid request body: {PARAM}: Input should be a valid string")
    url = value or text(fields, "reference_url")
    return None if url is None else from_data_url(url)


def _shown(service: VideosService, video: Video) -> dict[str, Any]:
    """Write a job, with the size that was asked for: not the one of the video."""
    sent = service.sent(video.id)
    asked = sides(sent) or _asked(text(sent, "size"))
    error = None if video.error is None else {"message": video.error.message}
    shown = video.as_dict()
    return {**shown, "size": str(asked) if asked else video.size, "quality": "standard", "error": error}


def _refuse(error: ApiError) -> JSONResponse:
    words = "Video not found" if error.code == "not_found" else error.message
    return JSONResponse({"detail": words}, error.status, headers=error.headers)


SPEECH = Speech(name="sglang", routers=_routers, refuse=_refuse)
