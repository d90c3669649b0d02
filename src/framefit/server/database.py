"""The tables of jobs and of creates, and how their file is opened."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Column, Engine, Float, Integer, MetaData, String, Table, create_engine, event
from sqlalchemy.exc import DatabaseError

from framefit.errors import OutputUnwritable

_ATTEMPTS = 5

_metadata = MetaData()

jobs = Table(
    "jobs",
    _metadata,
    # Counts up and is never used twice: the order of creation, also within one second.
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    Column("status", String, nullable=False, index=True),
    Column("progress", Integer, nullable=False, default=0),
    Column("model", String, nullable=False),
    Column("prompt", String, nullable=False),
    Column("size", String, nullable=False),
    Column("seconds", Integer, nullable=False),
    Column("reference", String),
    Column("remixed_from", String),
    Column("created_at", Integer, nullable=False),
    Column("completed_at", Integer),
    Column("expires_at", Integer),
    Column("error_code", String),
    Column("error_message", String),
    # Who renders it, until when that one is trusted to be alive, and how often somebody began.
    Column("owner", String),
    Column("lease_until", Float),
    Column("attempts", Integer, nullable=False, default=0),
    # A deleted job keeps its row, without its prompt: that it was created stays on record.
    Column("deleted_at", Integer),
    sqlite_autoincrement=True,
)

creates = Table(
    "creates",
    _metadata,
    # What was asked for, as it came: the record that tests count.
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("video_id", String, nullable=False, unique=True),
    Column("received_at", Float, nullable=False),
    # SHA-256 and length of the picture's bytes; null for a video from text.
    Column("digest", String),
    Column("length", Integer),
    # The fields but the picture, as a JSON object.
    Column("fields", String, nullable=False),
    sqlite_autoincrement=True,
)


def open_database(path: Path) -> Engine:
    """Open the database, making the file and the tables when they do not exist.

    Args:
        path: the SQLite file; its folder exists.

    Raises:
        OutputUnwritable: the file cannot be opened, or is no database.
    """
    return open_url(URL.create("sqlite", database=str(path)), _metadata)


def open_url(url: URL, metadata: MetaData) -> Engine:
    """Open a database, making the tables when they do not exist.

    Args:
        url: where it is; for SQLite a file whose folder exists.
        metadata: the tables.

    Raises:
        OutputUnwritable: it cannot be opened, or is no database.
    """
    sqlite = url.get_backend_name() == "sqlite"
    engine = create_engine(url, **({"connect_args": {"timeout": 30}} if sqlite else {"pool_pre_ping": True}))
    if sqlite:
        event.listen(engine, "connect", _set_up)
    try:
        _make_tables(engine, metadata)
    except DatabaseError as error:
        engine.dispose()
        # The address of a database may hold its password.
        place = url.database if sqlite else url.render_as_string(hide_password=True)
        raise OutputUnwritable(
            "the server's record cannot be opened",
            seen=f"{place}: {error.orig}",
            wanted="a writable SQLite database, or no file there yet"
            if sqlite
            else "a database that answers",
            fix="--data OTHER_FOLDER" if sqlite else "--database URL",
        ) from error
    return engine


def _make_tables(engine: Engine, metadata: MetaData) -> None:
    for attempt in range(_ATTEMPTS):
        try:
            metadata.create_all(engine)
        except DatabaseError:
            # Processes that make the tables at the same moment are in each other's way once.
            if attempt == _ATTEMPTS - 1:
                raise
            time.sleep(0.02 * 2**attempt)
        else:
            return


def _set_up(connection: Any, _record: object) -> None:
    """Let readers and a writer, also of several processes, work at the same time."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.close()
