"""Reaches the server that makes the videos, running the embedded engine when none is named."""

from __future__ import annotations

import contextlib
import dataclasses
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from framefit.videos.client import CREATE_SECONDS, ServerAddress, connect
from framefit.videos.dialects import AUTO, dialect_named
from framefit.videos.dialects.recognising import USUAL, recognised

if TYPE_CHECKING:
    from framefit.videos.carrying import Server
    from framefit.videos.dialects import Dialect
    from framefit.videos.ledger import Ledger
    from framefit.videos.patience import Patience

EMBEDDED_ENGINE = "framefit embedded engine (camera move, not a generative model)"

SHORTEST_CREATE = 30.0
"""Seconds a create is given even under a shorter timeout: cut short, nobody knows what it cost."""


def engine_name(address: ServerAddress) -> str:
    """Return who renders: the embedded engine, or the host of the server."""
    if address.base_url is None:
        return EMBEDDED_ENGINE
    return urlsplit(address.base_url).hostname or address.base_url


@contextlib.contextmanager
def reached(
    address: ServerAddress, dialect: str, *, per_minute: float | None = None, workers: int = 1
) -> Iterator[Server]:
    """Give the server, running the embedded engine for as long when the address names none.

    Args:
        address: the address.
        dialect: how it speaks, or ``auto``.
        per_minute: how many creates a minute, above 0; None is as fast as they come.
        workers: how many videos the embedded engine renders at a time.
    """
    from framefit.videos.carrying import Server
    from framefit.videos.patience import Pacer

    named = None if dialect == AUTO else dialect_named(dialect)
    with contextlib.ExitStack() as stack:
        volatile = address.base_url is None
        if volatile:
            address = ServerAddress(base_url=stack.enter_context(_embedded(workers)))
            named = named or dialect_named(USUAL)
        client = stack.enter_context(connect(address))
        spoken = named or recognised(client)
        yield Server(client=client, dialect=spoken, volatile=volatile, pacer=Pacer(per_minute))


@contextlib.contextmanager
def opened_ledger(
    where: str | Path | None, address: ServerAddress, *, durable: bool = False
) -> Iterator[Ledger]:
    """Give the ledger.

    Args:
        where: where it is; None is the usual place.
        address: the server. For a single video of the embedded engine there is nothing to keep: it
            costs nothing and ends with the call, so without ``where`` its ledger does, too.
        durable: whether the embedded engine's videos are kept on record all the same.
    """
    from framefit.videos.ledger import Ledger

    with contextlib.ExitStack() as stack:
        if where is None and address.base_url is None and not durable:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="framefit-"))
            where = Path(folder) / "framefit.db"
        yield stack.enter_context(Ledger(where))


def patience_with(patience: Patience, dialect: Dialect) -> Patience:
    """Return how long to wait for a server's answers; a create that waits for the video takes as long as it."""
    timeout = patience.timeout_seconds
    seconds = max(SHORTEST_CREATE, timeout if dialect.create_waits else min(CREATE_SECONDS, timeout))
    return dataclasses.replace(patience, create_seconds=seconds)


@contextlib.contextmanager
def _embedded(workers: int) -> Iterator[str]:
    from framefit.server.options import ServerOptions
    from framefit.server.running import running

    with (
        tempfile.TemporaryDirectory(prefix="framefit-") as folder,
        running(ServerOptions(data_folder=Path(folder), workers=workers)) as engine,
    ):
        yield engine.base_url
