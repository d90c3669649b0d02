"""Which way the camera moves, chosen from words, and what it sees at each moment."""

from __future__ import annotations

import math
import re
from enum import StrEnum

from framefit.geometry import Box, Size


class Move(StrEnum):
    """A camera move over one picture; every one begins with the whole picture."""

    PUSH_IN = "push in"
    ZOOM_IN = "zoom in"
    ZOOM_OUT = "zoom out"
    PAN_LEFT = "pan left"
    PAN_RIGHT = "pan right"
    PAN_UP = "pan up"
    PAN_DOWN = "pan down"


_DEPTH = {Move.PUSH_IN: 0.08, Move.ZOOM_IN: 0.30}
"""The share of each side that is out of view when the camera has gone in."""

_PAN_DEPTH = 0.20
_PAN_SETTLED = 0.5
"""The moment at which a pan has gone as far in as it goes; from then on it only slides."""

_OUT_MARGIN = 1 / 8
"""What a zoom out shows beyond each edge at its end, as a share of that side."""

_BETWEEN = r"(?:[\s-]+\w+ly)?(?:[\s-]+to)?(?:[\s-]+the)?[\s-]+"
_WORDS = re.compile(
    rf"\b(?:(?:zoom|push|dolly|doll)(?:s|es|ies|ing|ying)?{_BETWEEN}(?P<in>in|into)"
    rf"|(?:(?:zoom|dolly|doll)(?:s|ies|ing|ying)?{_BETWEEN}out|pull(?:s|ing)?{_BETWEEN}(?:back|out))(?P<out>)"
    rf"|(?P<pan>pan|tilt)(?:s|ning|ing)?{_BETWEEN}(?P<way>left|right|up|down)(?:wards?)?)\b",
    re.IGNORECASE | re.ASCII,
)


def move_for(prompt: str) -> Move:
    """Choose the camera move a prompt asks for.

    Args:
        prompt: any text; ``zoom in``, ``push in``, ``dolly in``, ``zoom out``, ``pull back``, ``pan``
            or ``tilt`` with ``left``, ``right``, ``up`` or ``down`` are looked for in any case, also
            as ``zooms slowly in`` or ``panning to the left``.

    Returns:
        The first one found, else a gentle push in.
    """
    match = _WORDS.search(prompt)
    if match is None:
        return Move.PUSH_IN
    if match["way"]:
        return Move(f"pan {match['way'].lower()}")
    if match["out"] is not None:
        return Move.ZOOM_OUT
    return Move.PUSH_IN if match[0].lower().startswith("push") else Move.ZOOM_IN


def stage_box(move: Move, size: Size) -> Box:
    """Return all that a move ever shows, in pixels of the picture.

    Args:
        move: the camera move.
        size: size of the picture.

    Returns:
        The picture itself; for a zoom out, a box with whole-pixel margins around it.
    """
    if move is not Move.ZOOM_OUT:
        return Box(0, 0, size.width, size.height)
    x, y = math.ceil(size.width * _OUT_MARGIN), math.ceil(size.height * _OUT_MARGIN)
    return Box(-x, -y, size.width + x, size.height + y)


def box_at(move: Move, t: float, size: Size) -> Box:
    """Return what the camera sees at a moment, in fractional pixels of the picture.

    Args:
        move: the camera move.
        t: the moment, 0 at the first frame and 1 at the last; values beyond are taken as those.
        size: size of the picture, which is also the size of the video.

    Returns:
        A box of the picture's ratio inside `stage_box`; at 0 exactly the whole picture.
    """
    if t <= 0:
        return Box(0, 0, size.width, size.height)
    t = min(t, 1.0)
    if move is Move.ZOOM_OUT:
        beyond = _OUT_MARGIN * _smoothstep(t)
        x, y = size.width * beyond, size.height * beyond
        return Box(-x, -y, size.width + x, size.height + y)
    if move in _DEPTH:
        return _inside(size, _DEPTH[move] * _smoothstep(t), 0.5, 0.5)
    depth = _PAN_DEPTH * _smoothstep(min(t / _PAN_SETTLED, 1.0))
    along = _smoothstep(t)
    forth, back = along, 1.0 - along
    x = {Move.PAN_RIGHT: forth, Move.PAN_LEFT: back}.get(move, 0.5)
    y = {Move.PAN_DOWN: forth, Move.PAN_UP: back}.get(move, 0.5)
    return _inside(size, depth, x, y)


def _inside(size: Size, hidden: float, x: float, y: float) -> Box:
    """Hide a share of each side and put what is left at fraction ``x``, ``y`` of the room there is."""
    width, height = size.width * (1 - hidden), size.height * (1 - hidden)
    left, top = (size.width - width) * x, (size.height - height) * y
    return Box(left, top, min(left + width, size.width), min(top + height, size.height))


def _smoothstep(t: float) -> float:
    """Return ``t`` eased at both ends, so that nothing starts or stops with a jerk."""
    return t * t * (3 - 2 * t)
