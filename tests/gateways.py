"""Helpers for tests that speak to a gateway in front of another real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx

from framefit.server.gateway.app import create_gateway
from framefit.server.gateway.fetching import Fetcher
from framefit.server.gateway.options import GatewayOptions
from framefit.server.options import ServerOptions
from framefit.server.running import RunningServer, running
from serving import send


@contextmanager
def gateway(
    upstream: str, folder: Path, *, fetcher: Callable[[], Fetcher] | None = None, **options: Any
) -> Iterator[RunningServer]:
    """A gateway in front of a base URL while the block lasts."""
    settings = GatewayOptions(upstream=upstream, data_folder=folder, **options)
    make = None if fetcher is None else lambda: create_gateway(settings, fetcher=fetcher())
    with running(settings, make=make) as server:
        yield server


@contextmanager
def engine_behind(
    folder: Path, *, speak: str = "openai", workers: int = 0, **options: Any
) -> Iterator[Behind]:
    """A gateway with the embedded engine behind it, which speaks as one server does."""
    with running(ServerOptions(data_folder=folder / "engine", speak=speak, workers=workers)) as engine:
        base = f"{engine.url}/openai/v1" if speak == "azure" else engine.base_url
        with gateway(base, folder / "gateway", **options) as front:
            yield Behind(front, engine, base, folder / "engine")


class Behind:
    """Both servers.

    Args:
        front: the gateway.
        engine: the embedded engine behind it.
        direct: the engine's own base URL.
        engine_folder: where the engine keeps its files.
    """

    def __init__(self, front: RunningServer, engine: RunningServer, direct: str, engine_folder: Path) -> None:
        self.front, self.engine, self.direct = front, engine, direct
        self.engine_folder = engine_folder
        self.base_url = front.base_url

    def record(self) -> list[dict[str, Any]]:
        """What the engine was asked for, oldest first."""
        return list(send("GET", f"{self.engine.url}/framefit/creates").json()["data"])

    def last(self) -> dict[str, Any]:
        """The last thing the engine was asked for."""
        return self.record()[-1]

    def create(self, **options: Any) -> httpx.Response:
        """Send a create to the gateway."""
        return send("POST", f"{self.base_url}/videos", **options)


def digest(data: bytes) -> str:
    """SHA-256 in hex, as the engine records it."""
    return sha256(data).hexdigest()
