"""A server that answers a create with the video, and can be asked nothing else, works with the SDK's whole round."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from sqlalchemy import URL

from framefit.server.database import open_url
from framefit.server.gateway.keeping import Keeper
from framefit.server.gateway.keys import metadata
from gateways import Behind, asked_of, baked, engine_behind, gateway
from odd_server import OddServer, Reply, odd_server
from pictures import encoded, scene
from serving import SDK_WARNING, sdk, send

pytestmark = pytest.mark.filterwarnings(SDK_WARNING)

VIDEO = {"id": "v1", "object": "video", "model": "m", "status": "completed", "progress": 100, "created": 1}
ENCODED = {"data": [{"output_format": "mp4", "b64_json": base64.b64encode(b"an mp4").decode()}]}


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    with engine_behind(tmp_path_factory.mktemp("kept"), speak="dynamo", quick=True) as servers:
        yield servers


@pytest.fixture
def odd() -> Iterator[OddServer]:
    with odd_server() as odd:
        yield odd


@pytest.mark.parametrize("form", ["url", "b64_json"])
def test_the_whole_round(servers: Behind, form: str) -> None:
    """The SDK creates, polls, asks again, downloads and deletes, whether the answer holds the video or its address."""
    with sdk(servers.front) as client:
        video = client.videos.create_and_poll(
            prompt="x",
            input_reference=encoded(scene(700, 700)),
            extra_body={"response_format": form},
            **asked_of("dynamo"),  # type: ignore[arg-type]
        )
        assert video.status == "completed"
        again = client.videos.retrieve(video.id)
        assert (again.id, again.status, again.progress) == (video.id, "completed", 100)
        assert again.expires_at is not None and again.expires_at > time.time()
        content = client.videos.download_content(video.id).read()
        assert content.startswith(baked()) and video.id.encode() in content
        assert client.videos.delete(video.id).deleted is True
        with pytest.raises(openai.NotFoundError):
            client.videos.retrieve(video.id)


def test_numbers_of_a_form_are_numbers(odd: OddServer, tmp_path: Path) -> None:
    """What the SDK writes as text for want of another way reaches a server that takes only JSON as numbers."""
    odd.on("POST", "/videos", Reply(body=VIDEO))
    more = {"nvext": {"fps": 12, "guidance_scale": 2.5, "negative_prompt": "7", "seed": "any"}, "seed": 3}
    with gateway(odd.base_url, tmp_path, dialect="dynamo") as front, sdk(front) as client:
        client.videos.create(
            prompt="5", model="m", seconds="4", input_reference=encoded(scene(64, 64)), extra_body=more
        )
    body = json.loads(odd.asked("POST")[0].body)
    assert (body["prompt"], body["seconds"], body["seed"], body["nvext"]) == ("5", 4, 3, more["nvext"])


def create(front: Any, **headers: str) -> None:
    body = {"prompt": "x", "model": "m", "seconds": 4}
    assert send("POST", f"{front.base_url}/videos", json=body, headers=headers).status_code == 200


def test_nobody_sees_anothers(odd: OddServer, tmp_path: Path) -> None:
    """A video is kept for the client whose key asked for it, and for nobody else."""
    odd.on("POST", "/videos", Reply(body=VIDEO | ENCODED))
    with gateway(odd.base_url, tmp_path, dialect="dynamo", tokens=("a", "b")) as front:
        create(front, authorization="Bearer a")
        for path in ("/videos/v1", "/videos/v1/content"):
            found = [
                send("GET", front.base_url + path, headers={"Authorization": f"Bearer {token}"}).status_code
                for token in ("a", "b")
            ]
            assert found == [200, 404]


def test_it_outlives_the_gateway(odd: OddServer, tmp_path: Path) -> None:
    """A video that is kept is still there after a restart."""
    odd.on("POST", "/videos", Reply(body=VIDEO | ENCODED))
    with gateway(odd.base_url, tmp_path, dialect="dynamo") as front:
        create(front)
    with gateway(odd.base_url, tmp_path, dialect="dynamo") as front:
        assert send("GET", f"{front.base_url}/videos/v1/content").content == b"an mp4"


@pytest.mark.parametrize(
    ("options", "dialect"),
    [({"raw": True}, "dynamo"), ({"keep_seconds": 0}, "dynamo"), ({"keep_bytes": 100}, "dynamo"), ({}, "openai")],
)  # fmt: skip
def test_nothing_is_kept(odd: OddServer, tmp_path: Path, options: dict[str, Any], dialect: str) -> None:
    """With raw, with no time or room, and where jobs can be asked for, the upstream is asked as ever."""
    odd.on("POST", "/videos", Reply(body=VIDEO | ENCODED))
    with gateway(odd.base_url, tmp_path, dialect=dialect, **options) as front:
        create(front)
        assert send("GET", f"{front.base_url}/videos/v1").status_code == 404
    assert len(odd.asked("GET", "/videos/v1")) == 1


def test_a_video_at_the_upstream_is_streamed_with_its_key(odd: OddServer, tmp_path: Path) -> None:
    """A video at the upstream's own address is fetched there with the upstream's key, wherever it lies."""
    link = odd.base_url.replace("/v1", "/v1/elsewhere/v1.mp4")
    odd.on("POST", "/videos", Reply(body=VIDEO | {"data": [{"url": link}]}))
    odd.on("GET", "/elsewhere/v1.mp4", Reply(body=b"an mp4"))
    with gateway(odd.base_url, tmp_path, dialect="dynamo", upstream_key="sk-up") as front:
        create(front)
        assert send("GET", f"{front.base_url}/videos/v1/content").content == b"an mp4"
    assert odd.requests[-1].headers["authorization"] == "Bearer sk-up"


def test_a_video_elsewhere_is_the_clients_to_fetch(odd: OddServer, tmp_path: Path) -> None:
    """The gateway fetches from no other server: the client is sent there, and its SDK leaves its key behind."""
    with odd_server() as store, gateway(odd.base_url, tmp_path, dialect="dynamo") as front:
        link = store.base_url.replace("127.0.0.1", "localhost") + "/v1.mp4"
        odd.on("POST", "/videos", Reply(body=VIDEO | {"data": [{"url": link}]}))
        store.on("GET", "/v1.mp4", Reply(body=b"an mp4"))
        create(front, authorization="Bearer any")
        reply = send("GET", f"{front.base_url}/videos/v1/content", headers={"Authorization": "Bearer any"})
        assert (reply.status_code, reply.headers["location"]) == (302, link)
        with sdk(front) as client:
            assert client.videos.download_content("v1").read() == b"an mp4"
        assert "authorization" not in store.requests[-1].headers


def test_a_video_that_nobody_can_reach(odd: OddServer, tmp_path: Path) -> None:
    """A video that the upstream wrote to a disk of its own is 404 with the way out in its words."""
    odd.on("POST", "/videos", Reply(body=VIDEO | {"data": [{"url": "file:///tmp/v1.mp4"}]}))
    with gateway(odd.base_url, tmp_path, dialect="dynamo") as front:
        create(front)
        reply = send("GET", f"{front.base_url}/videos/v1/content")
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "content_out_of_reach")
    assert "b64_json" in reply.json()["error"]["message"]


def test_room_and_time_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest make room for the newest, none is kept beyond its time, and the room never gets larger."""
    engine = open_url(URL.create("sqlite", database=str(tmp_path / "k.db")), metadata)
    keeper, now = Keeper(engine, seconds=60, most_bytes=5000), time.time()
    content = base64.b64encode(bytes(1500)).decode()
    for number in range(6):
        monkeypatch.setattr(time, "time", lambda number=number: now + number)
        keeper.keep("c", VIDEO | {"id": f"v{number}", "data": [{"b64_json": content}]})
    there = [number for number in range(6) if keeper.find("c", f"v{number}") is not None]
    assert there == [3, 4, 5]
    keeper.keep("c", VIDEO | {"id": "large", "data": [{"b64_json": base64.b64encode(bytes(5001)).decode()}]})
    assert keeper.find("c", "large") is None and keeper.find("c", "v5") is not None
    monkeypatch.setattr(time, "time", lambda: now + 70)
    assert keeper.find("c", "v5") is None
    keeper.forget_old()
    engine.dispose()


@pytest.mark.parametrize(
    "body", [None, [], {"id": "v1"}, VIDEO, VIDEO | {"data": []}, VIDEO | ENCODED | {"status": "failed"}]
)
def test_what_is_no_finished_video_is_not_kept(tmp_path: Path, body: object) -> None:
    """An answer without a video in it, or of a job that failed, is not kept."""
    engine = open_url(URL.create("sqlite", database=str(tmp_path / "k.db")), metadata)
    keeper = Keeper(engine, seconds=60, most_bytes=5000)
    keeper.keep("c", body)
    assert keeper.find("c", "v1") is None
    engine.dispose()
