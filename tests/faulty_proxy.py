"""A real HTTP server on loopback that stands in front of another one and fails in the ways it is told to."""

from __future__ import annotations

import http.client
import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import urlsplit

Moment = Literal["create", "poll", "list", "content"]

KEEP = (
    "content-type",
    "content-length",
    "openai-poll-after-ms",
    "etag",
    "accept-ranges",
    "content-range",
    "retry-after",
)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What happens to one kind of request.

    Args:
        moment: which requests.
        kind: ``drop`` (the connection ends without a word), ``reset`` (with a TCP reset), ``hang`` (no
            answer until the client gives up), ``garbage`` (200 and no JSON), ``half`` (the answer ends
            in its middle), ``status`` (an HTTP error), ``slow`` (the answer trickles), ``lag`` (jobs
            younger than ``seconds`` are not listed), ``empty`` (a list without jobs).
        after: whether the request has reached the server behind.
        times: how often; then everything is well.
        status: of kind ``status``.
        headers: of kind ``status``.
        seconds: of kinds ``hang``, ``lag`` and ``slow``.
    """

    moment: Moment
    kind: str
    after: bool = False
    times: int = 1
    status: int = 500
    headers: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the server behind answered."""

    status: int
    headers: dict[str, str]
    body: bytes


class Proxy:
    """The proxy and what passed through it."""

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self.upstream = (parts.hostname or "", parts.port or 80)
        self.base_url = ""
        self.create_seconds = 0.0
        self.seen: list[tuple[Moment, dict[str, str]]] = []
        self.closing = threading.Event()
        self.arrived = threading.Event()
        self._faults: list[Fault] = []
        self._left: dict[int, int] = {}
        self._lock = threading.Lock()

    def fail(self, *faults: Fault) -> None:
        """Fail in these ways from now on."""
        with self._lock:
            self._faults = list(faults)
            self._left = {id(fault): fault.times for fault in faults}

    def asked(self, moment: Moment) -> int:
        """How many requests of a kind came."""
        return sum(one == moment for one, _ in self.seen)

    def take(self, moment: Moment, headers: dict[str, str]) -> Fault | None:
        """Put a request on record, and return what is to happen to it."""
        with self._lock:
            self.seen.append((moment, headers))
            self.arrived.set()
            for fault in self._faults:
                if fault.moment == moment and self._left[id(fault)] > 0:
                    self._left[id(fault)] -= 1
                    return fault
        return None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def answer(self) -> None:
        length = int(self.headers.get("content-length", 0))
        body = self.rfile.read(length)
        if len(body) < length:  # the client was killed while it sent
            self.close_connection = True
            return
        fault = self.proxy.take(self.moment(), {name.lower(): text for name, text in self.headers.items()})
        if fault is not None and not fault.after and fault.kind not in ("half", "slow", "lag", "empty"):
            self.spoil(fault)
            return
        reply = self.forward(body)
        if fault is None:
            self.send(reply)
        else:
            self.fail_after(fault, reply)

    def moment(self) -> Moment:
        path = urlsplit(self.path).path.rstrip("/")
        if self.command == "POST":
            return "create"
        if path.endswith("/content"):
            return "content"
        return "list" if path.endswith("/videos") else "poll"

    def forward(self, body: bytes) -> Reply:
        if self.command == "POST":
            time.sleep(self.proxy.create_seconds)
        connection = http.client.HTTPConnection(*self.proxy.upstream, timeout=30)
        skipped = ("host", "connection", "expect")
        headers = {name: text for name, text in self.headers.items() if name.lower() not in skipped}
        connection.request(self.command, self.path, body=body or None, headers=headers)
        response = connection.getresponse()
        reply = Reply(
            status=response.status,
            headers={name.lower(): text for name, text in response.getheaders() if name.lower() in KEEP},
            body=response.read(),
        )
        connection.close()
        if self.command == "POST":
            time.sleep(self.proxy.create_seconds)
        return reply

    def send(self, reply: Reply, *, sent: int | None = None, pause: float = 0.0) -> None:
        self.send_response(reply.status)
        for name, text in reply.headers.items():
            self.send_header(name, text)
        if "content-length" not in reply.headers:
            self.send_header("content-length", str(len(reply.body)))
        self.end_headers()
        body = reply.body[:sent]
        if pause:
            for start in range(0, len(body), 65536):
                self.wfile.write(body[start : start + 65536])
                self.wfile.flush()
                time.sleep(pause)
        else:
            self.wfile.write(body)
        if sent is not None:
            self.close_connection = True

    def fail_after(self, fault: Fault, reply: Reply) -> None:
        if fault.kind == "half":
            self.send(reply, sent=len(reply.body) // 2)
        elif fault.kind == "slow":
            self.send(reply, pause=fault.seconds)
        elif fault.kind in ("lag", "empty"):
            self.send(
                Reply(
                    status=200, headers={"content-type": "application/json"}, body=lagging(fault, reply.body)
                )
            )
        else:
            self.spoil(fault)

    def spoil(self, fault: Fault) -> None:
        if fault.kind == "garbage":
            self.send(Reply(status=200, headers={"content-type": "application/json"}, body=b'{"id": "vid'))
        elif fault.kind == "status":
            body = json.dumps({"error": {"message": "faulty on purpose", "code": None}}).encode()
            headers = {"content-type": "application/json", **dict(fault.headers)}
            self.send(Reply(status=fault.status, headers=headers, body=body))
        else:
            if fault.kind == "hang":
                self.proxy.closing.wait(fault.seconds or 20)
            if fault.kind == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
            self.close_connection = True

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def log_message(self, *_: object) -> None:
        pass


def lagging(fault: Fault, body: bytes) -> bytes:
    """A page of jobs without those that are too young."""
    page = json.loads(body)
    oldest = time.time() - fault.seconds if fault.kind == "lag" else -1.0
    page["data"] = [job for job in page["data"] if job["created_at"] <= oldest]
    return json.dumps(page).encode()


class Quiet(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        pass


@contextmanager
def faulty_proxy(upstream: str) -> Iterator[Proxy]:
    """Run a proxy in front of a server while the block lasts."""
    proxy = Proxy(upstream)
    server = Quiet(("127.0.0.1", 0), type("Bound", (Handler,), {"proxy": proxy}))
    proxy.base_url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
