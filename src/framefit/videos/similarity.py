"""How alike two pictures are: PSNR and SSIM, on NumPy arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Plane = NDArray[np.floating[Any]]

_TAPS = 11
_SIGMA = 1.5
_C1 = (0.01 * 255) ** 2
_C2 = (0.03 * 255) ** 2
_ROWS = 64
"""Rows that are worked on at a time: few enough to stay in a processor's cache."""


def psnr(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """Return the peak signal-to-noise ratio of two pictures over all three channels.

    Args:
        a: shape (H, W, 3), uint8.
        b: the same shape.

    Returns:
        Decibels, 10 log10(255² / mean squared difference); infinite for equal pictures.

    Raises:
        ValueError: the shapes differ, or are no pictures.
    """
    import numpy as np

    _check(a, b)
    difference = np.subtract(a, b, dtype=np.int16).astype(np.int32)
    error = float(np.mean(np.square(difference), dtype=np.float64))
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def ssim(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """Return the mean structural similarity of the luma of two pictures.

    Args:
        a: shape (H, W, 3), uint8.
        b: the same shape.

    Returns:
        At most 1.0, which equal pictures have exactly; about 0 for unrelated ones.

    Raises:
        ValueError: the shapes differ, or are no pictures.

    Source:
        Wang, Bovik, Sheikh, Simoncelli: Image quality assessment: from error visibility to structural
        similarity. IEEE Transactions on Image Processing 13 (4), 2004. 11 x 11 Gaussian window,
        sigma 1.5, K1 = 0.01, K2 = 0.03, only windows that lie wholly inside, no scaling down. Luma is
        0.299 R + 0.587 G + 0.114 B (ITU-R BT.601). Sides under 11 pixels are continued by their edge.
    """
    import numpy as np

    _check(a, b)
    kernel = _gaussian()
    height = a.shape[0]
    windows = max(height, _TAPS) - _TAPS + 1
    total, count = 0.0, 0
    for top in range(0, windows, _ROWS):
        rows = slice(top, min(top + _ROWS + _TAPS - 1, height))
        values = _ssim_map(_luma(a[rows]), _luma(b[rows]), kernel)
        total += float(np.sum(values, dtype=np.float64))
        count += values.size
    return total / count


def _check(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> None:
    for picture in (a, b):
        if picture.ndim != 3 or picture.shape[2] != 3 or min(picture.shape) < 1 or picture.dtype != "uint8":
            raise ValueError(f"no picture: shape {picture.shape}, {picture.dtype}; wanted (H, W, 3), uint8")
    if a.shape != b.shape:
        raise ValueError(f"the pictures differ in shape: {a.shape} and {b.shape}")


def _gaussian() -> Plane:
    import numpy as np

    distance = np.arange(_TAPS) - _TAPS // 2
    weights = np.exp(-(distance**2) / (2 * _SIGMA**2))
    kernel: Plane = (weights / weights.sum()).astype(np.float32)
    return kernel


def _luma(pixels: NDArray[np.uint8]) -> Plane:
    import numpy as np

    luma = np.dot(pixels.astype(np.float32), np.array((0.299, 0.587, 0.114), dtype=np.float32))
    missing = [(0, max(0, _TAPS - side)) for side in luma.shape]
    return np.pad(luma, missing, mode="edge") if any(after for _, after in missing) else luma


def _ssim_map(x: Plane, y: Plane, kernel: Plane) -> Plane:
    """Return the similarity of every window; the formula's terms in its order."""
    mean_x, mean_y = _blur(x, kernel), _blur(y, kernel)
    product, squares = mean_x * mean_y, mean_x * mean_x + mean_y * mean_y
    covariance = _blur(x * y, kernel) - product
    variances = _blur(x * x + y * y, kernel) - squares
    return ((2 * product + _C1) * (2 * covariance + _C2)) / ((squares + _C1) * (variances + _C2))


def _blur(values: Plane, kernel: Plane) -> Plane:
    """Weigh each window, down and then across; the result is smaller by ten rows and columns."""
    return _weigh_rows(_weigh_rows(values, kernel).T, kernel).T


def _weigh_rows(values: Plane, kernel: Plane) -> Plane:
    length = values.shape[0] - _TAPS + 1
    middle = _TAPS // 2
    result: Plane = values[middle : middle + length] * kernel[middle]
    for tap in range(middle):
        mirrored = _TAPS - 1 - tap
        result += (values[tap : tap + length] + values[mirrored : mirrored + length]) * kernel[tap]
    return result
