"""Dialects: how each server speaks the videos protocol, one TOML file per server."""

from __future__ import annotations

from framefit.errors import InvalidOption
from framefit.videos.dialects.dialect import Dialect
from framefit.videos.dialects.wire import CreateFields, JobPage, ServerWords, Upload, WireRequest

__all__ = [
    "AUTO",
    "NAMES",
    "CreateFields",
    "Dialect",
    "JobPage",
    "ServerWords",
    "Upload",
    "WireRequest",
    "dialect_named",
]

AUTO = "auto"
NAMES = ("openai", "azure", "vllm-omni", "sglang", "litellm", "dynamo", "relay")
"""Every dialect; `AUTO` stands for the one that the server's answers tell."""


def dialect_named(name: str, *, flag: str = "--dialect") -> Dialect:
    """Return a dialect by its name.

    Args:
        name: one of `NAMES`.
        flag: the option that the name was given with.

    Raises:
        InvalidOption: there is no dialect of that name.
    """
    from framefit.videos.dialects.loader import read_dialect

    if name not in NAMES:
        raise InvalidOption(
            f"no dialect is called {name!r}",
            seen=name,
            wanted=", ".join(NAMES),
            fix=f"{flag} {NAMES[0]}",
        )
    return read_dialect(name)
