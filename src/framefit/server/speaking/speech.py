"""Speech: everything in which one server's answers differ from another's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter

from framefit.server.envelope import ApiError, Refuse
from framefit.server.service import VideosService


@dataclass(frozen=True, kw_only=True)
class Speech:
    """How the embedded engine answers when it mimics a server.

    Args:
        name: what ``--speak`` takes.
        routers: makes the routes below the base path.
        refuse: writes an error.
        prefixes: the base paths.
        headers: headers of every reply; ``{id}`` in one is replaced by an id of the reply.
    """

    name: str
    routers: Callable[[VideosService], tuple[APIRouter, ...]]
    refuse: Refuse = ApiError.response
    prefixes: tuple[str, ...] = ("/v1",)
    headers: Mapping[str, str] = field(default_factory=dict)
