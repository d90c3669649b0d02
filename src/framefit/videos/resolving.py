"""Finds out what became of a create whose answer was lost, or says why nobody can."""

from __future__ import annotations

from typing import TYPE_CHECKING

from framefit.errors import OutcomeUnknown
from framefit.videos.dialects import Dialect
from framefit.videos.judging import Evidence, Verdict, judge, window_start
from framefit.videos.ledger import Claim, Entry, Ledger
from framefit.videos.listing import Listing, ListingUnavailableError, exists, recent_jobs
from framefit.videos.patience import Watch

if TYPE_CHECKING:
    from openai import OpenAI

SENDER_ENDED = "the process that sent the create ended before it had read the answer"

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.25, 10.0
_MOST_ASKED_FOR = 5
"""How many jobs that the list lacks are asked for by name."""


class Resolver:
    """Looks at a server's list of jobs on behalf of one row.

    Args:
        ledger: the ledger.
        client: from `framefit.videos.client.connect`.
        dialect: how the server speaks.
        settle_seconds: how long after a lost answer a list without the job is not believed.
    """

    def __init__(self, ledger: Ledger, client: OpenAI, dialect: Dialect, *, settle_seconds: float) -> None:
        self._ledger = ledger
        self._client = client
        self._dialect = dialect
        self._settle = settle_seconds

    def resolve(self, claim: Claim, entry: Entry, watch: Watch) -> Entry:
        """Find out what became of a create.

        Args:
            claim: the right to change the row.
            entry: the row; it is ambiguous.
            watch: how much time there is.

        Returns:
            The row: accepted when a job was found, planned when there is none.

        Raises:
            OutcomeUnknown: only a person can tell, or the time is up; the message names the commands.
            StoppedError: the run is to end; the row is as it was.
        """
        lost = entry.lost_at if entry.lost_at is not None else self._ledger.now()
        while True:
            # Another machine may have sent it: its clock says nothing here, the ledger's does.
            age = self._ledger.now() - lost
            settled = age >= self._settle
            verdict, final = self._look(entry)
            if verdict.ruling == "adopt" and verdict.job_id is not None:
                adopted = claim.adopt(verdict.job_id, f"found {verdict.job_id} in the list: {verdict.reason}")
                if adopted is not None:
                    return adopted
                continue
            if verdict.ruling == "not_taken" and settled:
                return claim.not_taken(f"{verdict.reason}, {age:.0f} s after the answer was lost")
            if final or (verdict.ruling == "undecided" and settled) or not watch.left:
                raise self._undecided(claim, entry, verdict, waiting=not final and not settled)
            watch.sleep(min(max(self._settle / 6, _SHORTEST_PAUSE), _LONGEST_PAUSE))

    def clear(self, entry: Entry, watch: Watch) -> None:
        """Find out what became of a row that looks like another one and stands in its way.

        Whoever works on it does so already; when nobody does, it is done here on its behalf.

        Args:
            entry: the row that is to be sent.
            watch: how much time there is.
        """
        rival = self._ledger.unanswered_like(entry)
        taken = None if rival is None else self._ledger.claim(rival.key)
        if taken is None:
            return
        claim, found = taken
        try:
            if found.state == "submitting":
                found = claim.lost("outcome_unknown", SENDER_ENDED)
            if found.state == "ambiguous":
                self.resolve(claim, found, watch)
        except OutcomeUnknown:
            # Its own row says so; this one need not wait for a person.
            return
        finally:
            self._ledger.release(claim)

    def _look(self, entry: Entry) -> tuple[Verdict, bool]:
        """Return what one look tells, and whether another can tell more."""
        since = window_start(entry)
        try:
            listing = recent_jobs(self._client, self._dialect, since=since)
            if listing.skew < 0:
                # A clock that is behind dates the job back, maybe to where this list does not reach.
                listing = recent_jobs(self._client, self._dialect, since=window_start(entry, listing.skew))
        except ListingUnavailableError as error:
            reason = f"the server's list of jobs cannot be had: {error}"
            return Verdict(ruling="undecided", reason=reason), not error.passing
        # The ledger is read after the list: a job that got its row meanwhile is nobody's any more.
        known = self._ledger.known_jobs(entry.server, [job.id for job in listing.jobs])
        evidence = Evidence(
            listing=listing,
            trusted=self._dialect.list_trusted,
            known=known,
            rivals=self._ledger.rivals(entry),
            forgotten=self._forgotten(entry, listing, since),
        )
        return judge(entry, evidence), False

    def _forgotten(self, entry: Entry, listing: Listing, since: float) -> str | None:
        """Return a job that the server has and does not list; None when there is no such."""
        listed = {job.id for job in listing.jobs}
        rows = self._ledger.jobs_since(entry.server, since)
        missing = [row.job_id for row in rows if row.job_id is not None and row.job_id not in listed]
        asked = missing[:_MOST_ASKED_FOR]
        return next((name for name in asked if exists(self._client, self._dialect, name)), None)

    def _undecided(self, claim: Claim, entry: Entry, verdict: Verdict, *, waiting: bool) -> OutcomeUnknown:
        reason = verdict.reason
        if waiting:
            reason += "; the list is not old enough yet, so running again may tell"
        claim.undecided(reason, final=not waiting)
        where = self._ledger.option
        return OutcomeUnknown(
            f"{entry.server} may have accepted video {entry.short}, and billed it, and nobody but you can tell: "
            f"{reason}",
            seen=", ".join(verdict.candidates) or "no job",
            wanted="exactly one job that agrees, or a list that surely lacks it",
            fix=f"framefit jobs adopt {entry.short} ID{where}, or framefit jobs resubmit {entry.short}{where}",
        )
