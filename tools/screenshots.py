"""Takes the pictures of the studio that stand in the documentation, in a real browser.

Draws the demo's photo, serves the studio on a free port and writes ``docs/img/*.png``.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "demo"), str(ROOT / "tests")]

import scene  # noqa: E402

from browsing import browsing, pick, settled, studio  # noqa: E402
from framefit.server.running import running  # noqa: E402

TARGET = ROOT / "docs" / "img"
LARGEST = 300_000
"""Bytes a picture may have: it is read in a browser, not printed."""
SIZE = {"width": 1280, "height": 980}


def main() -> None:
    """Take every picture."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        photo = scene.write(Path(folder) / "photo.jpg").read_bytes()
    with running() as server, browsing() as browser:
        with studio(browser, server, viewport=SIZE) as page:
            save(page, "studio-drop")
            pick(page, "photo.jpg", photo)
            choose(page, "Wan2.2-I2V-A14B vllm-omni", own_size="720x1280")
            save(page, "studio")
        with studio(browser, server, viewport=SIZE) as page:
            pick(page, "photo.jpg", photo)
            page.wait_for_selector(".card button")
            top(page, "#every")
            save(page, "studio-sheet")
            page.fill("#prompt", "gentle wind, slow zoom in on the boat")
            page.click("#go")
            page.wait_for_selector(".receipt", timeout=120_000)
            top(page, "#video")
            page.wait_for_function("() => document.querySelector('video').currentTime > 0.5")
            save(page, "studio-video")
        with studio(browser, server, viewport=SIZE, color_scheme="dark") as page:
            pick(page, "photo.jpg", photo)
            page.select_option("#size", "1280x720")
            page.click('label[for="mode-pad"]')
            page.click('label[for="backdrop-blur"]')
            page.wait_for_function("() => document.querySelector('#code code').textContent.includes('blur')")
            settled(page)
            top(page, "body")
            save(page, "studio-dark")
        with studio(browser, server, viewport={"width": 390, "height": 844}, locale="ko-KR") as page:
            pick(page, "photo.jpg", photo)
            save(page, "studio-phone")


def choose(page: Any, model: str, own_size: str) -> None:
    """Choose a model, and a size that it does not list, and wait until the pictures are those of the choice."""
    page.select_option("#model", model)
    settled(page)
    page.select_option("#size", "other")
    page.fill("#other-size", own_size)
    page.keyboard.press("Enter")
    page.wait_for_function(
        "size => document.querySelector('#code code').textContent.includes(size)", arg=own_size
    )
    settled(page)


def top(page: Any, element: str) -> None:
    """Bring a section to the top of the window, at once."""
    page.evaluate("name => document.querySelector(name).scrollIntoView({ behavior: 'instant' })", element)


def save(page: Any, name: str) -> None:
    """Write what the window shows, in all its colours if they fit into `LARGEST` bytes."""
    page.evaluate("() => document.activeElement.blur()")
    image = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    path = TARGET / f"{name}.png"
    image.save(path, optimize=True)
    if path.stat().st_size > LARGEST:
        # Small areas of a colour of their own, as the accent is, have to keep it.
        image.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.FLOYDSTEINBERG).save(
            path, optimize=True
        )
    print(f"{path.relative_to(ROOT)}  {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
