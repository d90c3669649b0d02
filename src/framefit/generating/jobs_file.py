"""Reads a file of jobs: CSV with a line of names, or JSON Lines."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framefit.errors import FramefitError, InvalidJobs, UsageError
from framefit.generating.wish import Wish

COLUMNS = (
    "image", "prompt", "model", "server", "size", "seconds", "mode", "focus", "crop", "backdrop", "take", "output",
)  # fmt: skip
"""What a job may say; only a prompt, in the file or for all, is needed."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One line of a file of jobs.

    Args:
        line: its number in the file, from 1.
        wish: what is wanted.
        output: the file as it was named; None names it after the picture.
    """

    line: int
    wish: Wish
    output: str | None

    @property
    def image(self) -> str | None:
        """The picture as it was named; None for a video from text."""
        return None if self.wish.source is None else str(self.wish.source)


def read_jobs(path: str | Path, defaults: Mapping[str, str | None]) -> tuple[Job, ...]:
    """Read a file of jobs; what is wrong in any line is found before anything is done.

    Args:
        path: a ``.csv`` or ``.tsv`` file whose first line names the columns, or a file of JSON objects,
            one on a line; in UTF-8, or in the UTF-16 that spreadsheets write with a mark at its front.
            Fields end at commas, semicolons or tabs, whichever the first line is read with. Pictures
            stand relative to the current folder. An empty field is as good as none.
        defaults: what holds where a line says nothing, by column.

    Raises:
        InvalidJobs: the file cannot be read, has no job, or a line is wrong; the line is named.
    """
    text = _content(path)
    rows = _csv_rows(path, text) if Path(path).suffix.lower() in (".csv", ".tsv") else _json_rows(path, text)
    jobs = tuple(_job(path, line, row, defaults) for line, row in rows)
    if not jobs:
        raise _invalid(path, None, "it has no job")
    return jobs


def _content(path: str | Path) -> str:
    try:
        data = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise _invalid(path, None, getattr(error, "strerror", None) or str(error)) from error
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return data.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = None if marked else data.count(b"\n", 0, error.start) + 1
        raise _invalid(path, line, "it is no UTF-8; spreadsheets write that as 'CSV UTF-8'") from error


def _separator(text: str) -> str:
    """Return the sign with which the first line names most columns: many spreadsheets write semicolons."""
    first = text.partition("\n")[0]

    def named(separator: str) -> int:
        return sum(name.strip(' "\r').lower() in COLUMNS for name in first.split(separator))

    return max(",;\t", key=named)


def _csv_rows(path: str | Path, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    # Some spreadsheets are told the separator by a line of its own.
    told = text[:4].lower() == "sep="
    begun = 1 if told else 0
    text = text.partition("\n")[2] if told else text
    # Line ends are left to the reader: a field may hold signs that count as line ends elsewhere.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    try:
        names = _without_empty_end([name.strip().lower() for name in next(reader, [])], 0)
        _known(path, begun + 1, names)
        for row in reader:
            cells = _without_empty_end(row, len(names))
            if len(cells) > len(names):
                raise _invalid(path, begun + reader.line_num, f"{len(cells)} fields for {len(names)} columns")
            if any(cell.strip() for cell in cells):
                yield begun + reader.line_num, dict(zip(names, cells, strict=False))
    except csv.Error as error:
        raise _invalid(path, begun + reader.line_num, str(error)) from error


def _without_empty_end(cells: list[str], least: int) -> list[str]:
    """Return cells without the empty ones that spreadsheets add at the end of a line."""
    while len(cells) > least and not cells[-1].strip():
        cells = cells[:-1]
    return cells


def _json_rows(path: str | Path, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise _invalid(path, number, f"no JSON: {error}") from error
        if not isinstance(row, dict):
            raise _invalid(path, number, "no JSON object")
        _known(path, number, list(row))
        yield (
            number,
            {name: _text(path, number, name, value) for name, value in row.items() if value is not None},
        )


def _text(path: str | Path, number: int, name: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _invalid(path, number, f"{name!r} is neither text nor a number")
    # Columns with gaps come out of data frames as 4.0.
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


def _known(path: str | Path, line: int, names: list[str]) -> None:
    unknown = [name for name in names if name not in COLUMNS]
    if unknown:
        raise _invalid(path, line, f"there is no column {unknown[0]!r}; there are {', '.join(COLUMNS)}")
    if len(set(names)) < len(names):
        raise _invalid(path, line, "a column stands twice")


def _job(path: str | Path, line: int, row: Mapping[str, str], defaults: Mapping[str, str | None]) -> Job:
    said = {name: text.strip() for name, text in row.items() if text.strip()}
    said = {**{name: text for name, text in defaults.items() if text is not None}, **said}
    for name, text in said.items():
        if "\0" in text:
            raise _invalid(path, line, f"{name} holds a zero byte")
    take = said.get("take", "1")
    if not take.isascii() or not take.isdecimal():
        raise _invalid(path, line, f"take {take!r} is no number")
    image = said.get("image")
    try:
        wish = Wish(
            source=None if image is None else Path(image),
            prompt=said.get("prompt", ""),
            model=said.get("model", "sora-2"),
            server=said.get("server"),
            size=said.get("size"),
            seconds=said.get("seconds"),
            mode=said.get("mode"),
            focus=said.get("focus", "center"),
            crop=said.get("crop"),
            backdrop=said.get("backdrop", "black"),
            take=int(take),
        )
    except UsageError as error:
        raise _invalid(path, line, str(error)) from error
    return Job(line=line, wish=wish, output=said.get("output"))


def _invalid(path: str | Path, line: int | None, reason: str) -> FramefitError:
    place = f"line {line} of {Path(path).name}" if line else f"the file of jobs {Path(path).name!r}"
    return InvalidJobs(
        f"{place} cannot be used: {reason}",
        seen=str(path),
        wanted="CSV with a line of names, or one JSON object on each line",
        fix="mend the file; nothing was sent",
    )
