"""A download is the whole video at its place, or an error and nothing."""

from __future__ import annotations

import gzip
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from openai import OpenAI

from framefit.errors import DownloadFailed, OutputUnwritable
from framefit.videos.client import ServerAddress, connect
from framefit.videos.download import save_content
from framefit.videos.job import Job
from odd_server import OddServer, Reply, odd_server

VIDEO = os.urandom(300_000)
HERE = "/videos/v1/content"
READY = Job(id="v1", status="completed", progress=100)


@pytest.fixture
def server() -> Iterator[OddServer]:
    with odd_server() as odd:
        yield odd


@pytest.fixture
def client(server: OddServer) -> Iterator[OpenAI]:
    with connect(ServerAddress(base_url=server.base_url, api_key="sk-secret")) as opened:
        yield opened


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def failure(client: OpenAI, output: Path, attempts: int = 2) -> DownloadFailed:
    with pytest.raises(DownloadFailed, match="v1") as caught:
        save_content(client, READY, output, attempts=attempts)
    return caught.value


def test_the_whole_video(server: OddServer, client: OpenAI, tmp_path: Path) -> None:
    """The bytes arrive unchanged in a folder that did not exist, with no variant asked for."""
    server.on("GET", HERE, Reply(body=VIDEO))
    path = save_content(client, READY, tmp_path / "new" / "folder" / "out.mp4")
    assert path.read_bytes() == VIDEO
    assert names(path.parent) == ["out.mp4"]
    assert [seen.path for seen in server.requests] == ["/v1/videos/v1/content"]


def test_a_compressed_transfer(server: OddServer, client: OpenAI, tmp_path: Path) -> None:
    """A server that compresses on the way delivers the video, and its length is still checked."""
    server.on("GET", HERE, Reply(body=gzip.compress(VIDEO), headers={"Content-Encoding": "gzip"}))
    assert save_content(client, READY, tmp_path / "out.mp4").read_bytes() == VIDEO


@pytest.mark.parametrize(
    "first",
    [
        Reply(body=VIDEO, sent=100_000),
        Reply(drop=True),
        Reply(body=b""),
        Reply(status=500),
        Reply(status=404, body={"detail": "not there yet"}),
        Reply(status=429),
    ],
    ids=["cut", "dropped", "empty", "500", "404", "429"],
)
def test_a_second_try(server: OddServer, client: OpenAI, tmp_path: Path, first: Reply) -> None:
    """A transfer that broke is begun again, since fetching costs nothing."""
    server.on("GET", HERE, first, Reply(body=VIDEO))
    assert save_content(client, READY, tmp_path / "out.mp4").read_bytes() == VIDEO
    assert names(tmp_path) == ["out.mp4"]
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "reply",
    [Reply(body=VIDEO, sent=299_999), Reply(body=b""), Reply(status=503), Reply(drop=True)],
    ids=["cut", "empty", "503", "dropped"],
)
def test_giving_up(server: OddServer, client: OpenAI, tmp_path: Path, reply: Reply) -> None:
    """After its tries the download fails by name, leaves no piece, and keeps the file that was there."""
    server.on("GET", HERE, reply)
    output = tmp_path / "out.mp4"
    output.write_bytes(b"an earlier video")
    error = failure(client, output)
    assert error.seen
    assert f"{server.base_url}{HERE}" in (error.fix or "")
    assert names(tmp_path) == ["out.mp4"]
    assert output.read_bytes() == b"an earlier video"
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(status=403, body={"error": {"message": "not yours, sk-secret"}}), "HTTP 403: not yours, ***"),
        (Reply(status=410, body={"detail": "expired"}), "HTTP 410: expired"),
        (Reply(body={"url": "https://else.example/v.mp4"}), "application/json instead of a video"),
        (
            Reply(body=b"<html>sign in</html>", kind="text/html; charset=utf-8"),
            "text/html instead of a video",
        ),
    ],
)
def test_what_another_try_cannot_mend(
    server: OddServer, client: OpenAI, tmp_path: Path, reply: Reply, words: str
) -> None:
    """A refusal, or something that is no video, fails at once in the server's words."""
    server.on("GET", HERE, reply)
    assert failure(client, tmp_path / "out.mp4").seen == words
    assert len(server.requests) == 1
    assert not list(tmp_path.iterdir())


def test_a_store_elsewhere_does_not_get_the_key(server: OddServer, client: OpenAI, tmp_path: Path) -> None:
    """A redirect to a file store is followed, and the key is not carried to another host."""
    store = server.base_url.replace("127.0.0.1", "localhost")
    server.on("GET", HERE, Reply(status=302, headers={"Location": f"{store}/files/1.mp4"}))
    server.on("GET", "/files/1.mp4", Reply(body=VIDEO))
    assert save_content(client, READY, tmp_path / "out.mp4").read_bytes() == VIDEO
    first, second = server.requests
    assert first.headers["authorization"] == "Bearer sk-secret"
    assert "authorization" not in second.headers


def test_a_place_that_cannot_be_written(server: OddServer, client: OpenAI, tmp_path: Path) -> None:
    """Trouble with the disk is output_unwritable, not a failed download."""
    server.on("GET", HERE, Reply(body=VIDEO))
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputUnwritable):
        save_content(client, READY, tmp_path / "file" / "out.mp4")


@pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full's errors through a limit on file size")
@pytest.mark.parametrize("part", [None, "kept.part"])
def test_a_full_disk(server: OddServer, client: OpenAI, tmp_path: Path, part: str | None) -> None:
    """A disk that is full is output_unwritable, names the output, is asked once, and nothing is left."""
    import resource
    import signal

    server.on("GET", HERE, Reply(body=VIDEO))
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(OutputUnwritable, match=r"out\.mp4"):
            save_content(client, READY, tmp_path / "out.mp4", partial=part and tmp_path / part)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert not list(tmp_path.iterdir())
    assert len(server.requests) == 1
