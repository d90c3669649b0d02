"""Who may use a gateway, what it keeps to itself, and what it bears."""

from __future__ import annotations

import json
import logging
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from framefit.errors import InvalidOption
from framefit.server.gateway.options import GatewayOptions
from framefit.server.options import ServerOptions
from framefit.server.settings import read_settings
from gateways import Behind, Served, engine_behind, gateway
from odd_server import Reply, odd_server
from pictures import encoded, one_colour_png, scene
from serving import data_url, send

UPSTREAM = "https://relay.example/v1"
PICTURE = data_url(encoded(scene(100, 100)))


def served(upstream: str, folder: Path, *flags: str) -> Served:
    """A gateway in a process of its own."""
    return Served(folder, "--upstream", upstream, "--dialect", "openai", *flags)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    with engine_behind(
        tmp_path_factory.mktemp("access"), tokens=("first-token", "second-token"), upstream_key="sk-up"
    ) as servers:
        yield servers


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer first-token"},
        {"Authorization": "bearer second-token"},
        {"api-key": "first-token"},
    ],
)
def test_known_keys_are_let_in(servers: Behind, headers: dict[str, str]) -> None:
    """Any of the tokens opens the gateway, as a bearer or as Azure's header."""
    assert send("GET", f"{servers.base_url}/videos", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer"}, {"Authorization": "Bearer first-toke"}, {"Authorization": "first-token"},
     {"Authorization": "Basic first-token"}, {"api-key": "sk-up"}, {"Authorization": "Bearer sk-up"}],
)  # fmt: skip
def test_unknown_keys_are_not(servers: Behind, headers: dict[str, str]) -> None:
    """Without one of the tokens every path is 401, the upstream's own key included."""
    for path in ("/v1/videos", "/v1/chat/completions", "/metrics", "/", "/openapi.json"):
        reply = send("GET", servers.front.url + path, headers=headers)
        assert (reply.status_code, reply.json()["error"]["code"]) == (401, "invalid_api_key")


def test_health_is_told_to_anybody(servers: Behind) -> None:
    """Whoever watches the gateway needs neither a key nor its name."""
    for path in ("/healthz", "/readyz"):
        reply = send("GET", servers.front.url + path, headers={"Host": "10.0.0.7:8080"})
        assert (reply.status_code, reply.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", ""])
def test_foreign_names_are_refused(servers: Behind, host: str) -> None:
    """A request that reaches a local gateway under a foreign name is refused, key or not."""
    headers = {"Host": host, "Authorization": "Bearer first-token"}
    reply = send("GET", f"{servers.base_url}/videos", headers=headers)
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "host_not_allowed")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:3000"])
def test_foreign_pages_are_refused(servers: Behind, origin: str) -> None:
    """A web page of another origin cannot drive the gateway."""
    headers = {"Origin": origin, "Authorization": "Bearer first-token"}
    reply = send("POST", f"{servers.base_url}/videos", json={"prompt": "x"}, headers=headers)
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "origin_not_allowed")


def test_names_and_pages_can_be_allowed(tmp_path: Path) -> None:
    """A name and an origin that the gateway was told of are answered."""
    with engine_behind(
        tmp_path, allow_hosts=("gw.example",), allow_origins=("https://app.example",)
    ) as servers:
        for headers in ({"Host": "gw.example"}, {"Host": "gw.example:80"}, {"Origin": "https://app.example"},
                        {"Host": "gw.example", "Origin": "https://gw.example"}):  # fmt: skip
            assert send("GET", f"{servers.base_url}/videos", headers=headers).status_code == 200
        asks = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
        reply = send("OPTIONS", f"{servers.base_url}/videos", headers=asks)
        assert reply.headers["access-control-allow-origin"] == "https://app.example"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1"])
def test_a_gateway_others_can_reach_needs_a_token(host: str) -> None:
    """Listening elsewhere without a token is refused before anything listens."""
    with pytest.raises(InvalidOption, match="needs a token"):
        GatewayOptions(upstream=UPSTREAM, host=host)
    assert GatewayOptions(upstream=UPSTREAM, host=host, tokens=("t",)).host == host


@pytest.mark.parametrize(
    "wrong",
    [{"upstream": "relay.example"}, {"upstream": "https://u:p@relay.example/v1"}, {"upstream": "file:///etc"},
     {"port": -1}, {"workers": 0}, {"fits_waiting": -1}, {"mode": "zoom"}, {"dialect": "klingon"},
     {"log_format": "xml"}, {"tokens": ("",)}, {"max_megapixels": 0}],
)  # fmt: skip
def test_wrong_settings(wrong: dict[str, Any]) -> None:
    """Settings out of range are refused with a typed error."""
    with pytest.raises(InvalidOption):
        GatewayOptions(**{"upstream": UPSTREAM, **wrong})


def test_settings_come_from_everywhere(tmp_path: Path) -> None:
    """A flag counts before the environment, and that before the file; all use the same names."""
    file = tmp_path / "gateway.toml"
    file.write_text('upstream = "https://a.example/v1"\nport = 1\nmode = "pad"\nfits-waiting = 3\n', "utf-8")
    environment = {
        "FRAMEFIT_PORT": "2",
        "FRAMEFIT_MODE": "auto",
        "FRAMEFIT_TOKENS": "a, b",
        "FRAMEFIT_RAW": "true",
    }
    options = read_settings({"port": 3}, environment, file)
    assert isinstance(options, GatewayOptions)
    told = (options.upstream, options.port, options.mode, options.fits_waiting, options.tokens, options.raw)
    assert told == ("https://a.example/v1", 3, "auto", 3, ("a", "b"), True)
    assert read_settings({}, {**environment, "FRAMEFIT_CONFIG": str(file)}) == read_settings(
        {}, environment, file
    )


def test_without_an_upstream_the_engine_is_meant() -> None:
    """Settings that name no upstream are the engine's, and a setting of the gateway is refused then."""
    assert isinstance(read_settings({"port": 0}, {}), ServerOptions)
    with pytest.raises(InvalidOption, match="setting of the gateway"):
        read_settings({"workers": 2}, {})


@pytest.mark.parametrize("text", ["no-such-name = 1", "port = 'x'", "port =", "upstream = 5"])
def test_wrong_files(tmp_path: Path, text: str) -> None:
    """A file with a name that does not exist, or a value of a wrong type, is a typed error."""
    file = tmp_path / "gateway.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(InvalidOption):
        read_settings({}, {}, file)


def test_no_key_is_ever_shown(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the upstream's key nor a token nor a client's key stands in logs, replies, options or the database."""
    secrets = ("sk-upstream-secret", "token-secret", "idempotency-secret")
    with caplog.at_level(logging.DEBUG), odd_server() as odd:
        odd.on("POST", "/videos", Reply(status=401, body={"error": {"message": f"bad key {secrets[0]}"}}))
        with gateway(odd.base_url, tmp_path, upstream_key=secrets[0], tokens=(secrets[1],)) as front:
            headers = {"Authorization": f"Bearer {secrets[1]}", "Idempotency-Key": secrets[2]}
            body = {"prompt": "x", "size": "64x64", "images": [PICTURE]}
            reply = send("POST", f"{front.base_url}/videos", json=body, headers=headers)
        assert odd.asked("POST")[0].headers["authorization"] == f"Bearer {secrets[0]}"
    options = GatewayOptions(upstream=UPSTREAM, upstream_key=secrets[0], tokens=(secrets[1],))
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    shown = f"{reply.text} {reply.headers} {options} {files!r} " + " ".join(
        f"{record.getMessage()} {record.__dict__.get('told')}" for record in caplog.records
        if record.name.startswith("framefit")
    )  # fmt: skip
    assert not [secret for secret in secrets if secret in shown]


def test_bodies_have_a_limit(tmp_path: Path) -> None:
    """A body over the limit is 413 on every path, announced or not, and nothing is kept of it."""
    with engine_behind(tmp_path, max_body_bytes=50_000) as servers:
        for content in (bytes(60_000), iter([bytes(30_000)] * 3)):
            for path in ("/videos", "/files"):
                reply = send(
                    "POST",
                    servers.base_url + path,
                    content=content,
                    headers={"Content-Type": "application/json"},
                )
                assert (reply.status_code, reply.json()["error"]["code"]) == (413, "request_too_large"), path
                content = iter([bytes(30_000)] * 3) if not isinstance(content, bytes) else content
        assert list((tmp_path / "gateway" / "uploads").iterdir()) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is counted Linux's way")
def test_values_have_a_limit(tmp_path: Path) -> None:
    """JSON that would take gigabytes once it is decoded is refused before it is, wherever it stands."""
    lists = "[" + "[]," * 10_000_000 + "1]"
    peak = max_memory()
    with engine_behind(tmp_path) as servers:
        replies = [
            servers.create(
                content=f'{{"prompt": "x", "images": {lists}}}', headers={"Content-Type": "application/json"}
            ),
            servers.create(files={"prompt": (None, "x"), "input_reference": (None, lists)}),
        ]
        assert [reply.status_code for reply in replies] == [400, 400]
        assert servers.record() == []
    assert max_memory() - peak < 400


def max_memory() -> float:
    """The most memory that this process, with the servers in it, has had so far, in MiB."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def test_pictures_have_a_limit(tmp_path: Path) -> None:
    """A small file that claims to be a huge picture is refused from its header."""
    bomb = one_colour_png(20_000, 20_000)
    with engine_behind(tmp_path, max_megapixels=10) as servers:
        reply = servers.create(data={"prompt": "x", "size": "1280x720"}, files={"a": ("a", bomb)})
        assert (reply.status_code, reply.json()["error"]["code"]) == (400, "picture_too_large")


def test_the_queue_has_an_end(tmp_path: Path) -> None:
    """A picture beyond the queue is 503 that says when to come back; nothing was sent, so the SDK may repeat it."""
    from concurrent.futures import ThreadPoolExecutor

    picture = data_url(encoded(scene(4000, 3000)))
    with engine_behind(tmp_path, fits_at_once=1, fits_waiting=0) as servers, ThreadPoolExecutor(8) as pool:
        body = {"prompt": "x", "size": "1280x720", "images": [picture]}
        replies = list(pool.map(lambda _: servers.create(json=body, timeout=60), range(8)))
        taken = [reply for reply in replies if reply.status_code == 200]
        refused = [reply for reply in replies if reply.status_code == 503]
        assert taken and refused and len(taken) + len(refused) == 8
        assert {reply.json()["error"]["code"] for reply in refused} == {"gateway_busy"}
        assert {(reply.headers["retry-after"], reply.headers["x-should-retry"]) for reply in refused} == {
            ("2", "true")
        }
        assert len(servers.record()) == len(taken)


def test_connections_have_a_limit(tmp_path: Path) -> None:
    """A connection beyond the limit is 503 in the envelope that says when to come back; the others go on."""
    with engine_behind(tmp_path, max_connections=2) as servers, ExitStack() as stack:
        url = f"{servers.base_url}/videos"
        clients = [stack.enter_context(httpx.Client(verify=False)) for _ in range(3)]
        assert [client.get(url).status_code for client in clients] == [200, 200, 503]
        reply = stack.enter_context(httpx.Client(verify=False)).post(url, json={"prompt": "x"})
        assert (reply.status_code, reply.json()["error"]["code"]) == (503, "gateway_busy")
        told = {name: reply.headers[name] for name in ("retry-after", "x-should-retry", "connection")}
        assert told == {"retry-after": "2", "x-should-retry": "true", "connection": "close"}
        assert reply.headers["x-request-id"].startswith("req_")
        assert servers.record() == []
        clients[0].close()
        assert [clients[1].get(url).status_code, clients[2].get(url).status_code] == [200, 200]


def test_slow_uploads_end(tmp_path: Path) -> None:
    """A body that stops arriving is 408, and its connection is closed."""
    with engine_behind(tmp_path, idle_seconds=0.3) as servers:
        client = socket.create_connection(("127.0.0.1", servers.front.port), timeout=20)
        with client:
            lines = ("POST /v1/videos HTTP/1.1", "Host: localhost", "Content-Length: 99", "", "{")
            client.sendall("\r\n".join(lines).encode())
            answer = b""
            while piece := client.recv(65536):
                answer += piece
        assert answer.startswith(b"HTTP/1.1 408") and b"upload_too_slow" in answer


@pytest.mark.parametrize("start", [b"", b"POST /v1/videos HTTP/1.1\r\nHost: loc"])
def test_slow_heads_end(tmp_path: Path, start: bytes) -> None:
    """A connection that never sends a whole head is closed."""
    with engine_behind(tmp_path, header_seconds=0.3) as servers:
        client = socket.create_connection(("127.0.0.1", servers.front.port), timeout=20)
        client.sendall(start)
        assert client.recv(65536) == b""
        client.close()


def test_clients_that_stop_reading_end(tmp_path: Path) -> None:
    """A client that takes nothing of a long answer is cut off, and others are answered meanwhile."""
    with odd_server() as odd, gateway(odd.base_url, tmp_path, idle_seconds=0.5) as front:
        odd.on("GET", "/videos/v/content", Reply(body=bytes(64 * 1024 * 1024)))
        with socket.create_connection(("127.0.0.1", front.port), timeout=30) as client:
            client.sendall(b"GET /v1/videos/v/content HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert client.recv(4) == b"HTTP"
            time.sleep(2)
            assert send("GET", f"{front.url}/healthz").status_code == 200
            got = 0
            try:
                while piece := client.recv(1 << 20):
                    got += len(piece)
            except ConnectionError:
                pass
            assert got < 64 * 1024 * 1024


def test_every_request_stands_in_the_log(tmp_path: Path) -> None:
    """The log of a real gateway holds one JSON object for each request, with the id that the client saw."""
    with odd_server() as odd:
        odd.on("POST", "/videos", Reply(body={"id": "video_1", "status": "queued"}))
        with served(odd.base_url, tmp_path, "--log-format", "json") as front:
            body = {"prompt": "secret words", "size": "64x64", "images": [PICTURE]}
            reply = send("POST", f"{front.base_url}/videos", json=body)
    lines = [json.loads(line) for line in front.said.splitlines() if line.startswith("{")]
    told = next(line for line in lines if line["message"] == "request" and line["method"] == "POST")
    assert told["request_id"] == reply.headers["x-request-id"]
    assert (told["status"], told["now"], told["was"], told["mode"]) == (200, "64x64", "100x100", "cover")
    assert "secret words" not in front.said


def test_several_workers_share_a_port(tmp_path: Path) -> None:
    """Several processes answer at one port, count together, and end together."""
    with odd_server() as odd, served(odd.base_url, tmp_path, "--workers", "2") as front:
        odd.on("GET", "/models", Reply(body={"data": []}))
        for _ in range(20):
            assert send("GET", f"{front.base_url}/models").status_code == 200
        counts = send("GET", f"{front.url}/metrics").text
        assert 'framefit_requests_total{method="GET",route="/v1/*",status="200"} 20.0' in counts


def test_uploads_under_way_are_finished(tmp_path: Path) -> None:
    """A gateway that is told to stop takes no new connection, and finishes the upload that has begun."""
    body = json.dumps({"prompt": "x", "size": "64x64", "images": [PICTURE]}).encode()
    lines = ("POST /v1/videos HTTP/1.1", "Host: localhost", "Content-Type: application/json")
    head = "\r\n".join((*lines, f"Content-Length: {len(body)}", "", ""))
    with odd_server() as odd:
        odd.on("POST", "/videos", Reply(body={"id": "video_1", "status": "queued"}))
        with (
            served(odd.base_url, tmp_path) as front,
            socket.create_connection(("127.0.0.1", front.port), timeout=30) as client,
        ):
            client.sendall(head.encode() + body[:100])
            time.sleep(0.5)
            front.process.terminate()
            for _ in range(100):
                try:
                    socket.create_connection(("127.0.0.1", front.port), timeout=1).close()
                except OSError:
                    break
                time.sleep(0.1)
            else:
                raise AssertionError("it still takes connections")
            client.sendall(body[100:])
            answer = b""
            while piece := client.recv(65536):
                answer += piece
    assert answer.startswith(b"HTTP/1.1 200") and b'"id":"video_1"' in answer
