"""A real HTTP server on loopback that answers as badly as it is told to."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the server does with one request.

    Args:
        status: HTTP status.
        body: a value sent as JSON, or bytes sent as they are.
        headers: further headers.
        kind: the content type; None tells it from the body.
        sent: how many bytes of the body are sent before the connection ends; None sends all.
        drop: end the connection without a word.
        silent: say nothing until the server is closed.
    """

    status: int = 200
    body: object = b""
    headers: dict[str, str] = field(default_factory=dict)
    kind: str | None = None
    sent: int | None = None
    drop: bool = False
    silent: bool = False


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class OddServer:
    """Answers each method and path with its replies in turn; the last one is repeated."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.base_url = ""
        self.closing = threading.Event()
        self._replies: dict[tuple[str, str], list[Reply]] = {}
        self._lock = threading.Lock()

    def on(self, method: str, path: str, *replies: Reply) -> None:
        """Set the replies to a method and a path below the base URL."""
        self._replies[method, f"/v1{path}"] = list(replies)

    def video(self, name: str, *replies: Reply | dict[str, object]) -> None:
        """Set the replies to questions about a video; a dictionary is the Video itself."""
        told = [reply if isinstance(reply, Reply) else Reply(body={"id": name, **reply}) for reply in replies]
        self.on("GET", f"/videos/{name}", *told)

    def asked(self, method: str, path: str = "") -> list[Request]:
        """The requests that came, by method and the end of their path."""
        return [seen for seen in self.requests if seen.method == method and seen.path.endswith(path)]

    def take(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            left = self._replies.get((request.method, request.path))
            if left is None:
                return Reply(status=404, body={"error": {"message": f"no {request.path} here"}})
            return left.pop(0) if len(left) > 1 else left[0]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    odd: OddServer

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.odd.take(Request(method=self.command, path=self.path, headers=headers, body=body))
        if reply.silent:
            self.odd.closing.wait(30)
        if reply.drop or reply.silent:
            self.close_connection = True
            return
        content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        kind = reply.kind or ("video/mp4" if isinstance(reply.body, bytes) else "application/json")
        self.send_response(reply.status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(content)),
            **reply.headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content[: reply.sent])
        if reply.sent is not None:
            self.close_connection = True

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def log_message(self, *_: object) -> None:
        pass


class Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        pass


@contextmanager
def odd_server() -> Iterator[OddServer]:
    """Run an odd server while the block lasts."""
    odd = OddServer()
    server = Quiet(("127.0.0.1", 0), type("Bound", (Handler,), {"odd": odd}))
    odd.base_url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield odd
    finally:
        odd.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


def closed_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
