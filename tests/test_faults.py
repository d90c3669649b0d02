"""Whatever goes wrong, and whenever: each intended video is created once, and each run ends honestly."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from faulty_proxy import Fault, Proxy, faulty_proxy
from framefit.errors import (
    DownloadFailed,
    FramefitError,
    GenerationFailed,
    GenerationTimeout,
    OutcomeUnknown,
    RequestRejected,
    ServerUnreachable,
)
from framefit.videos.carrying import Order, Server, carry
from framefit.videos.client import ServerAddress, connect
from framefit.videos.dialects import dialect_named
from framefit.videos.ledger import Entry, Intent, Ledger
from framefit.videos.patience import Patience
from odd_server import closed_port
from quick_engine import FORBIDDEN, STUCK, Created, QuickEngine, quick_engine
from serving import reference

PICTURE = reference()
SETTLE = 0.6
SOON = (("retry-after", "0"),)
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuickEngine]:
    with quick_engine(tmp_path_factory.mktemp("engine"), renderers=2) as running:
        yield running


@pytest.fixture(scope="module")
def through(engine: QuickEngine) -> Iterator[Proxy]:
    with faulty_proxy(engine.base_url) as running:
        yield running


@pytest.fixture
def proxy(through: Proxy) -> Proxy:
    through.fail()
    through.seen.clear()
    return through


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One video that is wanted through a proxy that may fail."""

    engine: QuickEngine
    proxy: Proxy
    ledger: Path
    order: Order

    def run(self, *, dialect: str = "openai", base_url: str | None = None, **patience: float) -> Entry:
        """One run, as a process of its own would do it."""
        usual = {"timeout_seconds": 20.0, "settle_seconds": SETTLE, "create_seconds": 1.0, **patience}
        address = ServerAddress(base_url=base_url or self.proxy.base_url, api_key="sk-secret")
        with Ledger(self.ledger) as ledger, connect(address) as client:
            server = Server(client=client, dialect=dialect_named(dialect))
            return carry(self.order, ledger=ledger, server=server, patience=Patience(**usual))  # type: ignore[arg-type]

    def fails(self, error: type[FramefitError], **options: object) -> FramefitError:
        """A run that ends with an error."""
        with pytest.raises(error) as caught:
            self.run(**options)  # type: ignore[arg-type]
        return caught.value

    def entry(self) -> Entry:
        """What the ledger says."""
        with Ledger(self.ledger) as ledger:
            return ledger.find(self.order.intent.key)

    def created(self) -> list[Created]:
        """What the engine says that it was asked for."""
        return [job for job in self.engine.created() if job.prompt == self.order.intent.prompt]

    def has_the_file(self) -> None:
        """Exactly one job was created, and its whole video is there."""
        created = self.created()
        assert len(created) == 1
        assert self.order.output.read_bytes() == self.engine.content(created[0].id)
        assert (self.entry().state, self.entry().job_id, self.entry().charges) == (
            "downloaded",
            created[0].id,
            1,
        )
        assert sorted(path.name for path in self.order.output.parent.iterdir()) == ["out.mp4"]


def wanted(
    folder: Path, proxy: Proxy, words: str = "wind", *, prompt: str | None = None, picture: bytes = PICTURE
) -> Order:
    intent = Intent(
        server=proxy.base_url,
        model="sora-2",
        prompt=prompt or f"{words} {next(NUMBERS)}",
        size="720x1280",
        seconds="4",
        picture=hashlib.sha256(picture).hexdigest(),
    )
    return Order(
        intent=intent, upload=("photo.jpg", picture, "image/jpeg"), output=folder / "videos" / "out.mp4"
    )


@pytest.fixture
def bench(engine: QuickEngine, proxy: Proxy, tmp_path: Path) -> Bench:
    return Bench(engine=engine, proxy=proxy, ledger=tmp_path / "ledger.db", order=wanted(tmp_path, proxy))


# Every fault at every moment

KINDS = {
    "drop": {},
    "reset": {},
    "hang": {"seconds": 1.5},
    "garbage": {},
    "half": {},
    "500": {"kind": "status", "status": 500},
    "502": {"kind": "status", "status": 502},
    "503": {"kind": "status", "status": 503},
    "429": {"kind": "status", "status": 429, "headers": SOON},
    "503 come back": {"kind": "status", "status": 503, "headers": SOON},
}
NEVER_AFTER = ("429", "503 come back")
"""A server that says these has not accepted the request; that is what they mean."""


def fault(name: str, moment: str, **more: object) -> Fault:
    return Fault(**{"moment": moment, "kind": name, **KINDS[name], **more})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [name for name in KINDS if name != "half"])
def test_a_create_that_fails_before_it_arrives(bench: Bench, name: str) -> None:
    """A create that never reached the server is sent again, and the video is created once."""
    bench.proxy.fail(fault(name, "create"))
    bench.run()
    bench.has_the_file()
    assert bench.proxy.asked("create") == 2


@pytest.mark.parametrize("name", [name for name in KINDS if name not in NEVER_AFTER])
def test_a_create_whose_answer_is_lost(bench: Bench, name: str) -> None:
    """A create that was accepted and whose answer was lost is found in the list and never sent again."""
    bench.proxy.fail(fault(name, "create", after=True))
    bench.run()
    bench.has_the_file()
    assert bench.proxy.asked("create") == 1
    assert bench.entry().adopted


def test_a_front_door_that_loses_patience(bench: Bench) -> None:
    """A 408 may come from in front of a server that goes on with the request, so it is looked into."""
    bench.proxy.fail(Fault(moment="create", kind="status", status=408, after=True))
    bench.run()
    bench.has_the_file()
    assert bench.proxy.asked("create") == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("times", [1, 2])
def test_a_question_that_fails(bench: Bench, name: str, times: int) -> None:
    """Questions about a job are asked again, whatever happens to them."""
    bench.proxy.fail(fault(name, "poll", times=times))
    bench.run()
    bench.has_the_file()


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("accepted", [True, False], ids=["accepted", "not accepted"])
def test_a_list_that_fails(bench: Bench, name: str, accepted: bool) -> None:
    """A list that cannot be had is asked for again, and decides nothing by not being there."""
    bench.proxy.fail(fault("drop", "create", after=accepted), fault(name, "list"))
    bench.run(settle_seconds=2.5)
    bench.has_the_file()
    assert bench.proxy.asked("create") == (1 if accepted else 2)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in KINDS if name != "garbage"])
@pytest.mark.parametrize("times", [1, 3])
def test_a_download_that_fails(bench: Bench, name: str, times: int) -> None:
    """A download is begun again, or goes on, until the whole video is there."""
    bench.proxy.fail(fault(name, "content", times=times))
    bench.run()
    bench.has_the_file()


def test_a_download_of_something_else(bench: Bench) -> None:
    """JSON in the place of the video is an honest failure, and the next run fetches what was paid for."""
    bench.proxy.fail(fault("garbage", "content"))
    bench.fails(DownloadFailed)
    assert (bench.entry().state, bench.entry().error_code) == ("completed", "download_failed")
    bench.run()
    bench.has_the_file()


def test_a_broken_download_goes_on_where_it_ended(bench: Bench) -> None:
    """After a break only what is missing is asked for, under the condition that it is still the same."""
    bench.proxy.fail(fault("half", "content", times=1))
    bench.run()
    bench.has_the_file()
    first, second = [headers for moment, headers in bench.proxy.seen if moment == "content"]
    whole = bench.order.output.stat().st_size
    assert "range" not in first
    assert second["range"] == f"bytes={whole // 2}-"
    assert second["if-range"]


def test_a_slow_download(bench: Bench) -> None:
    """A body that trickles is waited for."""
    bench.proxy.fail(Fault(moment="content", kind="slow", seconds=0.1))
    bench.run()
    bench.has_the_file()


# Lists that are not the whole truth


def test_a_list_that_lags(bench: Bench) -> None:
    """A job that the list shows late is waited for, as long as lists may settle."""
    lag = Fault(moment="list", kind="lag", seconds=2.5, times=99)
    bench.proxy.fail(fault("drop", "create", after=True), lag)
    bench.run(settle_seconds=5)
    bench.has_the_file()
    assert bench.proxy.asked("create") == 1


@pytest.mark.parametrize("status", [404, 405, 401, 500])
def test_no_list(bench: Bench, status: int) -> None:
    """Where there is no list, nothing is sent again, run after run; a person decides."""
    nothing = Fault(moment="list", kind="status", status=status, times=99)
    bench.proxy.fail(fault("drop", "create", after=True), nothing)
    error = bench.fails(OutcomeUnknown)
    key = bench.entry().short
    place = f" --ledger {bench.ledger}"
    assert error.fix == f"framefit jobs adopt {key} ID{place}, or framefit jobs resubmit {key}{place}"
    assert bench.entry().state == "ambiguous"
    bench.fails(OutcomeUnknown)
    assert bench.proxy.asked("create") == 1
    with Ledger(bench.ledger) as ledger:
        ledger.adopt(key, bench.created()[0].id)
    bench.run()
    bench.has_the_file()


@pytest.mark.parametrize("dialect", ["litellm", "relay", "dynamo"])
def test_a_server_whose_list_proves_nothing(bench: Bench, dialect: str) -> None:
    """Where a list need not hold every job, a job that is missing in it is no reason to send again."""
    bench.proxy.fail(fault("drop", "create"))
    bench.fails(OutcomeUnknown, dialect=dialect)
    assert bench.entry().state == "ambiguous"
    assert bench.created() == []
    with Ledger(bench.ledger) as ledger:
        ledger.plan_again(bench.entry().key)
    if dialect != "dynamo":
        bench.run(dialect=dialect)
        assert len(bench.created()) == 1
        assert bench.entry().charges == 2


def test_a_list_without_a_job_that_the_server_has(bench: Bench, tmp_path: Path) -> None:
    """A list that lacks a known job is not believed when it lacks another one."""
    bench.run()
    other = Bench(
        engine=bench.engine, proxy=bench.proxy, ledger=bench.ledger, order=wanted(tmp_path / "b", bench.proxy)
    )
    empty = Fault(moment="list", kind="empty", times=99)
    bench.proxy.fail(fault("drop", "create", after=True), empty)
    error = other.fails(OutcomeUnknown)
    assert bench.created()[0].id in error.message
    bench.proxy.fail()
    other.run()
    other.has_the_file()


# The same words for different pictures


def twins(bench: Bench, tmp_path: Path, picture: bytes = b"another picture") -> Bench:
    """Another video that the server's list cannot tell from the first."""
    order = wanted(tmp_path / "twin", bench.proxy, prompt=bench.order.intent.prompt, picture=picture)
    upload = ("photo.jpg", PICTURE, "image/jpeg")
    order = Order(intent=order.intent, upload=upload, output=order.output)
    return Bench(engine=bench.engine, proxy=bench.proxy, ledger=bench.ledger, order=order)


def test_a_job_of_another_row_is_not_adopted(bench: Bench, tmp_path: Path) -> None:
    """The job of a row with the same words and another picture is never taken for one's own."""
    twin = twins(bench, tmp_path)
    twin.run()
    bench.proxy.fail(fault("drop", "create"))
    bench.run()
    ids = {bench.entry().job_id, twin.entry().job_id}
    assert len(bench.created()) == len(ids) == 2


def test_two_rows_that_look_the_same(bench: Bench, tmp_path: Path) -> None:
    """Where one job is there and two rows with different pictures look for theirs, nobody guesses."""
    twin = twins(bench, tmp_path)
    nothing = Fault(moment="list", kind="status", status=404, times=2)
    bench.proxy.fail(fault("drop", "create", after=True, times=1), nothing)
    bench.fails(OutcomeUnknown)
    bench.proxy.fail(fault("drop", "create"))
    error = twin.fails(OutcomeUnknown)
    assert error.seen == bench.created()[0].id
    assert "another video with the same words" in error.message
    bench.fails(OutcomeUnknown)
    assert len(bench.created()) == 1
    with Ledger(bench.ledger) as ledger:
        ledger.adopt(bench.entry().key, bench.created()[0].id)
    twin.run()
    bench.run()
    assert len(bench.created()) == 2
    assert {bench.entry().charges, twin.entry().charges} == {1}


def test_somebody_elses_job(bench: Bench) -> None:
    """Where two jobs agree in every field, nobody guesses, and both are named."""
    bench.proxy.fail(fault("drop", "create", after=True), Fault(moment="list", kind="status", status=404))
    bench.fails(OutcomeUnknown)
    stranger = Bench(
        engine=bench.engine, proxy=bench.proxy, ledger=bench.ledger.with_name("other.db"), order=bench.order
    )
    bench.proxy.fail()
    stranger.run()
    error = bench.fails(OutcomeUnknown)
    assert set((error.seen or "").split(", ")) == {job.id for job in bench.created()}
    assert len(bench.created()) == 2


# What the server says


def test_a_refusal_is_not_repeated(bench: Bench) -> None:
    """A refusal ends the run as rejected; the next run asks again, because nothing was started."""
    bench.proxy.fail(Fault(moment="create", kind="status", status=400))
    bench.fails(RequestRejected)
    assert (bench.entry().state, bench.entry().charges) == ("rejected", 0)
    assert bench.proxy.asked("create") == 1
    bench.run()
    bench.has_the_file()


@pytest.mark.parametrize(
    ("status", "wish", "creates"), [(429, "false", 1), (409, "true", 2), (503, "true", 2), (408, "true", 2)]
)
def test_the_servers_wish_is_obeyed(bench: Bench, status: int, wish: str, creates: int) -> None:
    """x-should-retry decides whether a create that was turned away is sent again."""
    headers = (("x-should-retry", wish), ("retry-after", "0"))
    bench.proxy.fail(Fault(moment="create", kind="status", status=status, headers=headers))
    if wish == "false":
        bench.fails(RequestRejected)
        assert bench.created() == []
    else:
        bench.run()
        bench.has_the_file()
    assert bench.proxy.asked("create") == creates


def test_a_server_that_stays_busy(bench: Bench) -> None:
    """After as many attempts as were allowed a busy server is an honest refusal."""
    bench.proxy.fail(Fault(moment="create", kind="status", status=429, headers=SOON, times=99))
    bench.fails(RequestRejected, retries=3)
    assert bench.proxy.asked("create") == 4
    assert bench.entry().state == "rejected"


def test_a_pause_longer_than_the_patience(bench: Bench) -> None:
    """A server that asks for more time than there is ends the run at once."""
    headers = (("retry-after", "3600"),)
    bench.proxy.fail(Fault(moment="create", kind="status", status=429, headers=headers))
    error = bench.fails(RequestRejected)
    assert error.fix == "send it again in 3600 s"
    assert bench.proxy.asked("create") == 1


def test_nobody_there(bench: Bench) -> None:
    """Without a connection nothing is sent, nothing is charged, and a later run makes the video."""
    bench.fails(ServerUnreachable, base_url=f"http://127.0.0.1:{closed_port()}/v1", retries=2)
    assert (bench.entry().state, bench.entry().charges, bench.entry().attempts) == ("planned", 0, 3)
    bench.run()
    bench.has_the_file()


def test_moderation(bench: Bench, tmp_path: Path) -> None:
    """A job that moderation blocks is a failed row with its reason, and is not asked for again."""
    order = wanted(tmp_path, bench.proxy, FORBIDDEN)
    blocked = Bench(engine=bench.engine, proxy=bench.proxy, ledger=bench.ledger, order=order)
    for _ in range(2):
        error = blocked.fails(GenerationFailed)
        assert error.seen == "moderation_blocked"
        assert "blocked by our moderation system" in error.message
    assert blocked.entry().state == "failed"
    assert len(blocked.created()) == 1
    with Ledger(bench.ledger) as ledger:
        ledger.plan_again(blocked.entry().short)
    blocked.fails(GenerationFailed)
    assert len(blocked.created()) == blocked.entry().charges == 2


def test_a_job_that_is_stuck(bench: Bench, tmp_path: Path) -> None:
    """A job that does not end in time stays on record, and the next run waits for the same one."""
    order = wanted(tmp_path, bench.proxy, STUCK)
    stuck = Bench(engine=bench.engine, proxy=bench.proxy, ledger=bench.ledger, order=order)
    stuck.fails(GenerationTimeout, timeout_seconds=0.8)
    stuck.fails(GenerationTimeout, timeout_seconds=0.8)
    assert stuck.entry().state in ("accepted", "in_progress")
    assert len(stuck.created()) == 1


def test_content_that_has_expired(bench: Bench) -> None:
    """A video that can no longer be fetched is said to be ready and gone, and nothing is sent again."""
    bench.proxy.fail(Fault(moment="content", kind="status", status=410, times=99))
    for _ in range(2):
        bench.fails(DownloadFailed)
    assert bench.entry().state == "completed"
    assert bench.proxy.asked("create") == 1


def test_no_key_is_kept(bench: Bench) -> None:
    """The key is nowhere in the ledger, also when the server repeats it."""
    headers = (("x-should-retry", "false"),)
    bench.proxy.fail(Fault(moment="create", kind="status", status=401, headers=headers))
    bench.fails(RequestRejected)
    bench.run()
    kept = b"".join(path.read_bytes() for path in bench.ledger.parent.glob("ledger.db*"))
    assert b"sk-secret" not in kept
    assert bench.order.intent.prompt.encode() in kept
