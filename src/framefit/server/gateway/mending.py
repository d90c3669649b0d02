"""Mends what an upstream says, so that the official SDK understands it; every function here is pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from framefit.videos.dialects import Dialect
from framefit.videos.job import Job

_FOUR = ("queued", "in_progress", "completed", "failed")
_POLL = b"openai-poll-after-ms"

_NOT_TO_REPEAT = frozenset({408, 409, 500, 501, 502, 504})
"""Answers to a create after which it may have been accepted all the same; the SDK would send it again."""


def mended_video(body: Any, dialect: Dialect, *, video_id: str | None = None) -> Any:
    """Return a Video in the protocol's own words; its id stays as it is.

    Args:
        body: the decoded JSON of a reply.
        dialect: how the upstream speaks.
        video_id: the id that was asked for, for a reply that has none.

    Returns:
        The Video; the body itself when it is none.
    """
    if not isinstance(body, Mapping) or not (body.get("object") == "video" or "status" in body):
        return body
    named = {**body, "id": body.get("id") or body.get("task_id") or video_id}
    job = Job.read(named)
    if job is None:
        return body
    word = dialect.statuses.get(job.status, job.status)
    video = {
        **named,
        "object": "video",
        # A word that nobody knows is that of a server still at work; the SDK would stop asking.
        "status": word if word in _FOUR else "in_progress",
        "progress": 100 if word == "completed" else job.progress,
        "error": _failure(body.get("error"), job) if word == "failed" else None,
    }
    if job.created_at is not None:
        video["created_at"] = job.created_at
    if job.seconds is not None:
        video["seconds"] = job.seconds
    return video


def failed_video(status_code: int, body: Any, dialect: Dialect, *, video_id: str) -> Any:
    """Return the Video of a failed job that came as an HTTP error; None when it is an error indeed.

    Args:
        status_code: the reply's HTTP status.
        body: its decoded JSON.
        dialect: how the upstream speaks.
        video_id: the id that was asked for.
    """
    job = dialect.job_from(status_code, body, video_id=video_id)
    return None if job is None or not job.failed else mended_video(body, dialect, video_id=video_id)


def mended_page(body: Any, dialect: Dialect, *, after: str | None = None) -> Any:
    """Return a page of Videos that the SDK can go on from, and come to an end with.

    Args:
        body: the decoded JSON of a reply: a page, or a bare list.
        dialect: how the upstream speaks.
        after: what the page was asked for with; a server that ignores it gives the same page for ever.

    Returns:
        The page; the body itself when it is none.
    """
    rows = body.get("data") if isinstance(body, Mapping) else body
    if not isinstance(rows, list):
        return body
    told = body if isinstance(body, Mapping) else {}
    videos = [mended_video(row, dialect) for row in rows]
    ids = [row.get("id") for row in videos if isinstance(row, Mapping)]
    ignored = after is not None and after in ids
    more = told.get("has_more") is True and dialect.list_query and bool(ids) and not ignored
    return {
        **told,
        "object": "list",
        "data": videos,
        "first_id": told.get("first_id") or (ids[0] if ids else None),
        "last_id": told.get("last_id") or (ids[-1] if ids else None),
        "has_more": more,
    }


def mended_deletion(body: Any, *, video_id: str) -> Any:
    """Return the confirmation of a deletion, also for a server that answers with the Video instead."""
    if isinstance(body, Mapping) and "deleted" not in body and body.get("status") == "deleted":
        return {"id": video_id, "deleted": True, "object": "video.deleted"}
    return body


def mended_error(status_code: int, body: Any, dialect: Dialect) -> dict[str, Any]:
    """Return an error of any shape in the protocol's envelope.

    Args:
        status_code: the reply's HTTP status.
        body: its decoded JSON, or its text.
        dialect: how the upstream speaks.
    """
    words = dialect.error_from(status_code, body)
    told = body.get("error") if isinstance(body, Mapping) else None
    inner = told if isinstance(told, Mapping) else body if isinstance(body, Mapping) else {}
    message = words.message or f"The upstream answered {status_code} {_phrase(status_code)}".strip()
    if isinstance(inner.get("message"), str) and inner["message"]:
        message = inner["message"]
    usual = "invalid_request_error" if status_code < 500 else "server_error"
    kind, param = inner.get("type"), inner.get("param")
    return {
        "error": {
            "message": message,
            "type": kind if isinstance(kind, str) and kind else usual,
            "param": param if isinstance(param, str) else None,
            "code": words.code,
        }
    }


def mended_headers(
    headers: list[tuple[bytes, bytes]], status_code: int, *, create: bool
) -> list[tuple[bytes, bytes]]:
    """Return headers that the SDK can read, and that keep it from paying twice.

    Args:
        headers: those that go back, names in lower case.
        status_code: the HTTP status that goes back.
        create: whether the request asked for a video.
    """
    kept = [(name, value) for name, value in headers if name != _POLL]
    poll = next((_whole(value) for name, value in headers if name == _POLL), None)
    if poll is not None:
        kept.append((_POLL, poll))
    said = any(name == b"x-should-retry" for name, _ in kept)
    if create and status_code in _NOT_TO_REPEAT and not said:
        kept.append((b"x-should-retry", b"false"))
    return kept


def _failure(error: Any, job: Job) -> dict[str, Any]:
    told = dict(error) if isinstance(error, Mapping) else {}
    code = job.code or "generation_failed"
    return {**told, "code": code, "message": job.reason or "The upstream failed to make this video."}


def _whole(value: bytes) -> bytes | None:
    """Return milliseconds as the SDK needs them, in whole numbers; None for what is no number."""
    try:
        number = float(value)
    except ValueError:
        return None
    return str(math.ceil(number)).encode() if math.isfinite(number) and number >= 0 else None


def _phrase(status_code: int) -> str:
    try:
        return HTTPStatus(status_code).phrase
    except ValueError:
        return ""
