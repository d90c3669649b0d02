"""The embedded engine with a renderer that takes no time: real server, real record, videos baked once.

The engine is told to render nothing itself; jobs then wait for another worker on the same folder, which
is this one. Each video ends with a box that holds its job's id, so that files cannot be mistaken.
"""

from __future__ import annotations

import random
import shutil
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from framefit.server.database import jobs, open_database
from framefit.server.folder import DataFolder
from framefit.server.options import ServerOptions
from framefit.server.queue import JobQueue
from framefit.server.running import running
from framefit.videos.objects import JobError
from movies import movie
from pictures import scene

FORBIDDEN = "forbidden"
"""A prompt with this word is blocked by moderation, after it was taken."""

STUCK = "for ever"
"""A job with these words never ends."""


def mark(video_id: str) -> bytes:
    """The box at the end of a job's video; players skip it."""
    name = video_id.encode()
    return struct.pack(">I4s", 8 + len(name), b"free") + name


@dataclass(frozen=True, kw_only=True)
class Created:
    """One job on the engine's own record."""

    id: str
    prompt: str
    status: str


class QuickEngine:
    """A running engine, and what stands on its record."""

    def __init__(self, base_url: str, folder: DataFolder, baked: bytes) -> None:
        self.base_url = base_url
        self.baked = baked
        self.database = open_database(folder.database)

    def created(self) -> list[Created]:
        """Every job that was ever created, the oldest first."""
        query = select(jobs.c.id, jobs.c.prompt, jobs.c.status).order_by(jobs.c.sequence)
        with self.database.connect() as connection:
            return [
                Created(id=row.id, prompt=row.prompt, status=row.status) for row in connection.execute(query)
            ]

    def content(self, video_id: str) -> bytes:
        """The whole video of a job."""
        return self.baked + mark(video_id)


@contextmanager
def quick_engine(folder: Path, *, render_seconds: float = 0.0, renderers: int = 1) -> Iterator[QuickEngine]:
    """Run an engine while the block lasts.

    Args:
        folder: an empty folder.
        render_seconds: about how long a video takes.
        renderers: how many are made at a time.
    """
    baked = movie(folder / "baked.mp4", scene(720, 1280)).read_bytes()
    data = DataFolder(path=(folder / "engine").resolve())
    with (
        running(ServerOptions(data_folder=data.path, workers=0)) as server,
        quick_renderers(server.base_url, data, baked, seconds=render_seconds, count=renderers) as engine,
    ):
        yield engine


@contextmanager
def quick_renderers(
    base_url: str, data: DataFolder, baked: bytes, *, seconds: float = 0.0, count: int = 1
) -> Iterator[QuickEngine]:
    """Finish the jobs of a running engine that renders nothing itself, while the block lasts."""
    engine = QuickEngine(base_url, data, baked)
    done = threading.Event()
    threads = [
        threading.Thread(target=_render, args=(engine, data, str(number), seconds, done))
        for number in range(count)
    ]
    for thread in threads:
        thread.start()
    try:
        yield engine
    finally:
        done.set()
        for thread in threads:
            thread.join()
        engine.database.dispose()


def _render(engine: QuickEngine, data: DataFolder, owner: str, seconds: float, done: threading.Event) -> None:
    queue = JobQueue(engine.database, owner=owner, lease_seconds=60)
    stuck = set()
    while not done.is_set():
        job = queue.claim()
        if job is None or job.id in stuck:
            done.wait(0.02)
            continue
        if STUCK in job.prompt:
            stuck.add(job.id)
            continue
        time.sleep(seconds * random.uniform(0.5, 1.5))
        if FORBIDDEN in job.prompt:
            reason = "Your request was blocked by our moderation system."
            queue.fail(job, JobError(code="moderation_blocked", message=reason))
            continue
        video = data.content(job.id, "video")
        video.parent.mkdir(parents=True, exist_ok=True)
        part = video.with_suffix(".part")
        part.write_bytes(engine.content(job.id))
        shutil.move(part, video)
        queue.complete(job, keep_seconds=3600)
