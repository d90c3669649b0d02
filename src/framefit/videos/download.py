"""Fetches a finished video, whole or not at all. Fetching is free, so it is tried more than once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from framefit.errors import DownloadFailed
from framefit.saving import unwritable, whole_file, write_whole
from framefit.videos.dialects import Dialect, dialect_named
from framefit.videos.dialects.recognising import USUAL
from framefit.videos.job import Job
from framefit.videos.replies import shown_address, where
from framefit.videos.transfer import Transfer, not_whole

if TYPE_CHECKING:
    from openai import OpenAI

ATTEMPTS = 4


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
        return write_whole(output, job.content)
    path = _place(client, job, dialect or dialect_named(USUAL))
    return _fetched(client, job.id, path, output, attempts, partial)


def _place(client: OpenAI, job: Job, dialect: Dialect) -> str:
    """Return the path or the address that the content of a job is fetched from."""
    if job.content_url is None:
        request = dialect.content_request(job.id)
        if request is None:
            raise not_whole(client, job.id, "the video came with the answer to the create, and only with it")
        return request.path
    if not _same_server(job.content_url, str(client.base_url)):
        place = shown_address(job.content_url)
        raise DownloadFailed(
            f"video {job.id} is ready, and the server says that it is at another address",
            seen=place,
            wanted=f"a video on {where(client)}: no other address is fetched",
            fix=f"fetch it from {place}",
        )
    return job.content_url


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
        raise unwritable(output, error.strerror or str(error)) from error
    finally:
        partial.unlink(missing_ok=True)
    return output
