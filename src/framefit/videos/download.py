"""Fetches a finished video, whole or not at all. Fetching is free, so it is tried more than once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from framefit.errors import DownloadFailed, OutputUnwritable
from framefit.saving import whole_file, write_whole
from framefit.videos.dialects import Dialect, dialect_named
from framefit.videos.dialects.recognising import USUAL
from framefit.videos.job import Job
from framefit.videos.replies import shown_address, where
from framefit.videos.transfer import Transfer, not_whole

if TYPE_CHECKING:
    from openai import OpenAI

ATTEMPTS = 4


def download(
    client: OpenAI,
    video_id: str,
    output: Path,
    *,
    attempts: int = ATTEMPTS,
    dialect: Dialect | None = None,
    partial: Path | None = None,
) -> Path:
    """Fetch the content of a completed video to a file that appears whole or not at all.

    Args:
        client: from `framefit.videos.client.connect`.
        video_id: the id the server gave.
        output: the path to appear; its folder is created, an existing file is replaced.
        attempts: how often in a row a transfer may bring nothing, 1 or more; 4 by default.
        dialect: how the server speaks; None is the protocol itself.
        partial: where the bytes are kept until they are all there, beside the output, for a caller who
            is alone with that name; None makes up a name, which a killed process leaves behind.

    Returns:
        The path.

    Raises:
        DownloadFailed: the content did not come whole; the message names the video.
        OutputUnwritable: the file cannot be written there.
    """
    request = (dialect or dialect_named(USUAL)).content_request(video_id)
    if request is None:
        raise not_whole(client, video_id, "the video came with the answer to the create, and only with it")
    return _fetched(client, video_id, request.path, output, attempts, partial)


def save_content(
    client: OpenAI,
    job: Job,
    output: Path,
    *,
    attempts: int = ATTEMPTS,
    dialect: Dialect | None = None,
    partial: Path | None = None,
) -> Path:
    """Save the video of a completed job: from the job itself where it carries one, else by a download.

    Args:
        client: from `framefit.videos.client.connect`.
        job: the completed job.
        output: the path to appear; its folder is created, an existing file is replaced.
        attempts: how often in a row a transfer may bring nothing, 1 or more; 4 by default.
        dialect: how the server speaks; None is the protocol itself.
        partial: where the bytes are kept until they are all there, beside the output, for a caller who
            is alone with that name; None makes up a name, which a killed process leaves behind.

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
        return download(client, job.id, output, attempts=attempts, dialect=dialect, partial=partial)
    if not _same_server(job.content_url, str(client.base_url)):
        place = shown_address(job.content_url)
        raise DownloadFailed(
            f"video {job.id} is ready, and the server says that it is at another address",
            seen=place,
            wanted=f"a video on {where(client)}: no other address is fetched",
            fix=f"fetch it from {place}",
        )
    return _fetched(client, job.id, job.content_url, output, attempts, partial)


def _same_server(url: str, base_url: str) -> bool:
    there, here = urlsplit(url), urlsplit(base_url)
    return (there.scheme, there.netloc) == (here.scheme, here.netloc)


def _fetched(
    client: OpenAI, video_id: str, path: str, output: Path, attempts: int, partial: Path | None
) -> Path:
    if partial is None:
        with whole_file(output) as temporary:
            Transfer(client, video_id, path, temporary).run(attempts)
        return output
    try:
        partial.parent.mkdir(parents=True, exist_ok=True)
        Transfer(client, video_id, path, partial).run(attempts)
        with whole_file(output) as temporary:
            partial.replace(temporary)
    except OSError as error:
        raise OutputUnwritable(
            f"{output.name!r} cannot be written: {(error.strerror or str(error)).lower()}",
            seen=str(output),
            wanted="a folder that can be written to and has room",
            fix="-o OTHER_FOLDER",
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return output
