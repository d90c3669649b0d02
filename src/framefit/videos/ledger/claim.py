"""Claim: the right to work on one row, and what its holder may change."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError

from framefit.errors import LedgerConflict, LedgerUnusable
from framefit.videos.ledger.entry import SHORT_KEY, Entry
from framefit.videos.ledger.opening import ledger_option
from framefit.videos.ledger.rows import NOW, Database, changed, entry_of
from framefit.videos.ledger.schema import videos

_PERSISTENCE = 5
"""How often the id of a paid job is tried to be put on record."""

_NO_JOB: dict[str, Any] = {
    "unanswered": False,
    "job_id": None,
    "adopted": False,
    "status": None,
    "lost_at": None,
    "receipt": None,
}


class Claim:
    """A row that one worker has taken. Every change holds only while it still has it.

    Args:
        database: the open ledger.
        key: the row.
        owner: the claim's own name.
    """

    def __init__(self, database: Database, *, key: str, owner: str) -> None:
        self._database = database
        self.key = key
        self.owner = owner

    def begin(self, *, listed: bool = True) -> Entry | None:
        """Put on record that a create is about to leave; it leaves only after this has returned.

        Args:
            listed: whether the server has a list of jobs. Without one no job can be taken for another's,
                so requests that look the same need not wait for each other.

        Returns:
            The row; None while a request that looks the same in the server's list is unanswered.

        Raises:
            LedgerConflict: somebody else has the row, or it is not planned.
        """
        try:
            return self._change(
                videos.c.state.in_(("planned", "rejected")),
                note="a create is about to leave",
                state="submitting",
                unanswered=listed,
                attempts=videos.c.attempts + 1,
                charges=videos.c.charges + 1,
                job_id=None,
                adopted=False,
                status=None,
                sent_at=NOW,
                lost_at=None,
                error_code=None,
                error_message=None,
            )
        except IntegrityError:
            return None

    def accepted(self, job_id: str, status: str) -> Entry:
        """Put the id of the reply on record, also when the lease has run out meanwhile.

        Raises:
            LedgerConflict: another one has found a job for this row; both ids are in the message.
            LedgerUnusable: the ledger cannot be written to, however often that is tried; the id is in
                the message.
        """
        for attempt in range(1, _PERSISTENCE):
            try:
                return self._accepted(job_id, status)
            except LedgerUnusable:
                # What was paid for is worth more than one attempt; a broken connection is made anew.
                time.sleep(0.125 * 2**attempt)
        try:
            return self._accepted(job_id, status)
        except LedgerUnusable as error:
            key = self.key[:SHORT_KEY]
            raise LedgerUnusable(
                f"the server took video {key} as {job_id}, and that cannot be put on record",
                seen=error.seen,
                wanted=error.wanted,
                fix=f"make room or mend the ledger, then: framefit jobs adopt {key} {job_id}{self._option}",
            ) from error

    def _accepted(self, job_id: str, status: str) -> Entry:
        mine = videos.c.key == self.key
        with self._database.transaction() as connection:
            entry = changed(
                connection,
                mine,
                videos.c.state.in_(("submitting", "ambiguous")),
                note=f"the server took it as {job_id}",
                state="accepted",
                job_id=job_id,
                status=status,
                unanswered=False,
                lost_at=None,
            )
            found = entry or entry_of(connection.execute(select(videos).where(mine)).one())
        if found.job_id != job_id:
            raise LedgerConflict(
                f"the server took {self.key[:SHORT_KEY]} as {job_id} after another process had dealt with it",
                seen=f"{job_id} and {found.job_id or 'no id'}",
                wanted="one job",
                fix=f"framefit jobs show {self.key[:SHORT_KEY]}{self._option}; look at both jobs on the server",
            )
        return found

    def adopt(self, job_id: str, note: str, *, instead: bool = False) -> Entry | None:
        """Take a job of the server's list for this row.

        Args:
            job_id: the server's name for it.
            note: why, in words.
            instead: whether it takes the place of one that was adopted before.

        Returns:
            The row; None when another row has that job.
        """
        other = videos.alias()
        taken = select(other.c.key).where(
            other.c.job_id == job_id, other.c.server == videos.c.server, other.c.key != self.key
        )
        try:
            return self._database.change(
                *self._mine(),
                videos.c.adopted.is_(True) if instead else videos.c.state == "ambiguous",
                ~taken.exists(),
                note=note,
                state="accepted",
                job_id=job_id,
                adopted=True,
                status=None,
                unanswered=False,
                lost_at=None,
                receipt=None,
                error_code=None,
                error_message=None,
            )
        except IntegrityError:
            return None

    def lost(self, code: str, message: str) -> Entry:
        """Put on record that a create left and its answer is not known."""
        return self._change(
            videos.c.state.in_(("submitting", "ambiguous")),
            note=message,
            state="ambiguous",
            lost_at=NOW,
            error_code=code,
            error_message=message,
        )

    def undecided(self, message: str, *, final: bool) -> Entry:
        """Put on record why it was not found out what became of a create.

        Args:
            message: why, in words.
            final: whether only a person can find out; others that look the same then need not wait.
        """
        return self._change(
            videos.c.state == "ambiguous",
            note=message,
            error_code="outcome_unknown",
            error_message=message,
            **({"unanswered": False} if final else {}),
        )

    def not_taken(self, note: str) -> Entry:
        """Put on record that the last create was not accepted, so that another may leave."""
        return self._change(
            videos.c.state.in_(("submitting", "ambiguous")),
            note=note,
            state="planned",
            charges=videos.c.charges - 1,
            unanswered=False,
            lost_at=None,
        )

    def rejected(self, code: str, message: str) -> Entry:
        """Put on record that the server refused; nothing was started."""
        return self._change(
            videos.c.state == "submitting",
            note=message,
            state="rejected",
            charges=videos.c.charges - 1,
            unanswered=False,
            error_code=code,
            error_message=message,
        )

    def heard(self, status: str) -> Entry:
        """Put the server's word on record about a job that goes on."""
        ongoing = videos.c.state.in_(("accepted", "in_progress"))
        return self._change(ongoing, note=f"status {status}", state="in_progress", status=status)

    def completed(self, *, size: str | None, seconds: str | None) -> Entry:
        """Put on record that the video is ready, and what the server says it is like."""
        return self._change(
            videos.c.state.in_(("accepted", "in_progress")),
            note="the video is ready",
            state="completed",
            status="completed",
            size_made=size,
            seconds_made=seconds,
        )

    def failed(self, code: str, message: str) -> Entry:
        """Put on record that no video will come of the job."""
        return self._change(
            note=message, state="failed", status="failed", error_code=code, error_message=message
        )

    def troubled(self, code: str, message: str) -> Entry:
        """Put trouble on record that changes nothing about where the job stands."""
        return self._change(note=message, error_code=code, error_message=message)

    def downloaded(self, *, output: str, sha256: str, byte_count: int) -> Entry:
        """Put on record that the video is there, whole."""
        return self._change(
            note=f"saved {byte_count} bytes",
            state="downloaded",
            output=output,
            sha256=sha256,
            byte_count=byte_count,
            error_code=None,
            error_message=None,
        )

    def begin_anew(self, note: str) -> Entry:
        """Plan the row again because its server has ended, and the job with it; it cost nothing."""
        return self._change(note=note, state="planned", charges=0, **_NO_JOB)

    def again(self) -> Entry:
        """Plan the row again because somebody says so; what it may have cost so far stays on record."""
        return self._change(note="to be asked for again, decided by hand", state="planned", **_NO_JOB)

    @property
    def _option(self) -> str:
        return ledger_option(self._database.url)

    def _mine(self) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return videos.c.key == self.key, videos.c.owner == self.owner

    def _change(self, *conditions: ColumnElement[bool], note: str, **values: Any) -> Entry:
        entry = self._database.change(*self._mine(), *conditions, note=note, **values)
        if entry is None:
            raise LedgerConflict(
                f"another process took over {self.key[:SHORT_KEY]}, or changed it",
                seen=note,
                wanted="one process for each video",
                fix=f"framefit jobs show {self.key[:SHORT_KEY]}{self._option}, then run again",
            )
        return entry
