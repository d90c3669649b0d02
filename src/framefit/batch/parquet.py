"""Manifests as Parquet files, with the columns of `Row`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from framefit.batch.rows import Row
from framefit.batch.stores import opened
from framefit.errors import InvalidOption
from framefit.extras import require

_ROWS_IN_A_GROUP = 50_000


def write_parquet(path: Path, rows: Iterable[Row]) -> None:
    """Write rows, in their order.

    Raises:
        MissingExtra: pyarrow is not installed.
    """
    schema = _schema()
    pyarrow, parquet = require("pyarrow", "cloud"), require("pyarrow.parquet", "cloud")
    waiting = iter(rows)
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        while group := list(islice(waiting, _ROWS_IN_A_GROUP)):
            values = [msgspec.to_builtins(row) for row in group]
            writer.write_table(pyarrow.Table.from_pylist(values, schema=schema))


def read_parquet(address: str) -> Iterator[Row]:
    """Read the rows of a file.

    Raises:
        MissingExtra: pyarrow is not installed.
        InvalidOption: it is no manifest.
    """
    pyarrow, parquet = require("pyarrow", "cloud"), require("pyarrow.parquet", "cloud")
    try:
        with opened(address) as file, parquet.ParquetFile(file) as table:
            for batch in table.iter_batches(batch_size=_ROWS_IN_A_GROUP):
                yield from (msgspec.convert(value, Row) for value in batch.to_pylist())
    except (pyarrow.ArrowInvalid, msgspec.ValidationError) as error:
        raise InvalidOption(
            "the file is no manifest",
            seen=str(error).splitlines()[0],
            wanted="a manifest of framefit fit",
            fix="--manifest OTHER_FILE",
        ) from error


def _schema() -> Any:
    pyarrow = require("pyarrow", "cloud")
    text, whole, real = pyarrow.string(), pyarrow.int64(), pyarrow.float64()
    failure = pyarrow.struct([(name, text) for name in ("code", "message", "seen", "wanted", "fix")])
    kinds = {
        "error": failure,
        "source_bytes": whole,
        "bytes": whole,
        "share_lost": real,
        "seconds": real,
        "source_box": pyarrow.list_(real),
        "canvas_box": pyarrow.list_(whole),
        "findings": pyarrow.list_(text),
    }
    return pyarrow.schema([(field.name, kinds.get(field.name, text)) for field in fields(Row)])
