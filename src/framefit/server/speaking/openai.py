"""The protocol itself, as strictly as the official service."""

from __future__ import annotations

from fastapi import APIRouter

from framefit.catalog import builtin
from framefit.server.about_routes import models_router
from framefit.server.service import VideosService
from framefit.server.speaking.speech import Speech
from framefit.server.videos_routes import videos_router


def _routers(service: VideosService) -> tuple[APIRouter, ...]:
    return videos_router(service), models_router(builtin())


SPEECH = Speech(name="openai", routers=_routers)
