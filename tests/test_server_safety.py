"""The server speaks to this machine only, says what it is, and never shows a traceback."""

from __future__ import annotations

import contextlib
import logging
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from framefit.errors import InvalidOption
from framefit.server.options import ServerOptions
from framefit.server.running import RunningServer, running, serve
from serving import get, post, send, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with serving(tmp_path_factory.mktemp("safety"), workers=0) as server:
        yield server


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]", "127.0.0.1:1", "localhost:99"]
)
def test_names_of_this_machine_are_answered(server: RunningServer, host: str) -> None:
    """A request addressed to this machine, under whatever port, is answered."""
    assert get(server, "/videos", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "192.168.0.1",
        "127.0.0.1:x",
        "",
        "0.0.0.0",
    ],
)
def test_other_hosts_are_refused(server: RunningServer, host: str) -> None:
    """A request that a browser was tricked into sending here under another name is refused."""
    reply = post(server, {"prompt": "x"}, headers={"host": host})
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "host_not_allowed")


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://localhost:3000", "http://127.0.0.1", "https://127.0.0.1:{port}"],
)
def test_foreign_origins_are_refused(server: RunningServer, origin: str) -> None:
    """A request from a web page of any other origin is refused, also one on this machine."""
    headers = {"origin": origin.format(port=server.port)}
    reply = post(server, {"prompt": "x"}, headers=headers)
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "origin_not_allowed")


def test_the_servers_own_pages_are_answered(server: RunningServer) -> None:
    """A request from a page of the server itself is answered."""
    assert post(server, {"prompt": "x"}, headers={"origin": server.url}).status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.0.1", "::", "example.com", ""])
def test_only_loopback_can_be_listened_at(tmp_path: Path, host: str) -> None:
    """An address that others could reach is refused with a typed error."""
    with pytest.raises(InvalidOption):
        ServerOptions(data_folder=tmp_path, host=host)


@pytest.mark.parametrize("wrong", [{"port": -1}, {"port": 65_536}, {"workers": 17}, {"max_body_bytes": 5}])
def test_options_out_of_range(tmp_path: Path, wrong: dict[str, int]) -> None:
    """Options out of range are refused with a typed error."""
    with pytest.raises(InvalidOption):
        ServerOptions(data_folder=tmp_path, **wrong)


def test_a_taken_port(tmp_path: Path) -> None:
    """A port that another program has is a typed error, and nothing is left in the data folder."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(InvalidOption, match=str(port)):
            serve(ServerOptions(data_folder=tmp_path / "data", port=port))
    assert not (tmp_path / "data").exists()


def test_the_first_page_says_what_it_is(server: RunningServer) -> None:
    """The first page names the engine and says that it is no generative model."""
    about = send("GET", server.url).json()
    assert about["engine"] == "framefit embedded engine"
    assert about["generative"] is False
    assert "not a generative model" in about["description"]


def test_models_are_listed(server: RunningServer) -> None:
    """The list of models holds those a create accepts, as made by this engine."""
    page = get(server, "/models").json()
    assert page["object"] == "list"
    names = [model["id"] for model in page["data"]]
    assert {"sora-2", "sora-2-pro"} <= set(names)
    assert {model["owned_by"] for model in page["data"]} == {"framefit embedded engine"}
    assert {model["object"] for model in page["data"]} == {"model"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/videos/", 404),
        ("PUT", "/videos", 405),
        ("PATCH", "/videos/video_1", 405),
        ("GET", "/videos/video_1/remix", 405),
    ],
)
def test_wrong_addresses(server: RunningServer, method: str, path: str, status: int) -> None:
    """An address or method that does not exist is answered in the envelope, with a request id."""
    reply = send(method, server.base_url + path)
    assert reply.status_code == status
    assert reply.json()["error"]["type"] == "invalid_request_error"
    assert reply.headers["x-request-id"].startswith("req_")


def test_every_reply_has_its_own_request_id(server: RunningServer) -> None:
    """Two replies never have one request id."""
    assert len({get(server, "/videos").headers["x-request-id"] for _ in range(5)}) == 5


def test_a_fault_shows_no_traceback(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A fault of the server is a 500 with a general sentence, not to be repeated, and stands in the log."""
    with serving(tmp_path, workers=0) as server:
        with contextlib.closing(sqlite3.connect(tmp_path / "jobs.db")) as record:
            record.execute("DROP TABLE jobs")
        with caplog.at_level(logging.ERROR):
            reply = post(server, {"prompt": "secret"})
        assert reply.status_code == 500
        error = reply.json()["error"]
        assert (error["type"], error["code"]) == ("server_error", "server_error")
        assert reply.headers["x-should-retry"] == "false"
        assert "Traceback" not in reply.text
        assert "secret" not in reply.text
        assert reply.headers["x-request-id"] in caplog.text


def test_a_server_without_options_leaves_nothing() -> None:
    """A server run without options answers, and removes its folder and its port at the end."""
    with running() as server:
        assert get(server, "/videos").json()["data"] == []
        assert server.base_url == f"http://127.0.0.1:{server.port}/v1"
    with pytest.raises(httpx.ConnectError):
        get(server, "/videos")


def test_ipv6_loopback(tmp_path: Path) -> None:
    """The server can listen at ::1, and writes that address as a URL has it."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    with serving(tmp_path, workers=0, host="::1") as server:
        assert server.url.startswith("http://[::1]:")
        assert get(server, "/videos").status_code == 200
