"""vLLM-Omni 0.30: forms only, pictures stretched with EXIF ignored, failed jobs as HTTP errors."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from PIL import Image
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, JSONResponse, Response

from framefit.geometry import Size
from framefit.server.body import Fields, Upload, read_fields
from framefit.server.envelope import ApiError
from framefit.server.parsing import CreateRequest
from framefit.server.references import PARAM, Reference
from framefit.server.service import VideosService
from framefit.server.speaking.fields import lasting, renderable, sides, text
from framefit.server.speaking.finishing import finished
from framefit.server.speaking.models import WAN, listed_models, served_models
from framefit.server.speaking.pictures import as_reference, decoded, from_data_url, size_by_area, stretched
from framefit.server.speaking.speech import Speech
from framefit.videos.objects import Video

_SIZE = re.compile(r"\d{1,5}x\d{1,5}", re.ASCII)
_SECONDS = re.compile(r"[1-9]\d{0,5}", re.ASCII)
_AREA = 480 * 832


def _routers(service: VideosService) -> tuple[APIRouter, ...]:
    router = APIRouter()

    @router.post("/videos")
    async def create(request: Request) -> JSONResponse:
        return JSONResponse(_shown(service, await _created(service, request)))

    @router.post("/videos/sync")
    async def create_sync(request: Request) -> Response:
        created = await _created(service, request)
        video = await finished(service, created.id)
        if video.status == "failed":
            raise ApiError(500, video.error.message if video.error else "Video generation failed.")
        path, _ = service.content(video.id, None)
        return FileResponse(path, media_type="video/mp4", filename=path.name)

    @router.get("/videos")
    def page(request: Request) -> JSONResponse:
        query = request.query_params
        found = service.page(after=query.get("after"), limit=query.get("limit"), order=query.get("order"))
        rows = [_shown(service, video) for video in found.videos]
        return JSONResponse({**found.as_dict(), "data": rows})

    @router.get("/videos/{video_id}")
    def retrieve(video_id: str) -> JSONResponse:
        video = service.retrieve(video_id)
        shown = _shown(service, video)
        return JSONResponse(shown, shown["error"]["code"] if video.status == "failed" else 200)

    @router.delete("/videos/{video_id}")
    def delete(video_id: str) -> dict[str, Any]:
        service.remove(video_id)
        return {"id": video_id, "deleted": True, "object": "video.deleted"}

    @router.get("/videos/{video_id}/content")
    def content(video_id: str) -> FileResponse:
        if service.retrieve(video_id).status == "failed":
            raise ApiError(422, "Video generation failed.")
        path, _ = service.content(video_id, None)
        return FileResponse(path, media_type="video/mp4", filename=path.name)

    @router.get("/models")
    def models() -> dict[str, Any]:
        return listed_models(WAN, owned_by="vllm")

    return (router,)


async def _created(service: VideosService, request: Request) -> Video:
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise ApiError(400, "prompt: Field required", param="prompt")
    fields = await read_fields(request)
    return await run_in_threadpool(_create, service, fields)


def _create(service: VideosService, fields: Fields) -> Video:
    prompt = text(fields, "prompt")
    if prompt is None:
        raise ApiError(400, "prompt: Field required", param="prompt")
    model = text(fields, "model") or WAN
    if model not in served_models():
        raise ApiError(400, f"Model mismatch: the server serves '{WAN}', not '{model}'.", param="model")
    seconds = text(fields, "seconds")
    if seconds is not None and not _SECONDS.fullmatch(seconds):
        raise ApiError(400, "seconds: String should match pattern '^[1-9]\\d*$'", param="seconds")
    data = _picture(fields)
    image = None if data is None else decoded(data, upright=False)
    size = renderable(_size(fields, image))
    reference: Reference | None = None
    if image is not None and data is not None:
        reference = as_reference(stretched(image, size), data)
    length = lasting(None if seconds is None else int(seconds))
    request = CreateRequest(prompt=prompt, model=model, size=size, seconds=length, reference=reference)
    return service.submit(request, fields, prefix="video_gen_")


def _size(fields: Fields, image: Image.Image | None) -> Size:
    asked = text(fields, "size")
    if asked is not None:
        if not _SIZE.fullmatch(asked):
            raise ApiError(400, "size: String should match pattern '^\\d+x\\d+$'", param="size")
        width, height = (int(side) for side in asked.split("x"))
        return Size(width, height)
    named = sides(fields)
    if named is not None:
        return named
    return Size(832, 480) if image is None else size_by_area(image, _AREA)


def _picture(fields: Fields) -> bytes | None:
    value = fields.get(PARAM)
    if isinstance(value, Upload):
        return value.data
    named = text(fields, "image_reference")
    if named is None:
        return None
    try:
        reference = json.loads(named)
    except ValueError as error:
        raise ApiError(400, "image_reference: invalid JSON", param="image_reference") from error
    if not isinstance(reference, dict) or not isinstance(reference.get("image_url"), str):
        raise ApiError(400, "image_reference: 'file_id' is not supported; use 'image_url'.", param=PARAM)
    return from_data_url(reference["image_url"])


def _shown(service: VideosService, video: Video) -> dict[str, Any]:
    named = "size" in service.sent(video.id) or not sides(service.sent(video.id))
    error = None
    if video.error is not None:
        error = {"code": 400 if "moderation" in video.error.code else 500, "message": video.error.message}
    return {
        **video.as_dict(),
        "size": video.size if named else None,
        "progress": 100 if video.status == "completed" else 0,
        "error": error,
        "expires_at": None,
        "quality": "default",
        "media_type": "video/mp4",
        "file_name": f"{video.id}.mp4" if video.status == "completed" else None,
        "inference_time_s": None,
        "stage_durations": {},
        "peak_memory_mb": 0.0,
    }


def _refuse(error: ApiError) -> JSONResponse:
    names = {400: "BadRequestError", 404: "NotFoundError", 500: "InternalServerError"}
    kind = names.get(error.status) or HTTPStatus(error.status).phrase
    # Requests that fail validation are 422 in FastAPI and 400 in vLLM.
    status = 400 if error.status == 422 and error.param else error.status
    body = {"message": error.message, "type": kind, "param": error.param, "code": status}
    return JSONResponse({"error": body}, status, headers=error.headers)


SPEECH = Speech(name="vllm-omni", routers=_routers, refuse=_refuse)
