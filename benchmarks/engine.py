"""One table for each case: framefit against its peers, whole commands, alternating, on the same files.

    python benchmarks/engine.py [--case NAME]... [--rounds N] [--copies N] [--sharp FOLDER] [--startup]

Every round runs every command once, in random order. A ratio is the median over the rounds of what the
command took divided by what the first one took in the same round, so that a machine whose speed drifts
tells the truth all the same. "Processor ms" is what all processes of a command used of the processors,
which other programs on the machine disturb less than the wall clock. Peers that are missing are named.
NumPy is needed; scikit-image for photographs to start from.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import peers
import quality
from PIL import Image

import pictures

CASES = {
    "12mp": ("jpeg", 12, (1280, 720), 8),
    "0.8mp": ("jpeg", 0.8, (1280, 720), 8),
    "24mp": ("jpeg", 24, (1280, 720), 2),
    "48mp": ("jpeg", 48, (1280, 720), 1),
    "portrait": ("jpeg", 12, (720, 1280), 4),
    "wide": ("jpeg", 12, (1792, 1024), 4),
    "png": ("png", 12, (1280, 720), 1),
    "webp": ("webp", 12, (1280, 720), 1),
    "heic": ("heic", 12, (1280, 720), 1),
    "avif": ("avif", 12, (1280, 720), 1),
}
"""Format, megapixels, target, and how many times each picture is used."""


@dataclass
class Row:
    """What was measured of one peer: milliseconds of wall and processor time for a picture, by round."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    psnr: float = 0.0
    ssim: float = 0.0
    kilobytes: float = 0.0
    failed: str = ""


def run_case(name: str, arguments: argparse.Namespace, work: Path) -> None:
    kind, megapixels, size, copies = CASES[name]
    sources = pictures.write(work / "sources", kind, megapixels, arguments.pictures, arguments.own)
    files = copied(sources, arguments.copies or copies, work / "in")
    known = peers.peers(size, arguments.sharp, work)
    chosen = [peer for peer in known if not arguments.only or any(o in peer.name for o in arguments.only)]
    rows = {peer.name: Row() for peer in chosen if peer.command is not None}
    for _ in range(arguments.rounds):
        for peer in random.sample(chosen, len(chosen)):
            if peer.command is not None and not rows[peer.name].failed:
                measure(peer, rows[peer.name], files, sources, size, work / "out")
    print(f"\n### {name}: {megapixels:g}-megapixel {kind} to {size[0]}x{size[1]}, cover\n")
    print(
        f"{len(files)} files ({len(sources)} pictures), {arguments.rounds} rounds, {peers.WORKERS} cores.\n"
    )
    print(table(chosen, rows), flush=True)


def copied(sources: list[Path], copies: int, folder: Path) -> list[Path]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    files = []
    for number in range(len(sources) * copies):
        source = sources[number % len(sources)]
        files.append(folder / f"{number:03}{source.suffix}")
        shutil.copy(source, files[-1])
    return files


def measure(
    peer: peers.Peer, row: Row, files: list[Path], sources: list[Path], size: tuple[int, int], out: Path
) -> None:
    """Run one command once and, the first time, look at what it made."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    assert peer.command is not None
    command = peer.command(out, files)
    before, start = os.times(), time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    seconds, after = time.perf_counter() - start, os.times()
    made = [out / f"{file.stem}.jpg" for file in files]
    if done.returncode or not all(path.exists() for path in made):
        reason = done.stderr.decode(errors="replace").strip().splitlines()
        row.failed = reason[-1][:90] if reason else "not every file was written"
        return
    used = after.children_user + after.children_system - before.children_user - before.children_system
    row.wall.append(seconds / len(files) * 1000)
    row.cpu.append(used / len(files) * 1000)
    if len(row.wall) == 1:
        look(row, made[: len(sources)], sources, size)


_truths: dict[tuple[Path, tuple[int, int]], np.ndarray] = {}


def look(row: Row, made: list[Path], sources: list[Path], size: tuple[int, int]) -> None:
    pairs = []
    for path, source in zip(made, sources, strict=True):
        if (source, size) not in _truths:
            _truths[source, size] = quality.truth(source, size)
        pairs.append((np.asarray(Image.open(path).convert("RGB"), np.float64), _truths[source, size]))
    if any(pixels.shape != wanted.shape for pixels, wanted in pairs):
        row.psnr = row.ssim = float(
            "nan"
        )  # the floor's corner of the picture, or a peer that gives another size
    else:
        row.psnr = statistics.mean(quality.psnr(*pair) for pair in pairs)
        row.ssim = statistics.mean(quality.ssim(*pair) for pair in pairs)
    row.kilobytes = statistics.mean(path.stat().st_size for path in made) / 1000


def table(chosen: list[peers.Peer], rows: dict[str, Row]) -> str:
    base = rows[chosen[0].name]
    lines = [
        "| command | ms/picture | best | / first | processor ms | / first | PSNR | SSIM | kB |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for peer in chosen:
        row = rows.get(peer.name)
        if row is None:
            lines.append(f"| {peer.name} | missing: {peer.missing} | | | | | | | |")
        elif row.failed:
            lines.append(f"| {peer.name} | failed: {row.failed} | | | | | | | |")
        else:
            ratio, work = (
                statistics.median(one / other for one, other in zip(mine, first, strict=False))
                for mine, first in ((row.wall, base.wall), (row.cpu, base.cpu))
            )
            lines.append(
                f"| {peer.name} | {statistics.median(row.wall):.1f} | {min(row.wall):.1f} | {ratio:.2f} "
                f"| {statistics.median(row.cpu):.1f} | {work:.2f} | {row.psnr:.2f} | {row.ssim:.4f} | {row.kilobytes:.0f} |"
            )
    return "\n".join(lines)


def startup(rounds: int, work: Path) -> None:
    """Measure what a command costs before it does anything."""
    picture = pictures.write(work / "sources", "jpeg", 12, 1)[0]
    out = work / "one.jpg"
    commands = {
        'python -c "import PIL.Image"': [sys.executable, "-c", "import PIL.Image"],
        "framefit --help": [sys.executable, "-m", "framefit", "--help"],
        "framefit fit, one 12-megapixel picture": [
            *(sys.executable, "-m", "framefit", "fit", str(picture), "-o", str(out), "--size", "1280x720")
        ],
        'python -c "import framefit"': [sys.executable, "-c", "import framefit"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name in random.sample(list(commands), len(commands)):
            out.unlink(missing_ok=True)
            start = time.perf_counter()
            subprocess.run(commands[name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
            times[name].append((time.perf_counter() - start) * 1000)
    base = next(iter(times.values()))
    print("\n### Start-up\n\n| command | ms | / first |\n|---|---:|---:|")
    for name, taken in times.items():
        ratio = statistics.median(one / other for one, other in zip(taken, base, strict=True))
        print(f"| `{name}` | {statistics.median(taken):.0f} | {ratio:.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--case", action="append", choices=[*CASES, "all"], help="default: 12mp")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--copies", type=int, help="times each picture is used")
    parser.add_argument("--pictures", type=int, default=8, help="how many different pictures")
    parser.add_argument("--own", type=Path, help="a folder of pictures to use instead")
    parser.add_argument(
        "--only", action="append", help="only peers whose name holds this; the first is the base"
    )
    parser.add_argument("--sharp", type=Path, help="a folder with node_modules/sharp")
    parser.add_argument("--startup", action="store_true", help="measure start-up as well")
    parser.add_argument("--work", type=Path, help="a folder to keep the sources in between runs")
    arguments = parser.parse_args()
    work = arguments.work or Path(tempfile.mkdtemp(prefix="framefit-benchmark-"))
    work.mkdir(parents=True, exist_ok=True)
    names = arguments.case or ["12mp"]
    for name in CASES if "all" in names else names:
        run_case(name, arguments, work)
    if arguments.startup:
        startup(3 * arguments.rounds, work)
    if arguments.work is None:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
