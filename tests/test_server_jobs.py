"""Jobs are kept: through restarts, sudden deaths, and with several workers at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from framefit.errors import OutputUnwritable
from framefit.geometry import Size
from framefit.server.database import open_database
from framefit.server.folder import DataFolder
from framefit.server.queue import ClaimedJob, JobQueue
from framefit.server.running import RunningServer
from framefit.server.store import JobStore, NewJob
from framefit.server.sweeping import sweep
from framefit.videos.objects import JobError
from serving import get, post, serving, until

_CHILD = """
import sys
from pathlib import Path
from framefit.server.options import ServerOptions
from framefit.server.running import serve

options = ServerOptions(data_folder=Path(sys.argv[1]), port=0, lease_seconds=1)
serve(options, on_ready=lambda server: print(server.port, flush=True))
"""


@contextmanager
def child(folder: Path) -> Iterator[tuple[subprocess.Popen[str], RunningServer]]:
    """A server in a process of its own."""
    command = [sys.executable, "-c", _CHILD, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, RunningServer(host="127.0.0.1", port=int(process.stdout.readline()))
        finally:
            process.kill()


def test_a_killed_servers_job_is_finished_after_a_restart(tmp_path: Path) -> None:
    """A job under way when its server is killed is rendered by the next one, and its progress never falls."""
    with child(tmp_path) as (process, server):
        video_id = post(server, {"prompt": "x", "seconds": "8"}).json()["id"]
        before = until(server, video_id, "in_progress", progress=1)
        process.send_signal(signal.SIGKILL)
        process.wait()
    with serving(tmp_path) as server:
        looked = get(server, f"/videos/{video_id}").json()
        assert looked["progress"] >= before["progress"]
        assert until(server, video_id, "completed")["progress"] == 100
        assert get(server, f"/videos/{video_id}/content").status_code == 200


def test_a_terminated_server_gives_its_job_back(tmp_path: Path) -> None:
    """A server that is asked to end does so, and leaves the job it rendered queued for the next one."""
    with child(tmp_path) as (process, server):
        video_id = post(server, {"prompt": "x", "seconds": "12"}).json()["id"]
        until(server, video_id, "in_progress", progress=1)
        process.terminate()
        process.wait(60)
    with serving(tmp_path, workers=0) as server:
        assert get(server, f"/videos/{video_id}").json()["status"] == "queued"
    assert not list((tmp_path / "videos").iterdir())


def test_jobs_survive_a_restart(tmp_path: Path) -> None:
    """Queued jobs are listed as before, and rendered, by a server started later on the same folder."""
    with serving(tmp_path, workers=0) as server:
        made = [post(server, {"prompt": prompt}).json() for prompt in ("one", "two")]
    with serving(tmp_path, workers=2) as server:
        assert [video["id"] for video in get(server, "/videos?order=asc").json()["data"]] == [
            video["id"] for video in made
        ]
        for video in made:
            until(server, video["id"], "completed")


def test_servers_share_a_folder(tmp_path: Path) -> None:
    """A job put on record by one server is rendered by another on the same folder, whatever its name."""
    tmp_path = tmp_path / "100% mine? 여우 #1"
    with serving(tmp_path, workers=0) as front, serving(tmp_path) as back:
        assert front.port != back.port
        until(front, post(front, {"prompt": "x"}).json()["id"], "completed")


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    """A data folder that is a file, or whose record is no database, is a typed error."""
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(OutputUnwritable), serving(tmp_path / "file"):
        pass
    (tmp_path / "jobs.db").write_bytes(b"no database" * 100)
    with pytest.raises(OutputUnwritable), serving(tmp_path):
        pass


class Bench:
    """A record of jobs and the queues of workers on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = DataFolder(path=folder)
        self.folder.create()
        self.engine = open_database(self.folder.database)
        self.store = JobStore(self.engine)

    def add(self, name: str) -> None:
        new = NewJob(
            id=name, model="sora-2", prompt="x", size=Size(720, 1280), seconds=4, reference=f"{name}.png"
        )
        self.store.add(new)

    def queue(self, owner: str, lease_seconds: float = 60) -> JobQueue:
        return JobQueue(self.engine, owner=owner, lease_seconds=lease_seconds)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.engine.dispose()


def claimed(queue: JobQueue) -> ClaimedJob:
    job = queue.claim()
    assert job is not None
    return job


def test_every_job_is_claimed_once(bench: Bench) -> None:
    """Among eight workers that take jobs at the same time each job goes to exactly one, the oldest first."""
    for number in range(40):
        bench.add(f"video_{number:02}")
    taken: list[list[str]] = [[] for _ in range(8)]

    def take(mine: list[str], queue: JobQueue) -> None:
        while (job := queue.claim()) is not None:
            mine.append(job.id)

    threads = [
        threading.Thread(target=take, args=(mine, bench.queue(f"worker {number}")))
        for number, mine in enumerate(taken)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(name for mine in taken for name in mine) == [f"video_{number:02}" for number in range(40)]
    assert all(mine == sorted(mine) for mine in taken)


def test_a_lost_job_cannot_be_changed(bench: Bench) -> None:
    """A worker whose lease ran out and whose job another took has no say in that job any more."""
    bench.add("video_a")
    late = bench.queue("late", lease_seconds=-1)
    lost = claimed(late)
    mine = bench.queue("mine")
    job = claimed(mine)
    assert (job.id, job.attempts) == (lost.id, 2)
    assert not late.renew(lost)
    assert not late.report(lost, 50)
    assert not late.complete(lost, keep_seconds=1)
    assert not late.fail(lost, JobError(code="x", message="x"))
    assert not late.release(lost)
    assert mine.report(job, 40)
    found = bench.store.find("video_a")
    assert found is not None
    assert (found.status, found.progress) == ("in_progress", 40)


def test_progress_of_a_job_begun_again_does_not_fall(bench: Bench) -> None:
    """A job given back and taken again keeps the highest progress it has had."""
    bench.add("video_a")
    first, second = bench.queue("first"), bench.queue("second")
    job = claimed(first)
    assert first.report(job, 70)
    assert first.release(job)
    again = claimed(second)
    assert again.attempts == 1
    assert second.report(again, 5)
    found = bench.store.find("video_a")
    assert found is not None
    assert found.progress == 70


def test_a_job_that_kills_its_servers_is_given_up(tmp_path: Path) -> None:
    """A job begun three times without an end is failed instead of being begun for ever."""
    bench = Bench(tmp_path)
    bench.add("video_a")
    for number in range(3):
        claimed(bench.queue(f"dead {number}", lease_seconds=-1))
    bench.engine.dispose()
    with serving(tmp_path) as server:
        video = until(server, "video_a", "failed")
    assert video["error"]["code"] == "generation_failed"


def test_a_deleted_job_stays_on_record_without_its_prompt(bench: Bench) -> None:
    """Deleting takes a job out of sight and erases its prompt; its id is not used twice and still a cursor."""
    for name in ("video_a", "video_b"):
        bench.add(name)
    queue = bench.queue("w")
    assert not bench.store.delete("video_a")
    assert queue.complete(claimed(queue), keep_seconds=60)
    assert bench.store.delete("video_a")
    assert not bench.store.delete("video_a")
    assert bench.store.find("video_a") is None
    page = bench.store.page(after="video_a", limit=5, order="asc")
    assert [video.id for video in page.videos] == ["video_b"]
    with bench.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT id, prompt FROM jobs ORDER BY sequence").all()
    assert [tuple(row) for row in rows] == [("video_a", ""), ("video_b", "x")]


def test_sweeping(bench: Bench) -> None:
    """A sweep removes the files of expired videos and old leftovers, and nothing else."""
    queue = bench.queue("w")
    for name, keep in (("video_old", -1), ("video_new", 60)):
        bench.add(name)
        assert queue.complete(claimed(queue), keep_seconds=keep)
        bench.folder.content(name, "video").write_bytes(b"x")
        bench.folder.reference(f"{name}.png").write_bytes(b"x")
    for name in (".framefit-old.mp4", ".framefit-new.mp4"):
        (bench.folder.videos / name).write_bytes(b"x")
    hours_ago = time.time() - 7200
    os.utime(bench.folder.videos / ".framefit-old.mp4", (hours_ago, hours_ago))
    sweep(bench.store, bench.folder)
    assert {path.name for path in bench.folder.videos.iterdir()} == {"video_new.mp4", ".framefit-new.mp4"}
    assert {path.name for path in bench.folder.references.iterdir()} == {"video_new.png"}
