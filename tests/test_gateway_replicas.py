"""Several workers and several machines act as one: keys are shared, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from sqlalchemy import make_url

from framefit.errors import InvalidOption
from framefit.server.database import open_url
from framefit.server.gateway.app import create_gateway
from framefit.server.gateway.keys import Keys, metadata
from framefit.server.gateway.options import GatewayOptions
from framefit.videos.ledger import Intent, Ledger
from gateways import Served, engine_behind, gateway
from odd_server import Reply, odd_server
from pictures import encoded, scene
from postgres import postgres
from serving import data_url, send

BODY = {"prompt": "x", "size": "64x64", "images": [data_url(encoded(scene(100, 50)))]}
VIDEO = {"id": "video_1", "object": "video", "status": "queued"}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'shared.db'}"
    return str(request.getfixturevalue("server"))


@pytest.fixture
def key(request: pytest.FixtureRequest, database: str) -> dict[str, str]:
    """A key of this test alone: the PostgreSQL database serves all of them."""
    return {"Idempotency-Key": request.node.name}


def create(base_url: str, headers: dict[str, str]) -> httpx.Response:
    return send("POST", f"{base_url}/videos", json=BODY, headers=headers, timeout=30)


def test_two_gateways_share_their_keys(tmp_path: Path, database: str, key: dict[str, str]) -> None:
    """A create repeated at another gateway gets the first one's answer, headers and all, and makes no second video."""
    with odd_server() as odd:
        odd.on("POST", "/videos", Reply(body=VIDEO))
        with (
            gateway(odd.base_url, tmp_path / "a", dialect="openai", database=database) as one,
            gateway(odd.base_url, tmp_path / "b", dialect="openai", database=database) as other,
        ):
            first, second = (create(front.base_url, key) for front in (one, other))
            changed = send("POST", f"{other.base_url}/videos", json={"prompt": "y"}, headers=key)
        assert len(odd.asked("POST", "/videos")) == 1
    assert (first.status_code, first.json()["id"]) == (200, "video_1")
    assert second.json() == first.json()
    assert second.headers["x-framefit-plan"] == first.headers["x-framefit-plan"]
    assert second.headers["x-framefit-replayed"] == "true"
    assert (changed.status_code, changed.json()["error"]["code"]) == (409, "idempotency_key_reused")


def answering(front: Served) -> set[int]:
    """The processes that have answered creates so far."""
    lines = [
        json.loads(line) for line in front.said.splitlines() if line.startswith("{") and line.endswith("}")
    ]
    return {line["process"] for line in lines if line.get("method") == "POST"}


def test_workers_share_their_keys(tmp_path: Path, database: str, key: dict[str, str]) -> None:
    """Of many creates with one key that reach several processes at once, one is sent, and none is answered otherwise."""
    flags = ("--dialect", "openai", "--workers", "2", "--log-format", "json", "--database", database)
    with odd_server() as odd:
        odd.on("POST", "/videos", Reply(body=VIDEO))
        with (
            Served(tmp_path / "front", "--upstream", odd.base_url, *flags) as front,
            ThreadPoolExecutor(8) as pool,
        ):
            for _ in range(600):
                if front.said.count("startup complete") == 2:
                    break
                time.sleep(0.1)
            replies = list(pool.map(lambda _: create(front.base_url, key), range(40)))
            last = create(front.base_url, key)
            # Which of them takes a connection is the system's to say.
            for _ in range(400):
                if len(answering(front)) == 2:
                    break
                replies.append(create(front.base_url, key))
        assert len(odd.asked("POST", "/videos")) == 1
    statuses = Counter(reply.status_code for reply in replies)
    assert statuses[200] >= 1 and statuses.keys() <= {200, 409}
    assert {reply.json()["id"] for reply in replies if reply.status_code == 200} == {"video_1"}
    assert {r.json()["error"]["code"] for r in replies if r.status_code == 409} <= {"idempotency_key_in_use"}
    assert (last.json()["id"], last.headers["x-framefit-replayed"]) == ("video_1", "true")
    assert len(answering(front)) == 2


def test_one_of_many_claims_a_key(database: str) -> None:
    """Of many threads that claim a key at the same time exactly one gets it."""
    engine = open_url(make_url(database), metadata)
    keys, states = Keys(engine), []

    def claim() -> None:
        states.append(keys.claim("n", "d", pending_seconds=60).state)

    threads = [threading.Thread(target=claim) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()
    assert sorted(states) == ["new", *["pending"] * 15]


def test_keys_beside_the_ledger(tmp_path: Path, database: str, key: dict[str, str]) -> None:
    """The keys can be kept in the database that the ledger is in, named as the ledger's is."""
    place = database.removeprefix("sqlite:///").replace("postgresql+psycopg://", "postgresql://")
    wish = Intent(server="s", model="m", prompt="p", size="720x1280", seconds="4", picture=None)
    with Ledger(place) as ledger, engine_behind(tmp_path / "front", database=place) as servers:
        ledger.intend(wish)
        replies = [
            send("POST", f"{servers.base_url}/videos", json={"prompt": "x"}, headers=key) for _ in range(2)
        ]
        assert replies[0].json() == replies[1].json()
        assert len(servers.record()) == 1
        assert ledger.find(wish.key).prompt == "p"


def test_many_start_at_once(tmp_path: Path, database: str) -> None:
    """Gateways that start at the same moment on a database without tables all come up."""
    engines, errors = [], []

    def start() -> None:
        try:
            engines.append(open_url(make_url(database), metadata))
        except Exception as error:
            errors.append(error)

    first = open_url(make_url(database), metadata)
    for _ in range(5):
        metadata.drop_all(first)
        threads = [threading.Thread(target=start) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for engine in (first, *engines):
        engine.dispose()
    assert not errors and len(engines) == 30


@pytest.mark.parametrize("wrong", ["mysql://host/x", "postgresql+nothing://host/x", "sqlite://", "no://x y"])
def test_databases_that_cannot_be_used(tmp_path: Path, wrong: str) -> None:
    """An address of a database that framefit cannot use is a typed error with the flag to change."""
    with pytest.raises(InvalidOption) as refused:
        create_gateway(GatewayOptions(upstream="http://127.0.0.1/v1", data_folder=tmp_path, database=wrong))
    assert refused.value.fix == "--database URL"
