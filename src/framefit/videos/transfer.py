"""Brings the bytes of one video into a file, and goes on after a break where it ended."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framefit.errors import DownloadFailed
from framefit.videos.dialects.dialect import video_path
from framefit.videos.replies import one_line, said, transport_errors, where

if TYPE_CHECKING:
    from openai import APIStatusError, OpenAI

_FIRST_PAUSE = 0.5
_SILENT_SECONDS = 120.0
"""How long a server may send nothing before the attempt counts as broken."""

_NOT_THAT_PART = 416
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)", re.IGNORECASE | re.ASCII)

_TRANSIENT = frozenset({404, 408, 409, 425, 429})
"""Statuses below 500 that may pass: a video can be called completed a moment before its file is there."""


class _BrokenError(Exception):
    """One attempt failed in a way that another may not."""


class Transfer:
    """One video on its way into a file; a broken attempt goes on where the one before it ended.

    Args:
        client: from `framefit.videos.client.connect`.
        video_id: the id the server gave.
        path: the path or address of the content.
        file: the file that grows; what stands in it is replaced.
    """

    def __init__(self, client: OpenAI, video_id: str, path: str, file: Path) -> None:
        self._client = client
        self._video_id = video_id
        self._path = path
        self._file = file
        # What the server calls these very bytes; without it nothing says that two parts belong together.
        self._validator: str | None = None

    def run(self, attempts: int) -> None:
        """Fetch everything, in several attempts if need be.

        Args:
            attempts: how many in a row may bring nothing, 1 or more.

        Raises:
            DownloadFailed: the content did not come whole.
        """
        failures, furthest = 0, 0
        while True:
            try:
                self._attempt()
            except _BrokenError as error:
                length = self._file.stat().st_size if self._validator else 0
                failures = 1 if length > furthest else failures + 1
                furthest = max(furthest, length)
                if failures >= attempts:
                    raise not_whole(self._client, self._video_id, str(error)) from error
                time.sleep(_FIRST_PAUSE * 2 ** (failures - 1))
            else:
                return

    def _attempt(self) -> None:
        from openai import APIConnectionError, APIStatusError

        have = self._file.stat().st_size if self._validator else 0
        try:
            with _opened(self._client, self._path, have, self._validator) as reply:
                self._save(reply, have)
        except APIStatusError as error:
            self._refused(error)
        except APIConnectionError as error:
            cause = error.__cause__ or error
            raise _BrokenError(one_line(f"{type(cause).__name__}: {cause}", 200)) from error

    def _refused(self, error: APIStatusError) -> None:
        words = said(error, self._client)
        if error.status_code == _NOT_THAT_PART:
            self._validator = None
        elif error.status_code < 500 and error.status_code not in _TRANSIENT:
            raise not_whole(self._client, self._video_id, words) from error
        raise _BrokenError(words) from error

    def _save(self, response: Any, have: int) -> None:
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind in ("application/json", "text/html"):
            raise not_whole(self._client, self._video_id, f"{kind} instead of a video")
        goes_on = have > 0 and response.status_code == 206
        if goes_on and _part(response)[0] != have:
            self._validator = None
            raise _BrokenError(f"another part than was asked for: {response.headers.get('content-range')}")
        self._validator = _validator(response)
        with self._file.open("ab" if goes_on else "wb") as file:
            for chunk in _chunks(response):
                file.write(chunk)
            _check_length(response)
            if file.tell() == 0:
                raise _BrokenError("an empty body")
            if goes_on and file.tell() != _part(response)[1]:
                self._validator = None
                raise _BrokenError(f"{file.tell()} of {_part(response)[1]} bytes")
            file.flush()
            os.fsync(file.fileno())


def _opened(client: OpenAI, path: str, have: int, validator: str | None) -> Any:
    """Open the content, or the part of it that is missing, as a stream: a context manager around a response."""
    from contextlib import closing

    from openai import HttpxBinaryResponseContent

    # The first header is how the SDK's own `with_streaming_response` asks for a reply that is not read
    # yet; that method itself is marked as deprecated. Packed bytes could not be counted or continued.
    headers = {
        "X-Stainless-Raw-Response": "stream",
        "Accept": "application/binary",
        "Accept-Encoding": "identity",
    }
    if have and validator:
        headers |= {"Range": f"bytes={have}-", "If-Range": validator}
    reply: Any = client.get(
        path,
        cast_to=HttpxBinaryResponseContent,
        options={"headers": headers, "max_retries": 0, "timeout": _SILENT_SECONDS},
    )
    return closing(reply.http_response)


def _validator(response: Any) -> str | None:
    """Return the strong tag of the content, where the server offers to send parts of it."""
    tag = str(response.headers.get("etag", ""))
    offered = response.status_code == 206 or response.headers.get("accept-ranges", "").lower() == "bytes"
    return tag if offered and tag and not tag.startswith("W/") else None


def _part(response: Any) -> tuple[int, int]:
    """Return where a part begins and how many bytes there are in all; -1 for what is not said."""
    found = _RANGE.fullmatch(response.headers.get("content-range", "").strip())
    return (int(found[1]), int(found[2])) if found else (-1, -1)


def _chunks(response: Any) -> Any:
    """Yield the body, with the errors of the transfer kept apart from those of the disk."""
    try:
        # As they arrive: bytes held back for a full chunk would be lost when the transfer breaks.
        yield from response.iter_bytes()
    except transport_errors() as error:
        raise _BrokenError(one_line(f"{type(error).__name__}: {error}", 200)) from error


def _check_length(response: Any) -> None:
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) != response.num_bytes_downloaded:
        raise _BrokenError(f"{response.num_bytes_downloaded} of {announced} bytes")


def not_whole(client: OpenAI, video_id: str, trouble: str) -> DownloadFailed:
    """Return the error for a video that is ready and did not come whole."""
    return DownloadFailed(
        f"video {video_id} is ready but could not be fetched whole",
        seen=trouble,
        wanted="the whole content of the video",
        fix=f"fetch it from {where(client)}{video_path(video_id)}/content",
    )
