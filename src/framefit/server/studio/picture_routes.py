"""The routes under ``/studio/api`` about pictures: upload, verdict and plan, views, file, sheet, zip."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from framefit.checking import Forecast
from framefit.errors import FramefitError, InvalidOption
from framefit.imaging import render
from framefit.server.gateway.desk import Desk
from framefit.server.studio.answers import Contacts, Picture, Planned
from framefit.server.studio.packing import Packed, pack
from framefit.server.studio.replying import StudioRoute
from framefit.server.studio.saying import as_command, as_python
from framefit.server.studio.sheet import make_sheet
from framefit.server.studio.uploads import Upload, Uploads
from framefit.server.studio.views import fitted_views, picture_view, untouched_view
from framefit.server.studio.wishes import Limits, Wish

_NOT_KEPT = {"cache-control": "no-store"}
_Which = Literal["picture", "untouched", "fitted"]


class View(Wish):
    """A wish, and how large its view is."""

    longest: int = Field(default=1024, ge=16, le=2048, description="Longest side of the view, in pixels.")


class Item(BaseModel):
    """One picture of a zip file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    picture: str = Field(max_length=64, description="The id of the upload.")
    wish: Wish


class Bundle(BaseModel):
    """What goes into a zip file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pictures: list[Item] = Field(min_length=1, max_length=200)


def pictures_router(uploads: Uploads, desk: Desk, limits: Limits) -> APIRouter:
    """Return the routes under ``/pictures``, and ``/zip``.

    Args:
        uploads: where uploaded pictures are.
        desk: gives work on pictures its turn.
        limits: what pictures may be.
    """
    router = APIRouter(route_class=StudioRoute, tags=["pictures"])

    @router.post("/pictures", status_code=201, response_model=Picture, openapi_extra=_BINARY)
    async def upload(request: Request, name: Annotated[str, Query(max_length=1000)]) -> dict[str, Any]:
        """Keep a picture, sent as the plain bytes of its file, for an hour."""
        return (await uploads.add(name, request.stream())).as_dict()

    @router.get("/pictures/{picture}", response_model=Picture)
    def found(picture: str) -> dict[str, Any]:
        """Return the facts of a picture."""
        return uploads.find(picture).as_dict()

    @router.delete("/pictures/{picture}", status_code=204)
    def remove(picture: str) -> None:
        """Delete a picture before its hour is over."""
        uploads.remove(picture)

    @router.get("/pictures/{picture}/plan", response_model=Planned)
    async def plan(picture: str, wish: Annotated[Wish, Query()], reply: Response) -> dict[str, Any]:
        """Return what the server would do with the picture as it is, and what framefit would send."""
        reply.headers.update(_NOT_KEPT)
        return await desk.do(lambda: _planned(uploads.find(picture), wish, limits))

    @router.get("/pictures/{picture}/views/{which}", response_class=Response, responses=_JPEG)
    async def view(picture: str, which: _Which, wish: Annotated[View, Query()]) -> Response:
        """Return a small JPEG file: the picture, what the server would use untouched, what is sent."""
        data = await desk.do(lambda: _view(uploads.find(picture), which, wish, limits))
        return Response(data, media_type="image/jpeg", headers=_NOT_KEPT)

    @router.get("/pictures/{picture}/fitted", response_class=Response)
    async def fitted(picture: str, wish: Annotated[Wish, Query()]) -> Response:
        """Return the fitted picture itself, as a file to save."""
        name, data, media_type = await desk.do(lambda: _fitted(uploads.find(picture), wish, limits))
        headers = {**_NOT_KEPT, "content-disposition": f"attachment; filename*=utf-8''{quote(name)}"}
        return Response(data, media_type=media_type, headers=headers)

    @router.get("/pictures/{picture}/sheet", response_model=Contacts)
    async def sheet(picture: str, wish: Annotated[Wish, Query()], reply: Response) -> dict[str, Any]:
        """Return small previews of the picture on every live model, grouped by what would be sent."""
        reply.headers.update(_NOT_KEPT)
        return await desk.do(lambda: make_sheet(uploads.find(picture), wish, limits).as_dict())

    @router.post("/zip", response_class=FileResponse)
    async def zipped(bundle: Bundle) -> FileResponse:
        """Return many fitted pictures in one zip file; ``not-fitted.txt`` in it names those that failed."""
        path, packed = await desk.do(lambda: _zipped(uploads, bundle, limits))
        counts = {"x-framefit-fitted": str(packed.fitted), "x-framefit-failed": str(packed.failed)}
        return FileResponse(
            path,
            media_type="application/zip",
            filename="framefit.zip",
            headers={**_NOT_KEPT, **counts},
            background=BackgroundTask(path.unlink, missing_ok=True),
        )

    return router


_BINARY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_JPEG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}}}


def _planned(upload: Upload, wish: Wish, limits: Limits) -> dict[str, Any]:
    forecast = wish.forecast(upload.source, limits)
    plan, error = None, None
    try:
        plan = wish.plan(upload.source, limits).as_dict()
    except FramefitError as reason:
        error = reason.as_dict()
    return {
        "forecast": None if forecast is None else forecast.as_dict(),
        "server_words": None if forecast is None else _server_words(forecast),
        "plan": plan,
        "error": error,
        "command": as_command(upload.info.name, wish),
        "python": as_python(upload.info.name, wish),
    }


def _server_words(forecast: Forecast) -> str | None:
    """Return what the server itself would say, to the letter, as far as that is known."""
    words = forecast.rule.error_text
    said = [
        one.message for one in forecast.findings if one.level == "reject" and words and words in one.message
    ]
    return said[0][said[0].index(words) :] if said and words else None


def _view(upload: Upload, which: _Which, wish: View, limits: Limits) -> bytes:
    source, info = upload.source, upload.info
    if which == "picture":
        return picture_view(source, info, wish.longest)
    if which == "fitted":
        return fitted_views([wish.plan(source, limits)], source, wish.longest)[0].data
    forecast = wish.forecast(source, limits)
    if forecast is None or forecast.outcome is None:
        raise InvalidOption("what a server uses depends on the model", wanted="a model", fix="--model NAME")
    return untouched_view(source, info, forecast.rule, forecast.outcome, wish.longest)


def _fitted(upload: Upload, wish: Wish, limits: Limits) -> tuple[str, bytes, str]:
    return render(wish.plan(upload.source, limits), upload.source).upload()


def _zipped(uploads: Uploads, bundle: Bundle, limits: Limits) -> tuple[Path, Packed]:
    handle, name = tempfile.mkstemp(prefix="framefit-", suffix=".zip")
    os.close(handle)
    path = Path(name)
    try:
        wanted = [(uploads.find(item.picture), item.wish) for item in bundle.pictures]
        return path, pack(wanted, path, limits)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
