"""Waiting ends with the video or with an error that says where it stands, whatever the server speaks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from openai import OpenAI

from framefit.errors import GenerationFailed, GenerationTimeout, OutcomeUnknown, VideoError
from framefit.videos.client import ServerAddress, connect
from framefit.videos.job import Job
from framefit.videos.waiting import wait
from odd_server import OddServer, Reply, closed_port, odd_server

DONE = {"status": "completed", "progress": 100}
QUICK = 0.1


@pytest.fixture
def server() -> Iterator[OddServer]:
    with odd_server() as odd:
        yield odd


@pytest.fixture
def client(server: OddServer) -> Iterator[OpenAI]:
    with connect(ServerAddress(base_url=server.base_url, api_key="sk-secret")) as opened:
        yield opened


def waited(client: OpenAI, name: str = "v1", timeout: float = 20.0) -> tuple[Job, list[tuple[str, int]]]:
    seen: list[tuple[str, int]] = []
    job = wait(
        client,
        name,
        timeout_seconds=timeout,
        on_progress=lambda *step: seen.append(step),
        poll_seconds=QUICK,
    )
    return job, seen


def trouble(client: OpenAI, name: str = "v1", timeout: float = 20.0) -> VideoError:
    with pytest.raises(VideoError) as caught:
        waited(client, name, timeout)
    assert name in caught.value.message
    assert caught.value.fix
    return caught.value


def test_unknown_words_keep_waiting(server: OddServer, client: OpenAI) -> None:
    """Every status that is not final, also one nobody has heard of or none at all, keeps on waiting."""
    words = ["submitted", "pending", "queued", "processing", "in_progress", "RUNNING", "dreaming", ""]
    server.video("v1", *({"status": word} for word in words), {"status": None}, {}, DONE)
    job, seen = waited(client)
    assert job.completed
    expected = [word.lower() or "unknown" for word in words] + ["unknown"] * 2 + ["completed"]
    assert [status for status, _ in seen] == expected


@pytest.mark.parametrize("word", ["completed", "succeeded", "success", "SUCCEEDED", " Success "])
def test_words_for_completed(server: OddServer, client: OpenAI, word: str) -> None:
    """Every synonym of completed ends the wait with 100 percent."""
    server.video("v1", {"status": word})
    job, seen = waited(client)
    assert (job.status, job.progress) == ("completed", 100)
    assert seen == [("completed", 100)]


@pytest.mark.parametrize(
    "word", ["failed", "cancelled", "canceled", "expired", "rejected", "error", "FAILURE", "deleted"]
)
def test_words_for_failed(server: OddServer, client: OpenAI, word: str) -> None:
    """Every synonym of failed ends the wait with the server's code and words."""
    server.video("v1", {"status": word, "error": {"code": "moderation_blocked", "message": "Not this."}})
    error = trouble(client)
    assert isinstance(error, GenerationFailed)
    assert error.message == "video v1 failed: Not this."
    assert error.seen == "moderation_blocked"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("out of memory", "out of memory"),
        ({"message": "no code"}, "no code"),
        (None, "no reason"),
        ([], "no reason"),
    ],
)
def test_shapes_of_a_failure(server: OddServer, client: OpenAI, said: object, words: str) -> None:
    """A failure told as text, without a code, or not at all, is readable."""
    server.video("v1", {"status": "failed", "error": said})
    assert words in trouble(client).message


def test_a_failed_job_that_comes_as_an_http_error(server: OddServer, client: OpenAI) -> None:
    """vLLM-Omni answers with the failure's own HTTP status and the Video: that is a failed job, at once."""
    body = {"id": "v1", "status": "failed", "error": {"code": 500, "message": "CUDA out of memory"}}
    server.video("v1", {"status": "queued"}, Reply(status=500, body=body))
    error = trouble(client)
    assert isinstance(error, GenerationFailed)
    assert "CUDA out of memory" in error.message
    assert error.seen == "500"
    assert len(server.requests) == 2


def test_a_mismatch_found_late(server: OddServer, client: OpenAI) -> None:
    """A job that fails because of the size names fit as the remedy."""
    words = "upstream: image MUST MATCH the requested width and height"
    server.video("v1", {"status": "failed", "error": words})
    assert "framefit fit" in (trouble(client).fix or "")


def test_trouble_on_the_way_is_asked_away(server: OddServer, client: OpenAI) -> None:
    """Server errors, dropped connections, limits, pages and half replies do not end the wait."""
    server.video(
        "v1",
        Reply(status=500, body={"error": {"message": "boom"}}),
        Reply(status=502, body=b"<html>bad gateway</html>", kind="text/html"),
        Reply(drop=True),
        Reply(status=429, body={"error": {"message": "slow down"}}),
        Reply(body=b"<html>please wait</html>", kind="text/html"),
        Reply(body={"status": "completed", "id": "v1"}, sent=4),
        Reply(body=[]),
        Reply(status=404, body={"detail": "not yet"}),
        DONE,
    )
    job, seen = waited(client)
    assert job.completed
    assert seen == [("completed", 100)]


@pytest.mark.parametrize("status", [400, 401, 403, 410])
def test_a_server_that_no_longer_tells(server: OddServer, client: OpenAI, status: int) -> None:
    """A refused question about an accepted job is no refusal of the job: its outcome is unknown."""
    server.video("v1", Reply(status=status, body={"error": {"message": "go away sk-secret"}}))
    error = trouble(client)
    assert isinstance(error, OutcomeUnknown)
    assert error.seen == f"HTTP {status}: go away ***"


def test_a_job_that_stays_unknown(server: OddServer, client: OpenAI) -> None:
    """A server that keeps on not knowing the job is asked a few times, and then its outcome is unknown."""
    error = trouble(client)
    assert isinstance(error, OutcomeUnknown)
    assert 2 <= len(server.requests) <= 10


def test_the_time_is_up(server: OddServer, client: OpenAI) -> None:
    """After the timeout the error names the job, its last status and where its content will be."""
    server.video("v1", {"status": "in_progress", "progress": 40})
    error = trouble(client, timeout=0.5)
    assert isinstance(error, GenerationTimeout)
    assert error.seen == "status in_progress, 40 %"
    assert f"{server.base_url}/videos/v1/content" in (error.fix or "")


def test_a_server_that_went_away() -> None:
    """A server that cannot be reached any more is asked until the time is up, and its job is named."""
    with connect(ServerAddress(base_url=f"http://127.0.0.1:{closed_port()}/v1")) as client:
        error = trouble(client, timeout=0.4)
    assert isinstance(error, GenerationTimeout)
    assert "ConnectError" in (error.seen or "")


def test_a_last_question_at_the_end(server: OddServer, client: OpenAI) -> None:
    """A job that is ready when asked is ready, also with no time left."""
    server.video("v1", DONE)
    assert waited(client, timeout=0.0)[0].completed


@pytest.mark.parametrize("value", ["100", "150.5", "0", "-5", "soon", "nan", "1e2"])
def test_the_interval_a_reply_asks_for(server: OddServer, client: OpenAI, value: str) -> None:
    """Whatever stands in openai-poll-after-ms, the wait goes on: it is never an error."""
    headers = {"openai-poll-after-ms": value}
    server.video("v1", Reply(body={"status": "queued"}, headers=headers), DONE)
    assert wait(client, "v1", timeout_seconds=20).completed
    assert len(server.requests) == 2


def test_each_reply_sets_the_next_interval(server: OddServer, client: OpenAI) -> None:
    """The interval of the newest reply counts: a short one at first does not stay for good."""
    asked = [Reply(body={"status": "queued"}, headers={"openai-poll-after-ms": "100"})] * 5
    long = Reply(body={"status": "queued"}, headers={"openai-poll-after-ms": "999999"})
    server.video("v1", *asked, long)
    with pytest.raises(GenerationTimeout):
        wait(client, "v1", timeout_seconds=1.5)
    assert len(server.requests) <= len(asked) + 2  # the long one, and the last when the time is up


@pytest.mark.parametrize(
    ("said", "understood"),
    [
        (45, 45),
        (45.9, 45),
        ("45", 45),
        ("45%", 45),
        (-3, 0),
        (400, 100),
        (None, 0),
        ("half", 0),
        ([1], 0),
        ({}, 0),
    ],
)
def test_progress_in_any_shape(server: OddServer, client: OpenAI, said: object, understood: int) -> None:
    """Progress is a whole percentage for the caller, whatever the server writes."""
    server.video("v1", {"status": "in_progress", "progress": said}, DONE)
    assert waited(client)[1] == [("in_progress", understood), ("completed", 100)]


def test_an_id_may_hold_anything(server: OddServer, client: OpenAI) -> None:
    """An id with slashes and signs is asked for as one piece of the path."""
    server.on("GET", "/videos/video_a%2Fb%3D%3D%3Fc", Reply(body={"id": "video_a/b==?c", **DONE}))
    assert wait(client, "video_a/b==?c", timeout_seconds=5).completed


def test_a_relay_with_ids_of_its_own(server: OddServer, client: OpenAI) -> None:
    """A relay that answers with the id of its upstream, or with none, is asked on by the id it gave."""
    server.video("v1", {"id": "upstream_9", "status": "queued"}, Reply(body={"status": "completed"}))
    assert wait(client, "v1", timeout_seconds=5, poll_seconds=QUICK).id == "v1"
    failed = {"id": "upstream_9", "object": "video", "status": "failed", "error": "no memory"}
    server.video("v1", Reply(status=500, body=failed))
    assert trouble(client).message == "video v1 failed: no memory"


def test_what_the_caller_raises_ends_the_wait(server: OddServer, client: OpenAI) -> None:
    """An exception in on_progress comes out as it is."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    server.video("v1", {"status": "queued"})
    with pytest.raises(KeyboardInterrupt):
        wait(client, "v1", on_progress=stop)
