"""The studio in front of a gateway: its token, its limits, its upstream, in a browser too."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from browsing import READY, browsing, phone_photo, serious, settled
from framefit.server.gateway.app import create_gateway
from framefit.server.gateway.options import GatewayOptions
from framefit.server.running import RunningServer, running
from framefit.videos.ledger import Ledger
from gateways import Behind, engine_behind, gateway
from pictures import encoded, one_colour_png, scene
from serving import send
from studios import api, made, order, uploaded

TOKEN = "a-token-of-ours"
HTML = {"accept": "text/html,*/*"}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    """A gateway that wants a token, with an engine behind it that renders."""
    folder = tmp_path_factory.mktemp("guarded")
    with engine_behind(folder, workers=1, tokens=(TOKEN,), upstream_key="sk-up") as servers:
        yield servers


def let_in(server: RunningServer, token: str = TOKEN, **headers: str) -> httpx.Response:
    """Show a token, as the page does."""
    return api(server, "POST", "/session", json={"token": token}, headers=headers)


def cookie(server: RunningServer) -> str:
    return let_in(server).headers["set-cookie"].partition(";")[0]


def test_the_page_is_there_for_everybody_and_what_it_asks_for_is_not(guarded: Behind) -> None:
    """Without a token a browser gets the page and its files, and every route of the API but the token's is 401."""
    front = guarded.front
    page = send("GET", front.url, headers=HTML)
    assert page.status_code == 200 and "<main" in page.text and page.headers["content-security-policy"]
    assert send("GET", f"{front.url}/studio/app.js").status_code == 200
    for method, path in (
        ("GET", "/choices"),
        ("GET", "/videos"),
        ("POST", "/pictures?name=a.jpg"),
        ("POST", "/videos"),
        ("POST", "/zip"),
    ):
        reply = api(front, method, path)
        assert (reply.status_code, reply.json()["error"]["code"]) == (401, "invalid_api_key"), path
    assert send("GET", front.url).status_code == 401


def test_a_token_that_is_shown_opens_the_studio_and_nothing_else(guarded: Behind) -> None:
    """The cookie opens the studio's API only, holds no token, and no script of any page can read it."""
    reply = let_in(guarded.front)
    assert reply.status_code == 204
    said = reply.headers["set-cookie"]
    assert {"HttpOnly", "Path=/studio/api", "SameSite=strict"} <= {part.strip() for part in said.split(";")}
    assert TOKEN not in said and "Secure" not in said
    shown = {"cookie": cookie(guarded.front)}
    assert api(guarded.front, "GET", "/choices", headers=shown).status_code == 200
    assert api(guarded.front, "GET", "/choices", headers={"api-key": TOKEN}).status_code == 200
    for path in ("/v1/videos", "/metrics", "/openapi.json"):
        assert send("GET", guarded.front.url + path, headers=shown).status_code == 401
    wrong = let_in(guarded.front, "another-token")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "invalid_api_key")
    assert "set-cookie" not in wrong.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site"},
        {"origin": "http://127.0.0.1:3000"},
        {"host": "evil.example"},
    ],
)
def test_other_pages_cannot_use_the_cookie(guarded: Behind, headers: dict[str, str]) -> None:
    """A page of another port, site or name gets nowhere, although browsers send cookies to every port."""
    reply = api(guarded.front, "GET", "/videos", headers={"cookie": cookie(guarded.front), **headers})
    assert reply.status_code in (401, 403)


@pytest.mark.parametrize(
    "value", ["", "x", "framefit-studio", "framefit-studio=", "framefit-studio=a\xe9", "a=b; ;="]
)
def test_a_strange_cookie_is_no_cookie(guarded: Behind, value: str) -> None:
    """Whatever else stands in the header, it is answered 401."""
    headers = {"cookie": value.encode("latin-1")}
    assert api(guarded.front, "GET", "/videos", headers=headers).status_code == 401


def test_behind_tls_the_cookie_is_for_tls_only(tmp_path: Path) -> None:
    """A page that was fetched over https gets a cookie that is never sent without."""
    with engine_behind(tmp_path, tokens=(TOKEN,), allow_hosts=("gw.example",)) as servers:
        reply = let_in(servers.front, host="gw.example", origin="https://gw.example")
        assert "; Secure" in reply.headers["set-cookie"]


def test_the_gateways_limits_hold(tmp_path: Path) -> None:
    """Bytes of a body and millions of pixels are limited as for the API, before a pixel is decoded."""
    with engine_behind(tmp_path, max_megapixels=1, max_body_bytes=300_000) as servers:
        limits = api(servers.front, "GET", "/choices").json()["limits"]
        assert (limits["bytes"], limits["pixels"]) == (300_000, 1_000_000)
        for content, status, code in (
            (bytes(400_000), 413, "request_too_large"),
            (one_colour_png(2000, 2000), 413, "picture_too_large"),
        ):
            reply = api(servers.front, "POST", "/pictures?name=a.png", content=content)
            assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)
        assert not list((tmp_path / "gateway" / "studio" / "pictures").iterdir())


def test_pictures_wait_for_the_same_turn(tmp_path: Path) -> None:
    """While the gateway's one turn is taken and nobody may wait, the page is told 503 and when to come back."""
    options = GatewayOptions(
        upstream="http://127.0.0.1:9/v1", data_folder=tmp_path, fits_at_once=1, fits_waiting=0
    )
    with running(options, make=lambda: create_gateway(options)) as front:
        picture = uploaded(front, encoded(scene(6000, 4000)))
        path = f"/pictures/{picture}/fitted"
        replies: list[httpx.Response] = []

        def ask() -> None:
            replies.append(
                api(front, "GET", path, params={"size": "1280x720", "backdrop": "blur", "mode": "pad"})
            )

        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        refused = [reply for reply in replies if reply.status_code == 503]
        assert refused and all(reply.headers["retry-after"] for reply in refused)
        assert {reply.json()["error"]["code"] for reply in refused} == {"gateway_busy"}
        assert any(reply.status_code == 200 for reply in replies)


def test_videos_are_made_by_the_upstream(guarded: Behind) -> None:
    """The upstream is named, nothing is sent before somebody agreed, then it makes the video, once."""
    front, shown = guarded.front, {"headers": {"cookie": cookie(guarded.front)}}
    assert api(front, "GET", "/choices", **shown).json()["engine"] == {"name": "127.0.0.1", "embedded": False}
    picture = api(front, "POST", "/pictures?name=a.jpg", content=encoded(scene(900, 1200)), **shown).json()[
        "id"
    ]
    before = len(guarded.record())
    refused = api(front, "POST", "/videos", json=order(picture), **shown)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "confirmation_needed")
    assert len(guarded.record()) == before
    reply = api(front, "POST", "/videos", json=order(picture, confirmed=True), **shown)
    record = made(front, reply.json()["id"], **shown)
    assert record["status"] == "completed" and record["ok"], record
    assert len(guarded.record()) == before + 1
    with Ledger() as ledger:
        assert [entry.key for entry in ledger.entries()] == [record["key"]]


def test_the_gateway_shows_its_upstreams_videos_only(tmp_path: Path) -> None:
    """What the machine's owner had made by other servers does not stand in a gateway's list."""
    from framefit.videos.ledger import Intent

    with gateway("http://127.0.0.1:9/v1", tmp_path) as front, Ledger() as ledger:
        for server in ("http://127.0.0.1:9/v1", "https://other.example/v1"):
            ledger.intend(
                Intent(server=server, model="m", prompt=server, size=None, seconds=None, picture=None)
            )
        shown = api(front, "GET", "/videos").json()["videos"]
        assert [video["prompt"] for video in shown] == ["http://127.0.0.1:9/v1"]
        other = next(entry.key for entry in ledger.entries() if "other" in entry.server)
        assert api(front, "GET", f"/videos/{other}").status_code == 404


def test_the_page_asks_for_the_token_once(guarded: Behind) -> None:
    """In a browser the page asks for the token, keeps none, and after a reload works without asking again."""
    with browsing() as browser:
        context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.goto(guarded.front.url)
        page.wait_for_selector("#token-dialog[open]")
        assert not serious(page)
        page.fill("#token", "wrong")
        page.keyboard.press("Enter")
        page.wait_for_function("() => document.querySelector('#token-wrong').textContent.includes('none of')")
        page.fill("#token", TOKEN)
        page.keyboard.press("Enter")
        page.wait_for_selector(READY)
        kept = page.evaluate("() => JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie")
        assert TOKEN not in kept and "framefit-studio" not in kept
        page.reload()
        page.wait_for_selector(READY)
        assert not page.is_visible("#token-dialog")
        assert "127.0.0.1" in page.text_content("#engine")
        page.set_input_files("#files", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": phone_photo()})
        settled(page)
        page.wait_for_function("() => !document.querySelector('#go').disabled")
        page.fill("#prompt", "waves in a browser")
        before = len(guarded.record())
        page.click("#go")
        page.wait_for_selector("#confirm[open]")
        assert "127.0.0.1" in page.text_content("#confirm-text") and len(guarded.record()) == before
        page.click('#confirm button[value="yes"]')
        page.wait_for_selector('.receipt[data-tone="good"]', timeout=120_000)
        assert len(guarded.record()) == before + 1
        page.click("#another")
        page.wait_for_selector("#confirm[open]")
        page.click('#confirm button[value="yes"]')
        page.wait_for_selector("progress")
        page.wait_for_selector('.receipt[data-tone="good"]', timeout=120_000)
        assert len(guarded.record()) == before + 2
        assert "take 2" in page.text_content("#stand")
        context.close()
