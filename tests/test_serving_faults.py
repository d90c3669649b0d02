"""The embedded engine goes wrong on purpose, exactly where it is told to, and counts what it took."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from framefit.errors import DownloadFailed, GenerationFailed, InvalidOption, OutcomeUnknown, RequestRejected
from framefit.server.faults.fault import Fault, read_faults, read_header
from framefit.server.running import RunningServer
from framefit.videos.client import ServerAddress, connect, submit
from framefit.videos.download import save_content
from framefit.videos.job import Job
from framefit.videos.waiting import wait
from serving import SDK_WARNING, get, post, reference, send, serving, until

pytestmark = pytest.mark.filterwarnings(SDK_WARNING)


def finished(video_id: str) -> Job:
    """The job of a video that is ready."""
    return Job(id=video_id, status="completed", progress=100)


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server whose jobs stay queued."""
    with serving(tmp_path_factory.mktemp("faults"), workers=0) as server:
        yield server


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningServer, str]]:
    """A server with one finished video."""
    with serving(tmp_path_factory.mktemp("ready")) as server:
        video_id = post(server, {"prompt": "x"}).json()["id"]
        until(server, video_id, "completed")
        yield server, video_id


def creates(server: RunningServer) -> list[dict[str, Any]]:
    return list(send("GET", f"{server.url}/framefit/creates").raise_for_status().json()["data"])


def faulty(text: str) -> dict[str, str]:
    return {"X-Framefit-Fault": text}


@contextmanager
def sdk_with(server: RunningServer, text: str, **options: Any) -> Iterator[openai.OpenAI]:
    """The SDK, with a fault in every request."""
    options = {"max_retries": 0, **options}
    with openai.OpenAI(
        base_url=server.base_url, api_key="any", default_headers=faulty(text), **options
    ) as client:
        yield client


@contextmanager
def framefits(server: RunningServer) -> Iterator[openai.OpenAI]:
    with connect(ServerAddress(base_url=server.base_url)) as client:
        yield client


@pytest.mark.parametrize(
    ("fault", "taken", "error"),
    [
        ("drop", 1, httpx.RemoteProtocolError),
        ("drop-before", 0, httpx.RemoteProtocolError),
        ("timeout;seconds=0.2", 1, httpx.RemoteProtocolError),
        ("timeout-before;seconds=0.2", 0, httpx.RemoteProtocolError),
        ("timeout", 1, httpx.ReadTimeout),
    ],
)
def test_no_answer(idle: RunningServer, fault: str, taken: int, error: type[Exception]) -> None:
    """A create that gets no answer was taken or not, as the fault says."""
    before = len(creates(idle))
    with pytest.raises(error):
        post(idle, {"prompt": "x"}, headers=faulty(f"create={fault}"), timeout=1)
    assert len(creates(idle)) - before == taken


@pytest.mark.parametrize(
    ("fault", "taken", "status", "retry_after"),
    [
        ("500", 1, 500, None),
        ("500-before", 0, 500, None),
        ("429;seconds=7", 0, 429, "7"),
        ("429;seconds=0", 0, 429, None),
        ("503", 0, 503, "1"),
    ],
)
def test_an_error_for_an_answer(
    idle: RunningServer, fault: str, taken: int, status: int, retry_after: str | None
) -> None:
    """An error comes with its envelope and `Retry-After`, before or after the create was taken."""
    before = len(creates(idle))
    reply = post(idle, {"prompt": "x"}, headers=faulty(f"create={fault}"))
    assert (reply.status_code, reply.headers.get("retry-after")) == (status, retry_after)
    assert reply.json()["error"]["message"]
    assert len(creates(idle)) - before == taken


def test_garbage(idle: RunningServer) -> None:
    """A create can be taken and answered with JSON that breaks off."""
    before = len(creates(idle))
    reply = post(idle, {"prompt": "x"}, headers=faulty("create=garbage"))
    assert reply.status_code == 200
    with pytest.raises(ValueError, match="Unterminated"):
        reply.json()
    assert len(creates(idle)) - before == 1


def test_the_sdk_sends_again(idle: RunningServer) -> None:
    """The official SDK's retries turn one create whose answer is lost into three."""
    before = len(creates(idle))
    with sdk_with(idle, "create=drop", max_retries=2) as client, pytest.raises(openai.APIConnectionError):
        client.videos.create(prompt="three times")
    new = creates(idle)[before:]
    assert [create["fields"] for create in new] == [{"prompt": "three times"}] * 3


def test_framefit_does_not_send_again(tmp_path: Path) -> None:
    """A create of framefit's own is sent once, and says that its outcome is not known."""
    faults = (Fault(on="create", do="drop", times=0),)
    with serving(tmp_path, workers=0, faults=faults) as server, framefits(server) as client:
        with pytest.raises(OutcomeUnknown):
            submit(client, model="sora-2", prompt="once")
        assert len(creates(server)) == 1


def test_the_record_tells_what_came(idle: RunningServer) -> None:
    """The record holds the picture's digest and length, the other fields, and when it came."""
    picture, now = reference(), time.time()
    files = {"prompt": (None, "wind"), "seconds": (None, "8"), "input_reference": ("a.jpg", picture)}
    video_id = send("POST", f"{idle.base_url}/videos", files=files).json()["id"]
    entry = creates(idle)[-1]
    assert (entry["id"], entry["digest"], entry["bytes"]) == (
        video_id,
        sha256(picture).hexdigest(),
        len(picture),
    )
    assert entry["fields"] == {"prompt": "wind", "seconds": "8"}
    assert now - 1 <= entry["received_at"] <= time.time() + 1


def test_refused_creates_are_not_on_record(idle: RunningServer) -> None:
    """A create that is answered with 400 was not taken."""
    before = len(creates(idle))
    assert post(idle, {"prompt": "x", "seconds": "5"}).status_code == 400
    assert len(creates(idle)) == before


def test_a_moderated_job(idle: RunningServer) -> None:
    """A moderated job is queued first and then failed, with the official code and words."""
    created = post(idle, {"prompt": "x"}, headers=faulty("create=moderated")).json()
    assert (created["status"], created["error"]) == ("queued", None)
    with framefits(idle) as client, pytest.raises(GenerationFailed, match="moderation system") as caught:
        wait(client, created["id"])
    assert caught.value.seen == "moderation_blocked"


def test_a_stuck_job(ready: tuple[RunningServer, str]) -> None:
    """A stuck job stays in progress while others behind it are rendered."""
    server, _ = ready
    stuck = post(server, {"prompt": "x"}, headers=faulty("create=stuck")).json()["id"]
    behind = post(server, {"prompt": "x"}).json()["id"]
    until(server, behind, "completed")
    video = get(server, f"/videos/{stuck}").json()
    assert (video["status"], video["progress"]) == ("in_progress", 0)


def test_a_list_that_lags(idle: RunningServer) -> None:
    """A lagging list lacks a job that can be asked for already."""
    video_id = post(idle, {"prompt": "x"}).json()["id"]
    lagging = get(idle, "/videos", headers=faulty("list=lag;seconds=60")).json()
    assert video_id not in [video["id"] for video in lagging["data"]]
    assert get(idle, "/videos").json()["data"][0]["id"] == video_id
    assert get(idle, f"/videos/{video_id}").status_code == 200


def test_a_slow_body(ready: tuple[RunningServer, str]) -> None:
    """A slow body pauses in its middle, where a client may give up, and comes whole otherwise."""
    server, video_id = ready
    url = f"{server.base_url}/videos/{video_id}/content"
    with pytest.raises(httpx.ReadTimeout):
        send("GET", url, headers=faulty("content=slow;seconds=30"), timeout=1)
    assert send("GET", url, headers=faulty("content=slow;seconds=0.1")).content == send("GET", url).content


def test_a_truncated_download(ready: tuple[RunningServer, str], tmp_path: Path) -> None:
    """A truncated download announces everything, sends half and breaks; framefit fetches it again."""
    server, video_id = ready
    url = f"{server.base_url}/videos/{video_id}/content"
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        send("GET", url, headers=faulty("content=truncate"))
    faults = (Fault(on="content", do="truncate", times=2),)
    with serving(tmp_path / "engine", faults=faults) as other, framefits(other) as client:
        made = post(other, {"prompt": "x"}).json()["id"]
        until(other, made, "completed")
        path = save_content(client, finished(made), tmp_path / "out.mp4")
        assert path.read_bytes() == get(other, f"/videos/{made}/content").content


def test_expired_content(ready: tuple[RunningServer, str], tmp_path: Path) -> None:
    """Expired content is 404 in the server's own words, and no file appears."""
    server, video_id = ready
    with sdk_with(server, "content=expired") as client:
        with pytest.raises(DownloadFailed) as caught:
            save_content(client, finished(video_id), tmp_path / "out.mp4", attempts=1)
        assert "expired" in (caught.value.seen or "")
    assert list(tmp_path.iterdir()) == []


def test_faults_are_counted(tmp_path: Path) -> None:
    """A fault passes over the requests it is to skip, happens as often as it is to, and then no more."""
    faults = (
        Fault(on="retrieve", do="500-before", skip=1, times=2),
        Fault(on="retrieve", do="429", times=1),
        Fault(on="list", do="503", times=0),
    )
    with serving(tmp_path, workers=0, faults=faults) as server:
        video_id = post(server, {"prompt": "x"}).json()["id"]
        statuses = [get(server, f"/videos/{video_id}").status_code for _ in range(5)]
        assert statuses == [429, 500, 500, 200, 200]
        assert [get(server, "/videos").status_code for _ in range(3)] == [503] * 3
        assert send("GET", f"{server.base_url}/models").status_code == 200


def test_faults_speak_the_dialect(tmp_path: Path) -> None:
    """A fault's error has the shape of the server that is mimicked, and framefit understands it."""
    faults = (Fault(on="create", do="429", seconds=9),)
    with serving(tmp_path, workers=0, speak="sglang", faults=faults) as server, framefits(server) as client:
        with pytest.raises(RequestRejected, match="busy") as caught:
            submit(client, model="m", prompt="x")
        assert caught.value.seen == "HTTP 429: Rate limit reached for requests."
        assert "in 9 s" in (caught.value.fix or "")


def test_deleting_can_go_wrong(ready: tuple[RunningServer, str]) -> None:
    """A delete whose answer is lost has deleted."""
    server, _ = ready
    video_id = post(server, {"prompt": "x"}, headers=faulty("create=moderated")).json()["id"]
    with pytest.raises(httpx.RemoteProtocolError):
        send("DELETE", f"{server.base_url}/videos/{video_id}", headers=faulty("delete=drop"))
    assert get(server, f"/videos/{video_id}").status_code == 404


FAULTS = (
    Fault(on="create", do="drop"),
    Fault(on="content", do="slow", seconds=2.5, times=0, skip=1),
)


def test_a_file_of_faults(tmp_path: Path) -> None:
    """TOML and JSON files say the same."""
    toml = tmp_path / "faults.toml"
    toml.write_text(
        '[[fault]]\non = "create"\ndo = "drop"\n[[fault]]\non = "content"\ndo = "slow"\nseconds = 2.5\ntimes = 0\nskip = 1\n'
    )
    entries = [
        {"on": "create", "do": "drop"},
        {"on": "content", "do": "slow", "seconds": 2.5, "times": 0, "skip": 1},
    ]
    other = tmp_path / "faults.json"
    other.write_text(json.dumps({"fault": entries}))
    assert read_faults(toml) == read_faults(other) == FAULTS


def test_a_header_of_faults() -> None:
    """A header holds several faults, each for every request unless it says how many."""
    read = read_header("create=drop;times=1 , content=slow; seconds=2.5;skip=1,")
    assert read == FAULTS


@pytest.mark.parametrize(
    "text",
    [
        "create",
        "create=explode",
        "upload=drop",
        "create=truncate",
        "list=stuck",
        "create=429;seconds=-1",
        "create=429;seconds=nan",
        "create=drop;times=-1",
        "create=drop;often=1",
        "create=drop;times=x",
    ],
)
def test_what_is_no_fault(idle: RunningServer, tmp_path: Path, text: str) -> None:
    """What is no fault is refused, in a header with 400, and nothing is created."""
    with pytest.raises(InvalidOption):
        read_header(text)
    before = len(creates(idle))
    reply = post(idle, {"prompt": "x"}, headers=faulty(text))
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "invalid_fault")
    assert len(creates(idle)) == before


@pytest.mark.parametrize(
    "content", ["", "[[faults]]", 'fault = "drop"', "fault = [1]", "=", '[[fault]]\non="create"']
)
def test_what_is_no_file_of_faults(tmp_path: Path, content: str) -> None:
    """A file that holds something else, or is not there, is refused with its name."""
    path = tmp_path / "faults.toml"
    with pytest.raises(InvalidOption) as caught:
        read_faults(path)
    assert str(path) in (caught.value.seen or "")
    path.write_text(content)
    with pytest.raises(InvalidOption):
        read_faults(path)
