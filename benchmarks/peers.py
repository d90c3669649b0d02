"""Every way to make the frame that is compared: a whole command each, files in, files out."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORKERS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

ARTICLES = """
import os, sys
from concurrent.futures import ThreadPoolExecutor
from PIL import Image, ImageOps
if any(name.endswith(".heic") for name in sys.argv[4:]):
    import pillow_heif
    pillow_heif.register_heif_opener()
out, size, files = sys.argv[1], (int(sys.argv[2]), int(sys.argv[3])), sys.argv[4:]
def one(name):
    image = ImageOps.fit(Image.open(name).convert("RGB"), size, Image.LANCZOS)
    image.save(os.path.join(out, os.path.splitext(os.path.basename(name))[0] + ".jpg"), "JPEG", quality=95)
with ThreadPoolExecutor(4) as pool:
    list(pool.map(one, files))
"""

PYVIPS = """
import os, sys
os.environ["VIPS_CONCURRENCY"] = "1"
import pyvips
from concurrent.futures import ThreadPoolExecutor
out, width, height, files = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[5:]
def one(name):
    image = pyvips.Image.new_from_file(name, access="sequential")
    left = min(image.width / width, image.height / height)
    shrink = next((k for k in (8, 4, 2) if left / k >= 1.5), 1)
    if shrink > 1 and name.endswith(".jpg"):
        image = pyvips.Image.new_from_file(name, access="sequential", shrink=shrink)
    scale = max(width / image.width, height / image.height)
    w, h = round(width / scale), round(height / scale)
    image = image.crop((image.width - w) // 2, (image.height - h) // 2, w, h)
    image = image.resize(width / w, vscale=height / h)
    to = os.path.join(out, os.path.splitext(os.path.basename(name))[0] + ".jpg")
    image.jpegsave(to, Q=95, keep="none", subsample_mode="on")
with ThreadPoolExecutor(int(sys.argv[4])) as pool:
    list(pool.map(one, files))
"""

SHARP = """
const sharp = require('sharp'), path = require('path');
const [out, width, height, concurrency, ...files] = process.argv.slice(1);
sharp.cache(false); sharp.concurrency(+concurrency);
const one = f => sharp(f).rotate().resize(+width, +height, {fit: 'cover', kernel: 'lanczos3'})
  .jpeg({quality: 95}).toFile(path.join(out, path.parse(f).name + '.jpg'));
Promise.all(files.map(one)).catch(e => { console.error(String(e)); process.exit(1); });
"""

WITHOUT_SIMD = """
import sys
sys.modules["cykooz_resizer"] = None
from framefit.cli.main import main
sys.exit(main())
"""

LIBRARY = """
import os, sys
from concurrent.futures import ThreadPoolExecutor
import framefit
out, size, workers, best, files = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4] == "best", sys.argv[5:]
def one(name):
    to = os.path.join(out, os.path.splitext(os.path.basename(name))[0] + ".jpg")
    framefit.fit(name, size=size, format="jpeg", best=best).save(to)
with ThreadPoolExecutor(workers) as pool:
    list(pool.map(one, files))
"""


@dataclass(frozen=True, kw_only=True)
class Peer:
    """One way to make the frames.

    Args:
        name: what the table calls it.
        command: the command for an output folder and the pictures; None when something is missing.
        missing: what is missing.
    """

    name: str
    command: Callable[[Path, list[Path]], list[str]] | None = None
    missing: str = ""


def peers(size: tuple[int, int], sharp: Path | None, work: Path) -> list[Peer]:
    """Every peer; the first is what the others are compared with."""
    return [
        *_framefit(size),
        *_python(size),
        *_sharp(size, sharp),
        *_vipsthumbnail(size),
        *_ffmpeg(size),
        _imagemagick(size),
        _floor(size, work),
    ]


def _framefit(size: tuple[int, int]) -> list[Peer]:
    wish = ["--size", f"{size[0]}x{size[1]}", "--format", "jpeg", "--json"]

    def run(*start: str, end: tuple[str, ...]) -> Callable[[Path, list[Path]], list[str]]:
        return lambda out, files: [*start, "fit", *map(str, files), "-o", f"{out}/", *wish, *end]

    def library(best: str) -> Callable[[Path, list[Path]], list[str]]:
        start = [sys.executable, "-c", LIBRARY]
        numbers = [f"{size[0]}x{size[1]}", str(WORKERS), best]
        return lambda out, files: [*start, str(out), *numbers, *map(str, files)]

    all_cores, own = ("--workers", str(WORKERS)), (sys.executable, "-m", "framefit")
    without = run(sys.executable, "-c", WITHOUT_SIMD, end=all_cores)
    return [
        Peer(name=f"framefit fit, {WORKERS} workers", command=run(*own, end=all_cores)),
        Peer(name="framefit fit, 1 worker", command=run(*own, end=("--workers", "1"))),
        Peer(name="framefit fit, Pillow's own resize", command=without),
        Peer(name="framefit.fit() in a thread pool", command=library("fast")),
        Peer(name="framefit.fit(best=True) in a thread pool", command=library("best")),
    ]


def _python(size: tuple[int, int]) -> list[Peer]:
    numbers = list(map(str, size))
    pyvips = "pyvips, shrink and resize"
    return [
        Peer(
            name="the articles' script",
            command=lambda out, files: [sys.executable, "-c", ARTICLES, str(out), *numbers, *map(str, files)],
        ),
        Peer(name=pyvips, missing="pip install pyvips pyvips-binary")
        if importlib.util.find_spec("pyvips") is None
        else Peer(
            name=pyvips,
            command=lambda out, files: [
                sys.executable,
                "-c",
                PYVIPS,
                str(out),
                *numbers,
                str(WORKERS),
                *map(str, files),
            ],
        ),
    ]


def _sharp(size: tuple[int, int], folder: Path | None) -> list[Peer]:
    names = {"1": "sharp, concurrency 1", "0": "sharp, default concurrency"}
    if folder is None or shutil.which("node") is None:
        missing = "npm install sharp, then --sharp FOLDER"
        return [Peer(name=name, missing=missing) for name in names.values()]
    os.environ["NODE_PATH"] = str(folder / "node_modules")

    def run(concurrency: str) -> Callable[[Path, list[Path]], list[str]]:
        numbers = [str(size[0]), str(size[1]), concurrency]
        return lambda out, files: ["node", "-e", SHARP, str(out), *numbers, *map(str, files)]

    return [Peer(name=name, command=run(concurrency)) for concurrency, name in names.items()]


def _vipsthumbnail(size: tuple[int, int]) -> list[Peer]:
    name = f"vipsthumbnail, xargs -P{WORKERS}"
    if shutil.which("vipsthumbnail") is None:
        return [Peer(name=name, missing="vipsthumbnail")]

    def run(out: Path, files: list[Path]) -> list[str]:
        each = f'vipsthumbnail --size {size[0]}x{size[1]} --smartcrop centre -o "{out}/%s.jpg[Q=95,strip,subsample_mode=on]"'
        return _parallel(each, files, per_call=8, before="VIPS_CONCURRENCY=1")

    return [Peer(name=name, command=run)]


def _ffmpeg(size: tuple[int, int]) -> list[Peer]:
    names = ["ffmpeg per file", f"ffmpeg per file, xargs -P{WORKERS}", "ffmpeg, one sequence"]
    if shutil.which("ffmpeg") is None:
        return [Peer(name=name, missing="ffmpeg") for name in names]
    width, height = size
    scale = f"scale={width}:{height}:force_original_aspect_ratio=increase:flags=lanczos+accurate_rnd"
    video = f'-vf "{scale},crop={width}:{height}" -q:v 2'
    base = "ffmpeg -nostdin -v error -y"

    def each(out: Path, threads: str) -> str:
        return f'bash -c \'n=$(basename "$0"); {base} {threads} -i "$0" {video} "{out}/${{n%.*}}.jpg"\''

    def sequence(out: Path, files: list[Path]) -> list[str]:
        links = out / "in"
        links.mkdir()
        for number, file in enumerate(files):
            (links / f"{number}{file.suffix}").symlink_to(file)
        moves = " && ".join(
            f'mv "{out}/in/out{n}.jpg" "{out}/{file.stem}.jpg"' for n, file in enumerate(files)
        )
        pattern = f'-start_number 0 -i "{links}/%d{files[0].suffix}"'
        return ["bash", "-c", f'{base} {pattern} {video} -start_number 0 "{links}/out%d.jpg" && {moves}']

    return [
        Peer(name=names[0], command=lambda out, files: _parallel(each(out, ""), files, workers=1)),
        Peer(name=names[1], command=lambda out, files: _parallel(each(out, "-threads 1"), files)),
        Peer(name=names[2], command=sequence),
    ]


def _imagemagick(size: tuple[int, int]) -> Peer:
    name = f"ImageMagick with jpeg:size, xargs -P{WORKERS}"
    tool = next((tool for tool in ("convert-im6.q16", "magick", "convert") if shutil.which(tool)), None)
    if tool is None:
        return Peer(name=name, missing="ImageMagick")
    frame, hint = f"{size[0]}x{size[1]}", f"{2 * size[0]}x{2 * size[1]}"

    def run(out: Path, files: list[Path]) -> list[str]:
        work = f"-auto-orient -filter Lanczos -resize {frame}^ -gravity center -extent {frame}"
        save = f'-quality 95 -sampling-factor 4:2:0 "{out}/${{n%.*}}.jpg"'
        each = f'n=$(basename "$0"); {tool} -limit thread 1 -define jpeg:size={hint} "$0" {work} {save}'
        return _parallel(f"bash -c '{each}'", files)

    return Peer(name=name, command=run)


def _floor(size: tuple[int, int], work: Path) -> Peer:
    name = "floor: libjpeg-turbo, decode and encode only"
    binary = work / "floor"
    if not binary.exists():
        built = shutil.which("cc") and subprocess.run(
            ["cc", "-O2", str(HERE / "floor.c"), "-o", str(binary), "-ljpeg"], capture_output=True
        )
        if not built or built.returncode:
            return Peer(name=name, missing="a C compiler and libjpeg-turbo's headers")
    numbers = [str(WORKERS), str(size[0]), str(size[1])]
    return Peer(name=name, command=lambda out, files: [str(binary), str(out), *numbers, *map(str, files)])


def _parallel(
    each: str, files: list[Path], *, per_call: int = 1, workers: int = WORKERS, before: str = ""
) -> list[str]:
    names = "\\0".join(map(str, files))
    return ["bash", "-c", f"printf '{names}\\0' | {before} xargs -0 -P{workers} -n{per_call} {each}"]
