"""The life of a video on the embedded engine, through the official SDK."""

from __future__ import annotations

import io
import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import openai
import pytest
from PIL import Image

from framefit.server.running import RunningServer
from pictures import encoded, scene
from serving import (
    PORTRAIT,
    SDK_WARNING,
    data_url,
    get,
    post,
    reference,
    sdk,
    send,
    serving,
    similarity,
    until,
)

pytestmark = pytest.mark.filterwarnings(SDK_WARNING)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with serving(tmp_path_factory.mktemp("videos")) as server:
        yield server


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server whose jobs stay queued."""
    with serving(tmp_path_factory.mktemp("idle"), workers=0) as server:
        yield server


@pytest.fixture
def client(server: RunningServer) -> Iterator[openai.OpenAI]:
    with sdk(server) as client:
        yield client


@pytest.fixture(scope="module")
def made(server: RunningServer) -> str:
    """The id of a completed video of a picture."""
    with sdk(server) as client:
        video = client.videos.create_and_poll(
            prompt="gentle wind, zoom in",
            input_reference=io.BytesIO(reference()),
            size="720x1280",
            seconds="4",
        )
    assert video.status == "completed"
    return video.id


def boxes(data: bytes) -> list[bytes]:
    """The names of an MP4's outermost boxes, in their order."""
    names, at = [], 0
    while at < len(data):
        names.append(data[at + 4 : at + 8])
        at += int.from_bytes(data[at : at + 4], "big")
    return names


def frames(data: bytes) -> tuple[Any, list[Image.Image]]:
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        facts = (
            stream.codec_context.name,
            stream.codec_context.pix_fmt,
            stream.average_rate,
            container.duration,
        )
        return facts, [frame.to_image() for frame in container.decode(stream)]


def test_a_video_of_a_picture(client: openai.OpenAI, made: str) -> None:
    """The downloaded MP4 is H.264, yuv420p, 24 fps, 4 seconds, of exactly the size; frame 0 is the picture."""
    data = client.videos.download_content(made).read()
    facts, pictures = frames(data)
    assert facts == ("h264", "yuv420p", 24, 4_000_000)
    assert len(pictures) == 96
    assert {picture.size for picture in pictures} == {PORTRAIT}
    assert similarity(scene(*PORTRAIT), pictures[0]) > 0.97
    assert similarity(scene(*PORTRAIT), pictures[-1]) < similarity(scene(*PORTRAIT), pictures[0])
    names = boxes(data)
    assert names.index(b"moov") < names.index(b"mdat")


def test_a_completed_job(client: openai.OpenAI, made: str) -> None:
    """A completed job has progress 100, no error, and expires after it was completed."""
    video = client.videos.retrieve(made)
    assert (video.status, video.progress, video.error) == ("completed", 100, None)
    assert video.completed_at is not None
    assert video.expires_at is not None
    assert video.created_at <= video.completed_at < video.expires_at


def test_a_video_of_text(client: openai.OpenAI, tmp_path: Path) -> None:
    """Without a picture a video of the asked size and length comes about, and the SDK can stream it to disk."""
    video = client.videos.create_and_poll(prompt="A red fox runs. Pan right.", size="1280x720")
    assert video.status == "completed"
    with client.videos.with_streaming_response.download_content(video.id) as reply:
        reply.stream_to_file(tmp_path / "out.mp4")
    _, pictures = frames((tmp_path / "out.mp4").read_bytes())
    assert (len(pictures), pictures[0].size) == (96, (1280, 720))


def test_progress_never_falls(server: RunningServer) -> None:
    """Looked at until it ends, a job's progress only rises, begins at 0 and ends at 100."""
    created = post(
        server, {"prompt": "x", "input_reference": {"image_url": data_url(reference(kind="PNG"))}}
    ).json()
    seen = [created]
    while seen[-1]["status"] in ("queued", "in_progress"):
        seen.append(get(server, f"/videos/{created['id']}").json())
    progress = [video["progress"] for video in seen]
    assert (progress[0], progress[-1]) == (0, 100)
    assert progress == sorted(progress)
    order = [status for status, _ in itertools.groupby(video["status"] for video in seen)]
    assert order in (["queued", "in_progress", "completed"], ["queued", "completed"])
    assert any(0 < percent < 100 for percent in progress)


def test_variants(client: openai.OpenAI, made: str) -> None:
    """The thumbnail is a WebP of frame 0, the sprite sheet a JPEG, each with its type."""
    thumbnail = client.videos.download_content(made, variant="thumbnail")
    sheet = client.videos.download_content(made, variant="spritesheet")
    assert thumbnail.response.headers["content-type"] == "image/webp"
    assert sheet.response.headers["content-type"] == "image/jpeg"
    with Image.open(io.BytesIO(thumbnail.read())) as image:
        assert (image.format, image.size) == ("WEBP", PORTRAIT)
        assert similarity(scene(*PORTRAIT), image) > 0.9
    with Image.open(io.BytesIO(sheet.read())) as image:
        assert image.format == "JPEG"


def test_an_unknown_variant(client: openai.OpenAI, made: str) -> None:
    """A variant the protocol does not have is a 400 that lists those it has."""
    with pytest.raises(openai.BadRequestError, match="'video', 'thumbnail', and 'spritesheet'"):
        client.videos.download_content(made, variant="gif")


def test_ranges(server: RunningServer, made: str) -> None:
    """Parts of a video can be fetched and put together again; a part beyond its end is a 416."""
    path = f"/videos/{made}/content"
    whole = get(server, path)
    assert whole.headers["content-type"] == "video/mp4"
    first, rest = (get(server, path, headers={"range": part}) for part in ("bytes=0-999", "bytes=1000-"))
    assert (first.status_code, rest.status_code) == (206, 206)
    assert first.content + rest.content == whole.content
    assert get(server, path, headers={"range": "bytes=999999999-"}).status_code == 416
    assert int(send("HEAD", server.base_url + path).headers["content-length"]) == len(whole.content)


def test_remix(client: openai.OpenAI, made: str) -> None:
    """A remix keeps picture, model, size and seconds, has its own prompt, and names its source."""
    remix = client.videos.remix(made, prompt="zoom out")
    source = client.videos.retrieve(made)
    assert remix.remixed_from_video_id == made
    assert (remix.prompt, remix.status) == ("zoom out", "queued")
    assert (remix.model, remix.size, remix.seconds) == (source.model, source.size, source.seconds)
    assert client.videos.poll(remix.id).status == "completed"
    _, pictures = frames(client.videos.download_content(remix.id).read())
    assert similarity(scene(*PORTRAIT), pictures[0]) > 0.97


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "missing_required_parameter"),
        ({"prompt": 5}, "invalid_type"),
        ({"prompt": "x", "size": "720x1280"}, "unknown_parameter"),
    ],
)
def test_bad_remixes(server: RunningServer, made: str, body: dict[str, Any], code: str) -> None:
    """A remix takes a prompt and nothing else."""
    reply = post(server, body, f"/videos/{made}/remix")
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, code)


def test_an_unfinished_video_cannot_be_used_yet(idle: RunningServer) -> None:
    """Content of an unfinished job is a 404, its remix a 400, its deletion a 409 that is not to be repeated."""
    video_id = post(idle, {"prompt": "x"}).json()["id"]
    content = get(idle, f"/videos/{video_id}/content")
    assert (content.status_code, content.json()["error"]["code"]) == (404, "video_not_ready")
    remix = post(idle, {"prompt": "y"}, f"/videos/{video_id}/remix")
    assert (remix.status_code, remix.json()["error"]["code"]) == (400, "video_not_ready")
    deletion = send("DELETE", f"{idle.base_url}/videos/{video_id}")
    assert (deletion.status_code, deletion.json()["error"]["code"]) == (409, "video_not_ended")
    assert deletion.headers["x-should-retry"] == "false"


def test_deletion(tmp_path: Path) -> None:
    """A deleted video is gone from list, retrieval, content and disk, its remix is not; the protocol's reply says so."""
    with serving(tmp_path) as server, sdk(server) as client:
        source = client.videos.create_and_poll(prompt="x", input_reference=io.BytesIO(reference()))
        remix = client.videos.remix(source.id, prompt="y")
        reply = client.videos.delete(source.id)
        assert (reply.id, reply.deleted, reply.object) == (source.id, True, "video.deleted")
        for call in (client.videos.retrieve, client.videos.download_content, client.videos.delete):
            with pytest.raises(openai.NotFoundError):
                call(source.id)
        assert client.videos.poll(remix.id).status == "completed"
        assert [video.id for video in client.videos.list()] == [remix.id]
    assert not list(tmp_path.rglob(f"{source.id}*"))
    assert {path.suffix for path in (tmp_path / "videos").glob(f"{remix.id}*")} == {".mp4", ".webp", ".jpg"}


def test_expired_content(tmp_path: Path) -> None:
    """After its time the content of a video is a 404, while the job can still be looked at."""
    with serving(tmp_path, keep_seconds=1) as server:
        video = until(server, post(server, {"prompt": "x"}).json()["id"], "completed")
        reply = None
        for _ in range(600):
            reply = get(server, f"/videos/{video['id']}/content")
            if reply.status_code == 404:
                break
            time.sleep(0.05)
        assert reply is not None
        assert (reply.status_code, reply.json()["error"]["code"]) == (404, "video_expired")
        assert get(server, f"/videos/{video['id']}").json()["status"] == "completed"


def test_lists_page_through_everything_once(tmp_path: Path) -> None:
    """The SDK, two at a time, sees every job exactly once: newest first, or oldest first when asked."""
    with serving(tmp_path, workers=0) as server, sdk(server) as client:
        made = [client.videos.create(prompt=str(number)).id for number in range(5)]
        assert [video.id for video in client.videos.list(limit=2)] == made[::-1]
        assert [video.id for video in client.videos.list(limit=2, order="asc")] == made
        assert [video.id for video in client.videos.list(after=made[2])] == made[1::-1]
        page = get(server, "/videos?limit=2").json()
        assert (page["object"], page["has_more"]) == ("list", True)
        assert (page["first_id"], page["last_id"]) == (made[4], made[3])
        last = get(server, f"/videos?limit=2&after={made[1]}").json()
        assert (last["has_more"], len(last["data"])) == (False, 1)
        nothing = get(server, f"/videos?after={made[0]}").json()
        assert nothing == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
        assert get(server, "/videos?limit=0").json()["data"] == []


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=x", "limit"),
        ("limit=", "limit"),
        ("limit=²", "limit"),
        ("order=up", "order"),
        ("after=video_unknown", "after"),
    ],
)
def test_bad_lists(idle: RunningServer, query: str, param: str) -> None:
    """A limit, order or cursor that means nothing is a 400 that names it."""
    reply = get(idle, f"/videos?{query}")
    assert (reply.status_code, reply.json()["error"]["param"]) == (400, param)


def test_unknown_ids(idle: RunningServer) -> None:
    """Every call on an id that no job has is a 404 in the envelope."""
    with sdk(idle) as client:
        for call in (client.videos.retrieve, client.videos.download_content, client.videos.delete):
            with pytest.raises(openai.NotFoundError) as caught:
                call("video_unknown")
            assert caught.value.code == "not_found"
        with pytest.raises(openai.NotFoundError):
            client.videos.remix("video_unknown", prompt="x")


def test_what_the_engine_does_not_offer(idle: RunningServer) -> None:
    """Edits, extensions and characters are a 404 that says so."""
    for path in ("/videos/edits", "/videos/extensions", "/videos/characters"):
        reply = post(idle, {"prompt": "x"}, path)
        assert (reply.status_code, reply.json()["error"]["code"]) == (404, "not_offered")
    assert get(idle, "/videos/characters/char_1").json()["error"]["code"] == "not_offered"


def test_a_job_that_fails(tmp_path: Path) -> None:
    """A job whose rendering goes wrong becomes failed with an error, HTTP 200, and can be deleted."""
    body = {"prompt": "x", "input_reference": {"image_url": data_url(encoded(scene(*PORTRAIT)))}}
    with serving(tmp_path, workers=0) as server:
        video_id = post(server, body).json()["id"]
    for path in (tmp_path / "references").iterdir():
        path.write_bytes(b"no longer a picture")
    with serving(tmp_path) as server, sdk(server) as client:
        video = client.videos.poll(video_id)
        assert video.status == "failed"
        assert video.error is not None
        assert video.error.code == "not_a_picture"
        assert video.error.message
        assert get(server, f"/videos/{video_id}/content").json()["error"]["code"] == "video_failed"
        assert client.videos.delete(video_id).deleted
