"""What findings about a server's answer have in common: their order, the commands that mend, the day of the source."""

from __future__ import annotations

import shlex
from datetime import date

from framefit.catalog import Rule
from framefit.findings import Finding as Finding
from framefit.findings import Level as Level
from framefit.probing import PictureInfo

GRAVITY: dict[Level, int] = {"reject": 0, "change": 1, "unknown": 2, "note": 3}
"""The order of the levels, the gravest first."""


def fit_command(info: PictureInfo, *flags: str) -> str:
    """Return the command that mends a picture."""
    return " ".join(["framefit fit", shlex.quote(info.name), *flags])


def model_flags(rule: Rule) -> str:
    """Return the flags that name a rule."""
    return f"--model {shlex.quote(rule.model)} --server {rule.server}"


def said_on(rule: Rule) -> str:
    """Return the day the rule's sources were read, as ``YYYY-MM-DD``."""
    return date.isoformat(rule.checked_on)
