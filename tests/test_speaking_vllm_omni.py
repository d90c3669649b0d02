"""The embedded engine as vLLM-Omni: forms only, stretched pictures, failures as HTTP errors."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from PIL import Image
from sqlalchemy import update

from framefit.server.database import jobs, open_database
from framefit.server.running import RunningServer
from framefit.server.speaking.models import WAN
from pictures import encoded, scene, with_orientation
from serving import SDK_WARNING, data_url, get, post, reference, sdk, send, serving

pytestmark = pytest.mark.filterwarnings(SDK_WARNING)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("vllm")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[RunningServer]:
    """A server whose jobs stay queued."""
    with serving(folder, workers=0, speak="vllm-omni") as server:
        yield server


def form(server: RunningServer, picture: bytes | None = None, **fields: str) -> httpx.Response:
    files: dict[str, Any] = {name: (None, text) for name, text in {"prompt": "x", **fields}.items()}
    if picture is not None:
        files["input_reference"] = ("a", picture, "application/octet-stream")
    return send("POST", f"{server.base_url}/videos", files=files)


def stored(folder: Path, reply: httpx.Response) -> Image.Image:
    """The picture that the engine will render."""
    return Image.open(
        io.BytesIO((folder / "references" / f"{reply.raise_for_status().json()['id']}.png").read_bytes())
    )


def test_json_is_refused(server: RunningServer) -> None:
    """JSON is answered with 400 and an integer code."""
    reply = post(server, {"prompt": "x"})
    assert reply.status_code == 400
    assert reply.json()["error"]["code"] == 400
    assert set(reply.json()["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"size": "1280*720"}, "size"),
        ({"size": "1280X720"}, "size"),
        ({"seconds": "0"}, "seconds"),
        ({"seconds": "4.5"}, "seconds"),
        ({"width": "x", "height": "2"}, "width"),
        ({"width": "0", "height": "2"}, "width"),
        ({"model": "other"}, "model"),
        ({"prompt": ""}, "prompt"),
        ({"size": "4000x4000"}, "size"),
        ({"seconds": "60"}, "seconds"),
        ({"image_reference": '{"file_id": "file-1"}'}, "input_reference"),
        ({"image_reference": "no json"}, "image_reference"),
    ],
)
def test_refusals(server: RunningServer, fields: dict[str, str], param: str) -> None:
    """Fields that do not match their pattern are answered with 400 and named."""
    reply = form(server, **fields)
    assert (reply.status_code, reply.json()["error"]["param"]) == (400, param)


def test_a_fresh_job(server: RunningServer) -> None:
    """A fresh job has vLLM-Omni's id, model name and fields, and takes fields nobody knows."""
    video = form(server, size="832x480", seconds="2", anything="goes").json()
    assert video["id"].startswith("video_gen_")
    assert (video["status"], video["model"], video["size"]) == ("queued", WAN, "832x480")
    assert (video["media_type"], video["quality"], video["expires_at"]) == ("video/mp4", "default", None)


def test_size_beats_the_sides(server: RunningServer, folder: Path) -> None:
    """`size` wins over width and height; with only those the reply names no size."""
    both = form(server, reference((64, 64)), size="320x192", width="640", height="384")
    assert (stored(folder, both).size, both.json()["size"]) == ((320, 192), "320x192")
    sides = form(server, reference((64, 64)), width="640", height="384")
    assert (stored(folder, sides).size, sides.json()["size"]) == ((640, 384), None)


def test_without_a_size_the_picture_decides(server: RunningServer, folder: Path) -> None:
    """Without any size the video has the picture's ratio, 480x832 pixels of area and sides of 16."""
    assert stored(folder, form(server, reference((900, 900)))).size == (624, 624)


def test_pictures_are_stretched(server: RunningServer, folder: Path) -> None:
    """A picture of another ratio is scaled straight to the size, with Lanczos and nothing cut."""
    picture = scene(400, 300)
    got = stored(folder, form(server, encoded(picture, "PNG"), size="640x360"))
    assert got.tobytes() == picture.resize((640, 360), Image.Resampling.LANCZOS).tobytes()


def test_orientation_is_ignored(server: RunningServer, folder: Path) -> None:
    """EXIF orientation is not applied: the stored pixels count."""
    picture = encoded(scene(320, 192), "PNG", exif=with_orientation(6))
    got = stored(folder, form(server, picture, size="320x192"))
    assert got.tobytes() == scene(320, 192).tobytes()


def test_a_picture_by_data_url(server: RunningServer, folder: Path) -> None:
    """`image_reference` takes a data URL inside JSON text."""
    text = f'{{"image_url": "{data_url(reference((320, 192)))}"}}'
    assert stored(folder, form(server, image_reference=text, size="320x192")).size == (320, 192)


def test_a_failed_job_has_an_http_error(server: RunningServer, folder: Path) -> None:
    """The question about a failed job is answered with the failure's HTTP status and the Video as body."""
    video_id = form(server).json()["id"]
    fail(folder, video_id)
    reply = get(server, f"/videos/{video_id}")
    assert reply.status_code == 500
    assert (reply.json()["object"], reply.json()["status"]) == ("video", "failed")
    assert reply.json()["error"] == {"code": 500, "message": "CUDA out of memory"}
    assert get(server, f"/videos/{video_id}/content").status_code == 422
    with sdk(server) as client, pytest.raises(openai.InternalServerError):
        client.videos.retrieve(video_id)


def fail(folder: Path, video_id: str) -> None:
    engine = open_database(folder / "jobs.db")
    values = {"status": "failed", "error_code": "server_error", "error_message": "CUDA out of memory"}
    with engine.begin() as connection:
        connection.execute(update(jobs).where(jobs.c.id == video_id).values(values))
    engine.dispose()


def test_deleting_aborts(server: RunningServer) -> None:
    """A job that has not ended can be deleted; then nobody knows it, but its create stays on record."""
    video_id = form(server).json()["id"]
    assert send("DELETE", f"{server.base_url}/videos/{video_id}").json()["deleted"] is True
    gone = get(server, f"/videos/{video_id}")
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, 404)
    record = send("GET", f"{server.url}/framefit/creates").json()["data"]
    assert [create["fields"] for create in record if create["id"] == video_id] == [{}]


def test_content_before_its_time(server: RunningServer) -> None:
    """The content of an unfinished job is 404."""
    assert get(server, f"/videos/{form(server).json()['id']}/content").status_code == 404


def test_one_call_for_the_whole_video(tmp_path: Path) -> None:
    """The `sync` route answers with the bytes of the video."""
    with serving(tmp_path, speak="vllm-omni") as server:
        files = {
            name: (None, text) for name, text in {"prompt": "x", "size": "320x192", "seconds": "1"}.items()
        }
        reply = send("POST", f"{server.base_url}/videos/sync", files=files, timeout=60)
    assert reply.headers["content-type"] == "video/mp4"
    assert reply.content[4:8] == b"ftyp"
