"""Where the ledger is, and how it is opened."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, make_url, select, text
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError

from framefit.errors import InvalidOption, LedgerUnusable
from framefit.extras import require
from framefit.videos.ledger.schema import VERSION, about, metadata

_FILE_NAME = "framefit.db"
_BUSY_SECONDS = 30.0
_ATTEMPTS = 8
_LOCK = 0x66726D66
"""Any number, as long as everybody who makes the tables takes the same."""


def ledger_url(given: str | Path | None = None, *, environ: Mapping[str, str] | None = None) -> URL:
    """Settle where the ledger is.

    Args:
        given: a path of a SQLite file, or an address: ``sqlite:///FILE`` or
            ``postgresql+psycopg://USER@HOST/NAME``. None takes ``FRAMEFIT_LEDGER``, else
            ``framefit.db`` in the user's data folder.
        environ: the environment; None is this process's.

    Raises:
        InvalidOption: an address that is no database's, or of a database that is not supported.
        MissingExtra: the part for the user's data folder, or for PostgreSQL, is not installed.
    """
    named = str(given or (os.environ if environ is None else environ).get("FRAMEFIT_LEDGER", "")).strip()
    if not named:
        folder = require("platformdirs", "video").user_data_path("framefit", appauthor=False)
        return URL.create("sqlite", database=str(folder / _FILE_NAME))
    if "://" not in named:
        return URL.create("sqlite", database=named)
    try:
        url = make_url(named)
    except ArgumentError as error:
        raise _not_supported(named.partition(":")[0]) from error
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    in_memory = url.drivername == "sqlite" and url.database in (None, "", ":memory:")
    if url.drivername not in ("sqlite", "postgresql+psycopg") or in_memory:
        raise _not_supported(f"{url.drivername} in memory" if in_memory else url.drivername)
    if url.drivername != "sqlite":
        require("psycopg", "postgres")
    return url


def ledger_option(url: URL) -> str:
    """Return what a command needs to find a ledger: an option with a space in front, empty for the usual one.

    Args:
        url: where the ledger is; its password is not in the option.
    """
    if url == ledger_url():
        return ""
    # A file in the current folder is best known by its own name.
    plain = url.database if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
    return f" --ledger {shlex.quote(str(plain))}"


def open_engine(url: URL) -> Engine:
    """Open the database, making file, folder and tables where they do not exist.

    Args:
        url: from `ledger_url`.

    Raises:
        LedgerUnusable: it cannot be opened, or a newer framefit made it.
    """
    try:
        engine = _engine(url)
        _make_tables(engine)
    except (DBAPIError, OSError, NoSuchModuleError) as error:
        raise unusable(url, error) from error
    return engine


def unusable(url: URL, error: Exception) -> LedgerUnusable:
    """Return the error for a ledger that cannot be read or written; no password stands in it."""
    words = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
    password = url.password
    return LedgerUnusable(
        "the ledger cannot be used; without it nothing is sent that costs money",
        seen=f"{url.render_as_string(hide_password=True)}: {words}".replace(str(password or "\0"), "***"),
        wanted="a database that can be written to",
        fix="--ledger FILE, or an address of PostgreSQL",
    )


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        # A statement that waits for another's lock for long would otherwise wait for ever.
        options = {"options": "-c lock_timeout=30000"}
        return create_engine(url, pool_pre_ping=True, connect_args=options)
    Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _set_up)
    return engine


def _set_up(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    # Several processes at a time; and what is committed outlives a power cut, too.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _make_tables(engine: Engine) -> None:
    for attempt in range(_ATTEMPTS):
        try:
            with engine.begin() as connection:
                _make(connection)
                version = connection.scalar(select(about.c.version))
        except DBAPIError as error:
            if attempt == _ATTEMPTS - 1 or not _in_the_way(error):
                raise
            time.sleep(0.05 * 2**attempt)
        else:
            break
    if version != VERSION:
        raise LedgerUnusable(
            "the ledger was made by another version of framefit",
            seen=f"layout {version}",
            wanted=f"layout {VERSION}",
            fix="install the newer framefit, or --ledger OTHER_FILE",
        )


def _in_the_way(error: DBAPIError) -> bool:
    """Tell whether another process was making the tables at the same moment, which passes."""
    words = str(error.orig).lower()
    return isinstance(error, IntegrityError) or any(sign in words for sign in ("locked", "already exists"))


def _make(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
    metadata.create_all(connection)
    if connection.scalar(select(about.c.version)) is None:
        connection.execute(insert(about).values(version=VERSION))


def _not_supported(name: str) -> InvalidOption:
    return InvalidOption(
        "the ledger is no database that framefit can use",
        seen=name,
        wanted="a file name, sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME",
        fix="--ledger framefit.db",
    )
