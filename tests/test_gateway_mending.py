"""What an upstream says is mended so that the SDK understands it, and nothing else is changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framefit.server.gateway.mending import (
    failed_video,
    mended_deletion,
    mended_error,
    mended_headers,
    mended_page,
    mended_video,
)
from framefit.server.options import ServerOptions
from framefit.server.running import _listening
from framefit.videos.dialects import NAMES, dialect_named
from gateways import gateway
from odd_server import Reply, odd_server
from serving import SDK_WARNING, sdk

FOUR = ("queued", "in_progress", "completed", "failed")
OPENAI, RELAY = dialect_named("openai"), dialect_named("relay")
pytestmark = pytest.mark.filterwarnings(SDK_WARNING)


@pytest.mark.parametrize(
    ("word", "told"),
    [
        *((word, word) for word in FOUR),
        ("submitted", "queued"),
        ("processing", "in_progress"),
        ("Succeeded", "completed"),
        ("cancelled", "failed"),
        ("expired", "failed"),
        ("no such word", "in_progress"),
        ("", "queued"),
        (None, "queued"),
    ],
)
def test_statuses_become_the_four(word: object, told: str) -> None:
    """Every word for a status becomes one of the four; one that nobody knows is that of a job at work."""
    assert mended_video({"id": "v", "status": word}, RELAY)["status"] == told


@given(
    st.dictionaries(st.text(max_size=5), st.none() | st.integers() | st.text(max_size=5), max_size=4),
    st.sampled_from(NAMES),
    st.text(min_size=1, max_size=30),
)
def test_mending_twice_changes_nothing(more: dict[str, Any], name: str, identity: str) -> None:
    """A Video is mended once and for all, and keeps its id and every field that the protocol does not know."""
    dialect = dialect_named(name)
    body = {**more, "id": identity, "object": "video", "status": "processing"}
    once = mended_video(body, dialect)
    assert mended_video(once, dialect) == once
    assert once["id"] == identity
    own = {"id", "object", "status", "progress", "error", "created_at", "seconds"}
    assert {key: value for key, value in once.items() if key not in own} == {
        key: value for key, value in more.items() if key not in own
    }


@pytest.mark.parametrize("body", [None, [], "text", 5, {"data": 1}, {"status": "queued"}])
def test_what_is_no_video_stays(body: object) -> None:
    """A reply that is no Video goes back as it came."""
    assert mended_video(body, OPENAI) == body


@pytest.mark.parametrize(
    "error", ["out of memory", {"message": "out of memory"}, {"code": 500, "message": "out of memory"}]
)
def test_failures_have_one_shape(error: object) -> None:
    """A failure, written as text or as an object with or without a code, becomes code and message."""
    told = mended_video({"id": "v", "status": "failed", "error": error}, OPENAI)["error"]
    assert told["message"] == "out of memory" and isinstance(told["code"], str)


def test_a_failed_job_that_comes_as_an_error(tmp_path: Path) -> None:
    """A failed job answered with HTTP 500, as vLLM-Omni does, reaches the SDK as a failed Video in one request."""
    body = {"id": "v", "object": "video", "status": "failed", "error": {"code": 500, "message": "no memory"}}
    with odd_server() as odd, gateway(odd.base_url, tmp_path, dialect="vllm-omni") as front:
        odd.on("GET", "/videos/v", Reply(status=500, body=body))
        with sdk(front) as client:
            video = client.videos.retrieve("v")
        assert len(odd.asked("GET", "/videos/v")) == 1
    assert video.status == "failed" and video.error is not None
    assert (video.error.code, video.error.message) == ("500", "no memory")


def test_an_error_is_no_failed_job() -> None:
    """An error that only mentions a status stays an error."""
    assert failed_video(500, {"status": "failed", "message": "x"}, OPENAI, video_id="v") is None
    assert failed_video(404, {"error": {"message": "x"}}, OPENAI, video_id="v") is None


@pytest.mark.parametrize(
    ("body", "dialect", "after", "more"),
    [
        ({"data": [{"id": "a", "status": "queued"}], "has_more": True}, "openai", None, True),
        ({"data": [{"id": "a", "status": "queued"}], "last_id": "a"}, "openai", None, False),
        ({"data": [], "has_more": True, "last_id": "a"}, "openai", None, False),
        ({"data": [{"id": "a", "status": "queued"}], "has_more": True}, "litellm", None, False),
        ({"data": [{"id": "a", "status": "queued"}], "has_more": True}, "openai", "a", False),
        ([{"id": "a", "status": "queued"}], "openai", None, False),
    ],
)
def test_pages_end(body: object, dialect: str, after: str | None, more: bool) -> None:
    """A page always says whether there is more, and never says so where the next page would be the same."""
    page = mended_page(body, dialect_named(dialect), after=after)
    assert (page["object"], page["has_more"]) == ("list", more)
    assert page["last_id"] == (page["data"][-1]["id"] if page["data"] else "a")


def test_the_sdk_does_not_page_for_ever(tmp_path: Path) -> None:
    """A server that gives the same page whatever is asked for, with a last id, does not keep the SDK for ever."""
    with odd_server() as odd, gateway(odd.base_url, tmp_path, dialect="openai") as front:
        page = {"data": [{"id": "a", "status": "queued"}], "last_id": "a"}
        odd.on("GET", "/videos", Reply(body=page))
        with sdk(front) as client:
            assert [video.id for video in client.videos.list()] == ["a"]


@pytest.mark.parametrize(
    ("status", "body", "message", "code"),
    [
        (400, {"error": {"message": "m", "type": "t", "param": "p", "code": "c"}}, "m", "c"),
        (400, {"error": {"message": "m", "code": 400}}, "m", None),
        (404, {"detail": "m"}, "m", None),
        (422, {"detail": [{"loc": ["body", "size"], "msg": "bad", "type": "x"}]}, "size: bad", None),
        (500, {"message": "m", "type": "t", "code": "c"}, "m", "c"),
        (502, "<html><title>Bad gateway</title></html>", "a web page: Bad gateway", None),
        (503, "", "The upstream answered 503 Service Unavailable", None),
        (599, None, "The upstream answered 599", None),
    ],
)
def test_errors_have_one_shape(status: int, body: object, message: str, code: str | None) -> None:
    """An error of any shape becomes the protocol's envelope with the server's own words."""
    error = mended_error(status, body, OPENAI)["error"]
    assert (error["message"], error["code"]) == (message, code)
    assert set(error) == {"message", "type", "param", "code"}


@pytest.mark.parametrize(
    ("told", "kept"), [(b"250", b"250"), (b"100.5", b"101"), (b"soon", None), (b"-1", None), (b"nan", None)]
)
def test_the_time_to_wait_is_a_whole_number(told: bytes, kept: bytes | None) -> None:
    """The SDK fails on a time to wait that is no whole number, so that is what it gets, or none."""
    headers = dict(mended_headers([(b"openai-poll-after-ms", told)], 200, create=False))
    assert headers.get(b"openai-poll-after-ms") == kept


def test_the_upstreams_word_on_repeating_counts() -> None:
    """What the upstream itself says about sending a create again is not overridden."""
    said = [(b"x-should-retry", b"true")]
    assert mended_headers(said, 500, create=True) == said


def test_deletions() -> None:
    """A deletion that was answered with the Video is confirmed; a confirmation stays."""
    assert mended_deletion({"id": "v", "status": "deleted"}, video_id="v") == {
        "id": "v",
        "deleted": True,
        "object": "video.deleted",
    }
    assert mended_deletion({"id": "v", "deleted": True}, video_id="v") == {"id": "v", "deleted": True}


def test_polling_ends_at_an_odd_server(tmp_path: Path) -> None:
    """A server whose words would end the SDK's polling at once is polled to the end through the gateway."""
    with odd_server() as odd, gateway(odd.base_url, tmp_path, dialect="relay") as front:
        poll = {"openai-poll-after-ms": "0.5"}
        odd.video(
            "task_1",
            Reply(body={"task_id": "task_1", "status": "submitted"}, headers=poll),
            Reply(body={"task_id": "task_1", "status": "PROCESSING"}, headers=poll),
            {"task_id": "task_1", "status": "SUCCESS"},
        )
        with sdk(front) as client:
            video = client.videos.poll("task_1")
    assert (video.id, video.status, video.progress) == ("task_1", "completed", 100)


def test_errors_reach_the_sdk_whole(tmp_path: Path) -> None:
    """An error of the SDK's own kind comes out of a server that writes FastAPI's."""
    with odd_server() as odd, gateway(odd.base_url, tmp_path, dialect="sglang") as front:
        odd.on("GET", "/videos/x", Reply(status=404, body={"detail": "Video not found"}))
        with sdk(front) as client, pytest.raises(openai.NotFoundError) as missing:
            client.videos.retrieve("x")
    assert missing.value.body == {
        "message": "Video not found",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }


def test_small_answers_leave_at_once(tmp_path: Path) -> None:
    """The socket that is listened at names its protocol, without which asyncio leaves Nagle's delay on."""
    import socket

    with _listening(ServerOptions(data_folder=tmp_path, port=0)) as (listener, _):
        assert listener.proto == socket.IPPROTO_TCP
