"""The whole job on one picture: rejected, mended, turned into a video, and proven.

Prints every command before it runs it, so that each can be repeated by hand.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import scene

HERE = Path(__file__).resolve().parent
PHOTO, FITTED, VIDEO = (HERE / name for name in ("photo.jpg", "fitted.jpg", "out.mp4"))


def step(words: str, *command: object, expect: int = 0) -> None:
    """Say what comes, run a framefit command, and stop the demo if it ends otherwise than expected."""
    shown = " ".join(shlex.quote(_short(part)) for part in command)
    print(f"\n{words}\n$ framefit {shown}", flush=True)
    program = [sys.executable, "-m", "framefit", *map(_short, command)]
    ended = subprocess.run(program, cwd=HERE.parent, check=False).returncode
    if ended != expect:
        sys.exit(f"the demo expected exit code {expect} and got {ended}")


def _short(part: object) -> str:
    return str(part.relative_to(HERE.parent)) if isinstance(part, Path) else str(part)


def main() -> None:
    """Run the demo."""
    for path in (FITTED, VIDEO):
        path.unlink(missing_ok=True)
    print("A phone photo, drawn by code: 4032x3024 pixels, stored sideways.")
    scene.write(PHOTO)
    step(
        "1. As it is, a strict server refuses it:",
        "check", PHOTO, "--model", "sora-2", "--size", "720x1280",
        expect=1,
    )  # fmt: skip
    step(
        "2. Made to fit, upright and exact:",
        "fit", PHOTO, "--model", "sora-2", "--size", "720x1280", "-o", FITTED,
    )  # fmt: skip
    step("3. Now it would be taken:", "check", FITTED, "--model", "sora-2", "--size", "720x1280")
    step(
        "4. A video of the original photo, on framefit's embedded engine:",
        "generate", PHOTO, "--prompt", "zoom in on the boat, gentle wind", "--size", "720x1280", "-o", VIDEO,
    )  # fmt: skip
    step("5. Is its first frame what was sent?", "verify", FITTED, VIDEO)
    print("\nThe files:")
    for path in (PHOTO, FITTED, VIDEO):
        print(f"  {path}  {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
