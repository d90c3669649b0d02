"""Clears away files nobody can ask for any more."""

from __future__ import annotations

import asyncio
import logging
import time

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from framefit.server.folder import DataFolder
from framefit.server.store import JobStore

_log = logging.getLogger(__name__)

_EVERY = 3600.0
_LEFTOVER_AFTER = 3600.0
"""Seconds after which a temporary file that nobody writes to belongs to a process that died."""


async def keep_swept(store: JobStore, folder: DataFolder) -> None:
    """Sweep now and once an hour, until cancelled."""
    while True:
        try:
            await run_in_threadpool(sweep, store, folder)
        except (OSError, SQLAlchemyError):
            _log.exception("old files cannot be cleared away")
        await asyncio.sleep(_EVERY)


def sweep(store: JobStore, folder: DataFolder) -> None:
    """Remove the files of expired videos, and temporary files that a process left when it died."""
    for video_id, reference in store.expired():
        folder.remove(video_id, reference)
    for place in (folder.videos, folder.references):
        for leftover in place.glob(".framefit-*"):
            if time.time() - leftover.stat().st_mtime > _LEFTOVER_AFTER:
                leftover.unlink(missing_ok=True)
