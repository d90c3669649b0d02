"""A run that is killed at any moment goes on as if nothing had happened."""

from __future__ import annotations

import random
import shutil
import signal
import time
from pathlib import Path

import pytest

from batches import files_below, fill, framefit, rows_of, start
from framefit.batch.rows import digest
from pictures import opened

pytestmark = pytest.mark.slow

KILLS = 20


def assert_true(folder: Path) -> None:
    """Every row tells of a whole result that is there, and no result is half written."""
    manifest = folder / "manifest.jsonl"
    if manifest.exists():
        whole = manifest.read_bytes().rpartition(b"\n")[0]
        copy = folder.parent / "whole.jsonl"
        copy.write_bytes(whole)
        for row in rows_of(copy):
            if row["status"] == "fitted":
                assert digest((folder.parent / row["output"]).read_bytes()) == row["output_digest"]
    for path in folder.rglob("*.jpg"):
        if not path.name.startswith("."):
            assert opened(path).size in {(320, 240), (96, 128)}


def test_killed_and_gone_on(tmp_path: Path) -> None:
    """Killed 20 times at random moments and gone on, a run ends byte for byte like one that was left alone."""
    fill(tmp_path / "in", 1500)
    arguments = ("fit", "in", "--size", "320x240", "--size", "96x128", "-o", "out")
    started = time.monotonic()
    framefit(*arguments, cwd=tmp_path)
    taken = time.monotonic() - started
    alone = files_below(tmp_path / "out")
    shutil.rmtree(tmp_path / "out")
    chance = random.Random(20)
    ended_early = 0
    for _ in range(KILLS):
        process = start(*arguments, cwd=tmp_path)
        # Together the attempts last longer than one run, so that its end is among the moments too.
        time.sleep(0.15 + chance.random() * taken / 5)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        ended_early += process.returncode == -signal.SIGKILL
        assert_true(tmp_path / "out")
    assert ended_early > KILLS // 4
    framefit(*arguments, cwd=tmp_path)
    assert files_below(tmp_path / "out") == alone
