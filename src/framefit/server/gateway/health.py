"""What the gateway says about itself: alive, ready, its counts, its description."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, Response

from framefit import __version__
from framefit.server.envelope import ApiError
from framefit.server.gateway.keys import Keys
from framefit.server.gateway.metrics import CONTENT_TYPE, Metrics
from framefit.server.studio.page_routes import page_or_facts

_ABOUT = {
    "engine": "framefit gateway",
    "version": __version__,
    "description": "Fits every reference picture on its way to the server behind it.",
    "base_url": "/v1",
}


def health_router(keys: Keys, metrics: Metrics, described: dict[str, Any]) -> APIRouter:
    """Return ``/``, ``/healthz``, ``/readyz``, ``/metrics`` and ``/openapi.json``.

    Args:
        keys: the record of idempotency keys, without which no create can be taken safely.
        metrics: counts.
        described: the OpenAPI description of everything.
    """
    router = APIRouter()

    @router.get("/")
    def about(request: Request) -> Response:
        return page_or_facts(request, _ABOUT)

    @router.get("/healthz")
    async def alive() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz")
    def ready() -> JSONResponse:
        try:
            keys.check()
        except SQLAlchemyError:
            return JSONResponse({"status": "no database"}, 503)
        return JSONResponse({"status": "ok"})

    @router.get("/metrics")
    def counts() -> Response:
        if not metrics.there:
            raise ApiError(
                501,
                "Counts need the optional part 'metrics': pip install 'framefit[metrics]'.",
                code="missing_extra",
            )
        return Response(metrics.page(), media_type=CONTENT_TYPE)

    @router.get("/openapi.json")
    def openapi() -> dict[str, Any]:
        return described

    return router
