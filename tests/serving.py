"""Helpers for tests that speak to a real server on loopback."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import openai
from PIL import Image

from framefit.server.options import ServerOptions
from framefit.server.running import RunningServer, running
from pictures import encoded, scene

PORTRAIT = (720, 1280)
SDK_WARNING = "ignore:The Sora API is scheduled:DeprecationWarning"


@contextmanager
def serving(folder: Path, **options: Any) -> Iterator[RunningServer]:
    """A server on that folder while the block lasts."""
    with running(ServerOptions(data_folder=folder, **options)) as server:
        yield server


@contextmanager
def sdk(server: RunningServer) -> Iterator[openai.OpenAI]:
    """The SDK's client for a server; nothing is sent twice."""
    with openai.OpenAI(base_url=server.base_url, api_key="any", max_retries=0) as client:
        yield client


def send(method: str, url: str, **options: Any) -> httpx.Response:
    """Send one request over plain HTTP; loading certificates would take longer than most answers."""
    return httpx.request(method, url, verify=False, **options)


def post(server: RunningServer, body: Any, path: str = "/videos", **options: Any) -> httpx.Response:
    """Send a JSON body."""
    return send("POST", server.base_url + path, json=body, **options)


def get(server: RunningServer, path: str, **options: Any) -> httpx.Response:
    """Fetch a path under the base URL."""
    return send("GET", server.base_url + path, **options)


def until(server: RunningServer, video_id: str, *statuses: str, progress: int = 0) -> dict[str, Any]:
    """Look at a job until it has one of these statuses and this much progress."""
    for _ in range(900):
        video = get(server, f"/videos/{video_id}").raise_for_status().json()
        if video["status"] in statuses and video["progress"] >= progress:
            return dict(video)
        assert video["status"] in ("queued", "in_progress"), video
        time.sleep(0.2)
    raise AssertionError(f"job {video_id} stays {video}")


def reference(size: tuple[int, int] = PORTRAIT, kind: str = "JPEG") -> bytes:
    """The bytes of a picture of that size."""
    options = {"quality": 95} if kind != "PNG" else {}
    return encoded(scene(*size), kind, **options)


def data_url(data: bytes) -> str:
    """The bytes as a data URL, whose type is wrong on purpose: servers have to look at the bytes."""
    return "data:application/octet-stream;base64," + base64.b64encode(data).decode()


def similarity(one: Image.Image, other: Image.Image) -> float:
    """Structural similarity (SSIM) of two pictures' brightness on blocks of 8 x 8 pixels; 1 is the same."""
    a, b = (np.asarray(image.convert("L"), dtype=float) for image in (one, other))
    mean_a, mean_b = _block_means(a), _block_means(b)
    var_a, var_b = _block_means(a * a) - mean_a**2, _block_means(b * b) - mean_b**2
    covariance = _block_means(a * b) - mean_a * mean_b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    top = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    return float((top / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))).mean())


def _block_means(values: np.ndarray) -> np.ndarray:
    height, width = (side // 8 * 8 for side in values.shape)
    return values[:height, :width].reshape(height // 8, 8, width // 8, 8).mean(axis=(1, 3))
