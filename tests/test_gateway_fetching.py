"""A picture is fetched from allowed hosts at public addresses only, whatever names and redirects say."""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import framefit
from framefit.server.envelope import ApiError
from framefit.server.gateway.fetching import Fetcher, is_public
from gateways import digest, engine_behind
from pictures import encoded, scene
from serving import send

PICTURE = encoded(scene(300, 200))
CERTIFICATE = Path(__file__).parent / "data" / "pictures.example.pem"


class Site:
    """A real https server on loopback; it has names of its own, which only the tests' own resolver knows."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.names: dict[str, list[str]] = {}
        self.asked: list[str] = []
        self.resolved: list[str] = []
        self.slow = threading.Event()
        self.port = 0

    def url(self, path: str, host: str = "pictures.example") -> str:
        return f"https://{host}:{self.port}{path}"

    async def resolve(self, host: str, _port: int) -> list[str]:
        self.resolved.append(host)
        return self.names.get(host, ["127.0.0.1"])

    def fetcher(self, *hosts: str, **options: Any) -> Fetcher:
        """A fetcher that asks this site's resolver and counts this machine among the public ones."""
        tls = ssl.create_default_context(cafile=str(CERTIFICATE))
        settings = {"seconds": 5.0, "most_bytes": 100_000, **options}
        return Fetcher(
            hosts or (f"pictures.example:{self.port}",),
            resolve=self.resolve,
            allowed=lambda address: address == "127.0.0.1" or is_public(address),
            tls=tls,
            **settings,
        )

    def fetch(self, url: str, *hosts: str, **options: Any) -> bytes:
        async def run() -> bytes:
            return await self.fetcher(*hosts, **options).fetch(url)

        return asyncio.run(run())


class Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        self.site.asked.append(f"{self.headers['host']}{self.path}")
        status, headers, body = self.site.pages.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.path == "/slow":
            self.site.slow.wait(20)
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    server = Quiet(("127.0.0.1", 0), type("Bound", (Handler,), {"site": site}))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    site.port = server.server_address[1]
    site.pages["/a.jpg"] = (200, {"Content-Type": "text/plain"}, PICTURE)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield site
    site.slow.set()
    server.shutdown()
    server.server_close()
    thread.join()


def refused(site: Site, url: str, *hosts: str, **options: Any) -> str:
    """The code of the error that fetching ends with."""
    with pytest.raises(ApiError) as error:
        site.fetch(url, *hosts, **options)
    assert error.value.status == 400
    return str(error.value.code)


def test_an_allowed_picture_is_fetched(site: Site) -> None:
    """A picture at an allowed host comes back byte for byte, whatever type its server claims."""
    assert site.fetch(site.url("/a.jpg")) == PICTURE


@pytest.mark.parametrize("pattern", ["*:{port}", "*.pictures.example:{port}"])
def test_patterns(site: Site, pattern: str) -> None:
    """A star stands for any host, or for any below a name."""
    url = site.url("/a.jpg", "cdn.pictures.example")
    assert site.fetch(url, pattern.format(port=site.port)) == PICTURE


@pytest.mark.parametrize("host", ["other.example", "pictures.example.evil.example", "evilpictures.example"])
def test_other_hosts_are_not_asked(site: Site, host: str) -> None:
    """A host that is not on the list is not even looked up."""
    for pattern in ("pictures.example", "*.pictures.example"):
        assert refused(site, site.url("/a.jpg", host), f"{pattern}:{site.port}") == "reference_not_allowed"
    assert site.resolved == [] and site.asked == []


def test_a_port_is_allowed_by_name_only(site: Site) -> None:
    """An allowed host without a port is allowed at 443 and nowhere else."""
    assert refused(site, site.url("/a.jpg"), "pictures.example") == "reference_not_allowed"
    assert site.asked == []


@pytest.mark.parametrize(
    "url",
    ["http://pictures.example/a.jpg", "https://u:p@pictures.example/a.jpg", "https:///a.jpg", "https://[::1"],
)
def test_only_plain_https_addresses(site: Site, url: str) -> None:
    """Plain http, passwords and addresses without a host are refused before anything is looked up."""
    assert refused(site, url, "pictures.example", "*") in ("reference_not_allowed", "reference_not_fetched")
    assert site.resolved == []


@pytest.mark.parametrize(
    "addresses", [["10.0.0.1"], ["169.254.169.254"], ["::1"], ["93.184.216.34", "192.168.0.1"], []]
)
def test_private_addresses_are_not_connected_to(site: Site, addresses: list[str]) -> None:
    """A name that leads to a private address, alone or among others, is refused after it was looked up."""
    site.names["pictures.example"] = addresses
    assert refused(site, site.url("/a.jpg")) == "reference_not_allowed"
    assert site.asked == []


def test_redirects_are_followed_and_checked(site: Site) -> None:
    """A redirect is followed to an allowed host, and each host on the way is checked and looked up anew."""
    site.pages["/moved"] = (302, {"Location": site.url("/a.jpg", "cdn.pictures.example")}, b"")
    both = (f"pictures.example:{site.port}", f"cdn.pictures.example:{site.port}")
    assert site.fetch(site.url("/moved"), *both) == PICTURE
    assert site.resolved == ["pictures.example", "cdn.pictures.example"]
    assert refused(site, site.url("/moved"), both[0]) == "reference_not_allowed"
    site.names["cdn.pictures.example"] = ["127.0.0.2"]
    assert refused(site, site.url("/moved"), *both) == "reference_not_allowed"


@pytest.mark.parametrize(
    "place", ["http://pictures.example/a.jpg", "https://127.0.0.1/a.jpg", "//10.0.0.1/x"]
)
def test_redirects_lead_nowhere_else(site: Site, place: str) -> None:
    """A redirect to plain http or to an address that is not on the list is refused."""
    site.pages["/moved"] = (307, {"Location": place}, b"")
    assert refused(site, site.url("/moved")) == "reference_not_allowed"


def test_redirects_end(site: Site) -> None:
    """A chain of redirects without end is given up."""
    site.pages["/round"] = (302, {"Location": "/round"}, b"")
    assert refused(site, site.url("/round")) == "reference_not_fetched"
    assert len(site.asked) == 4


@pytest.mark.parametrize(
    ("page", "code"),
    [
        ((200, {"Content-Length": "9000000"}, PICTURE), "reference_not_fetched"),
        ((200, {}, PICTURE + bytes(200_000)), "reference_not_fetched"),
        ((200, {"Content-Encoding": "gzip"}, PICTURE), "reference_not_fetched"),
        ((404, {}, PICTURE), "reference_not_fetched"),
        ((302, {}, b""), "reference_not_fetched"),
        ((200, {}, b"<html>" * 100), "not_a_picture"),
        ((200, {}, b""), "not_a_picture"),
    ],
)
def test_what_is_no_picture_of_a_fair_size(
    site: Site, page: tuple[int, dict[str, str], bytes], code: str
) -> None:
    """Too many bytes, announced or not, errors, compressed bytes and pages of words are refused."""
    site.pages["/x"] = page
    assert refused(site, site.url("/x")) == code


def test_slow_servers(site: Site) -> None:
    """A server that takes longer than the time that was set is given up."""
    site.pages["/slow"] = (200, {}, PICTURE)
    began = time.monotonic()
    assert refused(site, site.url("/slow"), seconds=0.5) == "reference_not_fetched"
    assert time.monotonic() - began < 15


def test_a_server_must_prove_its_name(site: Site) -> None:
    """A server whose certificate is for another name is refused, though its address was checked."""
    assert refused(site, site.url("/a.jpg", "third.example"), f"*:{site.port}") == "reference_not_fetched"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::",
     "224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1", "240.0.0.1", "::1", "fe80::1", "fe80::1%eth0",
     "fc00::1", "ff02::1", "2001:db8::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "2002:7f00:1::",
     "64:ff9b::7f00:1", "64:ff9b:1::1", "fec0::1"],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    """Loopback, private, link-local, shared, documentation and multicast addresses are not public, in any wrapping."""
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_addresses_that_are_public(address: str) -> None:
    """Addresses of the public internet are."""
    assert is_public(address)


def test_fetched_pictures_are_fitted(site: Site, tmp_path: Path) -> None:
    """A gateway that fetches hands the upstream the fitted picture instead of its address."""
    body = {"prompt": "x", "size": "1280x720", "input_reference": {"image_url": site.url("/a.jpg")}}
    with engine_behind(tmp_path, fetcher=site.fetcher) as servers:
        reply = servers.create(json=body)
        assert reply.status_code == 200, reply.text
        assert servers.last()["digest"] == digest(framefit.fit(PICTURE, size="1280x720").data)


def test_a_gateway_looks_at_addresses_by_itself(tmp_path: Path) -> None:
    """A gateway as it is set up by its options refuses this machine's own names, and hosts off its list."""
    with engine_behind(tmp_path, fetch_references=("localhost", "*:8443")) as servers:
        for url in (
            "https://localhost/a.png",
            "https://127.0.0.1:8443/a.png",
            "https://pictures.example/a.png",
        ):
            reply = servers.create(json={"prompt": "x", "input_reference": {"image_url": url}})
            assert (reply.status_code, reply.json()["error"]["code"]) == (400, "reference_not_allowed")
        assert send("GET", f"{servers.base_url}/videos").json()["data"] == []
