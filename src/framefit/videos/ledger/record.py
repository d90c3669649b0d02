"""Ledger: what was intended, what became of it, and who works on it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import URL, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from framefit.errors import InvalidOption, LedgerConflict, UnknownKey
from framefit.videos.ledger.claim import Claim
from framefit.videos.ledger.entry import Entry, Event, Intent
from framefit.videos.ledger.keeper import Keeper
from framefit.videos.ledger.opening import ledger_option, ledger_url
from framefit.videos.ledger.owner import has_ended, new_owner, shown
from framefit.videos.ledger.rows import Database, entry_of, now
from framefit.videos.ledger.schema import events, videos

LEASE_SECONDS = 30.0
"""How long a claim of a machine that has died, or can no longer reach the ledger, is respected."""

_DECIDABLE = ("ambiguous", "submitting")
_REPEATABLE = (
    "ambiguous",
    "submitting",
    "failed",
    "rejected",
    "accepted",
    "in_progress",
    "completed",
    "downloaded",
)


class Ledger:
    """A durable record of videos; several processes and machines may use one at the same time.

    Use it in a ``with``, or close it.

    Args:
        where: a path of a SQLite file, or an address of SQLite or PostgreSQL; None takes
            ``FRAMEFIT_LEDGER``, else ``framefit.db`` in the user's data folder.
        lease_seconds: how long a claim is respected that is not renewed, above 0; 30 by default.

    Raises:
        InvalidOption: an address of something else.
        LedgerUnusable: it cannot be opened.
        MissingExtra: PostgreSQL is asked for and its driver is not installed.
    """

    def __init__(self, where: str | Path | None = None, *, lease_seconds: float = LEASE_SECONDS) -> None:
        if not lease_seconds > 0:
            raise InvalidOption("the lease is out of range", seen=f"{lease_seconds:g}", wanted="above 0 s")
        self._database = Database(ledger_url(where))
        self._lease_seconds = lease_seconds
        self._keeper = Keeper(self._renew, every_seconds=lease_seconds / 6)

    @property
    def url(self) -> URL:
        """Where it is; its text hides the password."""
        return self._database.url

    @property
    def option(self) -> str:
        """What a command needs to find this ledger, as `ledger_option` says."""
        return ledger_option(self.url)

    def now(self) -> float:
        """Return the time in unix seconds, by the clock that the moments of every row are told by."""
        with self._database.transaction() as connection:
            return now(connection)

    def close(self) -> None:
        """End the connections; claims that are still held run out by themselves."""
        self._keeper.close()
        self._database.engine.dispose()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def intend(self, intent: Intent) -> Entry:
        """Put a video on record that somebody wants, and return its row, which may be there already."""
        with self._database.transaction() as connection:
            moment = now(connection)
            values = {name: getattr(intent, name) for name in Intent.__dataclass_fields__}
            values |= {"key": intent.key, "alike": intent.alike, "state": "planned"}
            values |= {"planned_at": moment, "changed_at": moment}
            insertion = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            statement = insertion(videos).values(values).on_conflict_do_nothing(index_elements=["key"])
            added = connection.execute(statement.returning(videos.c.key)).one_or_none()
            if added is not None:
                connection.execute(
                    insert(events).values(key=intent.key, at=moment, state="planned", note="wanted")
                )
            return entry_of(connection.execute(select(videos).where(videos.c.key == intent.key)).one())

    def get(self, key: str) -> Entry | None:
        """Return the row of a whole key; None when nobody ever intended that video."""
        with self._database.transaction() as connection:
            row = connection.execute(select(videos).where(videos.c.key == key)).one_or_none()
        return None if row is None else entry_of(row)

    def find(self, key: str) -> Entry:
        """Return the row of a key, or of the beginning of one.

        Raises:
            UnknownKey: no row has a key that begins so, or several do.
        """
        wanted = key.strip().lower()
        with self._database.transaction() as connection:
            query = select(videos).where(videos.c.key.startswith(wanted, autoescape=True)).limit(2)
            rows = connection.execute(query).all() if wanted else []
        if len(rows) == 1:
            return entry_of(rows[0])
        raise UnknownKey(
            "several videos have a key that begins so" if rows else "no video of the ledger has that key",
            seen=key,
            wanted="the beginning of one key",
            fix=f"framefit jobs list{self.option}",
        )

    def entries(self, *, states: Sequence[str] = (), newest: int | None = None) -> list[Entry]:
        """Return rows, the one planned last first.

        Args:
            states: only rows in one of these states; empty takes all.
            newest: how many at most; None takes all.
        """
        query = select(videos).order_by(videos.c.planned_at.desc(), videos.c.key).limit(newest)
        if states:
            query = query.where(videos.c.state.in_(states))
        with self._database.transaction() as connection:
            return [entry_of(row) for row in connection.execute(query)]

    def events(self, key: str) -> list[Event]:
        """Return what happened to a row, the oldest first."""
        query = select(events).where(events.c.key == key).order_by(events.c.number)
        with self._database.transaction() as connection:
            return [Event(at=row.at, state=row.state, note=row.note) for row in connection.execute(query)]

    def wrote(self, output: Path) -> bool:
        """Tell whether a file was once fetched as a video of this ledger."""
        query = select(videos.c.key).where(videos.c.output == str(output.absolute())).limit(1)
        with self._database.transaction() as connection:
            return connection.execute(query).first() is not None

    def rivals(self, entry: Entry) -> list[Entry]:
        """Return the other rows whose job would look the same in the server's list, and has no id yet."""
        query = select(videos).where(
            videos.c.alike == entry.alike,
            videos.c.key != entry.key,
            videos.c.state.in_(("submitting", "ambiguous")),
        )
        with self._database.transaction() as connection:
            return [entry_of(row) for row in connection.execute(query)]

    def unanswered_like(self, entry: Entry) -> Entry | None:
        """Return the other row that looks the same in the server's list and is unanswered; None for none."""
        query = select(videos).where(
            videos.c.alike == entry.alike, videos.c.key != entry.key, videos.c.unanswered.is_(True)
        )
        with self._database.transaction() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else entry_of(row)

    def known_jobs(self, server: str, job_ids: Sequence[str]) -> dict[str, Entry]:
        """Return the rows that have one of these jobs of a server, by job."""
        query = select(videos).where(videos.c.server == server, videos.c.job_id.in_(job_ids))
        with self._database.transaction() as connection:
            return {row.job_id: entry_of(row) for row in connection.execute(query)}

    def jobs_since(self, server: str, moment: float) -> list[Entry]:
        """Return the rows of a server whose create left at that time or later and was answered with an id."""
        query = select(videos).where(
            videos.c.server == server, videos.c.sent_at >= moment, videos.c.job_id.is_not(None)
        )
        with self._database.transaction() as connection:
            return [entry_of(row) for row in connection.execute(query)]

    def claim(self, key: str) -> tuple[Claim, Entry] | None:
        """Take a row, if nobody has it or the one who had it is no more.

        Returns:
            The claim and the row as it was taken over; None while somebody works on it.
        """
        owner = new_owner()
        with self._database.transaction() as connection:
            moment = now(connection)
            holder = connection.scalar(select(videos.c.owner).where(videos.c.key == key))
            free = or_(videos.c.owner.is_(None), videos.c.lease_until < moment)
            if holder is not None and has_ended(holder):
                free = or_(free, videos.c.owner == holder)
            values = {"owner": owner, "lease_until": moment + self._lease_seconds}
            statement = update(videos).where(videos.c.key == key, free).values(values).returning(videos)
            row = connection.execute(statement).one_or_none()
        if row is None:
            return None
        self._keeper.hold(owner)
        return Claim(self._database, key=key, owner=owner), entry_of(row)

    def release(self, claim: Claim) -> None:
        """Give a row back; nothing happens when somebody else has it by now."""
        self._keeper.drop(claim.owner)
        with self._database.transaction() as connection:
            mine = update(videos).where(videos.c.key == claim.key, videos.c.owner == claim.owner)
            connection.execute(mine.values(owner=None, lease_until=None))

    def compared(self, key: str, receipt: Mapping[str, Any]) -> None:
        """Put the comparison of a video's first frame with its picture on record."""
        words = (
            "the first frame is the picture" if receipt.get("ok") else "the first frame is NOT the picture"
        )
        text = json.dumps(receipt, allow_nan=False)
        self._database.change(videos.c.key == key, note=words, receipt=text)

    def adopt(self, key: str, job_id: str) -> Entry:
        """Decide that a video is a certain job of the server, as a person does who has looked.

        Args:
            key: the row, or the beginning of its key.
            job_id: the server's name for the job.

        Raises:
            UnknownKey: no row has that key.
            LedgerConflict: the server itself named the row's job, or nothing was sent; somebody works on
                it; or another row has that job.
        """
        found = self.find(key)
        # A job that was named by hand, or found in a list, can be the wrong one.
        claim, entry = self._taken(found, _REPEATABLE if found.adopted else _DECIDABLE)
        try:
            if entry.state == "submitting":
                claim.lost("outcome_unknown", "the process that sent it ended before its answer was read")
            adopted = claim.adopt(job_id, f"{job_id} was named by hand", instead=entry.adopted)
        finally:
            self.release(claim)
        if adopted is None:
            raise LedgerConflict(
                f"another video of the ledger has the job {job_id}",
                seen=job_id,
                wanted="a job that no other row has",
                fix=f"framefit jobs list{self.option}",
            )
        return adopted

    def plan_again(self, key: str) -> Entry:
        """Decide that a video is to be asked for again, as a person does who knows what that costs.

        Args:
            key: the row, or the beginning of its key.

        Raises:
            UnknownKey: no row has that key.
            LedgerConflict: somebody works on it, or it is planned already.
        """
        claim, _ = self._taken(self.find(key), _REPEATABLE)
        try:
            return claim.again()
        finally:
            self.release(claim)

    def _taken(self, entry: Entry, states: Sequence[str]) -> tuple[Claim, Entry]:
        taken = self.claim(entry.key)
        if taken is None:
            raise LedgerConflict(
                f"somebody works on {entry.short}",
                seen=shown(entry.owner or ""),
                wanted="a video that nobody works on",
                fix="wait for it, or end that process",
            )
        if taken[1].state not in states:
            self.release(taken[0])
            raise LedgerConflict(
                f"{entry.short} is {taken[1].state}; there is nothing to decide",
                seen=taken[1].state,
                wanted=" or ".join(states),
                fix=f"framefit jobs show {entry.short}{self.option}",
            )
        return taken

    def _renew(self, owners: Sequence[str]) -> None:
        with self._database.transaction() as connection:
            held = update(videos).where(videos.c.owner.in_(owners))
            connection.execute(held.values(lease_until=now(connection) + self._lease_seconds))
