"""The routes under ``/studio/api`` about videos, and about what can be chosen."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import FileResponse

from framefit.catalog import Catalog, Rule, read_catalog
from framefit.focus import can_find_faces
from framefit.focus.attention import can_attend
from framefit.server.studio.making import Maker, Order
from framefit.server.studio.replying import StudioRoute
from framefit.server.studio.uploads import KEPT_SECONDS, Uploads
from framefit.server.studio.wishes import Wish


class QuoteWish(Wish):
    """A wish, and the length of the video."""

    seconds: str | None = Field(default=None, max_length=6, description="The length, in whole seconds.")


def choices_router(maker: Maker, *, most_bytes: int) -> APIRouter:
    """Return the route ``/choices``.

    Args:
        maker: what makes videos.
        most_bytes: the largest upload, in bytes.
    """
    router = APIRouter(route_class=StudioRoute, tags=["choices"])

    @router.get("/choices")
    def choices() -> dict[str, Any]:
        """Return the live models, the ways to find a focus that are installed, the engine and the limits."""
        return {
            "models": [_offered(rule) for rule in _live(read_catalog(None))],
            "focuses": [
                *(["face"] if can_find_faces() else []),
                *(["attention"] if can_attend() else []),
            ],
            "engine": {"name": maker.engine, "embedded": maker.embedded},
            "limits": {"bytes": most_bytes, "kept_seconds": KEPT_SECONDS},
        }

    return router


def makes_router(maker: Maker, uploads: Uploads) -> APIRouter:
    """Return the routes under ``/videos``.

    Args:
        maker: what makes videos.
        uploads: where uploaded pictures are.
    """
    router = APIRouter(prefix="/videos", route_class=StudioRoute, tags=["videos"])

    @router.get("/quote/{picture}")
    def quote(picture: str, wish: Annotated[QuoteWish, Query()]) -> dict[str, Any]:
        """Say where a video of a picture would be made, and for how much; nothing is sent."""
        return maker.quote(uploads.find(picture), wish, wish.seconds).as_dict()

    @router.post("", status_code=202)
    def make(order: Order) -> dict[str, Any]:
        """Ask for a video of a picture; one that may cost money has to be confirmed."""
        return maker.make(uploads.find(order.picture), order).as_dict()

    @router.get("")
    def page() -> dict[str, Any]:
        """Return every video that was asked for, the newest first."""
        return {"videos": [record.as_dict() for record in maker.all()]}

    @router.get("/{record}")
    def found(record: str) -> dict[str, Any]:
        """Return how a video stands, with its receipt when it is there."""
        return maker.find(record).as_dict()

    @router.delete("/{record}", status_code=204)
    def remove(record: str) -> None:
        """Delete a video that has ended, and the picture that was sent."""
        maker.remove(record)

    @router.get("/{record}/content", response_class=FileResponse)
    def content(record: str) -> FileResponse:
        """Return the video."""
        return FileResponse(maker.content(record), media_type="video/mp4")

    @router.get("/{record}/reference", response_class=FileResponse)
    def reference(record: str) -> FileResponse:
        """Return the picture that was sent."""
        return FileResponse(maker.reference(record))

    return router


def _live(catalog: Catalog) -> list[Rule]:
    today = date.today()
    rules = (rule for rule in catalog if rule.role == "first_frame" and not rule.has_ended(today))
    return sorted(
        (rule for rule in rules if rule.status == "live"),
        key=lambda rule: (rule.server != "embedded", rule.server, rule.model.lower()),
    )


def _offered(rule: Rule) -> dict[str, Any]:
    return {
        "model": rule.model,
        "server": rule.server,
        "sizes": [str(size) for size in rule.sizes],
        "complete": bool(rule.sizes) and rule.sizes_complete,
        "seconds": list(rule.seconds),
    }
