"""Helpers of the tests of batches: folders of pictures, runs in processes of their own, and what they left."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pictures import encoded, scene, write


def fill(folder: Path, count: int = 12) -> Path:
    """A tree of small pictures in several formats, two broken ones and a file that is no picture."""
    for number in range(count):
        parent = folder / f"part {number % 3}"
        parent.mkdir(parents=True, exist_ok=True)
        kind, suffix = (("JPEG", "JPG"), ("PNG", "png"), ("WEBP", "webp"))[number % 3]
        write(parent / f"{number:05d}.{suffix}", scene(60 + number % 7, 40 + number % 5), kind)
    (folder / "cut.jpg").write_bytes(encoded(scene(300, 200))[:900])
    (folder / "empty.png").write_bytes(b"")
    (folder / "notes.txt").write_text("words, words, words, words, words, words")
    return folder


def start(*arguments: object, cwd: Path, env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start framefit as its users do."""
    return subprocess.Popen(
        [sys.executable, "-m", "framefit", *map(str, arguments)],
        cwd=cwd,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **(env or {})},
    )


def framefit(
    *arguments: object, cwd: Path, stdin: bytes = b"", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run framefit to its end."""
    process = start(*arguments, cwd=cwd, env=env)
    out, err = process.communicate(stdin)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def without_rights() -> list[str]:
    """What stands before a command so that closed folders are closed to it: root opens them unless it gives that up."""
    if os.getuid():
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("root cannot give its rights up here: there is no setpriv")
    rights = "-dac_override,-dac_read_search"
    return ["setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}"]


def rows_of(manifest: Path) -> list[dict[str, Any]]:
    """The rows of a manifest, without the one field that differs from run to run."""
    rows = [json.loads(line) for line in manifest.read_bytes().splitlines()]
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


def files_below(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes, hidden ones too; of manifests what `rows_of` compares."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            told = json.dumps(rows_of(path)).encode() if path.name == "manifest.jsonl" else path.read_bytes()
            found[path.relative_to(folder).as_posix()] = told
    return found
