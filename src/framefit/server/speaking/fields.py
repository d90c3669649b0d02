"""Reads fields as lenient servers do, and holds them to what the engine can render."""

from __future__ import annotations

import re
from typing import Any

from framefit.geometry import Size
from framefit.server.body import Fields
from framefit.server.envelope import ApiError

LONGEST_SECONDS = 20
_SHORTEST_SIDE, _LONGEST_SIDE = 16, 1920
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)


def text(fields: Fields, name: str) -> str | None:
    """Return a text; None when it is not there or empty.

    Raises:
        ApiError: 400, it is no text.
    """
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise ApiError(400, f"{name}: Input should be a valid string", param=name)
    return value or None


def whole(fields: Fields, name: str) -> int | None:
    """Return a whole number, from a number or from its digits; None when it is not there.

    Raises:
        ApiError: 400, it is neither, or under 1.
    """
    value: Any = fields.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ApiError(400, f"{name}: Input should be a valid integer", param=name)
    if value < 1:
        raise ApiError(400, f"{name}: Input should be greater than or equal to 1", param=name)
    return value


def sides(fields: Fields) -> Size | None:
    """Return ``width`` and ``height`` as a size; None unless both are there."""
    width, height = whole(fields, "width"), whole(fields, "height")
    return None if width is None or height is None else Size(width, height)


def renderable(size: Size) -> Size:
    """Return a size that the engine can render: the mimicked server may render more.

    Raises:
        ApiError: 400, a side is odd, under 16 or over 1920.
    """
    if any(side % 2 or not _SHORTEST_SIDE <= side <= _LONGEST_SIDE for side in size):
        raise ApiError(
            400,
            f"framefit's engine cannot render {size}: it takes even sides"
            f" from {_SHORTEST_SIDE} to {_LONGEST_SIDE}.",
            param="size",
        )
    return size


def lasting(seconds: int | None, default: int = 4) -> int:
    """Return a length that the engine can render.

    Raises:
        ApiError: 400, over 20 s.
    """
    if seconds is not None and seconds > LONGEST_SECONDS:
        raise ApiError(
            400,
            f"framefit's engine cannot render {seconds} s: it takes 1 to {LONGEST_SECONDS}.",
            param="seconds",
        )
    return seconds or default
