"""Finding: one thing worth knowing about a picture, a request or a result."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Level = Literal["reject", "change", "unknown", "note"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing a server would do to a request, or that is worth knowing about a picture or a result.

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
