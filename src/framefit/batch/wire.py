"""Tasks and outcomes as lines of JSON, for workers on other machines."""

from __future__ import annotations

import json
from dataclasses import asdict

from framefit.batch.items import Item
from framefit.batch.rows import Row, decode_row, encode_row
from framefit.batch.work import Done, Task


def task_line(task: Task) -> bytes:
    """Return a task as a line."""
    return _line({"item": asdict(task.item), "before": [_text(row) for row in task.before.values()]})


def read_task(line: bytes) -> Task:
    """Return the task of a line."""
    value = json.loads(line)
    rows = map(_row, value["before"])
    return Task(item=Item(**value["item"]), before={row.id: row for row in rows})


def done_line(done: Done) -> bytes:
    """Return an outcome as a line."""
    return _line(
        {
            "item": asdict(done.item),
            "rows": [_text(row) for row in done.rows],
            "unchanged": [_text(row) for row in done.unchanged],
            "touched": [_text(row) for row in done.touched],
            "byte_count": done.byte_count,
            "put_off": done.put_off,
        }
    )


def read_done(line: bytes) -> Done:
    """Return the outcome of a line."""
    value = json.loads(line)
    return Done(
        item=Item(**value["item"]),
        rows=tuple(map(_row, value["rows"])),
        unchanged=tuple(map(_row, value["unchanged"])),
        touched=tuple(map(_row, value["touched"])),
        byte_count=value["byte_count"],
        put_off=value["put_off"],
    )


def _line(value: object) -> bytes:
    # The standard library's JSON keeps file names that are no UTF-8.
    return json.dumps(value).encode() + b"\n"


def _text(row: Row) -> str:
    return encode_row(row).decode()


def _row(text: str) -> Row:
    return decode_row(text.encode())
