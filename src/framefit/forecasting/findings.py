"""Finding: one thing a server would do to a request, as a value."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

from framefit.catalog import Rule
from framefit.probing import PictureInfo

Level = Literal["reject", "change", "unknown", "note"]

GRAVITY: dict[Level, int] = {"reject": 0, "change": 1, "unknown": 2, "note": 3}
"""The order of the levels, the gravest first."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing a server would do to a request, or that is worth knowing before it is sent.

    Args:
        code: stable name of the kind of finding.
        level: ``reject`` when the request would fail, ``change`` when the picture or the video would
            be altered without a word, ``unknown`` for what a strict check misses, ``note`` for the
            rest.
        message: one sentence; the server's own words where they are known.
        seen: the value found.
        wanted: the value that would have been accepted.
        fix: the command or flag that mends it.
        source: where the rule is written.
        checked_on: the day the source was read, as ``YYYY-MM-DD``.
        known: whether the rule says so; False where the finding is that it is not known.
    """

    code: str
    level: Level
    message: str
    seen: str | None = None
    wanted: str | None = None
    fix: str | None = None
    source: str | None = None
    checked_on: str | None = None
    known: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as plain values for JSON."""
        return asdict(self)


def fit_command(info: PictureInfo, *flags: str) -> str:
    """Return the command that mends a picture."""
    return " ".join(["framefit fit", shlex.quote(info.name), *flags])


def model_flags(rule: Rule) -> str:
    """Return the flags that name a rule."""
    return f"--model {shlex.quote(rule.model)} --server {rule.server}"


def said_on(rule: Rule) -> str:
    """Return the day the rule's sources were read, as ``YYYY-MM-DD``."""
    return date.isoformat(rule.checked_on)
