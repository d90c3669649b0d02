"""How far one picture is moved against another, on NumPy arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Plane = NDArray[np.floating[Any]]

_SMALLEST = 24
"""Sides under this are not halved any further."""
_ROUNDS = 4
_LEAST_TEXTURE = 1.0
"""The least mean squared slope, in brightness per pixel, in the direction that has the least."""


def shift_between(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> tuple[float, float] | None:
    """Return by how much the second picture is moved against the first.

    Args:
        a: shape (H, W, 3), uint8.
        b: the same shape.

    Returns:
        Pixels to the right and down, with fractions; None for pictures too plain to tell.

    Source:
        Lucas, Kanade: An iterative image registration technique with an application to stereo vision.
        IJCAI 1981; from coarse to fine, one shift for the whole picture.
    """
    import numpy as np

    levels = [(_luma(a), _luma(b))]
    while min(levels[-1][0].shape) >= 2 * _SMALLEST:
        levels.append((_halved(levels[-1][0]), _halved(levels[-1][1])))
    moved = np.zeros(2)
    told = False
    for first, second in reversed(levels):
        moved = moved * 2
        for _ in range(_ROUNDS):
            step = _step(first, second, moved)
            if step is None:
                break
            told = True
            moved = moved + np.clip(step, -2, 2)
            if np.abs(step).max() < 0.01:
                break
    return (round(float(moved[0]), 2), round(float(moved[1]), 2)) if told else None


def _step(first: Plane, second: Plane, moved: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]] | None:
    """Return the step that still lies between, by least squares over the part that both show."""
    import numpy as np

    x, y = (int(np.floor(value)) for value in moved)
    height, width = first.shape
    if abs(x) + _SMALLEST // 2 > width or abs(y) + _SMALLEST // 2 > height:
        return None
    here = first[max(0, -y) : height - max(0, y + 1), max(0, -x) : width - max(0, x + 1)]
    there = _bilinear(second, x, y, *(moved - (x, y)))
    rows, columns = min(here.shape[0], there.shape[0]), min(here.shape[1], there.shape[1])
    here, there = here[:rows, :columns], there[:rows, :columns]
    if min(rows, columns) < 8:
        return None
    mean = (here + there) / 2
    across, down = np.gradient(mean, axis=1), np.gradient(mean, axis=0)
    across, down, error = (plane[1:-1, 1:-1].ravel() for plane in (across, down, there - here))
    system = np.array(((across @ across, across @ down), (across @ down, down @ down))) / across.size
    if float(np.linalg.eigvalsh(system)[0]) < _LEAST_TEXTURE:
        return None
    result: NDArray[np.floating[Any]] = -np.linalg.solve(
        system, np.array((across @ error, down @ error)) / across.size
    )
    return result


def _bilinear(plane: Plane, x: int, y: int, dx: float, dy: float) -> Plane:
    """Return the part of a plane that a shift of whole pixels and a rest lays over the other one."""
    top, left = max(0, y), max(0, x)
    part = plane[top : plane.shape[0] + min(0, y), left : plane.shape[1] + min(0, x)]
    row = part[:-1] * (1 - dy) + part[1:] * dy
    result: Plane = row[:, :-1] * (1 - dx) + row[:, 1:] * dx
    return result


def _halved(plane: Plane) -> Plane:
    height, width = (side // 2 * 2 for side in plane.shape)
    result: Plane = plane[:height, :width].reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
    return result


def _luma(pixels: NDArray[np.uint8]) -> Plane:
    import numpy as np

    result: Plane = np.dot(pixels.astype(np.float32), np.array((0.299, 0.587, 0.114), dtype=np.float32))
    return result
