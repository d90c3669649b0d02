"""How long `check` takes for 1,000 local JPEGs: python benchmarks/check.py [COUNT]."""

from __future__ import annotations

import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image

import framefit

SIZES = [(4032, 3024), (3024, 4032), (1920, 1080), (1280, 720)]
GOAL_SECONDS = 2.0


def made(folder: Path, count: int) -> list[Path]:
    """Write the pictures: noise, so that they have the size of real photographs."""
    originals = []
    for number, size in enumerate(SIZES):
        path = folder / f"original-{number}.jpg"
        exif = Image.Exif()
        exif[0x0112] = 6 if number == 0 else 1
        Image.effect_noise(size, 60).convert("RGB").save(path, quality=85, exif=exif)
        originals.append(path.read_bytes())
    paths = []
    for number in range(count):
        path = folder / f"{number:05}.jpg"
        path.write_bytes(originals[number % len(originals)])
        paths.append(path)
    return paths


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    cases = [
        ("sora-2", "embedded", "1280x720"),
        ("Wan2.2-I2V-A14B", "vllm-omni", "1280x720"),
        ("Wan2.2-I2V-A14B", "sglang", "1280x720"),
        ("HunyuanVideo-1.5-I2V", "hunyuan-reference", None),
        ("kling-v3", "kling", None),
    ]
    with tempfile.TemporaryDirectory() as folder:
        paths = made(Path(folder), count)
        start = time.perf_counter()
        framefit.check(paths[0], model="sora-2")
        print(f"first check, imports and catalogue included: {time.perf_counter() - start:.3f} s")
        for model, server, size in cases:
            for workers in (1, 2):
                start = time.perf_counter()
                with ThreadPoolExecutor(workers) as pool:
                    told = list(
                        pool.map(
                            lambda path, m=model, s=server, z=size: framefit.check(
                                path, model=m, server=s, size=z
                            ),
                            paths,
                        )
                    )
                took = time.perf_counter() - start
                verdicts = {one.verdict for one in told}
                met = "met" if took < GOAL_SECONDS * count / 1000 else "missed"
                print(f"{model} on {server}, {workers} threads: {took:.2f} s, goal {met}, {sorted(verdicts)}")
        start = time.perf_counter()
        rows = framefit.check_all(paths[0])
        print(f"check_all, {len(rows)} models: {time.perf_counter() - start:.3f} s")


if __name__ == "__main__":
    main()
