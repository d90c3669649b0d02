"""The record of jobs, as those who render see it: claimed by one, reported on, finished."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, and_, func, or_, select, update

from framefit.geometry import Size
from framefit.server.database import jobs
from framefit.videos.objects import JobError


@dataclass(frozen=True, kw_only=True)
class ClaimedJob:
    """A job that one worker has taken.

    Args:
        id: the job's id.
        prompt: the text that was sent.
        size: size of the video.
        seconds: length of the video.
        reference: file name of the reference picture; None without one.
        attempts: how often it has been begun without an end, this time included.
    """

    id: str
    prompt: str
    size: Size
    seconds: int
    reference: str | None
    attempts: int


class JobQueue:
    """Gives every job to one worker at a time, also among several processes.

    A worker that has taken a job keeps a lease on it and renews it while it renders; when the worker's
    process dies, the lease runs out and the job can be taken again. Every change is made under the
    condition that the worker still has the job.

    Args:
        engine: the open database.
        owner: a name that no other worker has.
        lease_seconds: how long a lease lasts without being renewed.
    """

    def __init__(self, engine: Engine, *, owner: str, lease_seconds: float) -> None:
        self._engine = engine
        self._owner = owner
        self._lease_seconds = lease_seconds

    def claim(self) -> ClaimedJob | None:
        """Take the oldest job that waits or whose worker has died; None when there is none."""
        abandoned = and_(jobs.c.status == "in_progress", jobs.c.lease_until < time.time())
        waiting = or_(jobs.c.status == "queued", abandoned)
        oldest = select(func.min(jobs.c.sequence)).where(waiting).scalar_subquery()
        # One statement: SQLite takes its write lock before it looks for the oldest.
        take = update(jobs).where(jobs.c.sequence == oldest).returning(jobs)
        values = {
            "status": "in_progress",
            "owner": self._owner,
            "lease_until": time.time() + self._lease_seconds,
            "attempts": jobs.c.attempts + 1,
        }
        with self._engine.begin() as connection:
            row = connection.execute(take.values(values)).one_or_none()
        if row is None:
            return None
        return ClaimedJob(
            id=row.id,
            prompt=row.prompt,
            size=Size.parse(row.size),
            seconds=row.seconds,
            reference=row.reference,
            attempts=row.attempts,
        )

    def renew(self, job: ClaimedJob) -> bool:
        """Renew the lease; False when the job has gone to another worker."""
        return self._change(job, lease_until=time.time() + self._lease_seconds)

    def report(self, job: ClaimedJob, percent: int) -> bool:
        """Set the progress, which never falls; False when the job has gone to another worker."""
        return self._change(
            job,
            progress=func.max(jobs.c.progress, percent),
            lease_until=time.time() + self._lease_seconds,
        )

    def complete(self, job: ClaimedJob, *, keep_seconds: int) -> bool:
        """Mark the job as completed; False when it has gone to another worker."""
        now = int(time.time())
        return self._change(
            job, status="completed", progress=100, completed_at=now, expires_at=now + keep_seconds, owner=None
        )

    def fail(self, job: ClaimedJob, error: JobError) -> bool:
        """Mark the job as failed; False when it has gone to another worker."""
        return self._change(
            job, status="failed", error_code=error.code, error_message=error.message, owner=None
        )

    def release(self, job: ClaimedJob) -> bool:
        """Give the job back unfinished; it does not count as an attempt."""
        return self._change(job, status="queued", owner=None, attempts=jobs.c.attempts - 1)

    def _change(self, job: ClaimedJob, **values: Any) -> bool:
        mine = update(jobs).where(jobs.c.id == job.id, jobs.c.owner == self._owner)
        with self._engine.begin() as connection:
            return connection.execute(mine.values(**values)).rowcount == 1
