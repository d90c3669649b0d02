"""The video commands, run as their users run them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import av
import openai
import pytest

import framefit
from pictures import CORNERS, encoded, scene, stored_with, with_orientation, write

SERVERS = ("FRAMEFIT_BASE_URL", "OPENAI_BASE_URL", "FRAMEFIT_API_KEY", "OPENAI_API_KEY")


def alone() -> dict[str, str]:
    """The environment of the moment, without a server to talk to."""
    return {name: value for name, value in os.environ.items() if name not in SERVERS}


def command(
    *arguments: object, cwd: Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "framefit", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**alone(), **(env or {})},
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A folder with a sideways phone photo and the video that the command made of it."""
    folder = tmp_path_factory.mktemp("made")
    write(folder / "phone.jpg", stored_with(scene(1512, 2016), 6), exif=with_orientation(6))
    ended = command(
        "generate", "phone.jpg", "--prompt", "pan left", "--size", "720x1280", "-o", "videos/out.mp4", cwd=folder
    )  # fmt: skip
    return folder, ended


def first_frame(path: Path) -> av.VideoFrame:
    with av.open(str(path)) as container:
        return next(container.decode(video=0))


def test_generate_makes_an_upright_video(made: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """A sideways phone photo becomes an upright video of the size asked for, and the receipt confirms it."""
    folder, ended = made
    assert ended.returncode == 0, ended.stderr
    image = first_frame(folder / "videos" / "out.mp4").to_image()
    assert image.size == (720, 1280)
    spots = [(20, 20), (700, 20), (700, 1260), (20, 1260)]
    for spot, color in zip(spots, CORNERS.values(), strict=True):
        assert all(abs(seen - drawn) < 40 for seen, drawn in zip(image.getpixel(spot), color, strict=True))
    assert "SSIM" in ended.stdout


def test_generate_says_who_rendered(made: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Without a server the command names the embedded engine and says it is no generative model."""
    _, ended = made
    assert "embedded engine" in ended.stderr
    assert "not a generative model" in ended.stderr


def test_verify_tells_right_from_wrong(made: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Verify ends with 0 for the picture the video was made of, and with 1 for another one."""
    folder, _ = made
    right = command("verify", "phone.jpg", "videos/out.mp4", "--json", cwd=folder)
    assert right.returncode == 0, right.stderr
    assert json.loads(right.stdout)["ssim"] > 0.9
    write(folder / "other.jpg", scene(720, 1280).rotate(180))
    wrong = command("verify", "other.jpg", "videos/out.mp4", cwd=folder)
    assert wrong.returncode == 1
    assert "NOT" in wrong.stdout


def test_verify_refuses_what_is_no_video(made: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """A picture given as the video is a typed error, not a traceback."""
    folder, _ = made
    ended = command("verify", "phone.jpg", "phone.jpg", "--json", cwd=folder)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--size", "1792x1024"], "size_not_offered"),
        (["--seconds", "5"], "seconds_not_offered"),
        (["-o", "phone.jpg"], "output_is_input"),
        (["--model", "sora-0"], "unknown_model"),
    ],
)
def test_generate_refuses_before_sending(
    made: tuple[Path, subprocess.CompletedProcess[str]], arguments: list[str], code: str
) -> None:
    """A request that cannot succeed ends with exit code 2 and its own code before anything is sent."""
    folder, _ = made
    before = (folder / "phone.jpg").read_bytes()
    ended = command("generate", "phone.jpg", "--prompt", "x", *arguments, "--json", cwd=folder)
    assert ended.returncode == 2, ended.stderr
    assert json.loads(ended.stdout)["error"]["code"] == code
    assert (folder / "phone.jpg").read_bytes() == before


@pytest.mark.slow
def test_generate_without_a_server_to_reach(made: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """A server that does not listen is reported as such, and the key is never shown."""
    folder, _ = made
    env = {"FRAMEFIT_BASE_URL": "http://127.0.0.1:9/v1", "FRAMEFIT_API_KEY": "secret-key-1234"}
    ended = command(
        "generate", "phone.jpg", "--prompt", "x", "--size", "720x1280", "--json", cwd=folder, env=env
    )
    assert ended.returncode == 1
    assert json.loads(ended.stdout)["error"]["code"] == "server_unreachable"
    assert "secret-key-1234" not in ended.stdout + ended.stderr


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The base URL of `framefit serve`, run as a process of its own on a free port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "framefit", "serve", "--port", "0", "--data", "engine"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        env=alone(),
    )
    assert process.stderr is not None
    try:
        address = None
        while address is None:
            line = process.stderr.readline()
            assert line, "the server ended before it listened"
            address = re.search(r"http://\S+/v1", line)
        yield address[0]
    finally:
        process.send_signal(signal.SIGTERM)
        process.stderr.read()
        process.stderr.close()
        # A server that ends in good order on a signal passes the signal on to its parent.
        assert process.wait(30) == -signal.SIGTERM


def test_serve_with_the_official_sdk(served: str, tmp_path: Path) -> None:
    """The official SDK gets the official 400 for a wrong picture, and a playable MP4 for a right one."""
    photo = encoded(stored_with(scene(1512, 2016), 6), exif=with_orientation(6))
    with openai.OpenAI(base_url=served, api_key="none", max_retries=0) as client:
        with pytest.raises(openai.BadRequestError) as refused:
            client.videos.create(
                model="sora-2",
                prompt="wind",
                size="720x1280",
                input_reference=("photo.jpg", photo, "image/jpeg"),
            )
        body = refused.value.body
        assert isinstance(body, dict)
        assert body["message"] == "Inpaint image must match the requested width and height"
        assert (body["type"], body["param"], body["code"]) == ("invalid_request_error", None, None)
        fitted = framefit.fit(photo, model="sora-2", size="720x1280")
        video = client.videos.create_and_poll(
            model="sora-2", prompt="wind", size="720x1280", seconds="4", input_reference=fitted.upload()
        )
        assert video.status == "completed"
        client.videos.download_content(video.id).write_to_file(tmp_path / "out.mp4")
    assert framefit.verify(fitted.data, tmp_path / "out.mp4").ok
