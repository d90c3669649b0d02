"""Killed at any moment and started again, a run of many videos asks for each of them once."""

from __future__ import annotations

import csv
import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from client_process import command
from faulty_proxy import Proxy, faulty_proxy
from framefit.videos.ledger import Ledger
from pictures import scene, write
from postgres import postgres
from quick_engine import QuickEngine, quick_engine

JOBS, KILLS = 20, 50
CREATE_SECONDS = 0.08
"""Before and after a create reaches the engine: between the two is what nobody can know."""

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="kill -9 is a signal of POSIX")]


@contextmanager
def stage(folder: Path) -> Iterator[tuple[QuickEngine, Proxy]]:
    """An engine behind a proxy that takes its time."""
    with quick_engine(folder, render_seconds=0.5) as engine, faulty_proxy(engine.base_url) as proxy:
        proxy.create_seconds = CREATE_SECONDS
        yield engine, proxy


def write_jobs(folder: Path, name: str) -> Path:
    """Twenty jobs, half of them with the same words and different pictures."""
    for number in range(JOBS):
        picture = scene(720, 1280)
        picture.paste((12 * number, 0, 0), (300, 300, 420, 420))
        write(folder / f"{number}.jpg", picture, quality=90)
    path = folder / f"{name}.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["image", "prompt", "output"])
        for number in range(JOBS):
            words = f"{name} waves" if number % 2 else f"{name} wind {number}"
            rows.writerow([f"{number}.jpg", words, f"{number}.mp4"])
    return path


def start(folder: Path, jobs: Path, proxy: Proxy, ledger: str) -> BaseProcess:
    """The command, as a process of its own."""
    options = [
        "--jobs",
        str(jobs),
        "-o",
        f"out-{jobs.stem}",
        "--base-url",
        proxy.base_url,
        "--ledger",
        ledger,
    ]
    options += [
        "--concurrency",
        "4",
        "--settle",
        "1",
        "--no-verify",
        "--dialect",
        "openai",
        "--timeout",
        "120",
    ]
    return command(["generate", *options], folder, folder / "log.txt")


def kill_at_some_moment(process: BaseProcess, proxy: Proxy, chance: random.Random) -> None:
    """Kill a process at a random moment, most often soon after its first request."""
    if chance.random() < 0.8:
        while not proxy.arrived.wait(0.01) and process.is_alive():
            pass
    process.join(chance.uniform(0, 0.6))
    process.kill()


def has_ended_well(process: BaseProcess, folder: Path) -> bool:
    """Whether a process came to its end; any other end than that, or being killed, is none."""
    process.join(150)
    assert process.exitcode in (0, -signal.SIGKILL), (folder / "log.txt").read_text()[-3000:]
    return process.exitcode == 0


def check(engine: QuickEngine, folder: Path, name: str) -> None:
    """Exactly one create for every job of a file, and for each of them its own whole video."""
    created = [job for job in engine.created() if job.prompt.startswith(name)]
    assert len(created) == JOBS
    files = {path.name: path.read_bytes() for path in (folder / f"out-{name}").glob("*.mp4")}
    assert set(files) == {f"{number}.mp4" for number in range(JOBS)}
    assert sorted(files.values()) == sorted(engine.content(job.id) for job in created)


def rounds(folder: Path, ledger: str, clients: int, chance: random.Random) -> None:
    """Run files of twenty jobs, killing clients on the way, until fifty were killed."""
    with stage(folder) as (engine, proxy):
        kills = number = 0
        while kills < KILLS:
            name = f"round{number}"
            jobs = write_jobs(folder, name)
            unfinished = True
            while unfinished and kills < KILLS:
                proxy.arrived.clear()
                running = [start(folder, jobs, proxy, ledger) for _ in range(clients)]
                for process in running:
                    kill_at_some_moment(process, proxy, chance)
                fates = [has_ended_well(process, folder) for process in running]
                kills += fates.count(False)
                unfinished = not all(fates)
            running = [start(folder, jobs, proxy, ledger) for _ in range(clients)]
            ends = [has_ended_well(process, folder) for process in running]
            assert all(ends)
            check(engine, folder, name)
            number += 1
        with Ledger(ledger) as book:
            entries = book.entries()
        assert {entry.state for entry in entries} == {"downloaded"}
        assert [entry.charges for entry in entries] == [1] * (number * JOBS)


def test_killed_fifty_times(tmp_path: Path) -> None:
    """A client killed at fifty random moments leaves exactly one create and one whole file for each job."""
    rounds(tmp_path, str(tmp_path / "ledger.db"), 1, random.Random())


def test_two_clients_killed_fifty_times_on_postgresql(tmp_path: Path) -> None:
    """Two clients side by side on one PostgreSQL ledger, killed fifty times, create each video once."""
    with postgres() as ledger:
        rounds(tmp_path, ledger, 2, random.Random())
