"""Turns framefit's own errors into replies."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse

from framefit.errors import (
    FramefitError,
    MissingExtra,
    NotAPicture,
    PictureError,
    PictureTooLarge,
    UsageError,
    VideoError,
)

_STATUSES: tuple[tuple[type[FramefitError], int], ...] = (
    (PictureTooLarge, 413),
    (NotAPicture, 415),
    (PictureError, 422),
    (MissingExtra, 501),
    (UsageError, 400),
    (VideoError, 502),
)
"""The HTTP status of each kind of error; the first that fits counts."""


class StudioRoute(APIRoute):
    """A route whose framefit errors are answered with the envelope, not with a 500."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler."""
        handler = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handler(request)
            except FramefitError as error:
                return refused(error)

        return answer


def refused(error: FramefitError) -> JSONResponse:
    """Return the reply for an error: the protocol's envelope, with what was seen, wanted and mends it."""
    status = next((status for kind, status in _STATUSES if isinstance(error, kind)), 500)
    kind = "invalid_request_error" if status < 500 else "server_error"
    return JSONResponse({"error": {"type": kind, "param": None, **error.as_dict()}}, status)
