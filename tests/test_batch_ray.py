"""The Ray engine on a real Ray of this machine."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from batches import files_below, fill, framefit, start
from framefit.batch.items import Item
from framefit.batch.rows import Row
from framefit.batch.wire import done_line, read_done, read_task, task_line
from framefit.batch.work import Done, Task


@pytest.fixture(scope="module")
def _ray() -> None:
    pytest.importorskip("ray", reason="there is no Ray for this Python")


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders with the same pictures, times of modification and all."""
    one, other = tmp_path / "one", tmp_path / "other"
    fill(one / "in", 120)
    shutil.copytree(one, other)
    return one, other


@pytest.mark.slow
@pytest.mark.usefixtures("_ray")
def test_same_as_local(two: tuple[Path, Path]) -> None:
    """The results and the manifest are byte for byte those of the local engine, and so they stay in a second run."""
    one, other = two
    arguments = ("fit", "in", "--size", "64x48", "--size", "48x64", "-o", "out")
    framefit(*arguments, cwd=one)
    for _ in range(2):
        ended = framefit(*arguments, "--engine", "ray", cwd=other)
        assert ended.returncode == 1, ended.stderr
        assert files_below(other / "out") == files_below(one / "out")
    assert b"246 of them by an earlier run" in ended.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("_ray")
def test_large_pictures_get_tasks_of_their_own(two: tuple[Path, Path]) -> None:
    """Pictures whose headers ask for more memory than a task has are put off, and end like the others."""
    one, other = two
    arguments = ("fit", "in", "--size", "800x600", "-o", "out")
    framefit(*arguments, cwd=one)
    framefit(*arguments, "--engine", "ray", "--memory", "2MB", cwd=other)
    assert files_below(other / "out") == files_below(one / "out")


def workers_of(process: int) -> list[int]:
    """The processes below one that fit pictures in Ray."""
    parents: dict[int, int] = {}
    names: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                names[int(entry.name)] = (entry / "cmdline").read_text()
            except OSError:
                continue

    def below(one: int) -> bool:
        while one in parents and one != process:
            one = parents[one]
        return one == process

    return [one for one, name in names.items() if "ray::" in name and "MapBatches" in name and below(one)]


@pytest.mark.slow
@pytest.mark.usefixtures("_ray")
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the workers in /proc")
def test_a_lost_worker_loses_nothing(tmp_path: Path) -> None:
    """When worker processes are killed in the middle, the run ends like one in which none was."""
    one, other = tmp_path / "one", tmp_path / "other"
    fill(one / "in", 3000)
    shutil.copytree(one, other)
    arguments = ("fit", "in", "--size", "640x480", "-o", "out")
    framefit(*arguments, cwd=one)
    process = start(*arguments, "--engine", "ray", cwd=other)
    killed = 0
    until = time.monotonic() + 120
    while process.poll() is None and killed < 3 and time.monotonic() < until:
        begun = any((other / "out").glob("part*/*.jpg"))
        for worker in workers_of(process.pid)[:1] if begun else []:
            os.kill(worker, signal.SIGKILL)
            killed += 1
        time.sleep(0.3)
    _, err = process.communicate()
    assert killed, err
    assert process.returncode == 1, err
    assert files_below(other / "out") == files_below(one / "out")


def test_tasks_and_outcomes_travel_whole() -> None:
    """A task and an outcome come back from their lines as they were, odd file names too."""
    item = Item(address="caf\udce9.png", relative="a/b.png", focus="0.1,0.2", number=7, place="a/b")
    row = Row(
        id="1", input="x", target="8x8", status="fitted", source_box=(0.0, 0.5, 1.0, 2.0), findings=("a",)
    )
    task = Task(item=item, before={"1": row})
    assert read_task(task_line(task)) == task
    done = Done(item=item, rows=(row,), unchanged=(row,), touched=(row,), byte_count=3, put_off=4)
    assert read_done(done_line(done)) == done


def test_a_missing_ray_says_what_to_install(tmp_path: Path) -> None:
    """Without Ray the engine ends with wrong usage and the install command."""
    fill(tmp_path / "in", 3)
    (tmp_path / "ray.py").write_text("raise ModuleNotFoundError('no ray', name='ray')\n")
    ended = framefit(
        "fit", "in", "--size", "8x8", "-o", "out", "--engine", "ray",
        cwd=tmp_path, env={"PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])},
    )  # fmt: skip
    assert ended.returncode == 2
    assert b"pip install 'framefit[ray]'" in ended.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("_ray")
@pytest.mark.parametrize("address", ["127.0.0.1:9", "nowhere"])
def test_a_cluster_that_is_not_there(tmp_path: Path, address: str) -> None:
    """A Ray cluster that cannot be reached ends in a sentence, and nothing is fitted."""
    fill(tmp_path / "in", 3)
    arguments = ("fit", "in", "--size", "32x24", "-o", "out", "--engine", "ray", "--ray-address", address)
    ended = framefit(*arguments, cwd=tmp_path)
    assert ended.returncode == 1
    assert b"the Ray cluster cannot be reached [cluster_failed]" in ended.stderr
    assert b"Traceback" not in ended.stderr
    assert not any((tmp_path / "out").rglob("*.jpg"))
