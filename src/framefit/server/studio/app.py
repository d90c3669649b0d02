"""Puts the studio together for the server."""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from starlette.concurrency import run_in_threadpool

from framefit import __version__
from framefit.server.folder import DataFolder
from framefit.server.options import LOOPBACK, ServerOptions
from framefit.server.service import VideosService
from framefit.server.studio.making import Maker
from framefit.server.studio.page_routes import page_router
from framefit.server.studio.picture_routes import pictures_router
from framefit.server.studio.records import Records
from framefit.server.studio.uploads import Uploads
from framefit.server.studio.video_routes import choices_router, makes_router
from framefit.videos.client import ServerAddress

_log = logging.getLogger(__name__)
_SWEEP_EVERY = 60.0


class Studio:
    """The studio of one server.

    Args:
        options: the server's options.
        folder: the server's files; the studio's lie in ``studio/`` beside them.
        service: the embedded engine's videos service.
    """

    def __init__(self, *, options: ServerOptions, folder: DataFolder, service: VideosService) -> None:
        self._uploads = Uploads(folder.path / "studio" / "pictures")
        records = Records(folder.path / "studio" / "videos")
        self._maker = Maker(records, service, video_address(options))
        self._options = options

    def router(self) -> APIRouter:
        """Return every route of the studio but ``/``."""
        api = APIRouter(prefix="/studio/api")
        api.include_router(choices_router(self._maker, most_bytes=self._options.max_body_bytes))
        api.include_router(pictures_router(self._uploads))
        api.include_router(makes_router(self._maker, self._uploads))
        described = get_openapi(title="framefit studio", version=__version__, routes=api.routes)

        @api.get("/openapi.json", include_in_schema=False)
        def openapi() -> dict[str, Any]:
            return described

        together = APIRouter()
        together.include_router(api)
        together.include_router(page_router())
        return together

    async def keep_swept(self) -> None:
        """Delete uploads whose hour is over, now and every minute, until cancelled."""
        while True:
            try:
                await run_in_threadpool(self._uploads.sweep)
            except OSError:
                _log.exception("old uploads cannot be deleted")
            await asyncio.sleep(_SWEEP_EVERY)


def video_address(options: ServerOptions) -> ServerAddress:
    """Return where videos are made, from the environment.

    An address that is this server's own means its embedded engine.

    Args:
        options: the server's options, for its own port.

    Raises:
        InvalidOption: the environment holds an address or a key that cannot be used.
    """
    address = ServerAddress.from_environment()
    if address.base_url is None:
        return address
    parts = urlsplit(address.base_url)
    own = parts.hostname in LOOPBACK and (parts.port or 80) == options.port
    return ServerAddress() if own else address
