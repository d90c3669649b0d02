"""Source pictures for the benchmarks: enlarged photographs with texture and sensor noise, always the same."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
from PIL import Image

SIZES = {0.8: (1024, 768), 12: (4032, 3024), 24: (6000, 4000), 48: (8064, 6048)}
ENDINGS = {"jpeg": ".jpg", "png": ".png", "webp": ".webp", "heic": ".heic", "avif": ".avif"}
PHOTOGRAPHS = (
    "astronaut.png",
    "chelsea.png",
    "coffee.png",
    "rocket.jpg",
    "motorcycle_left.png",
    "hubble_deep_field.jpg",
    "ihc.png",
    "retina.jpg",
)
"""Photographs that the wheel of scikit-image carries."""


def photographs() -> list[Image.Image]:
    """The photographs of scikit-image where it is installed, else pictures drawn from noise."""
    found = importlib.util.find_spec("skimage")
    if found is None or found.origin is None:
        return [_drawn(seed) for seed in range(4)]
    folder = Path(found.origin).parent / "data"
    return [Image.open(folder / name).convert("RGB") for name in PHOTOGRAPHS if (folder / name).exists()]


def _drawn(seed: int) -> Image.Image:
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (24, 32, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((800, 600), Image.Resampling.BICUBIC)


def enlarged(photograph: Image.Image, size: tuple[int, int], seed: int) -> Image.Image:
    """A photograph at a camera's size: scaled to cover it, with fine texture and sensor noise laid over."""
    random = np.random.default_rng(seed)
    ratio = size[0] / size[1]
    width, height = photograph.size
    cut = (min(width, height * ratio), min(height, width / ratio))
    left, top = (width - cut[0]) / 2, (height - cut[1]) / 2
    large = photograph.resize(size, Image.Resampling.BICUBIC, box=(left, top, left + cut[0], top + cut[1]))
    pixels = np.asarray(large, np.float32)
    for scale, strength in ((2, 4.0), (4, 5.0), (16, 6.0)):
        coarse = random.normal(0, strength, (size[1] // scale + 1, size[0] // scale + 1)).astype(np.float32)
        texture = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
        pixels = pixels + np.asarray(texture)[..., None] * (0.3 + pixels.mean(-1, keepdims=True) / 255)
    pixels += random.normal(0, 1.2, pixels.shape).astype(np.float32)
    return Image.fromarray(pixels.round().clip(0, 255).astype(np.uint8))


def write(folder: Path, kind: str, megapixels: float, count: int, own: Path | None = None) -> list[Path]:
    """Write the pictures of one case and return their paths; ``own`` is a folder to take pictures from instead."""
    folder.mkdir(parents=True, exist_ok=True)
    if own is not None:
        return sorted(path for path in own.iterdir() if path.suffix.lower() == ENDINGS[kind])[:count]
    paths = []
    for number, photograph in enumerate(photographs()[:count]):
        path = folder / f"{kind}-{megapixels:g}-{number}{ENDINGS[kind]}"
        if not path.exists():
            _save(enlarged(photograph, SIZES[megapixels], number), path, kind)
        paths.append(path)
    return paths


def _save(image: Image.Image, path: Path, kind: str) -> None:
    if kind == "heic":
        import pillow_heif

        pillow_heif.from_pillow(image).save(path, quality=80)
    elif kind == "png":
        image.save(path, compress_level=6)
    elif kind == "webp":
        image.save(path, quality=90, method=2)
    elif kind == "avif":
        image.save(path, quality=80, speed=9)
    else:
        image.save(path, quality=92, subsampling="4:2:0")
