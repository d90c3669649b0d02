"""How near a finished frame is to the truth: a float Lanczos-3 of the full decode, never rounded or coded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def truth(path: Path, size: tuple[int, int]) -> np.ndarray:
    """The frame of a picture, cover and centre, to a fraction of a pixel, as floats (H, W, 3)."""
    if path.suffix == ".heic":
        import pillow_heif

        image = pillow_heif.open_heif(path).to_pillow().convert("RGB")
    else:
        image = Image.open(path).convert("RGB")
    width, height = image.size
    scale = max(size[0] / width, size[1] / height)
    left, top = (width - size[0] / scale) / 2, (height - size[1] / scale) / 2
    box = (left, top, left + size[0] / scale, top + size[1] / scale)
    bands = [Image.fromarray(np.asarray(band, np.float32)) for band in image.split()]
    scaled = [np.asarray(band.resize(size, Image.Resampling.LANCZOS, box=box)) for band in bands]
    return np.stack(scaled, -1).clip(0, 255)


def psnr(pixels: np.ndarray, wanted: np.ndarray) -> float:
    """Peak signal to noise ratio over R, G and B, in dB."""
    return float(10 * np.log10(255**2 / np.mean((pixels.astype(np.float64) - wanted) ** 2)))


def ssim(pixels: np.ndarray, wanted: np.ndarray) -> float:
    """Structural similarity of the luma with an 11-tap Gaussian window (Wang and others, 2004)."""
    luma = np.array([0.299, 0.587, 0.114])
    one, other = pixels @ luma, wanted @ luma
    mean, wish = _blurred(one), _blurred(other)
    spread = _blurred(one * one) - mean * mean
    wished = _blurred(other * other) - wish * wish
    shared = _blurred(one * other) - mean * wish
    a, b = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float(
        np.mean((2 * mean * wish + a) * (2 * shared + b) / ((mean**2 + wish**2 + a) * (spread + wished + b)))
    )


def _blurred(plane: np.ndarray) -> np.ndarray:
    weights = np.exp(-(np.arange(-5, 6) ** 2) / 4.5)
    weights /= weights.sum()
    for axis in (0, 1):
        padded = np.pad(plane, [(5, 5) if axis == across else (0, 0) for across in (0, 1)], mode="reflect")
        length = plane.shape[axis]
        plane = sum(weights[tap] * np.take(padded, range(tap, tap + length), axis=axis) for tap in range(11))
    return plane
