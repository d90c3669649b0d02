"""Puts the studio together for a server: the embedded engine, or the gateway."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from framefit.server.gateway.desk import Desk
from framefit.server.gateway.options import GatewayOptions
from framefit.server.options import LOOPBACK, ServerOptions
from framefit.server.service import VideosService
from framefit.server.studio.history import History
from framefit.server.studio.making import Maker
from framefit.server.studio.own import Own
from framefit.server.studio.page_routes import page_router
from framefit.server.studio.picture_routes import pictures_router
from framefit.server.studio.place import Place
from framefit.server.studio.records import Records
from framefit.server.studio.session import PATH, session_router
from framefit.server.studio.uploads import Uploads
from framefit.server.studio.video_routes import choices_router, makes_router
from framefit.server.studio.wishes import Limits
from framefit.videos.client import ServerAddress

_log = logging.getLogger(__name__)
_SWEEP_EVERY = 60.0
_AT_ONCE, _WAITING = 2, 200
"""Pictures the embedded engine's page decodes at a time, each with its pixels' worth of memory, and lets wait."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What a server gives its studio.

    Args:
        folder: where the studio keeps its files.
        most_bytes: the largest upload, in bytes.
        desk: gives work on pictures its turn.
        place: where videos are made.
        limits: what pictures may be.
        service: the embedded engine's videos service; None where there is no such engine.
        tokens: what a client has to show; none where everybody who can connect is let in.
    """

    folder: Path
    most_bytes: int
    desk: Desk
    place: Place
    limits: Limits = field(default_factory=Limits)
    service: VideosService | None = None
    tokens: tuple[str, ...] = field(default=(), repr=False)


class Studio:
    """The studio of one server.

    Args:
        setting: what the server gives it.
    """

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._uploads = Uploads(setting.folder / "pictures", max_pixels=setting.limits.max_pixels)
        records = Records(setting.folder / "videos")
        own = None if setting.service is None else Own(records, setting.service)
        # Behind a gateway, what the machine's owner has made elsewhere is nobody's business.
        history = History(None if own is not None else setting.place.name)
        self._maker = Maker(records, history, setting.place, own=own, limits=setting.limits)

    def router(self) -> APIRouter:
        """Return every route of the studio but ``/``."""
        setting = self._setting
        api = APIRouter(prefix=PATH)
        api.include_router(session_router(setting.tokens))
        api.include_router(choices_router(setting.place, setting.limits, most_bytes=setting.most_bytes))
        api.include_router(pictures_router(self._uploads, setting.desk, setting.limits))
        api.include_router(makes_router(self._maker, self._uploads, setting.desk))
        together = APIRouter()
        together.include_router(api)
        together.include_router(page_router())
        return together

    @contextlib.asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Go on with unfinished videos, and keep the uploads swept, while the block lasts."""
        tasks = [asyncio.create_task(self._go_on()), asyncio.create_task(self._keep_swept())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()

    async def _go_on(self) -> None:
        try:
            await run_in_threadpool(self._maker.go_on)
        except OSError:
            _log.exception("the page's record of videos cannot be read")

    async def _keep_swept(self) -> None:
        """Delete uploads whose hour is over, now and every minute, until cancelled."""
        while True:
            try:
                await run_in_threadpool(self._uploads.sweep)
            except OSError:
                _log.exception("old uploads cannot be deleted")
            await asyncio.sleep(_SWEEP_EVERY)


def engine_setting(options: ServerOptions, service: VideosService) -> Setting:
    """Return what the embedded engine gives its studio; videos may be made elsewhere all the same.

    Args:
        options: the engine's options.
        service: its videos service.

    Raises:
        InvalidOption: the environment holds an address or a key that cannot be used.
    """
    words = "This server is fitting as many pictures as it can."
    return Setting(
        folder=options.data_folder.resolve() / "studio",
        most_bytes=options.max_body_bytes,
        desk=Desk(at_once=_AT_ONCE, waiting=_WAITING, busy=words, code="server_busy"),
        place=Place(address=video_address(options)),
        service=service,
    )


def gateway_setting(options: GatewayOptions, desk: Desk) -> Setting:
    """Return what a gateway gives its studio: its own upstream, limits and turns.

    Args:
        options: the gateway's settings.
        desk: where its pictures wait for their turn.

    Raises:
        InvalidOption: the upstream's key cannot stand in a request.
    """
    return Setting(
        folder=options.data_folder.resolve() / "studio",
        most_bytes=options.max_body_bytes,
        desk=desk,
        place=Place(
            address=ServerAddress(base_url=options.base_url, api_key=options.upstream_key),
            dialect=options.dialect,
            server=options.server,
        ),
        limits=Limits(max_pixels=int(options.max_megapixels * 1_000_000), face_model=options.face_model),
        tokens=options.tokens,
    )


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
