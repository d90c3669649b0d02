"""The record of jobs, as requests see it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Row, case, insert, select, update

from framefit.geometry import Size
from framefit.server.creates import Sent, insert_sent, without_prompt
from framefit.server.database import creates, jobs
from framefit.server.faults.held import Hold
from framefit.videos.objects import JobError, Order, Video, VideoPage

_NEVER = 1e15
_HELD: dict[str, dict[str, Any]] = {
    # A worker that lives for ever has it and does nothing.
    "stuck": {"status": "in_progress", "owner": "fault", "lease_until": _NEVER},
    "moderated": {
        "status": "failed",
        "error_code": "moderation_blocked",
        "error_message": "Your request was blocked by our moderation system.",
    },
}


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """A job to be put on record.

    Args:
        id: its id, not yet used.
        model: the model that was asked for.
        prompt: the text that was sent.
        size: size of the video.
        seconds: length of the video.
        reference: file name of the stored reference picture; None without one.
        remixed_from: the job it is a remix of; None for none.
        sent: what came in the request; None leaves it off the record.
        hold: what becomes of it instead of being rendered; None lets it be.
    """

    id: str
    model: str
    prompt: str
    size: Size
    seconds: int
    reference: str | None
    remixed_from: str | None = None
    sent: Sent | None = None
    hold: Hold | None = None


class JobStore:
    """Reads and writes jobs; safe to use from several threads and processes.

    Args:
        engine: the open database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, job: NewJob) -> Video:
        """Put a queued job on record and return it."""
        values = {
            "id": job.id,
            "status": "queued",
            "model": job.model,
            "prompt": job.prompt,
            "size": str(job.size),
            "seconds": job.seconds,
            "reference": job.reference,
            "remixed_from": job.remixed_from,
            "created_at": int(time.time()),
            **_HELD.get(job.hold or "", {}),
        }
        with self._engine.begin() as connection:
            row = connection.execute(insert(jobs).values(values).returning(jobs)).one()
            if job.sent is not None:
                insert_sent(connection, job.id, job.sent)
        return _video(row)

    def find(self, video_id: str) -> Video | None:
        """Return a job; None for an id that no job has, or whose job was deleted."""
        row = self._row(video_id)
        return None if row is None else _video(row)

    def reference_of(self, video_id: str) -> str | None:
        """Return the file name of a job's reference picture; None without one."""
        row = self._row(video_id)
        return None if row is None else row.reference

    def page(self, *, after: str | None, limit: int, order: Order, lag: float = 0.0) -> VideoPage:
        """Return jobs in the order of their creation.

        Args:
            after: the job to begin after, which may have been deleted since; None begins at the end.
            limit: number of jobs, 0 or more.
            order: ``asc`` is the oldest first, ``desc`` the newest.
            lag: seconds that a job must be old to be among them.

        Raises:
            KeyError: no job ever had the id ``after``.
        """
        query = select(jobs).where(jobs.c.deleted_at.is_(None)).limit(limit + 1)
        if lag:
            query = query.where(jobs.c.created_at <= time.time() - lag)
        query = query.order_by(jobs.c.sequence.asc() if order == "asc" else jobs.c.sequence.desc())
        with self._engine.connect() as connection:
            if after is not None:
                start = connection.scalar(select(jobs.c.sequence).where(jobs.c.id == after))
                if start is None:
                    raise KeyError(after)
                query = query.where(jobs.c.sequence > start if order == "asc" else jobs.c.sequence < start)
            rows = connection.execute(query).all()
        return VideoPage(videos=tuple(_video(row) for row in rows[:limit]), has_more=len(rows) > limit)

    def delete(self, video_id: str, *, unfinished: bool = False) -> bool:
        """Delete a job; False when it has not ended, or is not there.

        Args:
            video_id: the job.
            unfinished: also delete a job that has not ended; whoever renders it gives up.
        """
        change = update(jobs).where(jobs.c.id == video_id, jobs.c.deleted_at.is_(None))
        if not unfinished:
            change = change.where(jobs.c.status.in_(("completed", "failed")))
        ended = case((jobs.c.status == "completed", "completed"), else_="failed")
        values = {"deleted_at": int(time.time()), "prompt": "", "owner": None, "status": ended}
        with self._engine.begin() as connection:
            changed = connection.execute(change.values(values)).rowcount == 1
            if changed:
                without_prompt(connection, video_id)
        return changed

    def expired(self) -> list[tuple[str, str | None]]:
        """Return id and reference of every job whose content can no longer be fetched."""
        query = select(jobs.c.id, jobs.c.reference).where(jobs.c.expires_at <= time.time())
        with self._engine.connect() as connection:
            return [(row.id, row.reference) for row in connection.execute(query)]

    def sent(self, video_id: str) -> Sent | None:
        """Return what came in the request of a job; None for an id that no job has."""
        with self._engine.connect() as connection:
            row = connection.execute(select(creates).where(creates.c.video_id == video_id)).one_or_none()
        return None if row is None else Sent.read(row)

    def all_sent(self) -> list[tuple[str, Sent]]:
        """Return id and request of every create that was taken, in order, deleted ones too."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(creates).order_by(creates.c.sequence)).all()
        return [(row.video_id, Sent.read(row)) for row in rows]

    def _row(self, video_id: str) -> Row[Any] | None:
        query = select(jobs).where(jobs.c.id == video_id, jobs.c.deleted_at.is_(None))
        with self._engine.connect() as connection:
            return connection.execute(query).one_or_none()


def _video(row: Row[Any]) -> Video:
    error = None
    if row.status == "failed":
        error = JobError(code=row.error_code, message=row.error_message)
    return Video(
        id=row.id,
        status=row.status,
        progress=row.progress,
        model=row.model,
        prompt=row.prompt,
        seconds=str(row.seconds),
        size=row.size,
        created_at=row.created_at,
        completed_at=row.completed_at,
        expires_at=row.expires_at,
        error=error,
        remixed_from_video_id=row.remixed_from,
    )
