"""Renders queued jobs, one after the other, in a thread beside the event loop."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from framefit.errors import FramefitError, GenerationFailed
from framefit.server.folder import DataFolder
from framefit.server.options import ServerOptions
from framefit.server.queue import ClaimedJob, JobQueue
from framefit.server.references import load_reference
from framefit.videos.objects import JobError
from framefit.videos.renderer import render_video
from framefit.videos.stills import write_stills

_log = logging.getLogger(__name__)

_LOOK_EVERY = 0.5
"""Seconds between two looks for jobs that another process has put on record."""
_WRITE_EVERY = 0.1
"""Seconds between two writes of the progress."""
_MOST_ATTEMPTS = 3


class _Interrupted(Exception):
    """The server stops, or the job has gone to another worker."""


class Worker:
    """A thread that takes jobs and renders them until it is stopped.

    Args:
        engine: the open database.
        folder: where references and videos are.
        options: the server's options.
    """

    def __init__(self, *, engine: Engine, folder: DataFolder, options: ServerOptions) -> None:
        owner = f"{os.getpid()}-{uuid.uuid4().hex}"
        self._queue = JobQueue(engine, owner=owner, lease_seconds=options.lease_seconds)
        self._folder = folder
        self._options = options
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="framefit-worker", daemon=True)

    def start(self) -> None:
        """Begin to look for jobs."""
        self._thread.start()

    def wake(self) -> None:
        """Look for a job now."""
        self._woken.set()

    def stop(self) -> None:
        """Give the job at hand back to the queue and end; returns when the thread has ended."""
        self._stopping.set()
        self._woken.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            try:
                job = self._queue.claim()
                if job is not None:
                    self._work(job)
                    continue
            except SQLAlchemyError:
                # A full disk or a locked file may pass; the job's lease brings it back.
                _log.exception("the record of jobs cannot be used")
            self._woken.wait(_LOOK_EVERY)

    def _work(self, job: ClaimedJob) -> None:
        try:
            with self._lease(job):
                self._render(job)
            self._queue.complete(job, keep_seconds=self._options.keep_seconds)
        except _Interrupted:
            self._queue.release(job)
        except SQLAlchemyError:
            raise
        except FramefitError as error:
            _log.warning("job %s failed: %s", job.id, error)
            self._queue.fail(job, JobError(code=error.code, message=error.message))
        except Exception:
            _log.exception("job %s failed", job.id)
            self._queue.fail(
                job, JobError(code="server_error", message="The engine failed to render this video.")
            )

    def _render(self, job: ClaimedJob) -> None:
        if job.attempts > _MOST_ATTEMPTS:
            raise GenerationFailed(f"the server died {_MOST_ATTEMPTS} times while it rendered this video")
        reference = None if job.reference is None else load_reference(self._folder.reference(job.reference))
        video = self._folder.content(job.id, "video")
        render_video(
            reference=reference,
            prompt=job.prompt,
            size=job.size,
            seconds=job.seconds,
            output=video,
            on_progress=self._reporter(job),
        )
        write_stills(
            video,
            thumbnail=self._folder.content(job.id, "thumbnail"),
            spritesheet=self._folder.content(job.id, "spritesheet"),
        )

    def _reporter(self, job: ClaimedJob) -> Callable[[int], None]:
        written = time.monotonic()

        def report(percent: int) -> None:
            nonlocal written
            if self._stopping.is_set():
                raise _Interrupted
            # 100 is said together with "completed", when the stills are there too.
            if percent < 100 and time.monotonic() - written >= _WRITE_EVERY:
                written = time.monotonic()
                if not self._queue.report(job, percent):
                    raise _Interrupted

        return report

    @contextlib.contextmanager
    def _lease(self, job: ClaimedJob) -> Iterator[None]:
        """Renew the lease beside the rendering, whose single steps may take long on a busy machine."""
        done = threading.Event()

        def renew() -> None:
            while not done.wait(self._options.lease_seconds / 4):
                try:
                    self._queue.renew(job)
                except SQLAlchemyError:
                    _log.exception("the lease of job %s cannot be renewed", job.id)

        thread = threading.Thread(target=renew, name="framefit-lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
