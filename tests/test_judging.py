"""A lost answer is only ever explained by a job that agrees in every field, and only by one."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as some

from framefit.videos.job import Job
from framefit.videos.judging import Evidence, Verdict, judge
from framefit.videos.ledger import Entry
from framefit.videos.listing import Listing

SENT = 1_800_000_000.0
ROW = Entry(
    key="a" * 64,
    alike="b" * 64,
    server="s",
    model="sora-2",
    prompt="gentle  wind",
    size="720x1280",
    seconds="4",
    picture="one",
    picture_name=None,
    take=1,
    price_usd=None,
    state="ambiguous",
    job_id=None,
    adopted=False,
    attempts=1,
    charges=1,
    status=None,
    size_made=None,
    seconds_made=None,
    sent_at=SENT,
    lost_at=SENT + 5,
    planned_at=SENT,
    changed_at=SENT,
    output=None,
    sha256=None,
    byte_count=None,
    error_code=None,
    error_message=None,
    receipt=None,
    unanswered=True,
    owner=None,
)
JOB = Job(
    id="v1",
    status="queued",
    progress=0,
    model="sora-2",
    prompt="gentle wind",
    size="720x1280",
    seconds="4",
    created_at=int(SENT) + 1,
)


def another(**changes: object) -> Job:
    return dataclasses.replace(JOB, **changes)  # type: ignore[arg-type]


def rival(**changes: object) -> Entry:
    return dataclasses.replace(ROW, key="c" * 64, **changes)  # type: ignore[arg-type]


def ruled(
    *jobs: Job,
    known: dict[str, Entry] | None = None,
    rivals: tuple[Entry, ...] = (),
    trusted: bool = True,
    gap: str | None = None,
    skew: float = 0.0,
    forgotten: str | None = None,
) -> Verdict:
    listing = Listing(jobs=jobs, gap=gap, skew=skew)
    return judge(
        ROW, Evidence(listing=listing, trusted=trusted, known=known or {}, rivals=rivals, forgotten=forgotten)
    )


def test_the_one_that_agrees() -> None:
    """One recent job that agrees in every field is adopted, whatever else is in the list."""
    others = (another(id="v2", prompt="storm"), another(id="v3", created_at=int(SENT) - 3600))
    verdict = ruled(JOB, *others)
    assert (verdict.ruling, verdict.job_id) == ("adopt", "v1")


@pytest.mark.parametrize(
    "changes",
    [
        {"model": "openai/sora-2"},
        {"model": "sora-2-2025-10-06"},
        {"model": None},
        {"size": "720X1280"},
        {"size": "720 x 1280"},
        {"size": None},
        {"seconds": None},
        {"prompt": "gentle wind\n"},
        {"status": "failed"},
    ],
)
def test_what_counts_as_the_same(changes: dict[str, object]) -> None:
    """Names with provider or date, spellings of a size and fields that are not listed do not contradict."""
    assert ruled(another(**changes)).ruling == "adopt"


@pytest.mark.parametrize(
    "changes",
    [
        {"model": "sora-2-pro"},
        {"size": "1280x720"},
        {"seconds": "8"},
        {"prompt": None},
        {"created_at": None},
    ],
)
def test_what_may_be_it_is_neither_adopted_nor_overlooked(changes: dict[str, object]) -> None:
    """A job that agrees in some fields, or does not say, is named to a person; nothing is sent again."""
    verdict = ruled(another(**changes))
    assert (verdict.ruling, verdict.candidates) == ("undecided", ("v1",))


LONG = "A gentle wind moves the tall grass, the camera pans slowly to the left"


def ruled_by_words(sent: str, listed: str) -> str:
    """The ruling on a row with some words, where the one job is listed with others."""
    evidence = Evidence(listing=Listing(jobs=(another(prompt=listed),)), trusted=True, known={}, rivals=())
    return judge(dataclasses.replace(ROW, prompt=sent), evidence).ruling


@pytest.mark.parametrize(
    ("sent", "listed"),
    [
        ("gentle  wind", "Gentle wind."),
        ("gentle  wind", ""),
        (LONG, LONG[:40]),
        (LONG, f"{LONG}, cinematic, 4k"),
        (LONG, LONG.upper().replace(",", "")),
    ],
)
def test_words_that_were_changed_a_little(sent: str, listed: str) -> None:
    """A list that spells the words otherwise, cuts them short or adds to them does not show that a job is missing."""
    assert ruled_by_words(sent, listed) == "undecided"


@pytest.mark.parametrize(("sent", "listed"), [("boat 1", "boat 12"), (LONG, LONG[:10]), (LONG, "a storm")])
def test_words_of_another_video(sent: str, listed: str) -> None:
    """Other words, and those of the next one in a series, are those of another video."""
    assert ruled_by_words(sent, listed) == "not_taken"


def test_a_job_that_another_row_has() -> None:
    """A job that the ledger knows belongs to its row and to no other."""
    assert ruled(JOB, known={"v1": rival()}).ruling == "not_taken"


@pytest.mark.parametrize(
    "doubt",
    [{"trusted": False}, {"gap": "its pages repeat"}, {"forgotten": "v9"}],
    ids=["dialect", "pages", "forgotten"],
)
def test_an_empty_list_that_proves_nothing(doubt: dict[str, object]) -> None:
    """Where a list may lack jobs, one that is missing there is no reason to send again."""
    assert ruled(another(prompt="storm"), **doubt).ruling == "undecided"  # type: ignore[arg-type]
    assert ruled(JOB, **doubt).ruling == "adopt"  # type: ignore[arg-type]


def test_a_server_that_changes_the_words() -> None:
    """Where a known job is listed with other words than were sent, words prove nothing."""
    changed = another(id="v8", prompt="a gentle wind, cinematic, 4k")
    assert ruled(changed, known={"v8": rival()}).ruling == "undecided"


def test_two_that_agree() -> None:
    """Two jobs that agree are both named, and neither is adopted."""
    verdict = ruled(JOB, another(id="v2"))
    assert (verdict.ruling, set(verdict.candidates)) == ("undecided", {"v1", "v2"})


def test_takes_of_one_request() -> None:
    """Rows that want several videos of one and the same request may have any of the jobs."""
    verdict = ruled(another(id="v2"), JOB, rivals=(rival(take=2),))
    assert (verdict.ruling, verdict.job_id) == ("adopt", "v1")


def test_another_picture_with_the_same_words() -> None:
    """While a row with another picture looks for a job that looks the same, none is adopted."""
    assert ruled(JOB, rivals=(rival(picture="two"),)).ruling == "undecided"
    assert ruled(JOB, rivals=(rival(picture="two", state="submitting"),)).ruling == "wait"
    assert ruled(rivals=(rival(picture="two"),)).ruling == "not_taken"


@pytest.mark.parametrize("behind", [1_000.0, 100_000.0])
def test_a_server_whose_clock_is_behind(behind: float) -> None:
    """A job that a slow clock dates before the request is found, by what replies or known jobs say."""
    moment = int(SENT - behind)
    early = another(created_at=moment)
    assert ruled(early).ruling == "not_taken"
    assert ruled(early, skew=-behind).ruling == "adopt"
    known = {"v5": rival(prompt="rain", job_id="v5", sent_at=SENT)}
    assert ruled(early, another(id="v5", prompt="rain", created_at=moment), known=known).ruling == "adopt"


fields = {
    "prompt": some.sampled_from(["gentle wind", "storm", None]),
    "model": some.sampled_from(["sora-2", "sora-2-pro", None]),
    "size": some.sampled_from(["720x1280", "1280x720", None]),
    "seconds": some.sampled_from(["4", "8", None]),
    "created_at": some.sampled_from([int(SENT), int(SENT) - 86_400, None]),
}
counter = itertools.count()
jobs = some.builds(lambda **said: another(id=f"j{next(counter)}", **said), **fields)


@given(some.lists(jobs, max_size=6))
def test_nothing_that_may_be_it_is_overlooked(listed: list[Job]) -> None:
    """Sending again is only ever allowed when no recent job shares the words or keeps them to itself."""
    verdict = ruled(*listed)
    recent = [job for job in listed if job.created_at is None or job.created_at == int(SENT)]
    possible = [job for job in recent if job.prompt in (None, "gentle wind")]
    assert (verdict.ruling == "not_taken") == (not possible)
    if verdict.ruling == "adopt":
        (it,) = [job for job in listed if job.id == verdict.job_id]
        assert it.prompt == "gentle wind"
        assert it.model in ("sora-2", None)
        assert it.created_at == int(SENT)
