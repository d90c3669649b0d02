"""PSNR and SSIM are what their papers say."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from framefit.videos.similarity import psnr, ssim


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def by_the_formula(a: np.ndarray, b: np.ndarray) -> float:
    """SSIM as Wang et al. 2004 write it down, one window after another, in double precision."""
    weights = np.exp(-((np.arange(11) - 5) ** 2) / (2 * 1.5**2))
    window = np.outer(weights, weights) / weights.sum() ** 2

    def mean(values: np.ndarray) -> np.ndarray:
        return np.einsum("ijkl,kl->ij", sliding_window_view(values, (11, 11)), window)

    x, y = a @ [0.299, 0.587, 0.114], b @ [0.299, 0.587, 0.114]
    mx, my = mean(x), mean(y)
    vx, vy, cov = mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float(np.mean((2 * mx * my + c1) * (2 * cov + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))))


@pytest.mark.parametrize("shape", [(90, 160), (11, 11), (75, 11), (74, 300), (140, 33)])
def test_ssim_is_the_published_formula(shape: tuple[int, int]) -> None:
    """SSIM agrees with a plain writing of the formula to five digits, whatever the size."""
    a = noise(*shape, seed=1)
    b = np.clip(a.astype(int) + noise(*shape, seed=2) // 6 - 20, 0, 255).astype(np.uint8)
    assert ssim(a, b) == pytest.approx(by_the_formula(a, b), abs=1e-5)


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (64, 64), (75, 130)])
def test_equal_pictures(shape: tuple[int, int]) -> None:
    """A picture and itself have SSIM exactly 1 and an infinite PSNR, also when it is smaller than a window."""
    picture = noise(*shape)
    assert ssim(picture, picture.copy()) == 1.0
    assert psnr(picture, picture.copy()) == float("inf")


def test_psnr_of_a_known_difference() -> None:
    """A difference of 5 everywhere is 10 log10(255² / 25) = 34.15 dB."""
    picture = np.full((20, 30, 3), 100, np.uint8)
    assert psnr(picture, picture + 5) == pytest.approx(34.1514, abs=1e-3)
    assert psnr(picture + 5, picture) == psnr(picture, picture + 5)


def test_black_against_white() -> None:
    """The worst case is 0 dB and an SSIM near 0, and no number overflows."""
    black, white = np.zeros((40, 40, 3), np.uint8), np.full((40, 40, 3), 255, np.uint8)
    assert psnr(black, white) == 0.0
    assert ssim(black, white) == pytest.approx(0.0, abs=1e-3)


def test_order_does_not_matter() -> None:
    """SSIM is symmetric."""
    a, b = noise(50, 60, seed=3), noise(50, 60, seed=4)
    assert ssim(a, b) == pytest.approx(ssim(b, a), abs=1e-6)


def test_more_damage_is_less_alike() -> None:
    """SSIM and PSNR fall as noise grows."""
    picture, dirt = noise(80, 80, seed=5) // 2 + 60, noise(80, 80, seed=6)
    worse = [np.clip(picture + (dirt.astype(int) - 128) // part, 0, 255) for part in (32, 8, 2)]
    damaged = [values.astype(np.uint8) for values in worse]
    for measure in (ssim, psnr):
        values = [measure(picture, other) for other in damaged]
        assert values == sorted(values, reverse=True)


@pytest.mark.parametrize("measure", [ssim, psnr])
@pytest.mark.parametrize(
    ("a", "b"),
    [
        (np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5, 3), np.uint8)),
        (np.zeros((4, 4), np.uint8), np.zeros((4, 4), np.uint8)),
        (np.zeros((4, 4, 3), np.float64), np.zeros((4, 4, 3), np.float64)),
        (np.zeros((0, 4, 3), np.uint8), np.zeros((0, 4, 3), np.uint8)),
    ],
)
def test_other_arrays_are_refused(measure: object, a: np.ndarray, b: np.ndarray) -> None:
    """Arrays that are no pictures of one size are an error, not a number."""
    with pytest.raises(ValueError, match=r"picture"):
        measure(a, b)  # type: ignore[operator]
