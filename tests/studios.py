"""Helpers for tests that speak to the studio's API."""

from __future__ import annotations

import time
from typing import Any

import httpx

from framefit.server.running import RunningServer
from serving import send

WISH = {"model": "sora-2", "server": "embedded"}
KEYS = ("FRAMEFIT_BASE_URL", "OPENAI_BASE_URL", "FRAMEFIT_API_KEY", "OPENAI_API_KEY")


def api(server: RunningServer, method: str, path: str, **options: Any) -> httpx.Response:
    """Send a request to the studio's API."""
    return send(method, f"{server.url}/studio/api{path}", timeout=60, **options)


def uploaded(server: RunningServer, data: bytes, name: str = "photo.jpg") -> str:
    """Upload a picture and return its id."""
    reply = api(server, "POST", "/pictures", params={"name": name}, content=data)
    assert reply.status_code == 201, reply.text
    return str(reply.json()["id"])


def made(server: RunningServer, name: str, **options: Any) -> dict[str, Any]:
    """Look at a video until it has ended."""
    for _ in range(600):
        record = api(server, "GET", f"/videos/{name}", **options).raise_for_status().json()
        if record["status"] not in ("queued", "in_progress"):
            return dict(record)
        time.sleep(0.2)
    raise AssertionError(record)


def order(picture: str, **more: Any) -> dict[str, Any]:
    """An order for a video of a picture."""
    return {"picture": picture, "wish": {**WISH, "size": "720x1280"}, "prompt": "hold still", **more}
