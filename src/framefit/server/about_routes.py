"""What the server says about itself: its engine and its models."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from framefit import __version__
from framefit.catalog import Catalog
from framefit.server.parsing import models_offered
from framefit.server.studio.page_routes import page_or_facts
from framefit.videos.renderer import ENGINE


def about_router() -> APIRouter:
    """Return the route ``/``: the studio for browsers, plain facts for everybody else."""
    router = APIRouter()

    @router.get("/")
    def about(request: Request) -> Response:
        return page_or_facts(request, _ABOUT)

    return router


_ABOUT = {
    "engine": ENGINE,
    "version": __version__,
    "generative": False,
    "description": "Renders a camera move over the reference picture. It is not a generative model; "
    "the model named in a request decides which sizes and lengths are accepted, nothing else.",
    "base_url": "/v1",
}


def models_router(catalog: Catalog) -> APIRouter:
    """Return the route ``/models``.

    Args:
        catalog: the models' rules.
    """
    router = APIRouter()

    @router.get("/models")
    def models() -> dict[str, Any]:
        data = [
            {"id": name, "object": "model", "created": 0, "owned_by": ENGINE}
            for name in models_offered(catalog)
        ]
        return {"object": "list", "data": data}

    return router
