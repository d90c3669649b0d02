"""Helpers for tests that drive a real browser."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from framefit.server.running import RunningServer
from pictures import encoded, scene, stored_with, with_orientation

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome")
READY = "body[data-ready]"
VENDOR = Path(__file__).resolve().parent / "vendor"


def chromium() -> str:
    """The path of a Chromium; without one the test is skipped, and fails in continuous integration."""
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    if found is None:
        say = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        say("no Chromium: apt-get install chromium")
    return found or ""


@contextmanager
def browsing() -> Iterator[Any]:
    """A running headless browser."""
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def studio(browser: Any, server: RunningServer, **options: Any) -> Iterator[Any]:
    """The page in a window of its own, ready; any error in its scripts fails the test."""
    given = {"viewport": {"width": 1280, "height": 900}, "locale": "en-US", "accept_downloads": True}
    context = browser.new_context(**{**given, **options})
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    try:
        page.goto(server.url)
        page.wait_for_selector(READY)
        yield page
        assert not wrong
    finally:
        context.close()


def phone_photo() -> bytes:
    """An upright 1200x1600 scene, stored sideways as a phone stores it."""
    return encoded(stored_with(scene(1200, 1600), 6), quality=92, exif=with_orientation(6))


def drop(page: Any, name: str, data: bytes) -> None:
    """Drop a file on the page, as a hand would from a folder."""
    script = """([name, data]) => {
        const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
        const transfer = new DataTransfer();
        transfer.items.add(new File([bytes], name));
        document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }"""
    import base64

    page.evaluate(script, [name, base64.b64encode(data).decode()])


def pick(page: Any, name: str, data: bytes) -> None:
    """Choose a file in the page's file field and wait until all three pictures stand."""
    page.set_input_files("#files", {"name": name, "mimeType": "application/octet-stream", "buffer": data})
    settled(page)


def settled(page: Any) -> None:
    """Wait until the three pictures are drawn and nothing is under way."""
    page.wait_for_function(
        """() => document.getElementById("fit").ariaBusy === "false" && ["picture", "untouched", "fitted"].every((id) => {
            const image = document.getElementById(id);
            return image.src && image.complete && image.naturalWidth > 0;
        })"""
    )


def serious(page: Any) -> list[tuple[str, list[str]]]:
    """What axe finds on the page as it stands, and calls serious or critical."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate((VENDOR / "axe.min.js").read_text(encoding="utf-8"))
    result = page.evaluate("() => axe.run()")
    assert result["passes"]
    return [
        (issue["id"], [node["html"][:160] for node in issue["nodes"]][:3])
        for issue in result["violations"]
        if issue["impact"] in ("serious", "critical")
    ]


def code(page: Any) -> str:
    """The command the page shows."""
    return str(page.text_content("#code code"))


def downloaded(page: Any) -> tuple[str, bytes]:
    """Name and bytes of the file that the download button gives."""
    with page.expect_download() as waiting:
        page.click("#download")
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def pixels(data: bytes) -> Image.Image:
    """The decoded picture of a file."""
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return image


def shape(page: Any, element: str) -> float:
    """Width / height of an image of the page, as it was sent."""
    return float(page.eval_on_selector(element, "image => image.naturalWidth / image.naturalHeight"))
