"""The commands that ask the catalogue, run as their users run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from framefit.catalog import builtin
from pictures import scene, write

Run = Callable[..., "subprocess.CompletedProcess[str]"]
MINE = """
provider = "mine"
[[entry]]
model = "mine"
server = "here"
status = "live"
kind = "exact"
sizes = ["320x320"]
sources = ["https://example.org"]
checked_on = 2026-11-20
"""


@pytest.fixture
def framefit(tmp_path: Path) -> Run:
    write(tmp_path / "photo.jpg", scene(1200, 900))
    (tmp_path / "mine.toml").write_text(MINE, "utf-8")

    def run(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "framefit", *arguments],
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            check=False,
            env={**os.environ, "PYTHONUTF8": "1", **(env or {})},
        )

    return run


def rows(ended: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """The JSON objects of standard output."""
    return [json.loads(line) for line in ended.stdout.splitlines()]


def test_models_lists_the_whole_catalogue(framefit: Run) -> None:
    """Without a filter there is one object for every entry."""
    ended = framefit("models", "--json")
    assert ended.returncode == 0
    assert {(row["model"], row["server"]) for row in rows(ended)} == {
        (rule.model, rule.server) for rule in builtin()
    }


@pytest.mark.parametrize(
    ("flags", "inside", "outside"),
    [
        (("--server", "kling"), "kling-v3", "ray-2"),
        (("--provider", "google-vertex"), "veo-3.1-generate-001", "veo-3.1-generate-preview"),
        (("--live",), "kling-v3", "kling-v2-1"),
        (("--size", "704x1280"), "sora_video2", "sora-2-pro"),
        (("--size", "640x656"), "kling-v3", "seedance-1-5-pro-251215"),
        (("--ratio", "21:9"), "ray-2", "veo-3.1-generate-001"),
    ],
)
def test_models_are_filtered(framefit: Run, flags: tuple[str, ...], inside: str, outside: str) -> None:
    """A filter keeps the models it names and drops the others."""
    names = {row["model"] for row in rows(framefit("models", *flags, "--json"))}
    assert inside in names and outside not in names


def test_one_model_is_shown_whole_with_its_sources(framefit: Run) -> None:
    """A model's entries are shown with every source and the day they were read."""
    shown = framefit("models", "kling-v3").stdout
    rule = builtin().find("kling-v3")
    assert all(source in shown for source in rule.sources)
    assert "2026-11-20" in shown and "Image pixel is invalid" in shown


def test_a_catalogue_of_the_user_counts_everywhere(framefit: Run) -> None:
    """An entry of the user is listed, fitted, checked and explained, by flag and by environment."""
    for arguments in (
        ("models", "mine"),
        ("fit", "photo.jpg", "--model", "mine", "-o", "out.jpg"),
        ("check", "out.jpg", "--model", "mine"),
        ("explain", "photo.jpg", "--model", "mine"),
    ):
        assert framefit(*arguments, "--catalog", "mine.toml").returncode == 0, arguments
        assert framefit(*arguments, env={"FRAMEFIT_CATALOG": "mine.toml"}).returncode == 0, arguments
        assert framefit(*arguments).returncode == 2, arguments


def test_check_all_has_a_row_for_every_live_model(framefit: Run) -> None:
    """The table has a row for every live model, and as JSON the same rows with their figures."""
    live = [rule for rule in builtin() if rule.status == "live"]
    table = framefit("check", "photo.jpg", "--all")
    assert table.returncode == 0 and f"{len(live)} live models" in table.stdout
    told = rows(framefit("check", "photo.jpg", "--all", "--json"))
    assert len(told) == len(live)
    assert all(row["model"] in table.stdout for row in told)
    veo = next(row for row in told if row["model"] == "veo-3.1-generate-001")
    assert (veo["verdict"], veo["canvas"], veo["kept_cover"], veo["price_usd"]) == (
        "crop",
        "1280x720",
        0.75,
        0.8,
    )


def test_strict_fails_what_is_not_known(framefit: Run) -> None:
    """A picture that passes as far as anybody knows fails a strict check where that is not far enough."""
    arguments = ("check", "photo.jpg", "--model", "grok-imagine-video-1.5", "--server", "xai")
    assert framefit(*arguments).returncode == 0
    strict = framefit(*arguments, "--strict")
    assert strict.returncode == 1 and "canvas_unknown" in strict.stdout
    known = framefit("check", "photo.jpg", "--model", "pika-2.2", "--server", "pika", "--strict")
    assert known.returncode == 0 and "byte_limit_unknown" in known.stdout


LAST = MINE.replace('model = "mine"', 'model = "mine"\nrole = "last_frame"').replace("320x320", "640x640")


def test_every_role_of_a_model_is_shown(framefit: Run, tmp_path: Path) -> None:
    """A model is listed and shown with what it takes as a last frame, too, and by that alone."""
    both, alone = tmp_path / "both.toml", tmp_path / "alone.toml"
    both.write_text(MINE + LAST[LAST.index("[[entry]]") :], "utf-8")
    alone.write_text(LAST, "utf-8")
    shown = rows(framefit("models", "mine", "--catalog", str(both), "--json"))
    assert [row["role"] for row in shown] == ["first_frame", "last_frame"]
    (last,) = rows(framefit("models", "mine", "--server", "here", "--catalog", str(alone), "--json"))
    assert (last["role"], last["sizes"]) == ("last_frame", ["640x640"])
    assert "mine (last_frame)" in framefit("models", "--catalog", str(alone)).stdout


def test_a_list_in_a_pipe_has_whole_names(framefit: Run) -> None:
    """What goes to another program has one line for each entry, with nothing shortened."""
    lines = framefit("models", "--live", env={"COLUMNS": "60"}).stdout.splitlines()
    live = [rule for rule in builtin() if rule.status == "live"]
    assert len(lines) == len(live) + 1
    for rule in live:
        assert any(line.startswith(f"{rule.model} ") for line in lines)


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "photo.jpg"),
        ("check", "photo.jpg", "--all", "--model", "sora-2"),
        ("check", "photo.jpg", "--all", "--size", "1280x720"),
        ("check", "photo.jpg", "--model", "sora-3"),
        ("check", "photo.jpg", "--model", "sora-2", "--server", "kling"),
        ("explain", "photo.jpg", "--model", "sora-2", "--size", "10x10"),
        ("models", "--server", "nowhere"),
        ("models", "--provider", "nobody"),
        ("models", "sora-2", "--server", "kling"),
        ("models", "--ratio", "wide"),
        ("models", "--ratio", "16:0"),
        ("models", "--size", "wide"),
        ("models", "--catalog", "photo.jpg"),
        ("models", "--catalog", "nothing.toml"),
    ],
)
def test_wrong_usage_ends_in_two(framefit: Run, arguments: tuple[str, ...]) -> None:
    """Contradictory or impossible arguments end with exit code 2 and say what was wanted."""
    ended = framefit(*arguments)
    assert ended.returncode == 2
    assert "wanted:" in ended.stderr and "Traceback" not in ended.stderr
