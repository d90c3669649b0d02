"""Reads lists of pictures: one address a line, or CSV with a column ``image``."""

from __future__ import annotations

import csv
import io
import itertools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from framefit.batch.addresses import is_remote, path_in_store, plain
from framefit.batch.items import Item
from framefit.batch.stores import remote
from framefit.errors import InvalidOption, PictureUnreadable

COLUMNS = ("image", "size", "mode", "focus", "crop", "output")
"""The columns a CSV list may have; others are not looked at."""


def read_list(address: str) -> Iterator[Item]:
    """Read a list, one item after the other.

    Args:
        address: a file, a URL, or ``-`` for standard input. It is CSV when its first line has a field
            ``image``; else every line that is not blank is an address. Addresses are taken as they
            stand: paths are relative to the current folder, and folders are not searched.

    Raises:
        PictureUnreadable: the list cannot be read or is not UTF-8.
        InvalidOption: a CSV row has no image.
    """
    try:
        with _opened(address) as lines:
            first = lines.readline()
            fields = next(csv.reader([first.lstrip("\ufeff")]), [])
            if "image" in (field.strip() for field in fields):
                yield from _rows(lines, [field.strip() for field in fields], address)
            else:
                yield from _lines(first.lstrip("\ufeff"), lines)
    except (OSError, UnicodeDecodeError) as error:
        raise PictureUnreadable(
            f"the list {address!r} cannot be read",
            seen=str(error),
            wanted="a text or CSV file in UTF-8",
            fix="--from OTHER_FILE",
        ) from error


@contextmanager
def _opened(address: str) -> Iterator[IO[str]]:
    if address == "-":
        yield io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", newline="")
    elif is_remote(address):
        with remote(address).open(address, "rb") as file:
            yield io.TextIOWrapper(file, encoding="utf-8", newline="")
    else:
        with Path(address).open(encoding="utf-8", newline="") as file:
            yield file


def _lines(first: str, rest: IO[str]) -> Iterator[Item]:
    for line in itertools.chain([first], rest):
        text = line.strip("\r\n")
        if text.strip():
            address = plain(text)
            yield Item(address=address, relative=path_in_store(address))


def _rows(lines: IO[str], fields: list[str], list_name: str) -> Iterator[Item]:
    for row in csv.DictReader(lines, fieldnames=fields, restkey="", restval=""):
        cells = {column: (row.get(column) or "").strip() or None for column in COLUMNS}
        image = cells["image"]
        if image is None:
            if not any(row.values()):
                continue
            raise InvalidOption(
                f"a row of {list_name!r} has no image",
                seen=", ".join(str(cell) for cell in row.values()),
                wanted="an address in the column image",
                fix="complete the list",
            )
        address = plain(image)
        yield Item(
            address=address,
            relative=path_in_store(address),
            size=cells["size"],
            mode=cells["mode"],
            focus=cells["focus"],
            crop=cells["crop"],
            output=None if cells["output"] is None else plain(cells["output"]),
        )
