"""From faces to the window that keeps most of them, as pure arithmetic on boxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from framefit.geometry import Box, Size

_ABOVE, _BELOW, _BESIDE = 0.45, 0.12, 0.25
"""What a head has beyond its face, in heights and widths of the face: hair, chin and ears.

Set by eye so that the hair of the pictures at hand stays in; not from a norm.
"""

_ROUNDING = 1e-6


class View(NamedTuple):
    """Where to look: the middle of the window, and how many heads are whole inside it."""

    x: float
    y: float
    whole_heads: int


class _Span(NamedTuple):
    low: float
    high: float
    weight: float


def head_of(face: Box, picture: Size) -> Box:
    """Return the head around a face, hair and chin included, as far as the picture shows it.

    Args:
        face: from the hairline to the chin, in pixels.
        picture: size of the picture in pixels.
    """
    return Box(
        max(0.0, face.left - _BESIDE * face.width),
        max(0.0, face.top - _ABOVE * face.height),
        min(float(picture.width), face.right + _BESIDE * face.width),
        min(float(picture.height), face.bottom + _BELOW * face.height),
    )


def best_view(faces: Sequence[Box], window: tuple[float, float], picture: Size) -> View:
    """Find the window that holds the most heads, a larger face counting for more.

    Heads that are held stand as a group in the middle of the window. Where the window is too small for
    any head the faces alone are tried, and where it is too small for those, the largest is in the middle.

    Args:
        faces: at least one, from the hairline to the chin, in pixels.
        window: width and height of what will be kept, in pixels, within the picture.
        picture: size of the picture in pixels.

    Returns:
        The middle of the window in pixels.
    """
    heads = [head_of(face, picture) for face in faces]
    across = _middle([_Span(b.left, b.right, f.area) for b, f in zip(heads, faces, strict=True)], window[0])
    down = _middle([_Span(b.top, b.bottom, f.area) for b, f in zip(heads, faces, strict=True)], window[1])
    if across is None:
        across = _middle([_Span(face.left, face.right, face.area) for face in faces], window[0])
    if down is None:
        down = _middle([_Span(face.top, face.bottom, face.area) for face in faces], window[1])
    largest = max(faces, key=lambda face: face.area)
    x = _inside(
        across if across is not None else (largest.left + largest.right) / 2, window[0], picture.width
    )
    y = _inside(down if down is not None else (largest.top + largest.bottom) / 2, window[1], picture.height)
    kept = Box(x - window[0] / 2, y - window[1] / 2, x + window[0] / 2, y + window[1] / 2)
    return View(x, y, sum(_holds(kept, head) for head in heads))


def _middle(spans: Sequence[_Span], length: float) -> float | None:
    """Return the middle of the stretch of ``length`` that holds most spans by weight; None if it holds none."""
    best: list[_Span] = []
    for first in spans:
        # A best stretch can always be moved until it begins where one of its spans begins.
        held = [
            span
            for span in spans
            if span.low >= first.low - _ROUNDING and span.high <= first.low + length + _ROUNDING
        ]
        if sum(span.weight for span in held) > sum(span.weight for span in best):
            best = held
    if not best:
        return None
    return (min(span.low for span in best) + max(span.high for span in best)) / 2


def _inside(middle: float, length: float, whole: float) -> float:
    return min(max(middle, length / 2), max(length / 2, whole - length / 2))


def _holds(window: Box, head: Box) -> bool:
    return (
        head.left >= window.left - _ROUNDING
        and head.top >= window.top - _ROUNDING
        and head.right <= window.right + _ROUNDING
        and head.bottom <= window.bottom + _ROUNDING
    )
