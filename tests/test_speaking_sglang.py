"""The embedded engine as SGLang: the picture's ratio decides, and errors stand in `detail`."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from PIL import Image

from framefit.server.running import RunningServer
from pictures import encoded, scene, with_orientation
from serving import SDK_WARNING, data_url, get, post, reference, sdk, send, serving

pytestmark = pytest.mark.filterwarnings(SDK_WARNING)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sglang")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[RunningServer]:
    """A server whose jobs stay queued."""
    with serving(folder, workers=0, speak="sglang") as server:
        yield server


def create(server: RunningServer, **fields: Any) -> httpx.Response:
    return post(server, {"prompt": "x", **fields})


def stored(folder: Path, reply: httpx.Response) -> Image.Image:
    """The picture that the engine will render."""
    return Image.open(
        io.BytesIO((folder / "references" / f"{reply.raise_for_status().json()['id']}.png").read_bytes())
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"size": "1280*720"}, "Invalid size"),
        ({"seconds": "four"}, "seconds"),
        ({"seconds": True}, "seconds"),
        ({"input_reference": {"image_url": "data:,"}}, "Invalid request body"),
        ({"input_reference": "https://example.com/a.png"}, "data URLs only"),
        ({"input_reference": "/etc/passwd"}, "data URLs only"),
        ({"input_reference": data_url(b"no picture")}, "decoded"),
        ({"prompt": ""}, "prompt is required"),
    ],
)
def test_refusals(server: RunningServer, fields: dict[str, Any], words: str) -> None:
    """What cannot be read is answered with 400 and FastAPI's `detail`."""
    reply = create(server, **fields)
    assert reply.status_code == 400
    assert set(reply.json()) == {"detail"} and words in reply.json()["detail"]


def test_the_sdk_sees_no_words(server: RunningServer) -> None:
    """The SDK's error for a `detail` carries no code, only the body."""
    with sdk(server) as client, pytest.raises(openai.NotFoundError) as caught:
        client.videos.retrieve("video_none")
    assert (caught.value.code, caught.value.body) == (None, {"detail": "Video not found"})


def test_sizes_and_lengths_are_read_leniently(server: RunningServer) -> None:
    """Case and blanks in a size do not count, a length may be a number or its digits."""
    video = create(server, size=" 1280X 720 ", seconds=2).json()
    assert (video["size"], video["seconds"], video["quality"]) == ("1280x720", "2", "standard")
    assert create(server, seconds="2").json()["seconds"] == "2"


def test_the_sides_beat_the_size(server: RunningServer) -> None:
    """Width and height win over `size`."""
    assert create(server, size="1280x720", width=640, height=384).json()["size"] == "640x384"


def test_the_picture_decides_the_ratio(server: RunningServer, folder: Path) -> None:
    """The video has the picture's ratio and the size's area, while the job goes on naming the size."""
    reply = create(server, size="1280x720", input_reference=data_url(reference((1200, 900))))
    assert (stored(folder, reply).size, reply.json()["size"]) == ((1104, 816), "1280x720")


def test_orientation_is_applied(server: RunningServer, folder: Path) -> None:
    """A picture that is stored sideways is turned first."""
    picture = encoded(scene(900, 1200), "JPEG", exif=with_orientation(6))
    reply = create(server, size="1280x720", input_reference=data_url(picture))
    width, height = stored(folder, reply).size
    assert width > height


def test_content_by_index(server: RunningServer) -> None:
    """`variant` is the index of an output: `video` is 404, and so is an unfinished job."""
    video_id = create(server).json()["id"]
    for query, words in (("?variant=video", "variant"), ("", "in-progress"), ("?variant=0", "in-progress")):
        reply = get(server, f"/videos/{video_id}/content{query}")
        assert (reply.status_code, words in reply.json()["detail"]) == (404, True)


def test_deleting_answers_with_the_job(server: RunningServer) -> None:
    """DELETE answers with a Video of status `deleted`, so the SDK's `deleted` is None."""
    video_id = create(server).json()["id"]
    with sdk(server) as client:
        answer = client.videos.delete(video_id)
    assert (answer.deleted, answer.model_dump()["status"]) == (None, "deleted")
    assert get(server, f"/videos/{video_id}").status_code == 404


def test_the_multipart_of_the_sdk(server: RunningServer, folder: Path) -> None:
    """The SDK's own form is taken, with a picture or without."""
    with sdk(server) as client:
        video = client.videos.create(prompt="x", input_reference=("a.png", reference((640, 480), "PNG")))
        assert client.videos.create(prompt="x").status == "queued"
    assert Image.open(io.BytesIO((folder / "references" / f"{video.id}.png").read_bytes())).size == (
        1104,
        816,
    )


def test_the_list(server: RunningServer) -> None:
    """The list has a cursor, and its pages hold the newest first."""
    newest = create(server).json()["id"]
    page = send("GET", f"{server.base_url}/videos?limit=1").json()
    assert (page["data"][0]["id"], page["last_id"], page["has_more"]) == (newest, newest, True)
