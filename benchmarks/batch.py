"""What many pictures cost: against its peers, by workers, in memory, in bookkeeping, and killed and gone on.

    python benchmarks/batch.py compare [--files 100] [--rounds 3] [--sharp FOLDER] [--ray]
    python benchmarks/batch.py workers | memory | bookkeeping | job

Whole commands run on the same files, in random order within each round. A ratio is the median over the
rounds of what two commands took in the same round. "Processor ms" is what all processes of a command used
of the processors; other programs on the machine disturb it less than the clock.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import peers
from PIL import Image

import pictures

SIZE = (1280, 720)
FRAMEFIT = [sys.executable, "-m", "framefit", "fit"]
COMPARED = ("the articles' script", "sharp", "vipsthumbnail", "ffmpeg")


@dataclass
class Taken:
    """What a command took of clock and processors, in seconds, by round."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    failed: str = ""


def take(command: list[str], taken: Taken) -> None:
    before, start = os.times(), time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    seconds, after = time.perf_counter() - start, os.times()
    if done.returncode:
        taken.failed = (done.stderr.decode(errors="replace").strip().splitlines() or ["failed"])[-1][:90]
        return
    taken.wall.append(seconds)
    used = after.children_user + after.children_system - before.children_user - before.children_system
    taken.cpu.append(used)


def ratio(one: list[float], other: list[float]) -> float:
    return statistics.median(mine / theirs for mine, theirs in zip(one, other, strict=False))


def batch(folder: Path, out: Path, *options: str, size: tuple[int, int] = SIZE) -> list[str]:
    return [*FRAMEFIT, str(folder), "-o", str(out), "--size", f"{size[0]}x{size[1]}", *options]


def sources(work: Path, count: int) -> Path:
    """A folder of 12-megapixel JPEG files: a few pictures, copied."""
    drawn = pictures.write(work / "drawn", "jpeg", 12, 4)
    folder = work / f"in-{count}"
    folder.mkdir(exist_ok=True)
    for number in range(count):
        path = folder / f"{number:05d}.jpg"
        if not path.exists():
            shutil.copyfile(drawn[number % len(drawn)], path)
    return folder


def small(work: Path, count: int) -> Path:
    """A folder of small pictures, no two alike."""
    folder = work / f"small-{count}"
    folder.mkdir(exist_ok=True)
    base = Image.linear_gradient("L").resize((128, 96)).convert("RGB")
    for number in range(count):
        path = folder / f"{number:06d}.jpg"
        if not path.exists():
            base.putpixel((number % 128, number // 128 % 96), (number % 256, number // 256 % 256, 128))
            base.save(path, quality=90)
    return folder


def compare(arguments: argparse.Namespace, work: Path) -> None:
    folder, out = sources(work, arguments.files), work / "out"
    files = sorted(folder.iterdir())
    known = {
        peer.name: peer for peer in peers.peers(SIZE, arguments.sharp, work) if peer.name.startswith(COMPARED)
    }
    own = {"framefit, local": ("--workers", str(peers.WORKERS))}
    if arguments.ray:
        own["framefit, Ray"] = ("--engine", "ray")
    missing = {name: peer.missing for name, peer in known.items() if peer.command is None}
    names = [*own, *(name for name in known if name not in missing)]
    rounds = {name: Taken() for name in names}
    for _ in range(arguments.rounds):
        for name in random.sample(names, len(names)):
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir()
            made = known[name].command if name in known else None
            take(made(out, files) if made else batch(folder, out, *own[name]), rounds[name])
    first = rounds["framefit, local"]
    print(f"\n{len(files)} files of 12 megapixels, {arguments.rounds} rounds, {peers.WORKERS} cores.\n")
    print("| command | pictures/s | time / framefit | processor ms | / framefit |\n|---|---:|---:|---:|---:|")
    for name, taken in rounds.items():
        if taken.failed:
            print(f"| {name} | failed: {taken.failed} | | | |")
            continue
        print(
            f"| {name} | {len(files) / statistics.median(taken.wall):.1f} | {ratio(taken.wall, first.wall):.2f} "
            f"| {statistics.median(taken.cpu) / len(files) * 1000:.1f} | {ratio(taken.cpu, first.cpu):.2f} |"
        )
    for name, what in missing.items():
        print(f"| {name} | missing: {what} | | | |")


def workers(arguments: argparse.Namespace, work: Path) -> None:
    folder, out = sources(work, arguments.files), work / "out"
    rounds = {1: Taken(), 2: Taken()}
    for _ in range(arguments.rounds):
        for count in random.sample([1, 2], 2):
            shutil.rmtree(out, ignore_errors=True)
            take(batch(folder, out, "--workers", str(count)), rounds[count])
    speedup = ratio(rounds[1].wall, rounds[2].wall)
    print(f"\nTwo workers do {speedup:.2f} times the work of one: an efficiency of {speedup / 2:.2f}")
    print(
        f"and use {ratio(rounds[2].cpu, rounds[1].cpu):.2f} times its processor time for the same pictures."
    )


def memory(_: argparse.Namespace, work: Path) -> None:
    out = work / "out"
    print("\n| pictures | peak memory, MB |\n|---:|---:|")
    for count in (1_000, 10_000):
        folder = small(work, count)
        shutil.rmtree(out, ignore_errors=True)
        process = subprocess.Popen(
            batch(folder, out, size=(64, 48)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        print(f"| {count:,} | {used.ru_maxrss / (1e6 if sys.platform == 'darwin' else 1e3):.1f} |")


def bookkeeping(arguments: argparse.Namespace, work: Path) -> None:
    folder, out = sources(work, arguments.files), work / "out"
    names = {"without a manifest": ("--manifest", "none"), "with one": (), "a second time": ()}
    rounds = {name: Taken() for name in names}
    for _ in range(arguments.rounds):
        for name, options in names.items():
            if name != "a second time":
                shutil.rmtree(out, ignore_errors=True)
            take(batch(folder, out, *options), rounds[name])
    bare, kept, again = rounds.values()
    count = arguments.files
    print(
        f"\nA manifest costs {ratio(kept.cpu, bare.cpu) - 1:+.1%} of processor time on {count} pictures of 12 MP;"
    )
    print(
        f"a second run that has nothing to do takes {ratio(again.cpu, bare.cpu):.1%} of the first, start-up included."
    )


def job(arguments: argparse.Namespace, work: Path) -> None:
    """10,000 small and 200 large pictures: run, killed again and again, gone on, and compared."""
    folder, out = work / "job", work / "out"
    folder.mkdir(exist_ok=True)
    for path in (*sources(work, 200).iterdir(), *small(work, 10_000).iterdir()):
        link = folder / path.parent.name / path.name
        link.parent.mkdir(exist_ok=True)
        if not link.exists():
            os.link(path, link)
    shutil.rmtree(out, ignore_errors=True)
    command = batch(folder, out, size=(640, 360))
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    alone, state = time.perf_counter() - start, state_of(out)
    shutil.rmtree(out)
    killed = 0
    for _ in range(arguments.kills):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(random.uniform(0.5, 2 * alone / arguments.kills))
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    print(
        f"\n10,200 pictures: {alone:.1f} s when left alone; killed {killed} times, then {time.perf_counter() - start:.1f} s"
    )
    print("and the same state, byte for byte." if state_of(out) == state else "and ANOTHER STATE.")


def state_of(out: Path) -> dict[str, str]:
    """Every file with its digest; of the manifest everything but the seconds."""
    state = {}
    for path in out.rglob("*"):
        if path.name == "manifest.jsonl":
            rows = [json.loads(line) for line in path.read_bytes().splitlines()]
            data = json.dumps([{k: v for k, v in row.items() if k != "seconds"} for row in rows]).encode()
        else:
            data = path.read_bytes() if path.is_file() else b""
        state[str(path.relative_to(out))] = hashlib.blake2b(data).hexdigest()
    return state


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    kinds = {"compare": compare, "workers": workers, "memory": memory, "bookkeeping": bookkeeping, "job": job}
    parser.add_argument("what", nargs="+", choices=kinds)
    parser.add_argument("--files", type=int, default=100, help="pictures of 12 megapixels")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--sharp", type=Path, help="a folder with node_modules/sharp")
    parser.add_argument("--ray", action="store_true", help="run the Ray engine too")
    parser.add_argument("--work", type=Path, help="a folder to keep the pictures in between runs")
    arguments = parser.parse_args()
    work = arguments.work or Path(tempfile.mkdtemp(prefix="framefit-benchmark-"))
    work.mkdir(parents=True, exist_ok=True)
    for what in arguments.what:
        kinds[what](arguments, work)


if __name__ == "__main__":
    main()
