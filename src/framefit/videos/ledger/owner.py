"""Who works on a row, and whether that one is known to have ended."""

from __future__ import annotations

import os
import platform
import uuid
from pathlib import Path

_SEPARATOR = "/"


def new_owner() -> str:
    """Return a name that no other claim has, and that tells on which machine and in which process it is.

    It is made of the machine's name, the running system and its set of process numbers, the process's
    number and when it began, and a random part.
    """
    pid = os.getpid()
    parts = (platform.node().replace(_SEPARATOR, "-"), _place(), str(pid), _began(pid), uuid.uuid4().hex)
    return _SEPARATOR.join(parts)


def has_ended(owner: str) -> bool:
    """Tell whether the process of a claim is known to have ended.

    Args:
        owner: from `new_owner`.

    Returns:
        False also when that cannot be told from here: another machine, another container, or a system
        that keeps no account of its processes under ``/proc``. Then the lease alone decides.
    """
    parts = owner.split(_SEPARATOR)
    if len(parts) != 5:
        return False
    _, place, pid, began, _ = parts
    if not place or place != _place() or not pid.isdecimal() or not began:
        return False
    return _began(int(pid)) != began


def shown(owner: str) -> str:
    """Return an owner as messages show it: the process and the machine."""
    machine, _, pid, *_ = [*owner.split(_SEPARATOR), "?", "?", "?"]
    return f"process {pid} on {machine}"


def _place() -> str:
    """Return what two processes share that see the same process numbers; empty where it is not known."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}-{Path('/proc/self/ns/pid').readlink().name}"
    except OSError:
        return ""


def _began(pid: int) -> str:
    """Return when a process began, in the kernel's ticks; empty for one that has ended or is not known."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    # The second field, a name in brackets, may hold anything; the rest counts from its end.
    fields = words.rpartition(")")[2].split()
    is_dead = fields[0] in ("Z", "X") if fields else True
    return "" if is_dead else fields[19]
