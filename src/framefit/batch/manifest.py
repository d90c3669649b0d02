"""The manifest of a run: rows appended while it runs, in order when it has ended, JSON Lines or Parquet."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from framefit.batch import stores
from framefit.batch.addresses import is_remote, name_of
from framefit.batch.parquet import read_parquet, write_parquet
from framefit.batch.rows import Row, decode_row
from framefit.errors import InvalidOption
from framefit.saving import whole_file


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Where rows are kept.

    While a run lasts, rows stand in the manifest itself where a file can be appended to, else in
    files of ``MANIFEST.parts``; when it has ended, in the manifest alone.

    Args:
        address: a path or a URL; ``.parquet`` at its end makes it Parquet, all else is JSON Lines.
        mark: what the names of temporary files begin with.
    """

    address: str
    mark: str

    @property
    def is_parquet(self) -> bool:
        """Whether the manifest ends as Parquet."""
        return self.address.lower().endswith(".parquet")

    @property
    def parts(self) -> str:
        """The folder for rows that cannot be appended to the manifest."""
        return f"{self.address}.parts"

    @property
    def journal(self) -> str | None:
        """The file that rows are appended to on this machine; None where a store cannot append."""
        if is_remote(self.address):
            return None
        return str(Path(self.parts, "rows-local.jsonl")) if self.is_parquet else self.address

    def rows(self) -> Iterator[Row]:
        """Yield what earlier runs left, later rows after earlier ones.

        Raises:
            InvalidOption: there is a file that is no manifest.
        """
        if stores.facts_of(self.address) is not None:
            if self.is_parquet:
                yield from read_parquet(self.address)
            else:
                yield from read_lines(self.address)
        for address in self.part_files():
            if name_of(address).startswith("rows-"):
                yield from read_lines(address)

    def part_files(self) -> Iterator[str]:
        """Yield the addresses of the files with rows of a run that has not ended."""
        for address, _ in stores.list_files(self.parts):
            yield address

    def write(self, lines: Iterable[bytes]) -> None:
        """Write the whole manifest, and remove what it was gathered from.

        Raises:
            OutputUnwritable: it cannot be written there.
        """
        if is_remote(self.address):
            import tempfile

            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder, "manifest")
                self._fill(file, lines)
                stores.upload(file, self.address)
        else:
            with whole_file(Path(self.address), prefix=self.mark) as temporary:
                self._fill(temporary, lines)
        for address in list(self.part_files()):
            stores.remove(address)
        if not is_remote(self.address):
            with contextlib.suppress(OSError):
                Path(self.parts).rmdir()

    def _fill(self, path: Path, lines: Iterable[bytes]) -> None:
        if self.is_parquet:
            write_parquet(path, map(decode_row, lines))
        else:
            with path.open("wb") as file:
                file.writelines(lines)
                file.flush()
                os.fsync(file.fileno())


def read_manifest(address: str) -> Iterator[Row]:
    """Read a manifest, of a run that has ended or not.

    Raises:
        InvalidOption: there is none, or the file is no manifest.
    """
    manifest = Manifest(address=address, mark=".framefit-")
    if stores.facts_of(address) is None and not any(True for _ in manifest.part_files()):
        raise InvalidOption("there is no such manifest", seen=address, wanted="a manifest of framefit fit")
    last: dict[str, int] = {}
    for number, row in enumerate(manifest.rows()):
        last[row.id] = number
    yield from (row for number, row in enumerate(manifest.rows()) if last[row.id] == number)


def read_lines(address: str) -> Iterator[Row]:
    """Read rows from JSON Lines; a last line that was cut short is left out.

    Raises:
        InvalidOption: another line is no row.
    """
    with stores.opened(address) as file:
        for number, line in enumerate(file, 1):
            try:
                yield decode_row(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                if not line.endswith(b"\n"):
                    return
                raise InvalidOption(
                    f"line {number} of {name_of(address)!r} is no row of a manifest",
                    seen=str(error),
                    wanted="a manifest of framefit fit",
                    fix="--manifest OTHER_FILE",
                ) from error
