"""The objects of the videos protocol, as they stand in replies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Status = Literal["queued", "in_progress", "completed", "failed"]
Variant = Literal["video", "thumbnail", "spritesheet"]
Order = Literal["asc", "desc"]

UNFINISHED: tuple[Status, ...] = ("queued", "in_progress")
VARIANTS: tuple[Variant, ...] = ("video", "thumbnail", "spritesheet")
ORDERS: tuple[Order, ...] = ("asc", "desc")


@dataclass(frozen=True, kw_only=True)
class JobError:
    """Why a job failed.

    Args:
        code: a stable word.
        message: one public sentence.
    """

    code: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Video:
    """A job and, once completed, its video.

    Args:
        id: opaque name, ``video_...``.
        status: ``queued``, ``in_progress``, ``completed`` or ``failed``.
        progress: percent, 0 to 100; never falls.
        model: the model that was asked for.
        prompt: the text that was sent.
        seconds: length, written as text.
        size: ``WIDTHxHEIGHT``.
        created_at: unix seconds.
        completed_at: unix seconds; None until completed.
        expires_at: unix seconds from which the content can no longer be fetched; None until completed.
        error: why it failed; None otherwise.
        remixed_from_video_id: the job this one is a remix of; None otherwise.
    """

    id: str
    status: Status
    progress: int
    model: str
    prompt: str
    seconds: str
    size: str
    created_at: int
    completed_at: int | None = None
    expires_at: int | None = None
    error: JobError | None = None
    remixed_from_video_id: str | None = None

    @property
    def is_unfinished(self) -> bool:
        """Whether the job may still change."""
        return self.status in UNFINISHED

    def as_dict(self) -> dict[str, Any]:
        """Return the object with every field of the protocol, null where there is nothing to say."""
        error = None if self.error is None else {"code": self.error.code, "message": self.error.message}
        return {
            "id": self.id,
            "object": "video",
            "created_at": self.created_at,
            "status": self.status,
            "completed_at": self.completed_at,
            "error": error,
            "expires_at": self.expires_at,
            "model": self.model,
            "progress": self.progress,
            "prompt": self.prompt,
            "remixed_from_video_id": self.remixed_from_video_id,
            "seconds": self.seconds,
            "size": self.size,
        }


@dataclass(frozen=True, kw_only=True)
class VideoPage:
    """One page of a list.

    Args:
        videos: the jobs, in the order asked for.
        has_more: whether another page follows after the last of them.
    """

    videos: tuple[Video, ...]
    has_more: bool

    def as_dict(self) -> dict[str, Any]:
        """Return the page as the protocol has it; an empty one has null as first and last id."""
        return {
            "object": "list",
            "data": [video.as_dict() for video in self.videos],
            "first_id": self.videos[0].id if self.videos else None,
            "last_id": self.videos[-1].id if self.videos else None,
            "has_more": self.has_more,
        }
