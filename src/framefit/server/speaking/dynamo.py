"""NVIDIA Dynamo 1.6: one JSON route that answers when the video is there; flat errors.

What a worker does with a picture of another size is its own affair; the one here stretches it.
"""

from __future__ import annotations

import base64
import re
import time
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, JSONResponse

from framefit.geometry import Size
from framefit.server.body import Fields, read_fields
from framefit.server.envelope import ApiError
from framefit.server.parsing import CreateRequest
from framefit.server.references import PARAM, Reference
from framefit.server.service import VideosService
from framefit.server.speaking.fields import lasting, renderable, text
from framefit.server.speaking.finishing import finished
from framefit.server.speaking.models import WAN, listed_models, served_models
from framefit.server.speaking.pictures import as_reference, decoded, from_data_url, stretched
from framefit.server.speaking.speech import Speech
from framefit.videos.objects import Video

_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})", re.ASCII)
_DEFAULT = Size(832, 480)
_FORMATS = ("url", "b64_json")
_CANNOT_PARSE = "Failed to deserialize the JSON body into the target type: "


def _routers(service: VideosService) -> tuple[APIRouter, ...]:
    router = APIRouter()

    @router.post("/videos")
    async def create(request: Request) -> JSONResponse:
        if not request.headers.get("content-type", "").lower().startswith("application/json"):
            raise ApiError(415, "Expected request with `Content-Type: application/json`")
        fields = await read_fields(request, multipart=False)
        wanted = _format(fields)
        queued = await run_in_threadpool(_create, service, fields)
        video = await finished(service, queued.id)
        if video.status == "failed":
            raise ApiError(500, video.error.message if video.error else "video generation failed")
        path, _ = service.content(video.id, None)
        media = str(request.url_for("media", name=path.name))
        return JSONResponse(await run_in_threadpool(_reply, video, path, wanted, media))

    @router.get("/media/{name}", name="media")
    def media(name: str) -> FileResponse:
        path, _ = service.content(name.removesuffix(".mp4"), None)
        return FileResponse(path, media_type="video/mp4")

    @router.get("/models")
    def models() -> dict[str, Any]:
        return listed_models(WAN, owned_by="nvidia", kind="object")

    return (router,)


def _create(service: VideosService, fields: Fields) -> Video:
    prompt, model = (_required(fields, name) for name in ("prompt", "model"))
    if model not in served_models():
        raise ApiError(404, f"Model not found: {model}")
    seconds = fields.get("seconds")
    if seconds is not None and (not isinstance(seconds, int) or isinstance(seconds, bool)):
        raise ApiError(400, f'{_CANNOT_PARSE}seconds: invalid type: string "{seconds}", expected i32')
    size = renderable(_size(text(fields, "size")))
    reference: Reference | None = None
    url = text(fields, PARAM)
    if url is not None:
        data = from_data_url(url)
        reference = as_reference(stretched(decoded(data, upright=False), size), data)
    request = CreateRequest(
        prompt=prompt, model=model, size=size, seconds=lasting(seconds), reference=reference
    )
    return service.submit(request, fields)


def _required(fields: Fields, name: str) -> str:
    value = text(fields, name)
    if value is None:
        raise ApiError(400, f"{_CANNOT_PARSE}missing field `{name}`")
    return value


def _format(fields: Fields) -> str:
    wanted = text(fields, "response_format") or "url"
    if wanted not in _FORMATS:
        raise ApiError(400, f"{_CANNOT_PARSE}unknown variant `{wanted}`, expected `url` or `b64_json`")
    return wanted


def _size(asked: str | None) -> Size:
    """Read a size; one that cannot be read is silently the default, as the vLLM worker has it."""
    match = _SIZE.fullmatch(asked or "")
    return _DEFAULT if match is None else Size(int(match[1]), int(match[2]))


def _reply(video: Video, path: Path, wanted: str, media: str) -> dict[str, Any]:
    output: dict[str, Any] = {"output_format": "mp4", "fps": 24}
    if wanted == "url":
        output["url"] = media
    else:
        output["b64_json"] = base64.b64encode(path.read_bytes()).decode()
    return {
        "id": video.id,
        "object": "video",
        "model": video.model,
        "status": "completed",
        "progress": 100,
        "created": video.created_at,
        "data": [output],
        "inference_time_s": round(time.time() - video.created_at, 3),
    }


def _refuse(error: ApiError) -> JSONResponse:
    kinds = {400: "Bad Request", 404: "Not Found", 415: "Unsupported Media Type"}
    body = {
        "message": error.message,
        "type": kinds.get(error.status, "Internal Server Error" if error.status >= 500 else "Error"),
        "code": error.status,
    }
    return JSONResponse(body, error.status, headers=error.headers)


SPEECH = Speech(name="dynamo", routers=_routers, refuse=_refuse)
