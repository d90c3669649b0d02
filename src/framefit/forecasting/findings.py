"""What findings about a server's answer have in common: their order, the commands that mend, the day of the source."""

from __future__ import annotations

import shlex
from datetime import date

from framefit.catalog import Rule
from framefit.findings import Finding as Finding
from framefit.findings import Level as Level
from framefit.geometry import Size
from framefit.probing import PictureInfo

GRAVITY: dict[Level, int] = {"reject": 0, "change": 1, "unknown": 2, "note": 3}
"""The order of the levels, the gravest first."""


def fit_command(info: PictureInfo, rule: Rule, size: Size | None, *flags: str) -> str:
    """Return a whole command that mends a picture.

    Args:
        info: the facts of the picture.
        rule: what it is to fit.
        size: the size asked for; None leaves it to the command to choose one that the rule allows.
        flags: what else the command needs.
    """
    named = [] if size is not None and rule.kind == "exact" else [model_flags(rule)]
    sized = [] if size is None else [f"--size {size}"]
    return " ".join(["framefit fit", shlex.quote(info.name), *named, *sized, *flags])


def command_for(fix: str, info: PictureInfo, path: str) -> str:
    """Return a fix with the path of the picture, where it is a command that only knows its name."""
    begin = "framefit fit "
    return fix.replace(begin + shlex.quote(info.name), begin + shlex.quote(path), 1)


def model_flags(rule: Rule) -> str:
    """Return the flags that name a rule."""
    return f"--model {shlex.quote(rule.model)} --server {rule.server}"


def said_on(rule: Rule) -> str:
    """Return the day the rule's sources were read, as ``YYYY-MM-DD``."""
    return date.isoformat(rule.checked_on)
