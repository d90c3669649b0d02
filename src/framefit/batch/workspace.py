"""Workspace: the items and rows of a run in a temporary database, so that memory stays flat."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict

from framefit.batch.items import Item
from framefit.batch.rows import Row, decode_row, encode_row

_TABLES = """
create table items (number integer primary key, key integer, ending text, identity text, data text);
create index items_by_key on items (key);
create index items_by_identity on items (identity);
create table rows (id text primary key, number integer, slot integer, status text, code text, output text, data blob);
create index rows_by_number on rows (number, slot);
create index rows_by_output on rows (output);
"""


class Workspace:
    """A private database that SQLite keeps in memory while it is small and on disk when it grows."""

    def __init__(self) -> None:
        # The empty name is SQLite's own for a temporary file that is gone when it is closed.
        self._base = sqlite3.connect("", isolation_level=None)
        self._base.executescript("pragma journal_mode=off; pragma synchronous=off;" + _TABLES)

    def close(self) -> None:
        """Remove everything."""
        self._base.close()

    def put_item(self, item: Item, *, key: int | None, ending: str, identity: str | None) -> None:
        """Keep an item.

        Args:
            item: the item.
            key: stands for the place of its result; None when it will have none.
            ending: the suffix of its result; empty when the plan decides.
            identity: what its file has in common with other paths to it; None when there is nothing.
        """
        # The standard library's JSON keeps file names that are no UTF-8.
        data = json.dumps(asdict(item))
        values = (item.number, key, ending, identity, data)
        self._base.execute("insert or replace into items values (?, ?, ?, ?, ?)", values)

    def item_at(self, key: int, ending: str) -> Item | None:
        """Return the item whose result would be the same file, if there is one."""
        found = self._base.execute(
            "select data from items where key = ? and (ending = ? or ending = '' or ? = '') limit 1",
            (key, ending, ending),
        ).fetchone()
        return None if found is None else Item(**json.loads(found[0]))

    def item_of(self, identity: str) -> Item | None:
        """Return the item with this identity, if there is one."""
        found = self._base.execute("select data from items where identity = ?", (identity,)).fetchone()
        return None if found is None else Item(**json.loads(found[0]))

    def items(self) -> Iterator[Item]:
        """Yield the items in their order."""
        for (data,) in self._base.cursor().execute("select data from items order by number"):
            yield Item(**json.loads(data))

    def count(self) -> int:
        """Return how many items there are."""
        return int(self._base.execute("select count(*) from items").fetchone()[0])

    def put_rows(self, rows: Iterable[Row], *, number: int | None = None, slots: Sequence[str] = ()) -> None:
        """Keep rows; a row replaces an earlier one with its id.

        Args:
            rows: the rows.
            number: the item they belong to; None for rows of an earlier run.
            slots: the ids of the item's rows in their order.
        """
        values = [
            (
                row.id,
                number,
                slots.index(row.id) if row.id in slots else None,
                row.status,
                row.error.code if row.error else None,
                row.output,
                encode_row(row),
            )
            for row in rows
        ]
        self._base.executemany("insert or replace into rows values (?, ?, ?, ?, ?, ?, ?)", values)

    def has_rows(self) -> bool:
        """Tell whether an earlier run left rows."""
        return self._base.execute("select 1 from rows limit 1").fetchone() is not None

    def rows_of(self, ids: Sequence[str]) -> dict[str, Row]:
        """Return the rows that are known of these ids."""
        marks = ",".join("?" * len(ids))
        found = self._base.execute(f"select id, data from rows where id in ({marks})", list(ids))
        return {id: decode_row(data) for id, data in found}

    def claim(self, number: int, ids: Sequence[str]) -> None:
        """Say that rows of an earlier run belong to an item of this one."""
        values = [(number, slot, id) for slot, id in enumerate(ids)]
        self._base.executemany("update rows set number = ?, slot = ? where id = ?", values)

    def lines(self) -> Iterator[bytes]:
        """Yield the lines of the manifest.

        First those of earlier runs that this one has nothing to do with and whose results still
        stand, in their order; then this run's, in the order of the items.
        """
        old = "select data from rows where number is null and {} order by rowid".format(
            "(output is null or output not in (select output from rows where number is not null and output is not null))"
        )
        for query in (old, "select data from rows where number is not null order by number, slot"):
            for (data,) in self._base.cursor().execute(query):
                yield data

    def tally(self) -> tuple[dict[str, int], dict[str, int]]:
        """Return how many rows of this run have each status and each error code, the most frequent first."""
        query = "select {0}, count(*) from rows where number is not null and {0} is not null group by {0}"
        counts = []
        for column in ("status", "code"):
            found = self._base.execute(query.format(column)).fetchall()
            counts.append(dict(sorted(found, key=lambda pair: (-pair[1], pair[0]))))
        return counts[0], counts[1]

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(sqlite3.Error):
            self.close()
