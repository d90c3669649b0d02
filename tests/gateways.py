"""Helpers for tests that speak to a gateway in front of another real server."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from framefit.server.folder import DataFolder
from framefit.server.gateway.app import create_gateway
from framefit.server.gateway.fetching import Fetcher
from framefit.server.gateway.options import GatewayOptions
from framefit.server.options import ServerOptions
from framefit.server.running import RunningServer, running
from framefit.server.speaking.models import WAN
from movies import movie
from odd_server import closed_port
from pictures import encoded, scene, stored_with, with_orientation
from quick_engine import quick_renderers
from serving import send

MODELS = {"vllm-omni": WAN, "sglang": WAN, "dynamo": WAN}
SIZES = {"vllm-omni": "832x480", "sglang": "832x480", "dynamo": "832x480"}
RULED = ("vllm-omni", "sglang")
"""Servers of whose own model the catalogue has a rule."""


def asked_of(speak: str) -> dict[str, str]:
    """The model and the size that a server is asked for, as fields of a request."""
    return {"model": MODELS.get(speak, "sora-2"), "size": SIZES.get(speak, "1280x720")}


def rule_of(speak: str) -> dict[str, str]:
    """The size that a picture is fitted to there, and the rule where there is one, for `framefit.fit`."""
    rule = {"model": "Wan2.2-I2V-A14B", "server": speak} if speak in RULED else {}
    return {"size": asked_of(speak)["size"], **rule}


def transparent() -> bytes:
    """Nothing is left of two corners but their hidden colour."""
    image = scene(900, 700).convert("RGBA")
    mask = Image.new("L", image.size, 255)
    for corner in ((0, 0), (675, 525)):
        mask.paste(0, (*corner, corner[0] + 225, corner[1] + 175))
    image.putalpha(mask)
    return encoded(image, "PNG")


def heic() -> bytes:
    """A wide picture as phones store it."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    return encoded(scene(1400, 600), "HEIF")


PICTURES: dict[str, Callable[[], bytes]] = {
    "wrong size": lambda: encoded(scene(1000, 900)),
    "sideways": lambda: encoded(stored_with(scene(1200, 720), 6), exif=with_orientation(6)),
    "transparent": transparent,
    "heic": heic,
    "48 megapixels": lambda: encoded(scene(8000, 6000), quality=60),
}


@cache
def picture(kind: str) -> bytes:
    """The bytes of one of them, made once."""
    return PICTURES[kind]()


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
    folder: Path, *, speak: str = "openai", workers: int = 0, quick: bool = False, **options: Any
) -> Iterator[Behind]:
    """A gateway with the embedded engine behind it, which speaks as one server does; quick ones render nothing."""
    data = DataFolder(path=(folder / "engine").resolve())
    engine_options = ServerOptions(data_folder=data.path, speak=speak, workers=workers)
    with ExitStack() as stack:
        engine = stack.enter_context(running(engine_options))
        base = f"{engine.url}/openai/v1" if speak == "azure" else engine.base_url
        if quick:
            stack.enter_context(quick_renderers(base, data, baked()))
        front = stack.enter_context(gateway(base, folder / "gateway", **options))
        yield Behind(front, engine, base, data.path)


@cache
def baked() -> bytes:
    """A short video, made once."""
    with tempfile.TemporaryDirectory() as folder:
        return movie(Path(folder) / "baked.mp4", scene(720, 1280)).read_bytes()


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

    def reference(self, video_id: str) -> Path:
        """The picture that a video begins with, as the engine has it on its disk."""
        return next((self.engine_folder / "references").glob(f"{video_id}.*"))


class Served:
    """`framefit serve` in a process of its own while the block lasts.

    Args:
        folder: for its data and its log.
        flags: its flags; the port is any free one.
        environment: further environment variables.
    """

    def __init__(self, folder: Path, *flags: str, environment: dict[str, str] | None = None) -> None:
        self.port = closed_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.base_url = f"{self.url}/v1"
        self.log = folder / "log.txt"
        self._environment = {**os.environ, **(environment or {})}
        folder.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "framefit", "serve", "--port", str(self.port)]
        self._command = [*command, "--data", str(folder / "data"), *flags]

    def __enter__(self) -> Served:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(self._command, stderr=log, stdout=log, env=self._environment)
        for _ in range(600):
            try:
                if send("GET", f"{self.url}/").status_code < 500:
                    return self
            except httpx.TransportError:
                pass
            assert self.process.poll() is None, self.said
            time.sleep(0.1)
        self.process.kill()
        raise AssertionError(self.said)

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        assert self.process.wait(60) in (0, -15)

    @property
    def said(self) -> str:
        """What it has written to its log."""
        return self.log.read_text()


def digest(data: bytes) -> str:
    """SHA-256 in hex, as the engine records it."""
    return sha256(data).hexdigest()
