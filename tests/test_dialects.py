"""Every dialect: recognised, spoken, and used from the picture to the file against a server that speaks it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from framefit.errors import InvalidOption, OutcomeUnknown, RequestRejected
from framefit.generating import GeneratedVideo, generate
from framefit.server.running import RunningServer
from framefit.server.speaking.models import WAN
from framefit.videos.client import ServerAddress, connect
from framefit.videos.dialects import NAMES, CreateFields, dialect_named
from framefit.videos.dialects.recognising import Answer, recognise, recognised
from odd_server import OddServer, Reply, odd_server
from pictures import scene, write
from serving import send, serving

STRICT = ("openai", "azure", "litellm", "relay")
UPLOAD = ("a.png", b"bytes", "image/png")
WANTED = CreateFields(prompt="wind", model="m", size="1280x720", seconds="8", upload=UPLOAD)
DATA_URL = "data:image/png;base64," + base64.b64encode(b"bytes").decode()


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, RunningServer]]:
    """One server for each dialect."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(serving(tmp_path_factory.mktemp(name), speak=name)) for name in NAMES
        }


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("photos") / "photo.jpg", scene(1200, 900), quality=95)


@pytest.fixture
def odd() -> Iterator[OddServer]:
    with odd_server() as odd:
        yield odd


def made(server: RunningServer, name: str, photo: Path, output: Path, **options: Any) -> GeneratedVideo:
    """A video from that server, small where the server allows it."""
    model, size = ("sora-2", "720x1280") if name in STRICT else (WAN, "832x480")
    seconds = "4" if name in STRICT else "1"
    return generate(
        photo,
        "wind",
        model=model,
        size=size,
        seconds=seconds,
        output=output,
        base_url=server.base_url,
        **options,
    )


@pytest.mark.parametrize("name", NAMES)
def test_from_the_picture_to_the_file(
    servers: dict[str, RunningServer], photo: Path, tmp_path: Path, name: str
) -> None:
    """A server that is not named is recognised, creates exactly once, and gives the fitted picture's video."""
    server = servers[name]
    before = len(creates(server))
    seen: list[str] = []
    video = made(server, name, photo, tmp_path / "out.mp4", on_submitted=seen.append)
    assert (video.dialect, video.receipt and video.receipt.ok) == (name, True)
    assert seen == [video.video_id]
    assert video.path.read_bytes()[4:8] == b"ftyp"
    new = creates(server)[before:]
    assert [create["fields"]["prompt"] for create in new] == ["wind"]
    assert new[0]["bytes"] == len(video.fitted.data if video.fitted else b"")


def creates(server: RunningServer) -> list[dict[str, Any]]:
    return list(send("GET", f"{server.url}/framefit/creates").raise_for_status().json()["data"])


@pytest.mark.parametrize("name", NAMES)
def test_a_video_from_text(servers: dict[str, RunningServer], tmp_path: Path, name: str) -> None:
    """A create without a picture, which some servers want as JSON, is taken by the server it is for."""
    if name in STRICT:
        with serving(tmp_path / "engine", speak=name, workers=0) as server:
            ids = submitted(server, name)
            assert len(creates(server)) == 1
    else:
        ids = submitted(servers[name], name)
    assert ids


def submitted(server: RunningServer, name: str) -> str:
    from framefit.videos.client import submit

    dialect = dialect_named(name)
    options = {} if name in STRICT else {"size": "320x192", "seconds": "1"}
    with connect(ServerAddress(base_url=server.base_url)) as client:
        model = "sora-2" if name in STRICT else WAN
        return submit(client, model=model, prompt="rain", dialect=dialect, **options).id


@pytest.mark.parametrize("name", NAMES)
def test_the_first_page_of_the_list(servers: dict[str, RunningServer], name: str) -> None:
    """Jobs come out of each server's list under the ids its create gave; without a list there is no request."""
    dialect = dialect_named(name)
    request = dialect.list_request(limit=5)
    if request is None:
        assert name in ("dynamo", "relay")
        return
    job_id = submitted(servers[name], name)
    reply = send("GET", servers[name].base_url + request.path, params=dict(request.query))
    page = dialect.jobs_from_list(reply.status_code, reply.json())
    assert page is not None
    assert page.jobs[0].id == job_id
    assert (page.jobs[0].prompt, page.jobs[0].created_at is not None) == ("rain", True)


@pytest.mark.parametrize("name", NAMES)
def test_recognised(servers: dict[str, RunningServer], name: str) -> None:
    """Each server's own answers tell its dialect."""
    with connect(ServerAddress(base_url=servers[name].base_url)) as client:
        assert recognised(client).name == name


def test_an_unknown_server_speaks_the_protocol(odd: OddServer) -> None:
    """A server that nothing tells about, or that is not there, speaks the protocol, and its list proves nothing."""
    with connect(ServerAddress(base_url=odd.base_url)) as client:
        found = recognised(client)
        assert (found.name, found.list_trusted) == ("openai", False)
        assert [request.method for request in odd.requests] == ["GET", "GET"]
    odd.on("GET", "/models", Reply(drop=True))
    with connect(ServerAddress(base_url=odd.base_url)) as client:
        assert recognised(client).name == "openai"


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (Answer(host="api.openai.com"), "openai"),
        (Answer(host="mine.openai.azure.com"), "azure"),
        (Answer(host="openai.azure.com.evil.example"), None),
        (Answer(headers={"x-litellm-version": "1", "openai-version": "2"}), "litellm"),
        (Answer(headers={"x-oneapi-request-id": "1"}, body={"data": [{"owned_by": "vllm"}]}), "relay"),
        (Answer(body={"data": [{"owned_by": "vllm"}]}), "vllm-omni"),
        (Answer(body={"data": [{"owned_by": "vllm"}, {"owned_by": "me"}]}), None),
        (Answer(body={"data": [{"created": 1677610602, "owned_by": "openai"}]}), "litellm"),
        (Answer(status_code=404, body={"detail": "Video not found"}), "sglang"),
        (Answer(status_code=200, body={"detail": "fine"}), None),
        (Answer(body={"data": []}), None),
        (Answer(body="<html>"), None),
    ],
)
def test_recognise(answer: Answer, name: str | None) -> None:
    """Hosts, headers, models and errors tell in this order; what fits several servers tells nothing."""
    found = recognise(answer)
    assert (found and found.name) == name


def test_the_fields_of_each_dialect() -> None:
    """The same wish is written as each server takes it."""
    requests = {name: dialect_named(name).create_request(WANTED) for name in NAMES}
    text = {"prompt": "wind", "model": "m", "size": "1280x720", "seconds": "8"}
    for name in ("openai", "azure", "vllm-omni", "litellm", "relay"):
        assert (requests[name].form, requests[name].json) == (text, None)
        assert requests[name].files == {"input_reference": UPLOAD}
    assert requests["sglang"].form == {**text, "width": "1280", "height": "720"}
    whole = {**text, "seconds": 8, "input_reference": DATA_URL, "response_format": "b64_json"}
    assert (requests["dynamo"].json, requests["dynamo"].form) == (whole, None)
    bare = CreateFields(prompt="p", model="m")
    assert dialect_named("relay").create_request(bare).json == {"prompt": "p", "model": "m"}
    assert dialect_named("openai").create_request(bare).form == {"prompt": "p", "model": "m"}


def test_the_object_form_of_a_picture() -> None:
    """A dialect whose JSON holds pictures as objects writes the protocol's object."""
    import dataclasses

    dialect = dataclasses.replace(dialect_named("openai"), with_picture="json")
    assert dialect.create_request(WANTED).json == {
        "prompt": "wind",
        "model": "m",
        "size": "1280x720",
        "seconds": "8",
        "input_reference": {"image_url": DATA_URL},
    }


@pytest.mark.parametrize(
    ("name", "word", "status"),
    [
        ("relay", "submitted", "queued"),
        ("relay", "NOT_START", "queued"),
        ("relay", "processing", "in_progress"),
        ("relay", "finished", "completed"),
        ("relay", "fail", "failed"),
        ("litellm", "processing", "in_progress"),
        ("sglang", "deleted", "failed"),
        ("azure", "cancelled", "failed"),
        ("openai", "dreaming", "dreaming"),
    ],
)
def test_statuses(name: str, word: str, status: str) -> None:
    """Each server's words are brought to the four; a word that nobody knows is kept."""
    job = dialect_named(name).job_from(200, {"id": "v", "status": word})
    assert job and job.status == status


def test_a_failed_job_as_an_http_error() -> None:
    """A Video that failed is a job under any HTTP status; an error that has a status is none."""
    dialect = dialect_named("vllm-omni")
    failed = {"id": "v", "object": "video", "status": "failed", "error": {"code": 400, "message": "no"}}
    job = dialect.job_from(400, failed, video_id="v")
    assert job and (job.failed, job.code, job.reason) == (True, "400", "no")
    assert dialect.job_from(500, {**failed, "status": "queued"}, video_id="v") is None
    assert dialect.job_from(502, {"status": "error", "message": "bad gateway"}, video_id="v") is None


@pytest.mark.parametrize(
    ("status", "body", "message", "code"),
    [
        (400, {"error": {"message": "no", "code": "invalid_value"}}, "no", "invalid_value"),
        (400, {"error": {"message": "no", "code": 400}}, "no", None),
        (404, {"error": {"message": "no", "code": "404"}}, "no", None),
        (404, {"detail": "Video not found"}, "Video not found", None),
        (422, {"detail": [{"loc": ["body", "size"], "msg": "wrong"}]}, "size: wrong", None),
        (400, {"message": "no", "type": "Bad Request", "code": 400}, "no", None),
        (400, {"code": "quota", "message": "no", "data": None}, "no", "quota"),
        (502, "<html><title>Bad</title>", "a web page: Bad", None),
        (500, "", "", None),
    ],
)
def test_errors_of_every_shape(status: int, body: object, message: str, code: str | None) -> None:
    """Envelopes, details, flat objects and pages give their sentence, and a code that says more than HTTP."""
    words = dialect_named("openai").error_from(status, body)
    assert (words.message, words.code) == (message, code)


def test_pages_of_a_list() -> None:
    """A further page is asked for only where the server says that there is one and takes the query."""
    body = {"data": [{"id": "v", "status": "queued"}], "last_id": "v", "has_more": True}
    openai, litellm = dialect_named("openai"), dialect_named("litellm")
    page = openai.jobs_from_list(200, body)
    assert page and (page.next_after, page.jobs[0].id) == ("v", "v")
    for no_more in ({**body, "has_more": False}, {"data": body["data"], "last_id": "v"}, body["data"]):
        page = openai.jobs_from_list(200, no_more)
        assert page and (page.next_after, len(page.jobs)) == (None, 1)
    page = litellm.jobs_from_list(200, body)
    assert page and page.next_after is None
    assert openai.jobs_from_list(404, body) is None
    assert openai.jobs_from_list(200, {"error": "no"}) is None
    following = openai.list_request(after="v", limit=7)
    assert following and following.query == {"limit": "7", "order": "desc", "after": "v"}


def test_what_a_server_lacks_is_not_asked() -> None:
    """There is no request for what a server does not offer, and `variant=video` is never spelt out."""
    assert dialect_named("litellm").delete_request("v") is None
    assert dialect_named("dynamo").retrieve_request("v") is None
    assert dialect_named("dynamo").content_request("v") is None
    assert dialect_named("sglang").content_request("v", variant="thumbnail") is None
    content = dialect_named("openai").content_request("a/b=")
    assert content and (content.path, content.query) == ("/videos/a%2Fb%3D/content", {})
    still = dialect_named("azure").content_request("v", variant="thumbnail")
    assert still and still.query == {"variant": "thumbnail"}


def test_an_unknown_dialect(photo: Path) -> None:
    """A dialect that does not exist is refused before anything is made, with those that do."""
    with pytest.raises(InvalidOption, match="'klingon'") as caught:
        generate(photo, "wind", dialect="klingon")
    assert all(name in (caught.value.wanted or "") for name in NAMES)


def test_a_named_dialect_asks_nothing_first(odd: OddServer, photo: Path, tmp_path: Path) -> None:
    """With the dialect named, the first request is the create."""
    odd.on("POST", "/videos", Reply(status=400, body={"detail": "not today"}))
    with pytest.raises(RequestRejected, match="refused") as caught:
        generate(
            photo,
            "wind",
            size="1280x720",
            base_url=odd.base_url,
            dialect="sglang",
            output=tmp_path / "out.mp4",
        )
    assert caught.value.seen == "HTTP 400: not today"
    assert [request.method for request in odd.requests] == ["POST"]


VIDEO = {"id": "v", "object": "video", "model": "m", "created": 5, "progress": 100, "status": "completed"}


def dynamo(odd: OddServer, photo: Path, output: Path, prompt: str = "wind") -> GeneratedVideo:
    return generate(
        photo,
        prompt,
        model=WAN,
        size="832x480",
        base_url=odd.base_url,
        dialect="dynamo",
        output=output,
        verify=False,
    )


def test_a_video_that_comes_with_the_answer(odd: OddServer, photo: Path, tmp_path: Path) -> None:
    """The base64 of a blocking create becomes the file, and nothing is fetched after it."""
    data = [{"output_format": "mp4", "b64_json": base64.b64encode(b"movie").decode()}]
    odd.on("POST", "/videos", Reply(body={**VIDEO, "data": data}))
    assert dynamo(odd, photo, tmp_path / "out.mp4").path.read_bytes() == b"movie"
    assert json.loads(odd.requests[0].body)["response_format"] == "b64_json"
    assert len(odd.requests) == 1


def test_a_video_at_an_address(odd: OddServer, photo: Path, tmp_path: Path) -> None:
    """An address on the same server is fetched; any other is named and not fetched."""
    from framefit.errors import DownloadFailed

    here = odd.base_url + "/media/v.mp4"
    odd.on("GET", "/media/v.mp4", Reply(body=b"movie"))
    odd.on("POST", "/videos", Reply(body={**VIDEO, "data": [{"url": here}]}))
    assert dynamo(odd, photo, tmp_path / "out.mp4").path.read_bytes() == b"movie"
    elsewhere = "http://127.0.0.1:9/v.mp4?secret=1"
    odd.on("POST", "/videos", Reply(body={**VIDEO, "data": [{"url": elsewhere}]}))
    with pytest.raises(DownloadFailed, match="another address") as caught:
        dynamo(odd, photo, tmp_path / "other.mp4", "rain")
    assert caught.value.seen == "http://127.0.0.1:9/v.mp4"
    assert not (tmp_path / "other.mp4").exists()


def test_a_blocking_create_without_an_end(odd: OddServer, photo: Path, tmp_path: Path) -> None:
    """Where a job cannot be asked about, an answer that is not the end leaves the outcome unknown."""
    odd.on("POST", "/videos", Reply(body={**VIDEO, "status": "in_progress"}))
    with pytest.raises(OutcomeUnknown):
        dynamo(odd, photo, tmp_path / "out.mp4")
    assert len(odd.requests) == 1


def test_every_dialect_says_where_it_is_written_down() -> None:
    """Every dialect names its sources, and its name is that of its file."""
    for name in NAMES:
        dialect = dialect_named(name)
        assert dialect.name == name
        assert dialect.sources and all(source.startswith("https://") for source in dialect.sources)
