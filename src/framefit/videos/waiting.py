"""Waits for a video. Asking costs nothing, so trouble on the way is asked away until the time is up."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from framefit.errors import GenerationFailed, GenerationTimeout, OutcomeUnknown
from framefit.videos.dialects import Dialect, dialect_named
from framefit.videos.dialects.dialect import video_path
from framefit.videos.dialects.recognising import USUAL
from framefit.videos.job import Job
from framefit.videos.refusals import LOOK_FIRST
from framefit.videos.replies import decoded, is_mismatch, one_line, said, where, words_of
from framefit.videos.sending import send

if TYPE_CHECKING:
    from openai import APIStatusError, OpenAI

OnProgress = Callable[[str, int], None]
"""Called with the status and the progress, 0 to 100, that each reply names."""

SHORTEST_PAUSE, USUAL_PAUSE, LONGEST_PAUSE = 0.1, 2.0, 20.0
"""Seconds between two questions."""

_ANSWER_SECONDS = 60.0
_TRANSIENT = frozenset({408, 409, 425, 429})
_MOST_MISSING = 5
"""How often in a row a server may not know a job; some list a new one only after a moment."""


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """One reply: a job, or the trouble there was; and how long the server asks to wait, in seconds."""

    job: Job | None = None
    trouble: str | None = None
    missing: bool = False
    pause: float | None = None


def wait(
    client: OpenAI,
    video_id: str,
    *,
    timeout_seconds: float = 1800.0,
    on_progress: OnProgress | None = None,
    poll_seconds: float | None = None,
    dialect: Dialect | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Job:
    """Wait until a video is ready. Every status that is not final keeps on waiting.

    Args:
        client: from `framefit.videos.client.connect`.
        video_id: the id the server gave.
        timeout_seconds: how long to wait in all; 1800 by default.
        on_progress: called after each reply that describes the video; whatever it raises ends the wait.
        poll_seconds: seconds between two questions; None does what each reply's
            ``openai-poll-after-ms`` says, 2 when it says nothing; 0.1 to 20 in either case.
        dialect: how the server speaks; None is the protocol itself.
        sleep: waits between two questions; whatever it raises ends the wait.

    Returns:
        The completed job.

    Raises:
        GenerationFailed: the server says that no video will come.
        GenerationTimeout: the time is up; the job goes on, and the message names it.
        OutcomeUnknown: the server no longer tells about the job.
    """
    deadline = time.monotonic() + timeout_seconds
    missing, last = 0, "no reply"
    spoken = dialect or dialect_named(USUAL)
    while True:
        answer = _ask(client, spoken, video_id, max(1.0, min(_ANSWER_SECONDS, deadline - time.monotonic())))
        missing = missing + 1 if answer.missing else 0
        if missing >= _MOST_MISSING:
            raise _lost(client, video_id, answer.trouble or "")
        if answer.job is not None:
            if on_progress is not None:
                on_progress(answer.job.status, answer.job.progress)
            if answer.job.completed:
                return answer.job
            if answer.job.failed:
                raise _failed(video_id, answer.job)
            last = f"status {answer.job.status}, {answer.job.progress} %"
        else:
            last = answer.trouble or last
        left = deadline - time.monotonic()
        if left <= 0:
            raise _timeout(client, video_id, timeout_seconds, last)
        sleep(min(left, _clamped(answer.pause if poll_seconds is None else poll_seconds)))


def ended(client: OpenAI, job: Job) -> Job:
    """Return a job that came with its video, as servers answer whose create waits for it.

    Args:
        client: the client that sent the create.
        job: the job as the create's answer describes it.

    Raises:
        GenerationFailed: the server says that no video will come.
        OutcomeUnknown: the job has not ended, and this server cannot be asked about it.
    """
    if job.failed:
        raise _failed(job.id, job)
    if not job.completed:
        raise _lost(client, job.id, f"status {job.status}")
    return job


def _ask(client: OpenAI, dialect: Dialect, video_id: str, timeout: float) -> _Answer:
    from openai import APIConnectionError, APIStatusError

    request = dialect.retrieve_request(video_id)
    if request is None:
        raise _lost(client, video_id, f"{dialect.title} cannot be asked about a job")
    try:
        reply = send(client, request, timeout_seconds=timeout)
    except APIStatusError as error:
        return _refused(error, client, dialect, video_id)
    except APIConnectionError as error:
        cause = error.__cause__ or error
        return _Answer(trouble=one_line(f"{type(cause).__name__}: {cause}", 200))
    body = decoded(reply.response.text)
    job = dialect.job_from(reply.response.status_code, body, video_id=video_id)
    pause = _pause(reply.response.headers)
    if job is None:
        return _Answer(trouble=f"a reply that is no video: {words_of(body)}", pause=pause)
    return _Answer(job=job, pause=pause)


def _refused(error: APIStatusError, client: OpenAI, dialect: Dialect, video_id: str) -> _Answer:
    # Some servers answer the question about a failed job with the failure's own HTTP status.
    job = dialect.job_from(error.status_code, decoded(error.response.text), video_id=video_id)
    if job is not None:
        return _Answer(job=job)
    words, status = said(error, client), error.status_code
    pause = _pause(error.response.headers)
    if status == 404:
        return _Answer(trouble=words, missing=True, pause=pause)
    if status >= 500 or status in _TRANSIENT:
        return _Answer(trouble=words, pause=pause)
    raise _lost(client, video_id, words) from error


def _pause(headers: Mapping[str, str]) -> float | None:
    """Return the seconds a reply asks to wait; None when it does not say so in a number."""
    for name, unit in (("openai-poll-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) * unit
        except (KeyError, ValueError):
            continue
        if math.isfinite(seconds):
            return seconds
    return None


def _clamped(pause: float | None) -> float:
    return USUAL_PAUSE if pause is None else min(max(pause, SHORTEST_PAUSE), LONGEST_PAUSE)


def _failed(video_id: str, job: Job) -> GenerationFailed:
    reason = job.reason or "the server gives no reason"
    fix = "change the picture or the prompt, and send it again"
    if is_mismatch(reason):
        fix = "fit the picture with the same size as the request: framefit fit PICTURE --size WxH"
    return GenerationFailed(
        f"video {video_id} failed: {reason}", seen=job.code or job.status, wanted="completed", fix=fix
    )


def _timeout(client: OpenAI, video_id: str, seconds: float, last: str) -> GenerationTimeout:
    return GenerationTimeout(
        f"video {video_id} was not ready after {round(seconds, 1):g} s; the server may still finish it",
        seen=last,
        wanted="completed",
        fix=f"fetch it later from {where(client)}{video_path(video_id)}/content, or wait longer: --timeout",
    )


def _lost(client: OpenAI, video_id: str, words: str) -> OutcomeUnknown:
    address = where(client)
    return OutcomeUnknown(
        f"{address} accepted video {video_id} and no longer tells about it",
        seen=words,
        wanted="the status of the video",
        fix=LOOK_FIRST.format(where=address),
    )
