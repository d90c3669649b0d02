"""Fetches a finished video, whole or not at all. Fetching is free, so it is tried more than once."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from framefit.errors import DownloadFailed
from framefit.saving import whole_file, write_whole
from framefit.videos.dialects import Dialect, dialect_named
from framefit.videos.dialects.dialect import video_path
from framefit.videos.dialects.recognising import USUAL
from framefit.videos.job import Job
from framefit.videos.replies import one_line, said, shown_address, transport_errors, where

if TYPE_CHECKING:
    from openai import OpenAI

ATTEMPTS = 4
_FIRST_PAUSE = 0.5
_SILENT_SECONDS = 120.0
"""How long a server may send nothing before the attempt counts as broken."""

_TRANSIENT = frozenset({404, 408, 409, 425, 429})
"""Statuses below 500 that may pass: a video can be called completed a moment before its file is there."""


class _BrokenError(Exception):
    """One attempt failed in a way that another may not."""


def download(
    client: OpenAI,
    video_id: str,
    output: Path,
    *,
    attempts: int = ATTEMPTS,
    dialect: Dialect | None = None,
) -> Path:
    """Fetch the content of a completed video to a file that appears whole or not at all.

    Args:
        client: from `framefit.videos.client.connect`.
        video_id: the id the server gave.
        output: the path to appear; its folder is created, an existing file is replaced.
        attempts: how often a broken transfer is begun in all, 1 or more; 4 by default.
        dialect: how the server speaks; None is the protocol itself.

    Returns:
        The path.

    Raises:
        DownloadFailed: the content did not come whole; the message names the video.
        OutputUnwritable: the file cannot be written there.
    """
    request = (dialect or dialect_named(USUAL)).content_request(video_id)
    if request is None:
        raise _failure(client, video_id, "the video came with the answer to the create, and only with it")
    return _fetched(client, video_id, request.path, output, attempts)


def save_content(
    client: OpenAI, job: Job, output: Path, *, attempts: int = ATTEMPTS, dialect: Dialect | None = None
) -> Path:
    """Save the video of a completed job: from the job itself where it carries one, else by a download.

    Args:
        client: from `framefit.videos.client.connect`.
        job: the completed job.
        output: the path to appear; its folder is created, an existing file is replaced.
        attempts: how often a broken transfer is begun in all, 1 or more; 4 by default.
        dialect: how the server speaks; None is the protocol itself.

    Returns:
        The path.

    Raises:
        DownloadFailed: the content did not come whole, or is at an address of another server.
        OutputUnwritable: the file cannot be written there.
    """
    if job.content is not None:
        write_whole(output, job.content)
        return output
    if job.content_url is None:
        return download(client, job.id, output, attempts=attempts, dialect=dialect)
    if not _same_server(job.content_url, str(client.base_url)):
        place = shown_address(job.content_url)
        raise DownloadFailed(
            f"video {job.id} is ready, and the server says that it is at another address",
            seen=place,
            wanted=f"a video on {where(client)}: no other address is fetched",
            fix=f"fetch it from {place}",
        )
    return _fetched(client, job.id, job.content_url, output, attempts)


def _same_server(url: str, base_url: str) -> bool:
    there, here = urlsplit(url), urlsplit(base_url)
    return (there.scheme, there.netloc) == (here.scheme, here.netloc)


def _fetched(client: OpenAI, video_id: str, path: str, output: Path, attempts: int) -> Path:
    trouble = ""
    for attempt in range(attempts):
        if attempt:
            time.sleep(_FIRST_PAUSE * 2 ** (attempt - 1))
        try:
            with whole_file(output) as temporary:
                _fetch(client, video_id, path, temporary)
        except _BrokenError as error:
            trouble = str(error)
        else:
            return output
    raise _failure(client, video_id, trouble)


def _fetch(client: OpenAI, video_id: str, path: str, temporary: Path) -> None:
    from openai import APIConnectionError, APIStatusError

    try:
        with _opened(client, path) as reply:
            _save(reply, client, video_id, temporary)
    except APIStatusError as error:
        words = said(error, client)
        if error.status_code >= 500 or error.status_code in _TRANSIENT:
            raise _BrokenError(words) from error
        raise _failure(client, video_id, words) from error
    except APIConnectionError as error:
        cause = error.__cause__ or error
        raise _BrokenError(one_line(f"{type(cause).__name__}: {cause}", 200)) from error


def _opened(client: OpenAI, path: str) -> Any:
    """Open the content as a stream: a context manager around an HTTP response."""
    from contextlib import closing

    from openai import HttpxBinaryResponseContent

    # This header is how the SDK's own `with_streaming_response` asks for a reply that is not read yet;
    # that method itself is marked as deprecated.
    headers = {"X-Stainless-Raw-Response": "stream", "Accept": "application/binary"}
    reply: Any = client.get(
        path,
        cast_to=HttpxBinaryResponseContent,
        options={"headers": headers, "max_retries": 0, "timeout": _SILENT_SECONDS},
    )
    return closing(reply.http_response)


def _save(response: Any, client: OpenAI, video_id: str, temporary: Path) -> None:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("application/json", "text/html"):
        raise _failure(client, video_id, f"{kind} instead of a video")
    with temporary.open("wb") as file:
        for chunk in _chunks(response):
            file.write(chunk)
        if file.tell() == 0:
            raise _BrokenError("an empty body")
        _check_length(response)
        file.flush()
        os.fsync(file.fileno())


def _chunks(response: Any) -> Any:
    """Yield the body, with the errors of the transfer kept apart from those of the disk."""
    try:
        yield from response.iter_bytes(1 << 16)
    except transport_errors() as error:
        raise _BrokenError(one_line(f"{type(error).__name__}: {error}", 200)) from error


def _check_length(response: Any) -> None:
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) != response.num_bytes_downloaded:
        raise _BrokenError(f"{response.num_bytes_downloaded} of {announced} bytes")


def _failure(client: OpenAI, video_id: str, trouble: str) -> DownloadFailed:
    return DownloadFailed(
        f"video {video_id} is ready but could not be fetched whole",
        seen=trouble,
        wanted="the whole content of the video",
        fix=f"fetch it from {where(client)}{video_path(video_id)}/content",
    )
