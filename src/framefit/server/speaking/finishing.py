"""Waits for a job inside a request, for servers whose create answers with the video."""

from __future__ import annotations

import asyncio

from starlette.concurrency import run_in_threadpool

from framefit.server.service import VideosService
from framefit.videos.objects import Video

_LOOK_EVERY = 0.1


async def finished(service: VideosService, video_id: str) -> Video:
    """Return a job when it has ended.

    Raises:
        ApiError: 404, the job was deleted meanwhile.
    """
    while (video := await run_in_threadpool(service.retrieve, video_id)).is_unfinished:
        await asyncio.sleep(_LOOK_EVERY)
    return video
