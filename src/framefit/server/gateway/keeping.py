"""Keeps videos that came with the answer to their create, for clients that ask for them afterwards."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
    delete,
    func,
    insert,
    select,
)

from framefit.server.gateway.keys import metadata
from framefit.videos.job import Job

_kept = Table(
    "kept_videos",
    metadata,
    # A hash of the video's id and of what its client showed as its key: nobody sees another's.
    Column("name", String(64), primary_key=True),
    Column("created_at", Float, nullable=False, index=True),
    Column("bytes", Integer, nullable=False),
    Column("video", String, nullable=False),
    Column("link", String),
    Column("content", LargeBinary),
)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A finished video.

    Args:
        video: the Video, without its content.
        content: the MP4; None when it is elsewhere.
        link: where the upstream says that it is; None when it is here.
    """

    video: dict[str, Any]
    content: bytes | None = field(default=None, repr=False)
    link: str | None = None


class Keeper:
    """Keeps finished videos for a while, in the database that all workers and replicas share.

    Args:
        engine: the open database.
        seconds: how long each is kept; 0 keeps none.
        most_bytes: how many bytes they may have in all; the oldest make room.
    """

    def __init__(self, engine: Engine, *, seconds: float, most_bytes: int) -> None:
        self._engine = engine
        self._seconds = seconds
        self._most = most_bytes

    def keep(self, client: str, body: Any) -> None:
        """Keep a video, if its answer is one that says where it is.

        Args:
            client: what the client showed as its key.
            body: the decoded JSON of the answer to its create.
        """
        job = Job.read(body)
        if job is None or not job.completed or (job.content is None and job.content_url is None):
            return
        now = time.time()
        video = {name: value for name, value in body.items() if name != "data"}
        text = json.dumps({"expires_at": int(now + self._seconds), **video})
        row = {"name": _name(client, job.id), "created_at": now, "video": text}
        size = len(text) + len(job.content or b"")
        if not self._seconds or size > self._most:
            return
        with self._engine.begin() as connection:
            connection.execute(delete(_kept).where(_kept.c.name == row["name"]))
            self._make_room(connection, size)
            connection.execute(
                insert(_kept).values(**row, bytes=size, link=job.content_url, content=job.content)
            )

    def find(self, client: str, video_id: str) -> Kept | None:
        """Return a video that is still kept for this client."""
        since = time.time() - self._seconds
        query = select(_kept).where(_kept.c.name == _name(client, video_id), _kept.c.created_at >= since)
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return Kept(video=json.loads(row.video), content=row.content, link=row.link)

    def remove(self, client: str, video_id: str) -> None:
        """Keep a video no longer."""
        with self._engine.begin() as connection:
            connection.execute(delete(_kept).where(_kept.c.name == _name(client, video_id)))

    def forget_old(self) -> None:
        """Remove every video whose time is over."""
        with self._engine.begin() as connection:
            self._make_room(connection, 0)

    def _make_room(self, connection: Connection, size: int) -> None:
        connection.execute(delete(_kept).where(_kept.c.created_at < time.time() - self._seconds))
        taken = connection.scalar(select(func.sum(_kept.c.bytes))) or 0
        oldest = select(_kept.c.name, _kept.c.bytes).order_by(_kept.c.created_at)
        for row in connection.execute(oldest).all() if taken + size > self._most else ():
            if taken + size <= self._most:
                break
            connection.execute(delete(_kept).where(_kept.c.name == row.name))
            taken -= row.bytes


def _name(client: str, video_id: str) -> str:
    return sha256(f"{client}\0{video_id}".encode("utf-8", "surrogateescape")).hexdigest()
