"""The routes under ``/studio/api`` about videos, and about what can be chosen."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, Response

from framefit.catalog import Catalog, Rule, read_catalog
from framefit.focus import can_find_faces
from framefit.focus.attention import can_attend
from framefit.probing import probe
from framefit.server.gateway.desk import Desk
from framefit.server.studio.answers import Choices, Quoted, StudioVideo, StudioVideos
from framefit.server.studio.making import Maker
from framefit.server.studio.orders import Order, Repeat
from framefit.server.studio.place import Place
from framefit.server.studio.replying import StudioRoute
from framefit.server.studio.uploads import KEPT_SECONDS, Uploads
from framefit.server.studio.views import picture_view
from framefit.server.studio.wishes import Limits, Wish
from framefit.sources import Source

_Longest = Annotated[int | None, Query(ge=16, le=2048, description="Longest side of the view, in pixels.")]


class QuoteWish(Wish):
    """A wish, and the length of the video."""

    seconds: str | None = Field(default=None, max_length=6, description="The length, in whole seconds.")


def choices_router(place: Place, limits: Limits, *, most_bytes: int) -> APIRouter:
    """Return the route ``/choices``.

    Args:
        place: where videos are made.
        limits: what pictures may be.
        most_bytes: the largest upload, in bytes.
    """
    router = APIRouter(route_class=StudioRoute, tags=["choices"])

    @router.get("/choices", response_model=Choices)
    def choices() -> dict[str, Any]:
        """Return the live models, the ways to find a focus that are installed, the engine and the limits."""
        return {
            "models": [_offered(rule) for rule in _live(read_catalog(None), place)],
            "focuses": [
                *(["face"] if can_find_faces() else []),
                *(["attention"] if can_attend() else []),
            ],
            "engine": {"name": place.engine, "embedded": place.embedded},
            "limits": {
                "bytes": most_bytes,
                "pixels": limits.max_pixels,
                "kept_seconds": KEPT_SECONDS,
            },
        }

    return router


def makes_router(maker: Maker, uploads: Uploads, desk: Desk) -> APIRouter:
    """Return the routes under ``/videos``.

    Args:
        maker: what makes videos.
        uploads: where uploaded pictures are.
        desk: gives work on pictures its turn.
    """
    router = APIRouter(prefix="/videos", route_class=StudioRoute, tags=["videos"])

    @router.get("/quote/{picture}", response_model=Quoted)
    async def quote(picture: str, wish: Annotated[QuoteWish, Query()]) -> dict[str, Any]:
        """Say where a video of a picture would be made, and for how much; nothing is sent."""
        found = await desk.do(lambda: maker.quote(uploads.find(picture), wish, wish.seconds))
        return found.as_dict()

    @router.post("", status_code=202, response_model=StudioVideo)
    async def make(order: Order) -> dict[str, Any]:
        """Ask for a video of a picture; one that may cost money has to be confirmed."""
        record = await desk.do(lambda: maker.make(uploads.find(order.picture), order))
        return record.as_dict()

    @router.get("", response_model=StudioVideos)
    def page() -> dict[str, Any]:
        """Return every video that was asked for here, and those of the ledger, the newest first."""
        return maker.all()

    @router.get("/{video}", response_model=StudioVideo)
    def found(video: str) -> dict[str, Any]:
        """Return how a video stands, with its receipt when it is there."""
        return maker.find(video)

    @router.post("/{video}/another", status_code=202, response_model=StudioVideo)
    async def another(video: str, repeat: Repeat) -> dict[str, Any]:
        """Ask for another take of a video; one that may cost money has to be confirmed."""
        record = await run_in_threadpool(maker.another, video, confirmed=repeat.confirmed)
        return record.as_dict()

    @router.delete("/{video}", status_code=204)
    def remove(video: str) -> None:
        """Delete a video that has ended, and the picture that was sent; the ledger keeps its row."""
        maker.remove(video)

    @router.get("/{video}/content", response_class=FileResponse)
    def content(video: str) -> FileResponse:
        """Return the video."""
        return FileResponse(maker.content(video), media_type="video/mp4")

    @router.get("/{video}/reference", response_class=FileResponse)
    async def reference(video: str, longest: _Longest = None) -> Response:
        """Return the picture that was sent, or a small JPEG file of it."""
        path = await run_in_threadpool(maker.reference, video)
        if longest is None:
            return FileResponse(path)
        data = await desk.do(lambda: _small(path, longest))
        return Response(data, media_type="image/jpeg", headers={"cache-control": "private, max-age=86400"})

    return router


def _small(path: Path, longest: int) -> bytes:
    source = Source(name=path.name, path=path)
    return picture_view(source, probe(source), longest)


def _live(catalog: Catalog, place: Place) -> list[Rule]:
    """Return the live rules, those of the server that makes the videos first."""
    today = date.today()
    rules = (rule for rule in catalog if rule.role == "first_frame" and not rule.has_ended(today))
    return sorted(
        (rule for rule in rules if rule.status == "live"),
        key=lambda rule: (
            rule.server != place.catalogued,
            rule.server != "embedded",
            rule.server,
            rule.model.lower(),
        ),
    )


def _offered(rule: Rule) -> dict[str, Any]:
    return {
        "model": rule.model,
        "server": rule.server,
        "sizes": [str(size) for size in rule.sizes],
        "complete": bool(rule.sizes) and rule.sizes_complete,
        "seconds": list(rule.seconds),
    }
