"""Nothing is paid for twice: a create whose outcome is unknown is never sent again, by nobody."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import openai
import pytest
from sqlalchemy import URL

from framefit.server.database import open_url
from framefit.server.gateway.keys import Keys, metadata
from gateways import Behind, engine_behind, gateway
from odd_server import OddServer, Reply, closed_port, odd_server
from pictures import encoded, scene
from serving import SDK_WARNING, data_url, send

pytestmark = pytest.mark.filterwarnings(SDK_WARNING)

PICTURE = encoded(scene(200, 100))
BODY = {"prompt": "x", "size": "64x64", "input_reference": {"image_url": data_url(PICTURE)}}
VIDEO = {"id": "video_1", "object": "video", "status": "queued"}


@pytest.fixture
def odd() -> Iterator[OddServer]:
    with odd_server() as odd:
        yield odd


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    with engine_behind(tmp_path_factory.mktemp("once")) as servers:
        yield servers


def create(base_url: str, key: str | None = None, **options: object) -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    body = {"json": BODY, **options}
    return send("POST", f"{base_url}/videos", headers=headers, **body)


def test_a_lost_answer_is_not_asked_for_again(odd: OddServer, tmp_path: Path) -> None:
    """When the upstream hangs up after it has the request, the SDK with all its retries sends one create in all."""
    odd.on("POST", "/videos", Reply(drop=True))
    with gateway(odd.base_url, tmp_path, dialect="openai") as front:
        client = openai.OpenAI(base_url=front.base_url, api_key="x", max_retries=5)
        with client, pytest.raises(openai.APIStatusError) as lost:
            client.videos.create(prompt="x", size="720x1280", input_reference=("a", PICTURE))
    assert (lost.value.status_code, lost.value.code) == (504, "outcome_unknown")
    assert lost.value.response.headers["x-should-retry"] == "false"
    assert len(odd.asked("POST", "/videos")) == 1


def test_silence_ends(odd: OddServer, tmp_path: Path) -> None:
    """An upstream that never answers is given up after the time that was set, with the same words."""
    odd.on("POST", "/videos", Reply(silent=True))
    with gateway(odd.base_url, tmp_path, dialect="openai", answer_seconds=0.5) as front:
        reply = create(front.base_url)
    assert (reply.status_code, reply.json()["error"]["code"]) == (504, "outcome_unknown")
    assert len(odd.asked("POST", "/videos")) == 1


def test_an_answer_that_breaks_off(odd: OddServer, tmp_path: Path) -> None:
    """An answer that ends in its middle is an unknown outcome too: the job may be there."""
    odd.on("POST", "/videos", Reply(body=VIDEO, sent=5))
    with gateway(odd.base_url, tmp_path, dialect="openai") as front:
        reply = create(front.base_url)
    assert (reply.status_code, reply.headers["x-should-retry"]) == (504, "false")


def test_what_was_not_sent_may_be_sent(tmp_path: Path) -> None:
    """An upstream that cannot be reached is 502, and the SDK is free to try again."""
    with gateway(f"http://127.0.0.1:{closed_port()}/v1", tmp_path, dialect="openai") as front:
        reply = create(front.base_url, "k1")
        again = create(front.base_url, "k1")
    assert (reply.status_code, reply.json()["error"]["code"]) == (502, "upstream_unreachable")
    assert "x-should-retry" not in reply.headers
    assert again.status_code == 502


@pytest.mark.parametrize(
    ("status", "told"),
    [(500, "false"), (502, "false"), (409, "false"), (429, None), (503, None), (400, None)],
)
def test_refusals_say_whether_to_repeat(
    odd: OddServer, tmp_path: Path, status: int, told: str | None
) -> None:
    """An error after which the job may exist tells the SDK not to repeat; a refusal says nothing about it."""
    odd.on("POST", "/videos", Reply(status=status, body={"detail": "no"}))
    with gateway(odd.base_url, tmp_path, dialect="openai") as front:
        reply = create(front.base_url)
    assert (reply.status_code, reply.headers.get("x-should-retry")) == (status, told)
    assert reply.json()["error"]["message"] == "no"


def test_a_redirect_does_not_lead_past_the_gateway(odd: OddServer, tmp_path: Path) -> None:
    """A create that is answered with a redirect is 502 that says where to, its key is free, and no client follows."""
    place = odd.base_url.replace("127.0.0.1", "localhost") + "/videos"
    odd.on("POST", "/videos", Reply(status=308, headers={"Location": f"{place}?key=secret"}))
    with gateway(odd.base_url, tmp_path, dialect="openai") as front:
        client = openai.OpenAI(base_url=front.base_url, api_key="x", max_retries=5)
        with client, pytest.raises(openai.APIStatusError) as moved:
            client.videos.create(prompt="x", size="720x1280", input_reference=("a", PICTURE))
        assert (moved.value.status_code, moved.value.code) == (502, "upstream_moved")
        assert place in moved.value.message and "secret" not in moved.value.message
        assert [create(front.base_url, "k").status_code for _ in range(2)] == [502, 502]
    assert len(odd.asked("POST")) == 3


def test_a_redirect_within_the_upstream_is_followed(odd: OddServer, tmp_path: Path) -> None:
    """A create that the upstream sends to another path of its own gets there through the gateway."""
    odd.on("POST", "/videos", Reply(status=307, headers={"Location": f"{odd.base_url}/videos/"}))
    odd.on("POST", "/videos/", Reply(body=VIDEO))
    with gateway(odd.base_url, tmp_path, dialect="openai") as front:
        reply = create(front.base_url, follow_redirects=True)
        assert (reply.json()["id"], reply.url) == ("video_1", f"{front.base_url}/videos/")


def test_a_create_has_a_connection_of_its_own(odd: OddServer, tmp_path: Path) -> None:
    """A create after a connection went stale is not mistaken for one whose answer was lost."""
    odd.on("GET", "/videos", Reply(body={"data": []}, headers={"Connection": "close"}))
    odd.on("POST", "/videos", Reply(body=VIDEO))
    with gateway(odd.base_url, tmp_path, dialect="openai") as front:
        for _ in range(3):
            assert send("GET", f"{front.base_url}/videos").status_code == 200
            assert create(front.base_url).json()["id"] == "video_1"


def test_a_key_gives_the_same_answer(servers: Behind) -> None:
    """The same key and body give the same answer, word by word, and one job."""
    before = len(servers.record())
    body = {"prompt": "x", "size": "1280x720", "images": [data_url(PICTURE)]}
    first, second = (create(servers.base_url, "one", json=body) for _ in range(2))
    assert first.status_code == 200
    assert first.json() == second.json()
    assert second.headers["x-framefit-plan"] == first.headers["x-framefit-plan"]
    assert (first.headers.get("x-framefit-replayed"), second.headers["x-framefit-replayed"]) == (None, "true")
    assert len(servers.record()) == before + 1


def test_forms_of_one_content_are_the_same(servers: Behind) -> None:
    """A form is the same as before when only its boundary differs, as it does whenever an SDK repeats itself."""
    before = len(servers.record())
    for boundary in ("aaa", "bbb"):
        lines = [
            f"--{boundary}",
            'Content-Disposition: form-data; name="prompt"',
            "",
            "x",
            f"--{boundary}--",
            "",
        ]
        kind = f"multipart/form-data; boundary={boundary}"
        headers = {"Content-Type": kind, "Idempotency-Key": "form"}
        reply = send(
            "POST", f"{servers.base_url}/videos", content="\r\n".join(lines).encode(), headers=headers
        )
        assert reply.status_code == 200
    assert len(servers.record()) == before + 1


@pytest.mark.parametrize("other", [{"json": {**BODY, "prompt": "y"}}, {"json": {**BODY, "size": "1280x720"}}])
def test_a_key_with_another_body(servers: Behind, other: dict[str, object]) -> None:
    """A key that comes with another body is 409, which the SDK does not repeat, and nothing is sent."""
    create(servers.base_url, "two", json={"prompt": "x"})
    before = len(servers.record())
    reply = create(servers.base_url, "two", **other)
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "idempotency_key_reused")
    assert reply.headers["x-should-retry"] == "false"
    assert len(servers.record()) == before


def test_clients_do_not_share_keys(servers: Behind) -> None:
    """The same key of two clients stands for two requests."""
    ids = set()
    for token in ("a", "b"):
        headers = {"Idempotency-Key": "shared", "Authorization": f"Bearer {token}"}
        ids.add(
            send("POST", f"{servers.base_url}/videos", json={"prompt": "x"}, headers=headers).json()["id"]
        )
    assert len(ids) == 2


def test_a_key_of_a_lost_request(odd: OddServer, tmp_path: Path) -> None:
    """A key whose request got lost gives the same 504 and sends nothing, also after a restart."""
    odd.on("POST", "/videos", Reply(drop=True))
    for _ in range(2):
        with gateway(odd.base_url, tmp_path, dialect="openai") as front:
            assert [create(front.base_url, "k").status_code for _ in range(2)] == [504, 504]
    assert len(odd.asked("POST", "/videos")) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_key_of_a_refused_request_is_free(odd: OddServer, tmp_path: Path, status: int) -> None:
    """A key may be used again when the upstream had no room for the request."""
    odd.on("POST", "/videos", Reply(status=status, body={}), Reply(body=VIDEO))
    with gateway(odd.base_url, tmp_path, dialect="openai") as front:
        assert create(front.base_url, "k").status_code == status
        assert create(front.base_url, "k").json()["id"] == "video_1"


def test_a_key_of_a_picture_that_cannot_be_fitted_is_free(servers: Behind) -> None:
    """A key may be used again, with a better body, when nothing was sent."""
    bad = {**BODY, "size": "1280x720", "input_reference": {"image_url": data_url(PICTURE[:200])}}
    assert create(servers.base_url, "mend", json=bad).status_code == 400
    assert create(servers.base_url, "mend", json={**BODY, "size": "1280x720"}).status_code == 200


def test_a_key_in_use(odd: OddServer, tmp_path: Path) -> None:
    """A key whose request is still being answered is 409 that asks to come back, and nothing is sent."""
    odd.on("POST", "/videos", Reply(silent=True))
    with gateway(odd.base_url, tmp_path, dialect="openai", answer_seconds=3) as front:
        first = threading.Thread(target=create, args=(front.base_url, "k"))
        first.start()
        while first.is_alive() and not odd.asked("POST", "/videos"):
            time.sleep(0.01)
        reply = create(front.base_url, "k")
        first.join()
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "idempotency_key_in_use")
    assert reply.headers["retry-after"]
    assert len(odd.asked("POST", "/videos")) == 1


def test_old_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pending key of a process that died is an unknown outcome, and after 24 hours it is forgotten."""
    engine = open_url(URL.create("sqlite", database=str(tmp_path / "k.db")), metadata)
    keys, now = Keys(engine), time.time()
    assert keys.claim("n", "d", pending_seconds=60).state == "new"
    states = {}
    for hours in (0.001, 1, 23.9, 24.1):
        monkeypatch.setattr(time, "time", lambda hours=hours: now + hours * 3600)
        states[hours] = keys.claim("n", "d", pending_seconds=60).state
    monkeypatch.undo()
    engine.dispose()
    assert states == {0.001: "pending", 1: "unknown", 23.9: "unknown", 24.1: "new"}


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_keys_have_a_length(servers: Behind, key: str) -> None:
    """A key that is empty or over 255 letters is 400."""
    reply = create(servers.base_url, key)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "invalid_idempotency_key")
