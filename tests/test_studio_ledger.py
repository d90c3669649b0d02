"""The page's list of videos: those of the ledger too, another take of one, and what a killed server leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from framefit.server.running import RunningServer
from framefit.videos.ledger import Intent, Ledger
from pictures import encoded, scene, write
from serving import send, serving
from studios import KEYS, api, made, order, uploaded


@contextmanager
def configured(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[tuple[RunningServer, RunningServer]]:
    """A server with the page, and the server that it has its videos made by."""
    for key in KEYS:
        patch.delenv(key, raising=False)
    with serving(folder / "there") as there:
        patch.setenv("FRAMEFIT_BASE_URL", there.base_url)
        with serving(folder / "here", workers=0) as here:
            yield here, there


def creates(there: RunningServer) -> int:
    return len(send("GET", f"{there.url}/framefit/creates").json()["data"])


def listed(server: RunningServer) -> list[dict[str, Any]]:
    told = api(server, "GET", "/videos").raise_for_status().json()
    assert told["ledger_error"] is None
    return list(told["videos"])


def test_videos_of_the_command_stand_in_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What framefit generate made stands in the page's list with its receipt, plays, and outlives a restart."""
    from framefit.cli.main import app

    write(tmp_path / "lake.jpg", scene(900, 1200))
    output = tmp_path / "lake.mp4"
    with configured(tmp_path, monkeypatch) as (here, _):
        words = ["generate", str(tmp_path / "lake.jpg"), "--prompt", "by command", "--size", "720x1280"]
        app([*words, "-o", str(output)], standalone_mode=False)
        (video,) = listed(here)
        assert (video["prompt"], video["picture"], video["origin"]) == ("by command", "lake.jpg", "ledger")
        assert video["status"] == "completed" and video["ok"] and video["has_video"]
        assert api(here, "GET", f"/videos/{video['id']}/content").content == output.read_bytes()
        assert api(here, "GET", f"/videos/{video['id']}").json() == video
        # It is no record of the page's, which cannot take it away, and holds no picture of it.
        for method, path in (("DELETE", ""), ("GET", "/reference"), ("POST", "/another")):
            reply = api(
                here, method, f"/videos/{video['id']}{path}", **({"json": {}} if method == "POST" else {})
            )
            assert (reply.status_code, reply.json()["error"]["code"]) == (404, "not_found")
    output.write_bytes(b"something else")
    with serving(tmp_path / "here", workers=0) as again:
        (video,) = listed(again)
        assert (video["status"], video["has_video"]) == ("gone", False)
        assert api(again, "GET", f"/videos/{video['id']}/content").status_code == 404


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        ([], "planned"),
        (["begin"], "submitting"),
        (["begin", "accepted"], "accepted"),
        (["begin", "accepted", "heard"], "accepted"),
        (["begin", "accepted", "completed"], "ready"),
        (["begin", "rejected"], "rejected"),
        (["begin", "accepted", "failed"], "failed"),
        (["begin", "lost"], "unknown"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_every_state_of_the_ledger_is_told(tmp_path: Path, steps: list[str], status: str) -> None:
    """A video without a file here shows where it stands, and what went wrong with it, and nothing is changed."""
    given: dict[str, dict[str, Any]] = {
        "accepted": {"job_id": "job", "status": "queued"},
        "heard": {"status": "rendering"},
        "completed": {"size": None, "seconds": None},
        "rejected": {"code": "request_rejected", "message": "no"},
        "failed": {"code": "moderation_blocked", "message": "no"},
        "lost": {"code": "outcome_unknown", "message": "no answer"},
    }
    intent = Intent(
        server="https://s.example/v1", model="m", prompt="p", size="64x64", seconds=None, picture=None
    )
    with Ledger() as ledger:
        taken = ledger.claim(ledger.intend(intent).key)
        assert taken is not None
        for step in steps:
            getattr(taken[0], step)(**given.get(step, {}))
        ledger.release(taken[0])
        before = ledger.events(intent.key)
        with serving(tmp_path, workers=0) as server:
            (video,) = listed(server)
        assert (video["status"], video["has_video"], video["id"]) == (status, False, intent.key)
        wrong = status in ("rejected", "failed", "unknown")
        assert (video["error"] is not None) == wrong
        if status == "unknown":  # a person has to decide, and is told how
            assert f"framefit jobs resubmit {intent.key[:12]}" in video["error"]["fix"]
        assert ledger.events(intent.key) == before


def test_without_a_ledger_none_is_made(
    tmp_path: Path, own_ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking at the list makes no ledger, and one that cannot be used does not hide the page's own videos."""
    with serving(tmp_path, workers=0) as server:
        picture = uploaded(server, encoded(scene(720, 1280)))
        api(server, "POST", "/videos", json=order(picture))
        assert len(listed(server)) == 1 and not own_ledger.exists()
        monkeypatch.setenv("FRAMEFIT_LEDGER", "mysql://nobody@nowhere/framefit")
        told = api(server, "GET", "/videos").json()
        assert (len(told["videos"]), told["ledger_error"]["code"]) == (1, "invalid_option")


def test_another_take_is_another_video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another take is agreed to, asked for once more with the very same picture, and has its own row."""
    for key in KEYS:
        monkeypatch.delenv(key, raising=False)
    with serving(tmp_path / "there", workers=0) as there:
        monkeypatch.setenv("FRAMEFIT_BASE_URL", there.base_url)
        with serving(tmp_path / "here", workers=0) as here:
            picture = uploaded(here, encoded(scene(900, 1200)))
            first = api(here, "POST", "/videos", json=order(picture, confirmed=True)).json()
            accepted(here, first["id"])
            refused = api(here, "POST", f"/videos/{first['id']}/another", json={})
            assert (refused.status_code, refused.json()["error"]["code"]) == (409, "confirmation_needed")
            assert creates(there) == 1
            # Of the first of them too the next one is the third.
            for _ in range(2):
                again = api(here, "POST", f"/videos/{first['id']}/another", json={"confirmed": True}).json()
                accepted(here, again["id"])
            sent = send("GET", f"{there.url}/framefit/creates").json()["data"]
            assert (len(sent), len({one["digest"] for one in sent})) == (3, 1)
            with Ledger() as ledger:
                assert {entry.take for entry in ledger.entries()} == {1, 2, 3}
            assert sorted(video["take"] for video in listed(here)) == [1, 2, 3]
            same = api(here, "POST", "/videos", json=order(picture, confirmed=True)).json()
            assert (first["earlier"], same["earlier"], same["take"]) == (False, True, 1)
            assert creates(there) == 3


def test_what_another_server_made_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With another server configured, an unfinished video is not sent to it, nor another take of it."""
    for key in KEYS:
        monkeypatch.delenv(key, raising=False)
    with serving(tmp_path / "there", workers=0) as there, serving(tmp_path / "new", workers=0) as new:
        monkeypatch.setenv("FRAMEFIT_BASE_URL", there.base_url)
        with serving(tmp_path / "here", workers=0) as here:
            picture = uploaded(here, encoded(scene(900, 1200)))
            record = api(here, "POST", "/videos", json=order(picture, confirmed=True)).json()
            accepted(here, record["id"])
        monkeypatch.setenv("FRAMEFIT_BASE_URL", new.base_url)
        with serving(tmp_path / "here", workers=0) as here:
            assert api(here, "GET", f"/videos/{record['id']}").json()["status"] == "queued"
            reply = api(here, "POST", f"/videos/{record['id']}/another", json={"confirmed": True})
            assert (reply.status_code, reply.json()["error"]["code"]) == (409, "other_server")
        assert (creates(there), creates(new)) == (1, 0)


def test_as_many_as_are_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond as many videos as are waited for at a time the answer is 503, and nothing is sent or put on record."""
    for key in KEYS:
        monkeypatch.delenv(key, raising=False)
    monkeypatch.setattr("framefit.server.studio.elsewhere._AT_ONCE", 1)
    with serving(tmp_path / "there", workers=0) as there:
        monkeypatch.setenv("FRAMEFIT_BASE_URL", there.base_url)
        with serving(tmp_path / "here", workers=0) as here:
            picture = uploaded(here, encoded(scene(900, 1200)))
            first = api(here, "POST", "/videos", json=order(picture, confirmed=True)).json()
            accepted(here, first["id"])
            reply = api(here, "POST", "/videos", json=order(picture, confirmed=True, prompt="another"))
            assert (reply.status_code, reply.json()["error"]["code"]) == (503, "studio_busy")
            assert reply.headers["retry-after"]
            assert (creates(there), len(listed(here))) == (1, 1)


def accepted(server: RunningServer, name: str) -> None:
    """Wait until the server behind has taken a video."""
    for _ in range(600):
        if api(server, "GET", f"/videos/{name}").json()["video_id"]:
            return
        time.sleep(0.1)
    raise AssertionError("it was not taken")


@contextmanager
def serve_process(folder: Path) -> Iterator[tuple[subprocess.Popen[str], RunningServer]]:
    """The framefit serve command, as a process of its own."""
    words = [sys.executable, "-m", "framefit", "serve", "--port", "0", "--data", str(folder)]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        said = process.stderr.readline()
        port = int(said.partition("127.0.0.1:")[2].partition("/")[0].partition(":")[0])
        yield process, RunningServer(host="127.0.0.1", port=port)
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="kill -9 is a signal of POSIX")
def test_a_server_that_is_killed_goes_on_where_it_stood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed with kill -9 while a video is made elsewhere, the next server fetches that video; none is asked for twice."""
    for key in KEYS:
        monkeypatch.delenv(key, raising=False)
    with serving(tmp_path / "there", workers=0) as there:
        monkeypatch.setenv("FRAMEFIT_BASE_URL", there.base_url)
        with serve_process(tmp_path / "here") as (process, server):
            picture = uploaded(server, encoded(scene(900, 1200)))
            record = api(server, "POST", "/videos", json=order(picture, confirmed=True)).json()
            accepted(server, record["id"])
            process.send_signal(signal.SIGKILL)
            assert process.wait(30) == -signal.SIGKILL
        with serve_process(tmp_path / "here") as (_, server), serving(tmp_path / "there"):
            # Nobody has looked at it, so it goes on by itself.
            wait_for(tmp_path / "here" / "studio" / "videos" / f"{record['id']}.mp4")
            ended = made(server, record["id"])
            assert ended["status"] == "completed" and ended["ok"]
        assert creates(there) == 1
        with Ledger() as ledger:
            assert [(entry.state, entry.charges) for entry in ledger.entries()] == [("downloaded", 1)]


def wait_for(path: Path) -> None:
    for _ in range(600):
        if path.exists():
            return
        time.sleep(0.1)
    raise AssertionError(f"{path.name} does not appear")
