"""LiteLLM's SDK and the openai package for Node, directly and through the gateway, in front of each dialect.

They are not among framefit's own packages: ``python benchmarks/gateway_clients.py LITELLM_PYTHON NODE_FOLDER``
takes a Python in which ``litellm`` is installed, and a folder in which ``npm install openai`` was run.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import framefit
from gateways import engine_behind
from pictures import encoded, scene

LITELLM = """
import sys, time, litellm
base, path, model, size = sys.argv[1:]
where = {"api_base": base, "api_key": "any"}
with open(path, "rb") as file:
    video = litellm.video_generation(
        model="openai/" + model, prompt="x", size=size, input_reference=file, num_retries=0, **where
    )
status = video.status
while status in ("queued", "in_progress"):
    time.sleep(0.3)
    status = litellm.video_status(video_id=video.id, **where).status
print(status, len(litellm.video_content(video_id=video.id, **where)), "bytes")
"""

NODE = """
import OpenAI from "openai";
import fs from "fs";
const [base, path, model, size] = process.argv.slice(2);
const client = new OpenAI({ baseURL: base, apiKey: "any", maxRetries: 0 });
let video = await client.videos.create({ prompt: "x", model, size, input_reference: fs.createReadStream(path) });
while (["queued", "in_progress"].includes(video.status)) {
  await new Promise((resolve) => setTimeout(resolve, 300));
  video = await client.videos.retrieve(video.id);
}
const reply = await client.videos.downloadContent(video.id);
console.log(video.status, (await reply.arrayBuffer()).byteLength, "bytes");
"""

WAN = ("Wan-AI/Wan2.2-I2V-A14B-Diffusers", "832x480")
ASKED = {"vllm-omni": WAN, "sglang": WAN}
SPEAKING = ("openai", "azure", "vllm-omni", "sglang", "litellm", "relay")


def said(command: list[str], folder: Path) -> str:
    """What a client printed; the last line of its error when it failed."""
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if ran.returncode == 0:
        return ran.stdout.strip()
    lines = [line for line in ran.stderr.splitlines() if "Error" in line]
    return f"failed: {lines[-1][:160] if lines else ran.stderr[-160:]}"


def main() -> None:
    python, node = sys.argv[1], Path(sys.argv[2]).resolve()
    data = encoded(scene(1000, 900))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        picture, script = folder / "photo.jpg", node / "framefit-client.mjs"
        picture.write_bytes(data)
        script.write_text(NODE, "utf-8")
        for speak in SPEAKING:
            model, size = ASKED.get(speak, ("sora-2", "1280x720"))
            exact = sha256(framefit.fit(data, size=size).data).hexdigest()
            with engine_behind(folder / speak, speak=speak, workers=1) as servers:
                for way, base in (("direct", servers.direct), ("gateway", servers.base_url)):
                    before = len(servers.record())
                    rest = [base, str(picture), model, size]
                    print(speak, way, "LiteLLM:", said([python, "-c", LITELLM, *rest], folder))
                    print(speak, way, "Node:", said(["node", str(script), *rest], node))
                    arrived = [row["digest"] == exact for row in servers.record()[before:]]
                    print(speak, way, "exact:", arrived, flush=True)
        script.unlink()


if __name__ == "__main__":
    main()
