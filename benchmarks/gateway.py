"""What the gateway costs and what it bears: load, overhead, streaming, slow clients, malformed bodies.

Run it on a quiet machine: ``python benchmarks/gateway.py`` or ``python benchmarks/gateway.py load slow``.
Everything runs on loopback, gateway and upstream as processes of their own.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx2
from PIL import Image

import framefit

SIZE = "1280x720"
ENGINE = (
    "import sys; from pathlib import Path; from framefit.server.options import ServerOptions;"
    "from framefit.server.running import serve;"
    "serve(ServerOptions(data_folder=Path(sys.argv[2]), port=int(sys.argv[1]), workers=0))"
)
FILE_SERVER = (
    "import sys, uvicorn; from starlette.responses import FileResponse\n"
    "async def app(scope, receive, send):\n"
    "    await FileResponse(sys.argv[2], media_type='video/mp4')(scope, receive, send)\n"
    "uvicorn.run(app, port=int(sys.argv[1]), lifespan='off', log_level='error', access_log=False)"
)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextlib.contextmanager
def process(command: list[str], port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        started = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if started.poll() is not None:
                raise SystemExit(log.read_text())
            time.sleep(0.1)
        yield started
    finally:
        started.terminate()
        started.wait(60)


class Setup:
    """An upstream and a gateway in front of it."""

    def __init__(self, folder: Path, stack: contextlib.ExitStack, upstream: list[str], *flags: str) -> None:
        self.behind, self.front = free_port(), free_port()
        command = [part.replace("PORT", str(self.behind)) for part in upstream]
        stack.enter_context(process([sys.executable, *command], self.behind, folder / "upstream.log"))
        serve = [sys.executable, "-m", "framefit", "serve", "--upstream", self.direct, "--dialect", "openai"]
        serve += ["--port", str(self.front), "--data", str(folder / "gateway"), *flags]
        self.gateway = stack.enter_context(process(serve, self.front, folder / "gateway.log"))

    @property
    def direct(self) -> str:
        return f"http://127.0.0.1:{self.behind}/v1"

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.front}/v1"

    def memory(self, name: str) -> float:
        """A figure of the gateway's memory in MiB: VmRSS is now, VmHWM the most so far."""
        lines = Path(f"/proc/{self.gateway.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


@contextlib.contextmanager
def setup(kind: str, *flags: str) -> Iterator[Setup]:
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        command = ["-c", ENGINE, "PORT", str(folder / "engine")]
        if kind == "file":
            big = folder / "big.mp4"
            with big.open("wb") as file:
                for _ in range(1024):
                    file.write(os.urandom(1 << 20))
            command = ["-c", FILE_SERVER, "PORT", str(big)]
        yield Setup(folder, stack, command, *flags)


def photo(width: int, height: int, seed: int = 0) -> bytes:
    """A picture with the grain of a photograph, so that its JPEG is as large as one."""
    noise = Image.effect_noise((width // 4, height // 4), 40 + seed).resize((width, height))
    slope = Image.linear_gradient("L").resize((width, height))
    buffer = io.BytesIO()
    Image.merge("RGB", (noise, slope, Image.blend(noise, slope, 0.5))).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def load() -> dict[str, object]:
    """200 uploads of 12 megapixels at the same time."""
    data = photo(4000, 3000)
    expected = sha256(framefit.fit(data, size=SIZE).data).hexdigest()
    with setup("engine") as here:
        statuses: Counter[int] = Counter()

        async def one(client: httpx2.AsyncClient) -> None:
            while True:
                form = {"data": {"prompt": "x", "size": SIZE}, "files": {"input_reference": ("a", data)}}
                reply = await client.post(f"{here.base_url}/videos", **form)
                statuses[reply.status_code] += 1
                if reply.status_code != 503:
                    return
                await asyncio.sleep(float(reply.headers["retry-after"]))

        async def run() -> list[float]:
            memory = []
            limits = httpx2.Limits(max_connections=200)
            async with httpx2.AsyncClient(timeout=600, limits=limits) as client:
                for _ in range(3):
                    await asyncio.gather(*(one(client) for _ in range(200)))
                    memory.append(round(here.memory("VmHWM")))
            return memory

        began = time.perf_counter()
        memory = asyncio.run(run())
        took = time.perf_counter() - began
        rows = httpx2.get(here.direct.replace("/v1", "/framefit/creates")).json()["data"]
        right = sum(row["digest"] == expected for row in rows)
    return {
        "uploads": 600,
        "bytes each": len(data),
        "arrived right": right,
        "statuses": dict(statuses),
        "uploads a second": round(600 / took, 1),
        "peak MiB after each 200": memory,
    }


def overhead() -> dict[str, object]:
    """One upload after the other: what the gateway adds beside fitting the picture."""
    figures = {}
    for label, size in (("12 megapixels", (4000, 3000)), ("2 megapixels", (1920, 1080))):
        data = photo(*size)
        ready = framefit.fit(data, size=SIZE).data
        with setup("engine") as here, httpx2.Client(timeout=60) as client:
            direct, total, fit = [], [], []
            for number in range(60):
                for base, picture in ((here.direct, ready), (here.base_url, data)):
                    form = {"data": {"prompt": "x", "size": SIZE}, "files": {"a": ("a", picture)}}
                    if base == here.direct:
                        form["files"] = {"input_reference": ("a", picture)}
                    began = time.perf_counter()
                    reply = client.post(f"{base}/videos", **form)
                    took = (time.perf_counter() - began) * 1000
                    assert reply.status_code == 200, reply.text
                    if number < 10:
                        continue
                    if base == here.direct:
                        direct.append(took)
                    else:
                        total.append(took)
                        fit.append(float(reply.headers["server-timing"].partition("dur=")[2]))
            rest = [
                whole - own - middle
                for whole, own in zip(total, fit, strict=True)
                for middle in (statistics.median(direct),)
            ]
        figures[label] = {
            "direct ms": round(statistics.median(direct), 1),
            "gateway ms": round(statistics.median(total), 1),
            "fit ms": round(statistics.median(fit), 1),
            "overhead ms": round(statistics.median(rest), 1),
        }
    return figures


def stream() -> dict[str, object]:
    """A download of 1 GiB, directly and through the gateway, one after the other and five times."""
    speeds: dict[str, list[float]] = {"direct": [], "gateway": []}
    with setup("file") as here:
        before = here.memory("VmRSS")
        for _ in range(5):
            for name, base in (("direct", here.direct), ("gateway", here.base_url)):
                url = f"{base}/videos/v/content"
                ran = subprocess.run(
                    ["curl", "-s", "-o", os.devnull, "-w", "%{size_download} %{speed_download}", url],
                    capture_output=True,
                    text=True,
                    check=True,
                )
                size, speed = ran.stdout.split()
                assert int(size) == 1 << 30
                speeds[name].append(float(speed) / (1 << 20))
        peak = here.memory("VmHWM")
    ratios = [front / behind for front, behind in zip(speeds["gateway"], speeds["direct"], strict=True)]
    return {
        "direct MiB/s": [round(speed) for speed in speeds["direct"]],
        "gateway MiB/s": [round(speed) for speed in speeds["gateway"]],
        "median ratio": round(statistics.median(ratios), 2),
        "MiB before": round(before),
        "peak MiB": round(peak),
    }


def slow() -> dict[str, object]:
    """400 clients that send one byte a second, heads and bodies, while others are served."""
    with setup("engine", "--header-seconds", "3", "--idle-seconds", "3", "--upload-seconds", "8") as here:
        idle = []
        for number in range(400):
            client = socket.create_connection(("127.0.0.1", here.front))
            client.setblocking(False)
            if number % 2:
                client.send(b"POST /v1/videos HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\n")
            idle.append(client)
        answered = []
        for _ in range(15):
            for client in idle:
                with contextlib.suppress(OSError):
                    client.send(b"x")
            began = time.perf_counter()
            assert httpx2.get(f"{here.base_url}/videos").status_code == 200
            answered.append((time.perf_counter() - began) * 1000)
            time.sleep(1)
        closed = 0
        for client in idle:
            try:
                while client.recv(65536):
                    pass
                closed += 1
            except BlockingIOError:
                pass
            except OSError:
                closed += 1
            client.close()
        ready = httpx2.get(here.base_url.replace("/v1", "/readyz")).status_code
        peak = here.memory("VmHWM")
    return {
        "slow clients": 400,
        "cut off after 15 s": closed,
        "others' slowest answer ms": round(max(answered)),
        "readyz": ready,
        "peak MiB": round(peak),
    }


def malformed() -> dict[str, object]:
    """1,000 bodies with damage of every kind, from one seed."""
    dice = random.Random(7)
    picture = photo(64, 48)
    base64 = __import__("base64").b64encode(picture).decode()
    seeds = [
        ("application/json", json.dumps({"prompt": "x", "size": SIZE, "images": [f"data:;base64,{base64}"]}).encode()),
        ("application/json", b'{"input_reference":' + b"[" * 5000),
        ("multipart/form-data; boundary=b", b"".join((
            b'--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nx\r\n',
            b'--b\r\nContent-Disposition: form-data; name="input_reference"; filename="a"\r\n\r\n',
            picture, b"\r\n--b--\r\n"))),
        ("multipart/form-data", b"--b\r\n"),
    ]  # fmt: skip
    statuses: Counter[int] = Counter()
    with setup("engine") as here, httpx2.Client(timeout=60) as client:
        before = here.memory("VmRSS")
        for _ in range(1000):
            kind, body = dice.choice(seeds)
            damaged = bytearray(body)
            for _ in range(dice.randint(1, 12)):
                place = dice.randrange(len(damaged))
                what = dice.random()
                if what < 0.4:
                    damaged[place] = dice.randrange(256)
                elif what < 0.7:
                    del damaged[place : place + dice.randint(1, 200)]
                else:
                    damaged[place:place] = dice.randbytes(dice.randint(1, 50))
                damaged = damaged or bytearray(b"x")
            try:
                reply = client.post(
                    f"{here.base_url}/videos", content=bytes(damaged), headers={"Content-Type": kind}
                )
                statuses[reply.status_code] += 1
            except httpx2.RequestError:
                statuses[0] += 1
        ready = client.get(here.base_url.replace("/v1", "/readyz")).status_code
        after = here.memory("VmRSS")
    return {
        "statuses": dict(statuses),
        "readyz": ready,
        "MiB before and after": [round(before), round(after)],
    }


ALL = {"load": load, "overhead": overhead, "stream": stream, "slow": slow, "malformed": malformed}


def main() -> None:
    for name in sys.argv[1:] or ALL:
        print(json.dumps({name: ALL[name]()}), flush=True)


if __name__ == "__main__":
    main()
