"""Everything that is no create passes through the gateway unchanged, in both directions, as it comes."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from framefit.server.envelope import ApiError
from framefit.server.gateway.hops import reply_headers, request_headers, upstream_url
from framefit.server.running import RunningServer
from gateways import gateway
from odd_server import OddServer, Reply, odd_server
from pictures import encoded, scene
from serving import data_url, send


@pytest.fixture(scope="module")
def odd() -> Iterator[OddServer]:
    with odd_server() as odd:
        yield odd


@pytest.fixture(scope="module")
def front(odd: OddServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("passing")
    with gateway(odd.base_url, folder, dialect="openai", upstream_key="sk-upstream") as front:
        yield front


def test_other_paths_pass_unchanged(odd: OddServer, front: RunningServer) -> None:
    """A chat completion arrives byte for byte, with its query and its headers, and so does its answer."""
    odd.on("POST", "/chat/completions?a=1&b=%2F", Reply(body=b"\x00\xffanything", kind="text/event-stream"))
    body = b'{"messages" : [ {"role":"user"} ]}  '
    headers = {"Content-Type": "application/json; charset=utf-8", "X-Own": "kept", "Cookie": "a=b"}
    reply = send("POST", f"{front.base_url}/chat/completions?a=1&b=%2F", content=body, headers=headers)
    assert (reply.status_code, reply.content) == (200, b"\x00\xffanything")
    assert reply.headers["content-type"] == "text/event-stream"
    seen = odd.requests[-1]
    assert (seen.body, seen.headers["x-own"], seen.headers["cookie"]) == (body, "kept", "a=b")
    assert seen.headers["content-type"] == "application/json; charset=utf-8"
    assert seen.headers["host"] == odd.base_url.split("/")[2]


def test_the_upstreams_key_takes_the_clients_place(odd: OddServer, front: RunningServer) -> None:
    """The upstream gets its own key, and neither the client's nor the gateway's private headers."""
    odd.on("GET", "/models", Reply(body={"data": []}))
    headers = {"Authorization": "Bearer client", "api-key": "client", "X-Framefit-Mode": "pad"}
    send("GET", f"{front.base_url}/models", headers=headers)
    seen = odd.requests[-1].headers
    assert seen["authorization"] == "Bearer sk-upstream"
    assert not {"api-key", "x-framefit-mode"} & seen.keys()


def test_a_key_that_the_upstream_repeats_is_hidden(odd: OddServer, front: RunningServer) -> None:
    """An upstream that repeats its key in an error does not tell it to the client."""
    odd.on("GET", "/videos/video_9", Reply(status=401, body={"detail": "Incorrect key: sk-upstream"}))
    reply = send("GET", f"{front.base_url}/videos/video_9")
    assert reply.status_code == 401
    assert reply.json()["error"]["message"] == "Incorrect key: ***"


def test_headers_of_one_connection_stay_there() -> None:
    """Hop-by-hop headers, and those that Connection names, go neither way; repeated ones all do."""
    sent = [
        (b"connection", b"keep-alive, X-Private"),
        (b"x-private", b"1"),
        (b"te", b"trailers"),
        (b"upgrade", b"h2c"),
        (b"transfer-encoding", b"chunked"),
        (b"proxy-authorization", b"secret"),
        (b"host", b"gateway"),
        (b"accept", b"a"),
        (b"accept", b"b"),
    ]
    assert request_headers(sent, key=None, keep_keys=True) == [(b"accept", b"a"), (b"accept", b"b")]
    back = [(b"Set-Cookie", b"a"), (b"Set-Cookie", b"b"), (b"Keep-Alive", b"5"), (b"X-Request-Id", b"up")]
    assert reply_headers(back) == [
        (b"set-cookie", b"a"),
        (b"set-cookie", b"b"),
        (b"x-upstream-request-id", b"up"),
    ]


@pytest.mark.parametrize(
    "path",
    [b"/v1/../admin", b"/v1/videos/..%2f..%2fadmin", b"/v1/%2e%2e/admin", b"/v1/%252e%252e/admin",
     b"/v1/videos/..\\admin", b"/v1/videos/."],
)  # fmt: skip
def test_no_path_leads_out_of_the_api(path: bytes) -> None:
    """A path that would lead above the upstream's base URL is refused, however it is written."""
    with pytest.raises(ApiError):
        upstream_url("https://relay.example/v1", path, b"")


def test_paths_keep_their_letters() -> None:
    """A path goes on as it was written, escapes and all, below the upstream's own base path."""
    path = b"/v1/videos/video_%2Fa%20b/content"
    url = upstream_url("https://relay.example/openai/v1", path, b"variant=video&x=%20")
    assert url == "https://relay.example/openai/v1/videos/video_%2Fa%20b/content?variant=video&x=%20"


def test_addresses_of_the_upstream_become_the_gateways(odd: OddServer, front: RunningServer) -> None:
    """A redirect within the upstream leads to the gateway, where its key is; any other is left alone."""
    moved = {f"{odd.base_url}/files/1": "/v1/files/1", "https://cdn.example/x": "https://cdn.example/x"}
    for place, told in moved.items():
        odd.on("GET", "/videos/v/content", Reply(status=302, headers={"Location": place}))
        reply = send("GET", f"{front.base_url}/videos/v/content")
        assert (reply.status_code, reply.headers["location"]) == (302, told)


@contextmanager
def step_by_step(kind: str = "text/plain") -> Iterator[tuple[str, threading.Event]]:
    """An upstream that sends the second half of its answer only when it is told to."""
    go = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(
                f"HTTP/1.1 200 OK\r\ncontent-length: 10\r\ncontent-type: {kind}\r\n\r\nfirst".encode()
            )
            go.wait(30)
            connection.sendall(b"secnd")

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1", go
    finally:
        go.set()
        thread.join()
        listener.close()


def test_answers_stream(tmp_path: Path) -> None:
    """The first bytes of an answer reach the client before the upstream has sent the rest."""
    with (
        step_by_step() as (upstream, go),
        gateway(upstream, tmp_path, dialect="openai") as front,
        httpx.stream("GET", f"{front.base_url}/chat", verify=False, timeout=20) as reply,
    ):
        pieces = reply.iter_raw()
        assert next(pieces) == b"first"
        go.set()
        assert b"".join(pieces) == b"secnd"


def test_events_of_a_create_stream(tmp_path: Path) -> None:
    """A create that is answered with events, as Dynamo's stream is, hands on the first before the rest is there."""
    body = {"prompt": "x", "model": "m", "size": "64x64", "images": [data_url(encoded(scene(32, 32)))]}
    with (
        step_by_step("text/event-stream") as (upstream, go),
        gateway(upstream, tmp_path, dialect="dynamo") as front,
        httpx.stream("POST", f"{front.base_url}/videos/stream", json=body, verify=False, timeout=20) as reply,
    ):
        pieces = reply.iter_raw()
        assert next(pieces) == b"first"
        assert '"now":"64x64"' in reply.headers["x-framefit-plan"]
        go.set()
        assert b"".join(pieces) == b"secnd"


def test_bodies_stream(tmp_path: Path) -> None:
    """The first bytes of an upload reach the upstream before the client has sent the rest."""
    arrived: list[bytes] = []
    seen = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            while b"".join(arrived).count(b"part") < 2:
                arrived.append(connection.recv(65536))
                if b"part1" in b"".join(arrived):
                    seen.set()
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    thread = threading.Thread(target=serve)
    thread.start()

    def pieces() -> Iterator[bytes]:
        yield b"part1"
        assert seen.wait(20)
        yield b"part2"

    upstream = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    with gateway(upstream, tmp_path, dialect="openai") as front:
        assert send("POST", f"{front.base_url}/files", content=pieces(), timeout=30).status_code == 204
    thread.join()
    listener.close()


def test_no_header_is_made_up(tmp_path: Path) -> None:
    """A request passes without a header that the client did not send, but for the upstream's own Host."""
    with odd_server() as odd, gateway(odd.base_url, tmp_path, dialect="openai") as front:
        odd.on("GET", "/models", Reply(body={}))
        connection = http.client.HTTPConnection("127.0.0.1", front.port)
        connection.putrequest("GET", "/v1/models", skip_accept_encoding=True)
        connection.endheaders()
        connection.getresponse().read()
        connection.close()
        assert set(odd.requests[-1].headers) == {"host"}


def test_an_upstream_that_is_gone(tmp_path: Path) -> None:
    """A question that nobody answers is 502 in the envelope."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with gateway(f"http://127.0.0.1:{port}/v1", tmp_path) as front:
        for path in ("/models", "/videos", "/videos/x"):
            reply = send("GET", front.base_url + path)
            assert (reply.status_code, reply.json()["error"]["code"]) == (502, "upstream_unreachable")
