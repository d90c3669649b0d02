"""The two statements that everything in the ledger is made of: read a row, and change it with an event."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from typing import Any

from sqlalchemy import URL, ColumnElement, Connection, Engine, Row, insert, text, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from framefit.videos.ledger.entry import Entry
from framefit.videos.ledger.opening import open_engine, unusable
from framefit.videos.ledger.schema import events, videos

_LONGEST_NOTE = 500

NOW = object()
"""Stands for the time of a change."""


class Database:
    """An open ledger; safe to use from several threads and processes.

    Args:
        url: from `framefit.videos.ledger.opening.ledger_url`.
    """

    def __init__(self, url: URL) -> None:
        self.url = url
        self.engine: Engine = open_engine(url)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Give a connection whose changes hold together; they are durable when the block has ended.

        Raises:
            LedgerUnusable: the database does not work.
        """
        try:
            with self.engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            raise unusable(self.url, error) from error

    def change(self, *conditions: ColumnElement[bool], note: str, **values: Any) -> Entry | None:
        """Change the row for which every condition holds, and put the change on record.

        Args:
            *conditions: one of them names the row.
            note: what happened, in words.
            **values: the new values of its columns; `NOW` is the time of the change.

        Returns:
            The row afterwards; None when there is none for which the conditions hold.
        """
        with self.transaction() as connection:
            return changed(connection, *conditions, note=note, **values)


def changed(
    connection: Connection, *conditions: ColumnElement[bool], note: str, **values: Any
) -> Entry | None:
    """Do what `Database.change` does, inside a transaction."""
    moment = now(connection)
    timed = {name: moment if value is NOW else value for name, value in values.items()}
    statement = update(videos).where(*conditions).values(changed_at=moment, **timed).returning(videos)
    row = connection.execute(statement).one_or_none()
    if row is None:
        return None
    words = note[:_LONGEST_NOTE]
    connection.execute(insert(events).values(key=row.key, at=moment, state=row.state, note=words))
    return entry_of(row)


def now(connection: Connection) -> float:
    """Return the time in unix seconds: by the database's own clock where several machines share it."""
    if connection.dialect.name == "postgresql":
        return float(connection.scalar(text("SELECT extract(epoch FROM clock_timestamp())")) or 0.0)
    return time.time()


def entry_of(row: Row[Any]) -> Entry:
    """Return a row as an entry."""
    values = {name: row._mapping[name] for name in Entry.__dataclass_fields__}
    receipt = values["receipt"]
    return Entry(**{**values, "receipt": None if receipt is None else json.loads(receipt)})
