"""Journals: rows kept while a run lasts, so that nothing that was done is forgotten."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from framefit.batch import stores
from framefit.batch.addresses import comparable, join
from framefit.batch.manifest import Manifest
from framefit.batch.rows import Row, encode_row, short_digest
from framefit.errors import InvalidOption, OutputUnwritable

_SECONDS_BETWEEN_SYNCS = 5.0
_ROWS_IN_A_PART = 5000


class Journal(Protocol):
    """Takes rows as they come."""

    def put(self, rows: Sequence[Row]) -> None:
        """Keep rows."""


@contextlib.contextmanager
def open_journal(manifest: Manifest, *, anew: bool) -> Iterator[Journal]:
    """Open the journal of a manifest: a file to append to, or parts where a store cannot append.

    Args:
        manifest: the manifest.
        anew: whether what earlier runs left is thrown away.

    Raises:
        OutputUnwritable: the file cannot be written.
    """
    if manifest.journal is None:
        journal = _Parts(manifest)
        yield journal
        journal.flush()
        return
    path = Path(manifest.journal)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        _cut(handle, anew=anew)
        yield _Appended(handle, path)
        os.fsync(handle)
    finally:
        os.close(handle)


class _Appended:
    """Appends lines; what was written survives the end of this process, however it comes."""

    def __init__(self, handle: int, path: Path) -> None:
        self._handle = handle
        self._path = path
        self._synced = time.monotonic()

    def put(self, rows: Sequence[Row]) -> None:
        data = b"".join(map(encode_row, rows))
        try:
            while data:
                data = data[os.write(self._handle, data) :]
        except OSError as error:
            raise _unwritable(self._path, error) from error
        if time.monotonic() - self._synced > _SECONDS_BETWEEN_SYNCS:
            os.fsync(self._handle)  # now it survives the end of the machine too
            self._synced = time.monotonic()


class _Parts:
    """Writes rows as files of a store, every few seconds; a killed run does the last of them again."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._waiting: list[Row] = []
        self._count = 0
        self._flushed = time.monotonic()

    def put(self, rows: Sequence[Row]) -> None:
        self._waiting += rows
        late = time.monotonic() - self._flushed > _SECONDS_BETWEEN_SYNCS
        if self._waiting and (late or len(self._waiting) >= _ROWS_IN_A_PART):
            self.flush()

    def flush(self) -> None:
        if self._waiting:
            address = join(self._manifest.parts, f"rows-{self._count:08d}.jsonl")
            data = b"".join(map(encode_row, self._waiting))
            stores.write(address, data, retries=5, mark=self._manifest.mark)
            self._count += 1
        self._waiting = []
        self._flushed = time.monotonic()


@contextlib.contextmanager
def only_run(manifest: Manifest) -> Iterator[None]:
    """Refuse a manifest that another run of this machine is writing.

    The lock is a file in the system's folder for temporary ones, so that none is left among the
    results. Where the system has no such locks, the user is trusted.

    Raises:
        InvalidOption: another run is writing it.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    name = f"framefit-{os.getuid()}-{short_digest(comparable(manifest.address))}.lock"
    with Path(tempfile.gettempdir(), name).open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InvalidOption(
                "another run is writing this manifest",
                seen=manifest.address,
                wanted="one run at a time",
                fix="wait for it, or --manifest OTHER_FILE",
            ) from error
        yield


def _unwritable(path: Path, error: OSError) -> OutputUnwritable:
    return OutputUnwritable(
        f"the manifest {path.name!r} cannot be written: {(error.strerror or str(error)).lower()}",
        seen=str(path),
        wanted="a file that can be written to, and room",
        fix="--manifest OTHER_FILE",
    )


def _cut(handle: int, *, anew: bool) -> None:
    """Cut off everything, or a last line that was not finished."""
    end = 0 if anew else os.lseek(handle, 0, os.SEEK_END)
    while end > 0:
        start = max(0, end - 65_536)
        os.lseek(handle, start, os.SEEK_SET)
        block = os.read(handle, end - start)
        newline = block.rfind(b"\n")
        if newline >= 0:
            end = start + newline + 1
            break
        end = start
    os.ftruncate(handle, end)
