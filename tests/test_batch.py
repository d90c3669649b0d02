"""Many pictures in one run: what is found, how it is named, what is remembered."""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batches import files_below, fill, framefit, rows_of, start, without_rights
from framefit.batch.addresses import folder_of, join, name_of, path_in_store, without_suffix
from framefit.batch.items import Item
from framefit.batch.local import Local
from framefit.batch.memory import Budget, memory_of, read_bytes
from framefit.batch.naming import name_items
from framefit.batch.running import Batch, run
from framefit.batch.wants import read_wanted
from framefit.batch.work import Done
from framefit.batch.workspace import Workspace
from framefit.errors import InvalidOption, OutputCollision
from framefit.fitting import plan
from framefit.options import Options
from framefit.planning import Plan, Target
from framefit.sources import Source
from pictures import encoded, opened, scene, write


def outputs(folder: Path) -> set[str]:
    return {name for name in files_below(folder) if not name.startswith("manifest")}


def test_a_tree_is_kept_and_told(tmp_path: Path) -> None:
    """A run over a folder keeps its tree, writes a row for every file, and ends with a table of its failures."""
    fill(tmp_path / "in")
    ended = framefit("fit", "in", "--size", "32x24", "-o", "out", cwd=tmp_path)
    assert ended.returncode == 1
    rows = rows_of(tmp_path / "out" / "manifest.jsonl")
    assert len(rows) == 15
    assert outputs(tmp_path / "out") == {f"part {n % 3}/{n:05d}.jpg" for n in range(12)}
    assert b"12 fitted, 2 failed, 1 skipped as no pictures" in ended.stderr
    table = [line.split() for line in ended.stderr.decode().splitlines()[-2:]]
    assert table == [["picture_broken", "1"], ["picture_empty", "1"]]
    one = next(row for row in rows if row["input"].endswith("00001.png"))
    assert (one["status"], one["canvas"], one["mode"]) == ("fitted", "32x24", "cover")
    assert one["bytes"] == (tmp_path / one["output"]).stat().st_size
    assert one["source_bytes"] == (tmp_path / one["input"]).stat().st_size


def test_a_folder_that_may_not_be_opened_fails_in_its_turn(tmp_path: Path) -> None:
    """What is in a closed folder is not passed over in silence: it is a failure of its own, and the rest is fitted."""
    for name in ("open", "closed"):
        (tmp_path / "in" / name).mkdir(parents=True)
        write(tmp_path / "in" / name / "a.png", scene(40, 30))
    (tmp_path / "in" / "closed").chmod(0)
    command = [sys.executable, "-m", "framefit", "fit", "in", "--size", "32x24", "-o", "out"]
    ended = subprocess.run([*without_rights(), *command], cwd=tmp_path, capture_output=True)
    (tmp_path / "in" / "closed").chmod(0o755)
    assert ended.returncode == 1
    assert b"1 fitted, 1 failed" in ended.stderr
    assert [row["status"] for row in rows_of(tmp_path / "out" / "manifest.jsonl")] == ["fitted", "failed"]


@pytest.mark.parametrize("command", ["fit", "check"])
def test_a_path_behind_a_closed_folder_is_told_in_a_sentence(tmp_path: Path, command: str) -> None:
    """What stands behind a folder that may not be opened is a typed error, for `fit` as for `check`."""
    (tmp_path / "closed").mkdir()
    write(tmp_path / "closed" / "a.png", scene(40, 30))
    (tmp_path / "closed").chmod(0)
    arguments = [
        sys.executable,
        "-m",
        "framefit",
        command,
        "closed/a.png",
        "--size",
        "1280x720",
        "--model",
        "sora-2",
    ]
    ended = subprocess.run([*without_rights(), *arguments], cwd=tmp_path, capture_output=True)
    (tmp_path / "closed").chmod(0o755)
    assert ended.returncode == 1
    assert b"permission denied [picture_unreadable]" in ended.stderr
    assert b"Traceback" not in ended.stderr


def test_an_output_is_known_for_the_input_behind_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """A path that leads back to the input through a folder still to be made is refused before anything is done."""
    write(tmp_path / "a.jpg", scene(40, 30), "JPEG")
    before = (tmp_path / "a.jpg").read_bytes()
    ended = framefit("fit", "a.jpg", "--size", "32x24", "-o", "./new/../a.jpg", cwd=tmp_path)
    assert (ended.returncode, (tmp_path / "a.jpg").read_bytes()) == (2, before)
    assert b"[output_is_input]" in ended.stderr
    assert not (tmp_path / "new").exists()


def test_a_second_run_does_nothing(tmp_path: Path) -> None:
    """A run over what has been done reads no picture, writes no file, and leaves the manifest as it was."""
    fill(tmp_path / "in")
    framefit("fit", "in", "--size", "32x24", "-o", "out", cwd=tmp_path)
    moments = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.jpg")}
    before = (tmp_path / "out" / "manifest.jsonl").read_bytes()
    ended = framefit("fit", "in", "--size", "32x24", "-o", "out", cwd=tmp_path)
    assert ended.stdout == b""
    assert b"15 of them by an earlier run" in ended.stderr
    assert (tmp_path / "out" / "manifest.jsonl").read_bytes() == before
    assert {path: path.stat().st_mtime_ns for path in moments} == moments


def test_only_what_changed_is_done_again(tmp_path: Path) -> None:
    """A changed picture, a lost result and a new picture are done; a touched picture is not."""
    fill(tmp_path / "in")
    framefit("fit", "in", "--size", "32x24", "-o", "out", cwd=tmp_path)
    write(tmp_path / "in" / "part 0" / "00000.JPG", scene(90, 50))
    (tmp_path / "out" / "part 1" / "00001.jpg").unlink()
    write(tmp_path / "in" / "part 2" / "new.jpg", scene(70, 50))
    os.utime(tmp_path / "in" / "part 2" / "00002.webp", ns=(5, 5))
    ended = framefit("fit", "in", "--size", "32x24", "-o", "out", cwd=tmp_path)
    assert sorted(line.split(" -> ")[0] for line in ended.stdout.decode().splitlines()) == [
        str(Path("in", "part 0", "00000.JPG")),
        str(Path("in", "part 1", "00001.png")),
        str(Path("in", "part 2", "new.jpg")),
    ]
    left = files_below(tmp_path / "out")
    shutil.rmtree(tmp_path / "out")
    framefit("fit", "in", "--size", "32x24", "-o", "out", cwd=tmp_path)
    assert files_below(tmp_path / "out") == left


def test_other_options_are_done_again(tmp_path: Path) -> None:
    """A run with another quality does everything again, and so does --no-resume."""
    fill(tmp_path / "in", 3)
    arguments = ("fit", "in", "--size", "32x24", "-o", "out")
    framefit(*arguments, cwd=tmp_path)
    assert framefit(*arguments, "--quality", "50", cwd=tmp_path).stdout.count(b"->") == 3
    assert framefit(*arguments, "--quality", "50", cwd=tmp_path).stdout == b""
    assert framefit(*arguments, "--quality", "50", "--no-resume", cwd=tmp_path).stdout.count(b"->") == 3


def test_several_targets(tmp_path: Path) -> None:
    """Every size has a folder of its own with the whole tree in it, and every picture a row for each."""
    fill(tmp_path / "in", 6)
    framefit("fit", "in", "--size", "32x24", "--size", "24x32", "-o", "out", cwd=tmp_path)
    for size in ((32, 24), (24, 32)):
        folder = tmp_path / "out" / f"{size[0]}x{size[1]}"
        assert len(outputs(folder)) == 6
        assert {opened(path).size for path in folder.rglob("*.jpg")} == {size}
    targets = [row["target"] for row in rows_of(tmp_path / "out" / "manifest.jsonl")]
    assert targets == ["32x24", "24x32"] * 9


def test_one_of_several_targets_may_fail(tmp_path: Path) -> None:
    """A byte budget that one size cannot meet fails that size alone."""
    write(tmp_path / "a.jpg", scene(900, 600))
    arguments = (
        "fit",
        "--from",
        "-",
        "--size",
        "800x600",
        "--size",
        "32x24",
        "-o",
        "out",
        "--max-bytes",
        "2000",
    )
    assert framefit(*arguments, cwd=tmp_path, stdin=b"a.jpg\n").returncode == 1
    large, small = rows_of(tmp_path / "out" / "manifest.jsonl")
    assert (large["error"]["code"], small["status"]) == ("over_byte_budget", "fitted")


def test_one_of_several_targets_is_done_again(tmp_path: Path) -> None:
    """When the result of one target is lost, the other one is left alone."""
    fill(tmp_path / "in", 3)
    arguments = ("fit", "in", "--size", "32x24", "--size", "24x32", "-o", "out")
    framefit(*arguments, cwd=tmp_path)
    before = files_below(tmp_path / "out")
    (tmp_path / "out" / "24x32" / "part 0" / "00000.jpg").unlink()
    assert framefit(*arguments, cwd=tmp_path).stdout.count(b"->") == 1
    assert files_below(tmp_path / "out") == before


@pytest.mark.parametrize(
    "arguments", [["--size", "32x24", "--size", "24x32"], ["--engine", "ray", "--size", "8x8"]]
)
def test_what_needs_a_folder_says_so(tmp_path: Path, arguments: list[str]) -> None:
    """Several targets and the Ray engine without an output folder are wrong usage."""
    fill(tmp_path / "in", 3)
    ended = framefit("fit", "in", *arguments, "--json", cwd=tmp_path)
    assert (ended.returncode, json.loads(ended.stdout)["error"]["code"]) == (2, "invalid_option")


def test_colliding_names_are_refused_with_both(tmp_path: Path) -> None:
    """a.jpg and a.png of one folder are refused before anything is written, with both names."""
    (tmp_path / "in.d").mkdir()
    write(tmp_path / "in.d" / "a.jpg", scene(40, 30))
    write(tmp_path / "in.d" / "a.png", scene(40, 30), "PNG")
    ended = framefit("fit", "in.d", "--size", "32x24", "-o", "out", "--json", cwd=tmp_path)
    error = json.loads(ended.stdout)["error"]
    assert (ended.returncode, error["code"]) == (2, "output_collision")
    assert "a.jpg" in error["message"]
    assert "a.png" in error["message"]
    assert not (tmp_path / "out").exists()


def test_colliding_names_can_get_suffixes(tmp_path: Path) -> None:
    """With --on-collision suffix every picture has a result, and a second run finds them all done."""
    (tmp_path / "in").mkdir()
    for name, kind in (("a.jpg", "JPEG"), ("a.png", "PNG"), ("a.webp", "WEBP"), ("a-png.jpg", "JPEG")):
        write(tmp_path / "in" / name, scene(40, 30), kind)
    arguments = ("fit", "in", "--size", "32x24", "-o", "out", "--on-collision", "suffix")
    assert framefit(*arguments, cwd=tmp_path).returncode == 0
    assert outputs(tmp_path / "out") == {"a.jpg", "a-png.jpg", "a-png-2.jpg", "a-webp.jpg"}
    assert framefit(*arguments, cwd=tmp_path).stdout == b""


def test_a_text_beside_a_picture_is_no_collision(tmp_path: Path) -> None:
    """A caption with the name of a picture neither collides with it nor takes its place."""
    (tmp_path / "in").mkdir()
    for name in ("a", "b"):
        write(tmp_path / "in" / f"{name}.webp", scene(40, 30), "WEBP")
        (tmp_path / "in" / f"{name}.txt").write_text("a caption " * 9)
    ended = framefit("fit", "in", "--size", "32x24", "-o", "out", cwd=tmp_path)
    assert (ended.returncode, outputs(tmp_path / "out")) == (0, {"a.jpg", "b.jpg"})
    assert b"2 skipped" in ended.stderr


def test_results_inside_the_input_folder_are_no_inputs(tmp_path: Path) -> None:
    """A run whose output folder lies in its input folder finds the same pictures every time."""
    fill(tmp_path / "in", 3)
    for _ in range(2):
        framefit("fit", "in", "--size", "32x24", "-o", "in/out", cwd=tmp_path)
    assert len(outputs(tmp_path / "in" / "out")) == 3


def test_patterns(tmp_path: Path) -> None:
    """A pattern is expanded, deep too, and what it matches keeps the tree below its fixed part."""
    fill(tmp_path / "in", 6)
    framefit("fit", "in/**/*.png", "--size", "32x24", "-o", "out", cwd=tmp_path)
    assert outputs(tmp_path / "out") == {"part 1/00001.jpg", "part 1/00004.jpg"}
    ended = framefit("fit", "in/*.tiff", "--size", "32x24", "-o", "none", "--json", cwd=tmp_path)
    assert json.loads(ended.stdout.splitlines()[-1])["error"]["code"] == "picture_not_found"


def test_a_list_of_lines(tmp_path: Path) -> None:
    """A list is one address a line, from a file or from standard input, and its tree is kept."""
    fill(tmp_path / "in", 3)
    lines = b"in/part 0/00000.JPG\n\nin/part 1/00001.png\n"
    (tmp_path / "list.txt").write_bytes(lines)
    framefit("fit", "--from", "list.txt", "--size", "32x24", "-o", "one", cwd=tmp_path)
    framefit("fit", "--from", "-", "--size", "32x24", "-o", "two", cwd=tmp_path, stdin=lines)
    assert outputs(tmp_path / "one") == outputs(tmp_path / "two")
    assert outputs(tmp_path / "one") == {"in/part 0/00000.jpg", "in/part 1/00001.jpg"}


def test_a_csv_list_with_wishes(tmp_path: Path) -> None:
    """A CSV list may say size, mode, focus, crop and output for each picture; a wrong wish fails its row alone."""
    fill(tmp_path / "in", 3)
    (tmp_path / "list.csv").write_text(
        "prompt,image,size,mode,focus,crop,output\n"
        'wind,in/part 0/00000.JPG,64x64,pad,,,"deep/first.png"\n'
        'rain,in/part 1/00001.png,,,"0.1,0.9","0,0,0.5,1",\n'
        "snow,in/part 2/00002.webp,,squeeze,,,\n"
    )
    ended = framefit("fit", "--from", "list.csv", "--size", "32x24", "-o", "out", cwd=tmp_path)
    assert ended.returncode == 1
    assert outputs(tmp_path / "out") == {"deep/first.png", "in/part 1/00001.jpg"}
    first, second, third = rows_of(tmp_path / "out" / "manifest.jsonl")
    assert (first["canvas"], first["mode"], first["format"]) == ("64x64", "pad", "png")
    assert second["source_box"][2] <= 30.5
    assert third["error"]["code"] == "invalid_option"


def test_a_csv_row_without_an_image_is_refused(tmp_path: Path) -> None:
    """A row of a list without an image is wrong usage, and nothing is begun."""
    (tmp_path / "list.csv").write_text("image,size\n,64x64\n")
    ended = framefit("fit", "--from", "list.csv", "--size", "8x8", "-o", "out", "--json", cwd=tmp_path)
    assert (ended.returncode, json.loads(ended.stdout)["error"]["code"]) == (2, "invalid_option")


def test_too_many_failures_end_the_run(tmp_path: Path) -> None:
    """--max-failures ends a run early with exit code 1; a run without it goes on from there."""
    (tmp_path / "in").mkdir()
    for number in range(60):
        (tmp_path / "in" / f"{number:03d}.jpg").write_bytes(encoded(scene(60, 40))[:700])
    ended = framefit("fit", "in", "--size", "8x8", "-o", "out", "--max-failures", "3", cwd=tmp_path)
    assert ended.returncode == 1
    assert b"stopped by --max-failures" in ended.stderr
    assert 4 <= len(rows_of(tmp_path / "out" / "manifest.jsonl")) < 60
    framefit("fit", "in", "--size", "8x8", "-o", "out", cwd=tmp_path)
    assert len(rows_of(tmp_path / "out" / "manifest.jsonl")) == 60


def test_a_manifest_is_refused_that_is_none(tmp_path: Path) -> None:
    """A file that is no manifest is neither read as one nor overwritten."""
    fill(tmp_path / "in", 3)
    (tmp_path / "mine.jsonl").write_text('{"mine": 1}\n')
    ended = framefit("fit", "in", "--size", "8x8", "-o", "out", "--manifest", "mine.jsonl", cwd=tmp_path)
    assert ended.returncode == 2
    assert (tmp_path / "mine.jsonl").read_text() == '{"mine": 1}\n'


def test_a_line_cut_short_is_left_out(tmp_path: Path) -> None:
    """A manifest whose last line was cut short is taken up as if the line were not there."""
    fill(tmp_path / "in", 6)
    framefit("fit", "in", "--size", "32x24", "-o", "out", cwd=tmp_path)
    whole = files_below(tmp_path / "out")
    manifest = tmp_path / "out" / "manifest.jsonl"
    manifest.write_bytes(manifest.read_bytes()[:-40])
    assert framefit("fit", "in", "--size", "32x24", "-o", "out", cwd=tmp_path).returncode == 1
    assert files_below(tmp_path / "out") == whole


def test_no_manifest(tmp_path: Path) -> None:
    """--manifest none leaves results and nothing else."""
    fill(tmp_path / "in", 3)
    framefit("fit", "in", "--size", "8x8", "-o", "out", "--manifest", "none", cwd=tmp_path)
    assert len(files_below(tmp_path / "out")) == 3


def test_two_runs_with_different_inputs_share_a_manifest(tmp_path: Path) -> None:
    """Rows of an earlier run over other pictures are kept, unless their results have been replaced."""
    fill(tmp_path / "one", 3)
    write(tmp_path / "more.jpg", scene(40, 30))
    framefit("fit", "one", "--size", "8x8", "-o", "out", cwd=tmp_path)
    framefit("fit", "more.jpg", "one/part 0/00000.JPG", "--size", "8x8", "-o", "out", cwd=tmp_path)
    inputs = [row["input"] for row in rows_of(tmp_path / "out" / "manifest.jsonl")]
    assert len(inputs) == 6 + 2
    assert inputs[-2:] == ["more.jpg", "one/part 0/00000.JPG"]


def test_an_interrupt_ends_what_is_in_flight(tmp_path: Path) -> None:
    """After an interrupt every row has its whole result, the way to go on is told, and going on ends as usual."""
    fill(tmp_path / "in", 400)
    process = start("fit", "in", "--size", "320x240", "--workers", "1", "-o", "out", cwd=tmp_path)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert b"the same command goes on from here" in err
    fitted = [row for row in rows_of(tmp_path / "out" / "manifest.jsonl") if row["status"] == "fitted"]
    assert {row["output"].split("out/")[1] for row in fitted} == outputs(tmp_path / "out")
    framefit("fit", "in", "--size", "320x240", "-o", "out", cwd=tmp_path)
    left = files_below(tmp_path / "out")
    shutil.rmtree(tmp_path / "out")
    framefit("fit", "in", "--size", "320x240", "-o", "out", cwd=tmp_path)
    assert files_below(tmp_path / "out") == left


def test_a_manifest_in_use_is_refused(tmp_path: Path) -> None:
    """While a run writes a manifest, another run with it is wrong usage."""
    pytest.importorskip("fcntl")
    from framefit.batch.journal import only_run
    from framefit.batch.manifest import Manifest

    fill(tmp_path / "in", 3)
    with only_run(Manifest(address=str(tmp_path / "out" / "manifest.jsonl"), mark=".x-")):
        ended = framefit("fit", "in", "--size", "8x8", "-o", "out", cwd=tmp_path)
    assert ended.returncode == 2
    assert b"another run" in ended.stderr


def test_a_parquet_manifest_has_the_same_rows(tmp_path: Path) -> None:
    """A Parquet manifest holds the rows of the JSON Lines one, and a run goes on from it."""
    parquet = pytest.importorskip("pyarrow.parquet")
    fill(tmp_path / "in")
    framefit("fit", "in", "--size", "32x24", "-o", "out", cwd=tmp_path)
    arguments = ("fit", "in", "--size", "32x24", "-o", "out", "--manifest", "m.parquet")
    framefit(*arguments, cwd=tmp_path)
    rows = parquet.read_table(tmp_path / "m.parquet").to_pylist()
    told = [{key: row[key] for key in row if row[key] is not None and key != "seconds"} for row in rows]
    for row in told:
        if "error" in row:
            row["error"] = {
                key: row["error"].get(key) for key in ("code", "message", "seen", "wanted", "fix")
            }
    assert told == rows_of(tmp_path / "out" / "manifest.jsonl")
    assert framefit(*arguments, cwd=tmp_path).stdout == b""
    assert not (tmp_path / "m.parquet.parts").exists()


def test_names_that_are_no_utf8(tmp_path: Path) -> None:
    """A file whose name is no UTF-8 is fitted, and its row tells the odd bytes."""
    (tmp_path / "in").mkdir()
    odd = os.fsdecode(os.fsencode(tmp_path / "in") + b"/caf\xe9.png")
    try:
        Path(odd).write_bytes(encoded(scene(40, 30), "PNG"))
    except (OSError, UnicodeError):
        pytest.skip("this file system takes UTF-8 names only")
    assert framefit("fit", "in", "--size", "8x8", "-o", "out", cwd=tmp_path).returncode == 0
    assert rows_of(tmp_path / "out" / "manifest.jsonl")[0]["input"].endswith(
        "caf\\xe9.png".replace("\\xe9", "\\udce9")
    )


def test_an_unknown_exception_is_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that framefit does not know fails its picture, is told as unexpected, and stops nothing."""
    from framefit.batch import work

    fill(tmp_path / "in", 3)
    real = work.plan_one

    def plan_one(source: Source, target: Target, options: Options) -> Plan:
        if source.name == "00001.png":
            raise RecursionError("too deep")
        return real(source, target, options)

    monkeypatch.setattr(work, "plan_one", plan_one)
    items = [Item(address=str(path), relative=path.name) for path in sorted((tmp_path / "in").rglob("0*"))]
    rows = [row for done in fitted(items, tmp_path / "out") for row in done.rows]
    assert [row.error.code for row in rows if row.error] == ["unexpected"]
    assert len(rows) == 3


def fitted(items: list[Item], folder: Path, *, memory: int = 1 << 30) -> list[Done]:
    wanted = read_wanted(
        sizes=["8x8"], models=[], server=None, options=Options(), root=str(folder), retries=0, mark=".t-"
    )
    ended: list[Done] = []
    run(
        Batch(items=items, wanted=wanted),
        Local(workers=2, memory=memory),
        stop=threading.Event(),
        on_start=lambda _: None,
        on_done=ended.append,
    )
    return ended


def test_pictures_over_the_memory_run_alone(tmp_path: Path) -> None:
    """With less memory than a picture needs every picture is fitted all the same."""
    fill(tmp_path / "in", 6)
    items = [Item(address=str(path), relative=path.name) for path in (tmp_path / "in").rglob("0*")]
    assert [row.status for done in fitted(items, tmp_path / "out", memory=1) for row in done.rows] == [
        "fitted"
    ] * 6


@settings(deadline=None)
@given(st.lists(st.integers(1, 100), min_size=1, max_size=40))
def test_the_budget_is_never_exceeded(counts: list[int]) -> None:
    """However threads come and go, no more is held than the limit, but for one that is larger and alone."""
    budget, limit = Budget(60), 60
    seen: list[tuple[int, int]] = []
    held: list[int] = []
    lock = threading.Lock()

    def hold(count: int) -> None:
        with budget.holding(count):
            with lock:
                held.append(count)
                seen.append((sum(held), len(held)))
            with lock:
                held.remove(count)

    threads = [threading.Thread(target=hold, args=(count,)) for count in counts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == len(counts)
    assert all(total <= limit or number == 1 for total, number in seen)


FAULTS = """
import resource, sys, threading
from framefit.imaging.freed_memory import keep_freed_memory

if sys.argv[1] == "kept":
    keep_freed_memory()


def picture():
    for _ in range(20):
        bytearray(12_000_000)


before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
thread = threading.Thread(target=picture)
thread.start()
thread.join()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only the GNU C library can be told")
@pytest.mark.parametrize("told", ["", "MALLOC_TRIM_THRESHOLD_"])
def test_freed_memory_is_kept_for_the_next_picture(told: str) -> None:
    """Pages of pixels are faulted in less often, but as often as ever where the user has set that himself."""

    def faults(how: str) -> int:
        env = {**os.environ, **({told: "131072"} if told else {})}
        ended = subprocess.run([sys.executable, "-c", FAULTS, how], env=env, capture_output=True, check=True)
        return int(ended.stdout)

    assert (faults("kept") < 0.8 * faults("usual")) is (not told)


def test_memory_is_estimated_from_the_header() -> None:
    """A picture with four times the pixels is estimated to take about four times the memory."""
    small, large = (memory_of([plan(encoded(scene(size, size), "PNG"), size="16x16")]) for size in (200, 400))
    assert 3.5 < large / small < 4.5


@pytest.mark.parametrize(
    ("text", "count"),
    [("4GB", 4_000_000_000), ("512MiB", 536_870_912), ("1.5g", 1_500_000_000), ("2000000", 2_000_000)],
)
def test_amounts_of_memory(text: str, count: int) -> None:
    """Amounts of memory are read with decimal and binary units."""
    assert read_bytes(text) == count


@pytest.mark.parametrize("text", ["", "12", "4 bananas", "-4GB"])
def test_wrong_amounts_of_memory(text: str) -> None:
    """Amounts that cannot be meant are refused."""
    with pytest.raises(InvalidOption):
        read_bytes(text)


@settings(deadline=None)
@given(st.lists(st.from_regex(r"[a-c]{1,2}\.(jpg|png)", fullmatch=True), unique=True, max_size=12))
def test_suffixes_make_names_unique(names: list[str]) -> None:
    """Whatever the names, with suffixes every item has a place of its own; without, equal names are refused."""
    items = [Item(address=f"memory://x/{name}", relative=name) for name in names]
    wanted = read_wanted(
        sizes=["8x8"], models=[], server=None, options=Options(), root="memory://y", retries=0, mark=".t-"
    )
    with Workspace() as workspace:
        name_items(items, wanted, workspace, on_collision="suffix")
        places = [item.place for item in workspace.items()]
    assert len(set(places)) == len(names)
    collide = len({name.partition(".")[0] for name in names}) < len(names)
    with Workspace() as workspace:
        if collide:
            with pytest.raises(OutputCollision):
                name_items(items, wanted, workspace, on_collision="refuse")
        else:
            name_items(items, wanted, workspace, on_collision="refuse")


@pytest.mark.parametrize(
    ("address", "folder", "name", "path"),
    [
        ("s3://bucket/a/b.tar.jpg", "s3://bucket/a", "b.tar.jpg", "a/b.tar.jpg"),
        ("https://host/a/b%20c.jpg?x=1", "https://host/a", "b c.jpg", "a/b c.jpg"),
        ("/a/b/c.jpg", "/a/b", "c.jpg", "a/b/c.jpg"),
        ("../a/./c.jpg", "../a", "c.jpg", "a/c.jpg"),
    ],
)
def test_addresses(address: str, folder: str, name: str, path: str) -> None:
    """Addresses are taken apart alike, whether they are paths or URLs."""
    assert (folder_of(address), name_of(address), path_in_store(address)) == (folder, name, path)
    assert name_of(join("s3://x/", "y/z.png")) == "z.png"
    assert without_suffix("s3://b.c/a") == "s3://b.c/a"


def test_report(tmp_path: Path) -> None:
    """The report holds the counts, every error code, and the worst pictures before and after, and loads nothing."""
    fill(tmp_path / "in", 30)
    framefit("fit", "in", "--size", "32x24", "-o", "out", cwd=tmp_path)
    ended = framefit("report", "out/manifest.jsonl", "-o", "page.html", "--json", cwd=tmp_path)
    assert json.loads(ended.stdout) == {"manifest": "out/manifest.jsonl", "output": "page.html"}
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.count("data:image/jpeg;base64,") == 48
    assert "picture_broken" in page
    assert "picture_empty" in page
    assert ">30<" in page
    assert "http" not in page.replace("http-equiv", "")
    assert "src=" in page
    assert all(part.startswith('"data:') for part in page.split("src=")[1:])


def test_report_escapes_names(tmp_path: Path) -> None:
    """A picture's name cannot put markup into the report."""
    (tmp_path / "in").mkdir()
    write(tmp_path / "in" / "<b onclick=x>&.png", scene(40, 30), "PNG")
    framefit("fit", "in", "--size", "32x24", "-o", "out", cwd=tmp_path)
    framefit("report", "out/manifest.jsonl", cwd=tmp_path)
    assert "<b onclick" not in (tmp_path / "out" / "manifest.html").read_text(encoding="utf-8")


def test_a_report_of_nothing(tmp_path: Path) -> None:
    """A manifest that is not there is wrong usage."""
    assert framefit("report", "none.jsonl", cwd=tmp_path).returncode == 2
