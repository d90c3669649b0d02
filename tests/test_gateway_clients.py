"""Clients that are not ours, as processes of their own, work through the gateway with nothing changed but an address."""

from __future__ import annotations

import difflib
import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from shutil import which
from typing import Any

import pytest

import framefit
from gateways import Behind, Served, asked_of, digest, engine_behind, picture, rule_of
from pictures import encoded, scene
from serving import SDK_WARNING, data_url

pytestmark = pytest.mark.filterwarnings(SDK_WARNING)

OPENAI_FOR_NODE = "openai@6.49.0"
LITELLM_PYTHON = Path(__file__).resolve().parent.parent / ".venv" / "litellm" / "bin" / "python"
"""LiteLLM asks for older packages than framefit's own, so `make test` gives it an environment of its own."""

PICTURE = encoded(scene(1000, 900))
MISMATCH = "must match the requested width and height"
STRICT = ("openai", "azure", "litellm", "relay")
SENT = {
    "openai": ("48 megapixels", "jpg"),
    "azure": ("sideways", "jpg"),
    "litellm": ("transparent", "png"),
    "relay": ("wrong size", "jpg"),
    "vllm-omni": ("heic", "heic"),
    "sglang": ("transparent", "png"),
    "dynamo": ("sideways", "jpg"),
}
"""Which kind of picture each server is sent, so that every client sends every kind."""


LITELLM = """
import json, sys, time
import litellm

def whole_round(base, path, model, size):
    where = {"api_base": base, "api_key": "any"}
    with open(path, "rb") as file:
        video = litellm.video_generation(
            model="openai/" + model, prompt="x", size=size, input_reference=file, num_retries=0, **where
        )
    status = video.status
    while status in ("queued", "in_progress"):
        time.sleep(0.1)
        status = litellm.video_status(video_id=video.id, **where).status
    return [status, len(litellm.video_content(video_id=video.id, **where))]

for asked in json.loads(sys.argv[1]):
    try:
        told = whole_round(*asked)
    except Exception as error:
        told = ["failed", str(error)]
    print(json.dumps(told), flush=True)
"""

NODE = """
import OpenAI from "openai";
import fs from "fs";

async function wholeRound(base, path, model, size) {
  const client = new OpenAI({ baseURL: base, apiKey: "any", maxRetries: 0 });
  let video = await client.videos.create({ prompt: "x", model, size, input_reference: fs.createReadStream(path) });
  while (["queued", "in_progress"].includes(video.status)) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    video = await client.videos.retrieve(video.id);
  }
  const reply = await client.videos.downloadContent(video.id);
  return [video.status, (await reply.arrayBuffer()).byteLength];
}

for (const asked of JSON.parse(process.argv[2])) {
  const told = await wholeRound(...asked).catch((error) => ["failed", String(error)]);
  console.log(JSON.stringify(told));
}
"""

SCRIPT = """
from pathlib import Path

from openai import OpenAI

client = OpenAI(base_url="http://127.0.0.1:8080/v1", api_key="none")
video = client.videos.create_and_poll(prompt="x", size="1280x720", input_reference=Path("photo.jpg"))
client.videos.download_content(video.id).write_to_file("out.mp4")
print(video.status)
"""


def check(all_servers: dict[str, Behind], command: list[str], folder: Path) -> None:
    """Run a client in front of every server, directly and through the gateway, and look at what arrived."""
    files = {name: folder / f"{name}.{SENT[name][1]}" for name in all_servers}
    for name, file in files.items():
        file.write_bytes(picture(SENT[name][0]))
    before = {name: len(servers.record()) for name, servers in all_servers.items()}
    asked = [
        (base, str(files[name]), *asked_of(name).values())
        for name, servers in all_servers.items()
        for base in (servers.direct, servers.base_url)
    ]
    environment = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    ran = subprocess.run(
        [*command, json.dumps(asked)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        env=environment,
    )
    told: list[Any] = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("[")]
    assert len(told) == len(asked), ran.stderr[-2000:]
    for position, (name, servers) in enumerate(all_servers.items()):
        directly, through = told[2 * position : 2 * position + 2]
        sent = files[name].read_bytes()
        exact = digest(framefit.fit(sent, **rule_of(name)).data)  # type: ignore[arg-type]
        assert through[0] == "completed" and through[1] > 1000, (name, through)
        digests = [row["digest"] for row in servers.record()[before[name] :]]
        if name in STRICT:
            # The package for Node shows no words of an error that is not in the envelope.
            flat = name == "relay" and "400 status code" in directly[1]
            assert directly[0] == "failed" and (flat or MISMATCH in directly[1]), (name, directly)
            assert digests == [exact], name
        elif name == "dynamo":  # takes no form
            assert (directly[0], digests) == ("failed", [exact])
        else:
            assert digests == [digest(sent), exact], name


def missing(what: str) -> None:
    say = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
    say(what)


@pytest.mark.slow
def test_litellm(all_servers: dict[str, Behind], tmp_path: Path) -> None:
    """LiteLLM's own video calls with another api_base: refused or spoilt directly, exact and complete through it."""
    if not LITELLM_PYTHON.exists():
        missing("the SDK of LiteLLM is not installed: make litellm")
    check(all_servers, [str(LITELLM_PYTHON), "-c", LITELLM], tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(which("node") is None or which("npm") is None, reason="no Node here")
def test_node(all_servers: dict[str, Behind], tmp_path: Path) -> None:
    """The official package for Node with another baseURL: refused or spoilt directly, exact and complete through it."""
    quiet = ["--silent", "--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts"]
    ran = subprocess.run(
        ["npm", "install", *quiet, "--prefix", str(tmp_path), OPENAI_FOR_NODE],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if ran.returncode:
        missing(f"npm cannot install {OPENAI_FOR_NODE}: {ran.stderr[-300:]}")
    (tmp_path / "client.mjs").write_text(NODE, "utf-8")
    check(all_servers, ["node", str(tmp_path / "client.mjs")], tmp_path)


@pytest.mark.skipif(which("curl") is None, reason="curl is not installed")
def test_curl(all_servers: dict[str, Behind], tmp_path: Path) -> None:
    """Curl's form, with the picture from a file, and its JSON, with a data URL, arrive exact at every server."""
    (tmp_path / "photo.jpg").write_bytes(PICTURE)
    for name, servers in all_servers.items():
        exact = digest(framefit.fit(PICTURE, **rule_of(name)).data)  # type: ignore[arg-type]
        fields = {"prompt": "x", **asked_of(name)}
        form = [part for field in fields.items() for part in ("-F", "=".join(field))]
        body = json.dumps({**fields, "input_reference": {"image_url": data_url(PICTURE)}})
        (tmp_path / "body.json").write_text(body, "utf-8")
        ways = (
            [*form, "-F", "input_reference=@photo.jpg"],
            ["-H", "Content-Type: application/json", "--data-binary", "@body.json"],
        )
        for way in ways:
            command = ["curl", "-s", "-S", f"{servers.base_url}/videos", *way]
            ran = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, timeout=60)
            assert json.loads(ran.stdout)["object"] == "video", (name, ran.stdout)
            assert servers.last()["digest"] == exact, (name, way[0])


def test_one_changed_line(tmp_path: Path) -> None:
    """A script that ends in the official 400 at the engine ends with its video when its one line names the gateway."""
    (tmp_path / "photo.jpg").write_bytes(PICTURE)
    with (
        Served(tmp_path / "engine") as engine,
        Served(tmp_path / "front", "--upstream", engine.base_url) as front,
    ):
        before, after = (
            SCRIPT.replace("http://127.0.0.1:8080/v1", base) for base in (engine.base_url, front.base_url)
        )
        failed, worked = (
            subprocess.run(
                [sys.executable, "-W", "ignore", "-c", script],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
            for script in (before, after)
        )
    assert (
        len([line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[0] == "+"]) == 1
    )
    assert failed.returncode == 1
    assert "BadRequestError" in failed.stderr and f"Inpaint image {MISMATCH}" in failed.stderr
    assert (worked.stdout, worked.stderr) == ("completed\n", "")
    assert (tmp_path / "out.mp4").read_bytes()[4:8] == b"ftyp"


@pytest.mark.slow
def test_schemathesis(tmp_path: Path) -> None:
    """Requests made up from the gateway's own description end in no 5xx and in no answer off the description."""
    if importlib.util.find_spec("schemathesis") is None:
        missing("Schemathesis is not installed: pip install schemathesis")
    checks = "not_a_server_error,response_schema_conformance,content_type_conformance"
    with engine_behind(tmp_path, quick=True) as servers:
        ran = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run", f"{servers.front.url}/openapi.json"),
                *("--url", servers.front.url, "--checks", checks, "--seed", "7", "--max-examples", "30"),
                *("--generation-database", "none", "--no-color"),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-1000:]
    made = re.search(r"(\d+) generated", ran.stdout)
    assert made is not None and int(made[1]) > 300, ran.stdout[-1000:]
