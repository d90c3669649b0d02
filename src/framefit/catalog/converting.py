"""Turns plain values into dataclasses, safely from several threads."""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_LOCK = threading.Lock()
"""msgspec looks a class over at its first use, and two threads that do so at once crash the process."""


def converted(plain: Any, kind: type[T]) -> T:
    """Return plain values as a dataclass.

    Args:
        plain: decoded TOML or JSON.
        kind: the dataclass.

    Raises:
        msgspec.ValidationError: a field is missing, or of another type.
    """
    with _LOCK:
        return msgspec.convert(plain, kind)
