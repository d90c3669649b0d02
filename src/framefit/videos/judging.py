"""Decides, from a server's list of jobs, what became of a create whose answer was lost."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from framefit.videos.job import Job
from framefit.videos.ledger.entry import Entry
from framefit.videos.listing import Listing

SLACK_SECONDS = 300.0
"""How far the clocks of this machine, the ledger and the server may be apart beyond what they admit."""

_TELLING = 24
"""Letters that two prompts share by more than chance; fewer may be those of one in a series."""

Ruling = Literal["adopt", "not_taken", "wait", "undecided"]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is to be done.

    Args:
        ruling: ``adopt``: the job of that id is the one; ``not_taken``: there is none, as far as a list
            can tell that is old enough; ``wait``: another request like it is on its way; ``undecided``:
            only a person can tell.
        reason: why, in words.
        job_id: the job to adopt.
        candidates: jobs that it may be.
    """

    ruling: Ruling
    reason: str
    job_id: str | None = None
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Everything that is known.

    Args:
        listing: the server's list.
        trusted: whether the dialect's list is known to hold every job.
        known: rows of the ledger that have a job of the list, by job.
        rivals: other rows whose job would look the same, and has no id yet.
        forgotten: a job that the server knows by name and does not list.
    """

    listing: Listing
    trusted: bool
    known: Mapping[str, Entry]
    rivals: Sequence[Entry]
    forgotten: str | None = None


def window_start(entry: Entry, skew: float = 0.0) -> float:
    """Return the earliest moment, in unix seconds of any of the clocks, at which the job can have been made."""
    sent = entry.sent_at or entry.planned_at
    return min(sent, sent + skew) - SLACK_SECONDS


def judge(entry: Entry, evidence: Evidence) -> Verdict:
    """Decide what became of a create whose answer was lost.

    Being wrong has two prices: to adopt another's job is found out by the receipt, to overlook one's own
    is paid twice. So whatever may be the job counts against sending again, and only what agrees in
    every field is adopted.

    Args:
        entry: the row.
        evidence: what is known.
    """
    since = window_start(entry, _skew(evidence))
    free = [job for job in evidence.listing.jobs if job.id not in evidence.known]
    recent = [job for job in free if job.created_at is None or job.created_at >= since]
    sure = [job for job in recent if _agrees(entry, job)]
    maybe = [job for job in recent if job not in sure and _may_be(entry, job)]
    if sure:
        return _among(entry, sure, evidence.rivals)
    if maybe:
        return _undecided("a job agrees in some fields and not in all", maybe)
    doubt = _doubt(evidence)
    if doubt is not None:
        return _undecided(f"no job of the server's list is it, but {doubt}", ())
    return Verdict(ruling="not_taken", reason="no job of the server's list is it")


def _among(entry: Entry, sure: list[Job], rivals: Sequence[Entry]) -> Verdict:
    if any(rival.state == "submitting" for rival in rivals):
        return Verdict(ruling="wait", reason="a request that looks the same is on its way")
    # Rows of the same picture want the same video: whichever job each of them gets is right.
    same = [rival for rival in rivals if rival.picture == entry.picture]
    if len(same) == len(rivals) and len(sure) <= len(same) + 1:
        return Verdict(ruling="adopt", reason="one job agrees in every field", job_id=sure[-1].id)
    if len(same) < len(rivals):
        return _undecided("another video with the same words and size is missing its job, too", sure)
    return _undecided("several jobs agree in every field", sure)


def _undecided(reason: str, jobs: Sequence[Job]) -> Verdict:
    return Verdict(ruling="undecided", reason=reason, candidates=tuple(job.id for job in jobs))


def _doubt(evidence: Evidence) -> str | None:
    """Return why a list without the job proves nothing."""
    if not evidence.trusted:
        return "such a server's list need not hold every job"
    if evidence.listing.gap is not None:
        return f"that list may lack some: {evidence.listing.gap}"
    if evidence.forgotten is not None:
        return f"that list also lacks {evidence.forgotten}, which the server has"
    for job in evidence.listing.jobs:
        row = evidence.known.get(job.id)
        if row is not None and job.prompt is not None and not _same_words(row.prompt, job.prompt):
            return "the server lists other words than were sent"
    return None


def _agrees(entry: Entry, job: Job) -> bool:
    return (
        job.created_at is not None
        and job.prompt is not None
        and _same_words(entry.prompt, job.prompt)
        and _fits(entry.model, job.model)
        and _fits(entry.size, job.size)
        and _fits(entry.seconds, job.seconds)
    )


def _may_be(entry: Entry, job: Job) -> bool:
    """Tell whether a job may be the one: a list may spell the words in its own way, cut them short, add to them."""
    if job.prompt is None or not job.prompt.strip():
        return True
    sent, listed = _letters(entry.prompt), _letters(job.prompt)
    if min(len(sent), len(listed)) < _TELLING:
        return sent == listed
    return sent in listed or sent.startswith(listed)


def _letters(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum())


def _same_words(one: str, other: str) -> bool:
    return one.split() == other.split()


def _fits(sent: str | None, listed: str | None) -> bool:
    """Tell whether a field agrees; what was left to the server, or is not listed, does not contradict."""
    if sent is None or listed is None:
        return True
    one, other = (text.replace(" ", "").replace("×", "x").lower() for text in (sent, listed))
    # Providers in front of a name, and dates behind it, belong to the same model.
    return (
        one == other
        or other.endswith(f"/{one}")
        or other.startswith(f"{one}-20")
        or one.startswith(f"{other}-20")
    )


def _skew(evidence: Evidence) -> float:
    """Return how far the server's clock is behind, by its replies and by the jobs that are known, 0 or less."""
    seen = [evidence.listing.skew]
    for job in evidence.listing.jobs:
        row = evidence.known.get(job.id)
        if row is not None and row.sent_at is not None and job.created_at is not None:
            seen.append(job.created_at - row.sent_at)
    return min(0.0, *seen)
