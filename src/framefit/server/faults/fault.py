"""Fault: what goes wrong, at which request, and how often; read from a file or from a header."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from framefit.errors import InvalidOption

Moment = Literal["create", "retrieve", "list", "content", "delete"]
Kind = Literal[
    "drop",
    "drop-before",
    "timeout",
    "timeout-before",
    "500",
    "500-before",
    "429",
    "503",
    "slow",
    "garbage",
    "truncate",
    "expired",
    "stuck",
    "moderated",
    "lag",
]

HEADER = "x-framefit-fault"

_ONLY: dict[str, Moment] = {
    "truncate": "content",
    "expired": "content",
    "stuck": "create",
    "moderated": "create",
    "lag": "list",
}
_SECONDS: dict[str, float] = {"timeout": 30, "timeout-before": 30, "429": 1, "503": 1, "slow": 1, "lag": 5}
_LONGEST = 3600


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that goes wrong.

    Args:
        on: the kind of request that it happens to.
        do: what happens.
        times: how many of these requests it happens to; 0 is all of them.
        skip: how many of them pass first.
        seconds: how long: the silence of ``timeout``, the pause of ``slow``, the ``Retry-After`` of
            ``429`` and ``503`` (0 sends none), the age in ``lag``; 0 to 3600. None takes the usual one.

    Raises:
        InvalidOption: a value that does not fit.
    """

    on: Moment
    do: Kind
    times: int = 1
    skip: int = 0
    seconds: float | None = None

    def __post_init__(self) -> None:
        """Check that the parts fit each other."""
        only = _ONLY.get(self.do)
        if only is not None and self.on != only:
            raise _invalid(f"{self.do} on {self.on}", f"{self.do} on {only}")
        if self.times < 0 or self.skip < 0:
            raise _invalid(f"times {self.times}, skip {self.skip}", "0 or more")
        if self.seconds is not None and not 0 <= self.seconds <= _LONGEST:
            raise _invalid(f"seconds {self.seconds:g}", f"0 to {_LONGEST}")

    @property
    def lasting(self) -> float:
        """The seconds, or the usual ones of this kind."""
        return _SECONDS.get(self.do, 0) if self.seconds is None else self.seconds


def read_faults(path: Path) -> tuple[Fault, ...]:
    """Read a file of faults.

    Args:
        path: TOML with ``[[fault]]`` tables, or JSON with a list ``fault``; by its ending.

    Raises:
        InvalidOption: the file cannot be read, or holds something that is no fault.
    """
    try:
        text = path.read_text(encoding="utf-8")
        content: Any = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise _invalid(f"{path}: {error}", "TOML with [[fault]] tables, or JSON") from error
    if (
        not isinstance(content, Mapping)
        or content.keys() != {"fault"}
        or not isinstance(content["fault"], list)
    ):
        raise _invalid(str(path), "a list called fault and nothing else")
    return tuple(_fault(entry, str(path)) for entry in content["fault"])


def read_header(text: str) -> tuple[Fault, ...]:
    """Read a header such as ``create=drop, content=slow;seconds=2``.

    A fault of a header happens to every request that carries it, unless it says ``times``.

    Args:
        text: the header's value.

    Raises:
        InvalidOption: it is none of this.
    """
    return tuple(_of_words(part.strip()) for part in text.split(",") if part.strip())


def _of_words(part: str) -> Fault:
    first, *options = (word.strip() for word in part.split(";"))
    on, _, do = first.partition("=")
    entry: dict[str, Any] = {"times": 0, "on": on.strip(), "do": do.strip()}
    for option in options:
        name, _, value = option.partition("=")
        entry[name.strip()] = value.strip()
    return _fault(entry, part)


def _fault(entry: object, place: str) -> Fault:
    try:
        if not isinstance(entry, Mapping) or entry.keys() - Fault.__dataclass_fields__.keys():
            raise ValueError("fields are on, do, times, skip and seconds")
        return msgspec.convert(dict(entry), Fault, strict=False)
    except (msgspec.ValidationError, ValueError) as error:
        raise _invalid(f"{place}: {error}", f"do one of {', '.join(get_args(Kind))}") from error


def _invalid(seen: str, wanted: str) -> InvalidOption:
    return InvalidOption("this is no fault", seen=seen, wanted=wanted, fix="see docs/testing.md")
