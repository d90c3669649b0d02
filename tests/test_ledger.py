"""The ledger keeps every promise on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import contextlib
import multiprocessing
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from framefit.errors import InvalidOption, LedgerConflict, LedgerUnusable, UnknownKey
from framefit.videos.ledger import Claim, Intent, Ledger
from framefit.videos.ledger.opening import ledger_url
from framefit.videos.ledger.owner import has_ended, new_owner
from postgres import postgres


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "ledger.db")
    return str(request.getfixturevalue("database"))


def intent(words: str, **changes: object) -> Intent:
    usual: dict[str, object] = {
        "server": "https://relay.example/v1",
        "model": "sora-2",
        "prompt": words,
        "size": "720x1280",
        "seconds": "4",
        "picture": "d1",
    }
    return Intent(**{**usual, **changes})  # type: ignore[arg-type]


@pytest.fixture
def book(place: str) -> Iterator[Ledger]:
    with Ledger(place) as ledger:
        yield ledger


@pytest.fixture
def words(request: pytest.FixtureRequest, place: str) -> str:
    """Words of this test alone: the PostgreSQL database serves all of them."""
    return request.node.name


def taken(book: Ledger, wish: Intent) -> Claim:
    found = book.claim(book.intend(wish).key)
    assert found is not None
    return found[0]


def states(book: Ledger, wish: Intent) -> list[str]:
    return [event.state for event in book.events(wish.key)]


def test_the_way_of_a_video(book: Ledger, words: str) -> None:
    """Every state is on record in its order, the intent before the id."""
    wish = intent(words, price_usd=0.4)
    claim = taken(book, wish)
    begun = claim.begin()
    assert begun is not None
    assert (begun.state, begun.job_id, begun.charges, begun.spent_usd) == ("submitting", None, 1, 0.4)
    claim.accepted("v1", "queued")
    claim.heard("in_progress")
    claim.completed(size="720x1280", seconds="4")
    entry = claim.downloaded(output="a.mp4", sha256="00", byte_count=3)
    assert (entry.job_id, entry.size_made, entry.byte_count) == ("v1", "720x1280", 3)
    assert states(book, wish) == [
        "planned",
        "submitting",
        "accepted",
        "in_progress",
        "completed",
        "downloaded",
    ]


def test_the_same_intent_is_one_row(book: Ledger, words: str) -> None:
    """Intending a video twice gives the row that is there, with what became of it."""
    claim = taken(book, intent(words))
    claim.begin()
    claim.accepted("v1", "queued")
    assert book.intend(intent(words)).job_id == "v1"
    assert len([entry for entry in book.entries() if entry.prompt == words]) == 1


different = some.fixed_dictionaries(
    {},
    optional={
        "server": some.text(max_size=3),
        "model": some.text(max_size=3),
        "prompt": some.text(max_size=3),
        "size": some.none() | some.text(max_size=3),
        "seconds": some.none() | some.text(max_size=3),
        "picture": some.none() | some.text(max_size=3),
        "take": some.integers(1, 9),
    },
)


@given(different, different)
def test_keys(one: dict[str, object], other: dict[str, object]) -> None:
    """Two intents have one key exactly when they agree in everything that is sent, and in the take."""
    a, b = intent("w", **one), intent("w", **other)
    assert (a.key == b.key) == (a == b)
    same = all(
        getattr(a, name) == getattr(b, name) for name in ("server", "model", "prompt", "size", "seconds")
    )
    assert (a.alike == b.alike) == same


def test_one_claim_at_a_time(book: Ledger, place: str, words: str) -> None:
    """A row that somebody works on cannot be taken by another; once given back it can."""
    claim = taken(book, intent(words))
    with Ledger(place) as other:
        assert other.claim(claim.key) is None
        with pytest.raises(LedgerConflict, match="somebody works on"):
            other.plan_again(claim.key)
        book.release(claim)
        assert other.claim(claim.key) is not None


def test_many_at_once(place: str, words: str) -> None:
    """Of many that want the same video at the same moment exactly one submits it."""
    sent: list[int] = []
    ready = threading.Barrier(8)

    def want(number: int) -> None:
        with Ledger(place) as ledger:
            key = ledger.intend(intent(words)).key
            ready.wait()
            found = ledger.claim(key)
            if found is not None and found[0].begin() is not None:
                sent.append(number)

    threads = [threading.Thread(target=want, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sent) == 1


def test_what_looks_the_same_goes_one_after_the_other(book: Ledger, words: str) -> None:
    """Until a create is answered, none leaves that a server's list could not tell from it."""
    first, second = taken(book, intent(words)), taken(book, intent(words, picture="d2"))
    assert taken(book, intent(words, seconds="8")).begin() is not None
    assert first.begin() is not None
    assert second.begin() is None
    first.lost("outcome_unknown", "dropped")
    assert second.begin() is None
    first.undecided("no list", final=True)
    assert second.begin() is not None


def test_a_job_is_adopted_once(book: Ledger, words: str) -> None:
    """A job that one row has is not given to another."""
    first, second = taken(book, intent(words)), taken(book, intent(words, picture="d2"))
    for claim in (first, second):
        claim.begin()
        claim.lost("outcome_unknown", "dropped")
        claim.undecided("no list", final=True)
    name = f"job of {words}"
    assert first.adopt(name, "found") is not None
    assert second.adopt(name, "found") is None
    book.release(second)
    with pytest.raises(LedgerConflict, match="another video"):
        book.adopt(second.key, name)


def hold_for_ever(place: str, wish: Intent, held: object) -> None:
    with Ledger(place) as ledger:
        claim = taken(ledger, wish)
        claim.begin()
        held.set()  # type: ignore[attr-defined]
        threading.Event().wait()


def test_a_process_that_was_killed(book: Ledger, place: str, words: str) -> None:
    """The claim of a process that was killed is void at once, and what it was doing is on record."""
    context = multiprocessing.get_context("spawn")
    held = context.Event()
    process = context.Process(target=hold_for_ever, args=(place, intent(words), held))
    process.start()
    held.wait()
    assert book.claim(intent(words).key) is None
    process.kill()
    process.join()
    found = book.claim(intent(words).key)
    assert found is not None
    assert found[1].state == "submitting"


def test_who_has_ended() -> None:
    """Only a process that is seen to have ended has; of any other place nothing is known."""
    mine = new_owner()
    machine, place, pid, began, name = mine.split("/")
    assert not has_ended(mine)
    assert not has_ended("/".join((machine, "elsewhere", pid, began, name)))
    assert not has_ended("/".join((machine, "", pid, began, name)))
    assert not has_ended("somebody")
    if place:
        assert has_ended("/".join((machine, place, pid, "1", name)))


def test_a_lease_that_runs_out(place: str, words: str) -> None:
    """The claim of a machine that no longer answers runs out, and its holder can change nothing any more."""
    with Ledger(place, lease_seconds=0.3) as gone, Ledger(place) as book:
        claim = taken(gone, intent(words))
        gone._keeper.drop(claim.owner)
        found = None
        while found is None:
            found = book.claim(claim.key)
        with pytest.raises(LedgerConflict):
            claim.begin()
        assert found[0].begin() is not None


def test_an_id_that_comes_late(place: str, words: str) -> None:
    """The id of a reply is put on record even when the lease has run out meanwhile; a second one is told."""
    with Ledger(place, lease_seconds=0.3) as gone, Ledger(place) as book:
        claim = taken(gone, intent(words))
        claim.begin()
        gone._keeper.drop(claim.owner)
        found = None
        while found is None:
            found = book.claim(claim.key)
        assert claim.accepted("late", "queued").job_id == "late"
        assert claim.accepted("late", "queued").job_id == "late"
        with pytest.raises(LedgerConflict, match="other"):
            claim.accepted("other", "queued")


def test_a_lease_is_renewed(place: str, words: str) -> None:
    """While its holder lives, a claim outlasts its lease many times over."""
    with Ledger(place, lease_seconds=0.4) as holder, Ledger(place) as book:
        claim = taken(holder, intent(words))
        for _ in range(30):
            assert book.claim(claim.key) is None
            threading.Event().wait(0.05)
        assert claim.begin() is not None


def renamed(file: Path, old: str, new: str) -> None:
    """Take a table away, or bring it back: for as long the database does not work."""
    connection = sqlite3.connect(file, timeout=10)
    with contextlib.closing(connection):
        connection.execute(f"ALTER TABLE {old} RENAME TO {new}")


def test_a_lease_outlasts_a_database_that_fails(tmp_path: Path) -> None:
    """A lease that could not be renewed once is renewed again, and nobody takes the row over meanwhile."""
    file = tmp_path / "ledger.db"
    with Ledger(file, lease_seconds=1.5) as holder, Ledger(file) as book:
        claim = taken(holder, intent("lease"))
        renamed(file, "framefit_videos", "away")
        threading.Event().wait(0.6)
        renamed(file, "away", "framefit_videos")
        for _ in range(20):
            threading.Event().wait(0.1)
            assert book.claim(claim.key) is None
        assert claim.begin() is not None


def test_an_id_that_cannot_be_written(tmp_path: Path) -> None:
    """When the ledger fails just as a server names a job, the error names the job and how to adopt it."""
    file = tmp_path / "ledger.db"
    with Ledger(file) as book:
        claim = taken(book, intent("id"))
        claim.begin()
        renamed(file, "framefit_events", "away")
        with pytest.raises(LedgerUnusable, match="video_7") as caught:
            claim.accepted("video_7", "queued")
        assert f"framefit jobs adopt {claim.key[:12]} video_7" in str(caught.value.fix)


def test_a_clock_that_is_wrong(database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What several machines share is told by the clock that they share, whatever their own clocks say."""
    right = time.time
    with Ledger(database) as book:
        claim = taken(book, intent(f"clock {tmp_path.name}"))
        monkeypatch.setattr(time, "time", lambda: right() + 3600)
        begun = claim.begin()
        lost = claim.lost("outcome_unknown", "dropped")
        moments = (begun and begun.sent_at, lost.lost_at, lost.changed_at, book.now())
    assert all(moment is not None and abs(moment - right()) < 600 for moment in moments)


def test_without_a_list_nobody_waits(book: Ledger, words: str) -> None:
    """Where the server has no list, requests that look the same leave side by side."""
    one, other = intent(words), intent(words, picture="d2")
    assert taken(book, one).begin(listed=False) is not None
    assert taken(book, other).begin(listed=False) is not None


def test_keys_are_found_by_their_beginning(book: Ledger, words: str) -> None:
    """The beginning of a key is enough where it names one row, and percent signs name none."""
    key = book.intend(intent(words)).key
    assert book.find(key[:16].upper()).key == key
    for wrong in ("", "%", "zz", key + "0"):
        with pytest.raises(UnknownKey):
            book.find(wrong)


def test_decisions(book: Ledger, words: str) -> None:
    """A person can adopt what is ambiguous and ask again for what is not planned; all of it stays on record."""
    wish = intent(words, price_usd=1.0)
    claim = taken(book, wish)
    with pytest.raises(LedgerConflict):
        book.adopt(wish.key, "v1")
    claim.begin()
    claim.lost("outcome_unknown", "dropped")
    book.release(claim)
    again = book.plan_again(wish.key)
    assert (again.state, again.charges, again.spent_usd) == ("planned", 1, 1.0)
    with pytest.raises(LedgerConflict, match="nothing to decide"):
        book.plan_again(wish.key)
    with pytest.raises(LedgerConflict):
        book.adopt(wish.key, "v1")
    assert states(book, wish) == ["planned", "submitting", "ambiguous", "planned"]


def test_a_wrong_adoption_can_be_mended(book: Ledger, words: str) -> None:
    """A job that was adopted can be exchanged for another one; one that the server named cannot."""
    wish, sure = intent(words), intent(words, prompt=f"{words} sure")
    claim = taken(book, wish)
    claim.begin()
    claim.lost("outcome_unknown", "dropped")
    book.release(claim)
    assert book.adopt(wish.key, f"wrong {words}").charges == 1
    right = book.adopt(wish.key, f"right {words}")
    assert (right.state, right.job_id, right.charges) == ("accepted", f"right {words}", 1)
    named = taken(book, sure)
    named.begin()
    named.accepted(f"named {words}", "queued")
    book.release(named)
    with pytest.raises(LedgerConflict, match="nothing to decide"):
        book.adopt(sure.key, f"other {words}")


def test_its_own_files_are_known(book: Ledger, tmp_path: Path, words: str) -> None:
    """The ledger tells a file that was fetched as one of its videos from any other."""
    claim = taken(book, intent(words))
    claim.begin()
    claim.accepted(f"job {words}", "queued")
    claim.downloaded(output=str(tmp_path / "a.mp4"), sha256="0", byte_count=1)
    assert book.wrote(tmp_path / "a.mp4")
    assert not book.wrote(tmp_path / "b.mp4")


def test_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path, an address, the environment, or the user's data folder, in this order; nothing else."""
    assert ledger_url(tmp_path / "a b.db", environ={}).database == str(tmp_path / "a b.db")
    assert ledger_url("postgresql://me@host/x", environ={}).drivername == "postgresql+psycopg"
    assert ledger_url(None, environ={"FRAMEFIT_LEDGER": "here.db"}).database == "here.db"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    usual = Path(str(ledger_url(None, environ={}).database))
    assert usual.name == "framefit.db"
    assert "framefit" in usual.parent.parts[-1].lower()
    for wrong in ("mysql://host/x", "sqlite://", "sqlite:///:memory:", "http://host/x"):
        with pytest.raises(InvalidOption):
            ledger_url(wrong, environ={})


def test_what_is_no_ledger(tmp_path: Path) -> None:
    """A file that is no database, a folder, or a server that is not there is ledger_unusable, without password."""
    (tmp_path / "text.db").write_bytes(b"no database at all, but long enough to be looked at" * 99)
    (tmp_path / "file").write_bytes(b"")
    for wrong in (tmp_path / "text.db", tmp_path, tmp_path / "file" / "x.db"):
        with pytest.raises(LedgerUnusable):
            Ledger(wrong)
    with pytest.raises(LedgerUnusable) as caught:
        Ledger("postgresql+psycopg://me:hunter2@127.0.0.1:9/x")
    assert "hunter2" not in str(caught.value.as_dict())
