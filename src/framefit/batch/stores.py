"""Reads and writes files wherever they stand: on this machine, or in any store fsspec knows."""

from __future__ import annotations

import errno
import io
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, TypeVar

from framefit.batch.addresses import is_remote, name_of
from framefit.errors import (
    FramefitError,
    InvalidOption,
    MissingExtra,
    OutputUnwritable,
    PictureNotFound,
    PictureTooLarge,
    PictureUnreadable,
)
from framefit.saving import write_whole
from framefit.sources import LARGEST_FILE, Source

_Answer = TypeVar("_Answer")

_WHOLE_BY_NATURE = {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "memory"}
"""Stores in which an object appears only when it has been written whole."""

_PERMANENT = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError)
_PASSING = {errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EAGAIN, errno.EBUSY, errno.ENETDOWN}
_VERSIONS = ("LastModified", "last_modified", "mtime", "updated", "ETag", "etag", "created")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a store says about a file without opening it.

    Args:
        byte_count: size in bytes; None when it does not say.
        version: what changes when the file does; None when there is nothing of the kind.
    """

    byte_count: int | None
    version: str | None


@lru_cache(maxsize=64)
def file_system(protocol_and_host: str) -> Any:
    """Return fsspec's file system for the beginning of an address.

    Raises:
        MissingExtra: fsspec, or the package for this kind of store, is not installed.
        InvalidOption: there is no such kind of store.
    """
    protocol = protocol_and_host.split("://", 1)[0]
    try:
        from fsspec.core import url_to_fs  # type: ignore[import-untyped]

        # Listings must not be remembered: other processes write into the same folders.
        return url_to_fs(protocol_and_host, use_listings_cache=False)[0]
    except ImportError as error:
        raise MissingExtra(
            f"{protocol}:// needs the optional part 'cloud', which is not installed",
            seen=str(error),
            wanted="framefit[cloud]",
            fix="pip install 'framefit[cloud]'",
        ) from error
    except ValueError as error:
        raise InvalidOption(
            f"{protocol}:// is no store that is known",
            seen=protocol_and_host,
            wanted="s3://, gs://, az://, https://, memory:// or another one of fsspec's",
            fix="check the address",
        ) from error


def remote(address: str) -> Any:
    """Return fsspec's file system for a URL; see `file_system`."""
    protocol, _, rest = address.partition("://")
    return file_system(f"{protocol}://{rest.partition('/')[0]}")


def facts_of(address: str) -> Facts | None:
    """Return what the store says about a file, or None when there is none or it cannot be asked."""
    if not is_remote(address):
        try:
            status = Path(address).stat()
        except (OSError, ValueError):
            return None
        return Facts(byte_count=status.st_size, version=str(status.st_mtime_ns))
    try:
        return facts_from(remote(address).info(address))
    except FramefitError:
        raise
    except Exception:  # whatever a store raises, a file that cannot be asked about is treated as not there
        return None


def facts_from(info: dict[str, Any]) -> Facts:
    """Return the facts in one entry of a store's listing."""
    size = info.get("size")
    told = [info[key] for key in _VERSIONS if info.get(key)]
    words = [moment.isoformat() if isinstance(moment, datetime) else str(moment) for moment in told]
    return Facts(byte_count=None if size is None else int(size), version=" ".join(words) or None)


def read(address: str, *, byte_count: int | None, retries: int) -> Source:
    """Read a picture file whole.

    Args:
        address: a path or a URL.
        byte_count: its size in bytes where that is known; it saves a store one request.
        retries: how often a store that fails is asked again.

    Raises:
        PictureNotFound, PictureIsFolder, PictureUnreadable, PictureEmpty, PictureTooLarge: as they say.
    """
    if is_remote(address):
        return _patiently(lambda: _read_remote(address, byte_count), retries)
    return _patiently(lambda: _read_local(address), retries)


def _read_local(address: str) -> Source:
    source = Source.of(address)
    return Source(name=source.name, data=source.read())


def _read_remote(address: str, byte_count: int | None) -> Source:
    name, store = name_of(address) or address, remote(address)
    try:
        if byte_count is None:
            with store.open(address, "rb") as file:
                data = file.read(LARGEST_FILE + 1)
        else:
            data = b"" if byte_count > LARGEST_FILE else store.cat_file(address)
    except Exception as error:  # each kind of store has a tree of errors of its own
        reason = _behind(error)
        if isinstance(reason, FileNotFoundError):
            raise PictureNotFound(
                f"{name!r} does not exist", seen=address, wanted="a picture file", fix="check the address"
            ) from error
        raise PictureUnreadable(
            f"{name!r} cannot be read from its store",
            seen=_short(reason),
            wanted="a file this user may read",
            fix="check the credentials and the connection",
        ) from reason
    size = max(byte_count or 0, len(data))
    if size > LARGEST_FILE:
        raise PictureTooLarge(
            f"{name!r} is too large a file",
            seen=f"{size} bytes",
            wanted=f"at most {LARGEST_FILE} bytes",
            fix="use a smaller file",
        )
    stream = io.BytesIO(data)
    stream.name = name  # what the picture is called in errors
    return Source.of(stream)


def _behind(error: Exception) -> BaseException:
    """Return why a file that is said not to exist could not be asked for; fsspec says so of web servers."""
    cause = error.__cause__
    if not isinstance(error, FileNotFoundError) or cause is None or isinstance(cause, FileNotFoundError):
        return error
    status = getattr(cause, "status", None)
    could_ask = not isinstance(cause, OSError) if status is None else status in (404, 410)
    return error if could_ask else cause


def head(address: str, count: int = 32) -> bytes:
    """Return the first bytes of a file; none when it cannot be read."""
    try:
        if is_remote(address):
            return bytes(remote(address).cat_file(address, start=0, end=count))
        with Path(address).open("rb") as file:
            return file.read(count)
    except FramefitError:
        raise
    except Exception:  # it is read again in its turn, and the failure is told then
        return b""


def write(address: str, data: bytes, *, retries: int, mark: str) -> None:
    """Write a file that appears whole or not at all.

    Args:
        address: a path or a URL; folders on the way are created.
        data: what to write.
        retries: how often a store that fails is asked again.
        mark: what the names of temporary files begin with, so that a later run can tell them.

    Raises:
        OutputUnwritable: it cannot be written there.
    """
    if is_remote(address):
        _patiently(lambda: _write_remote(address, data, mark), retries)
    else:
        _patiently(lambda: write_whole(Path(address), data, prefix=mark), retries)


def _write_remote(address: str, data: bytes, mark: str) -> None:
    store = remote(address)
    with _writing(address, fix="check the credentials and the connection, or -o OTHER"):
        if address.split("://", 1)[0] in _WHOLE_BY_NATURE:
            store.pipe_file(address, data)
            return
        folder, _, name = address.rpartition("/")
        store.makedirs(folder, exist_ok=True)
        temporary = f"{folder}/{mark}{os.getpid()}-{random.getrandbits(32):08x}-{name}"
        store.pipe_file(temporary, data)
        store.mv(temporary, address)


@contextmanager
def _writing(address: str, *, fix: str) -> Iterator[None]:
    """Turn whatever a store raises while it is written to into the one error of ours."""
    try:
        yield
    except FramefitError:
        raise
    except Exception as error:  # each kind of store has a tree of errors of its own
        raise OutputUnwritable(
            f"{name_of(address)!r} cannot be written to its store",
            seen=_short(error),
            wanted="a store that can be written to",
            fix=fix,
        ) from error


def list_files(folder: str) -> Iterator[tuple[str, Facts]]:
    """Yield the address and the facts of every file right in a folder, in the order of their names."""
    if not is_remote(folder):
        if Path(folder).is_dir():
            for path in sorted(Path(folder).iterdir()):
                if path.is_file():
                    yield str(path), facts_of(str(path)) or Facts(byte_count=None, version=None)
        return
    protocol = folder.split("://", 1)[0]
    try:
        found = remote(folder).ls(folder, detail=True)
    except FileNotFoundError:
        return
    for info in sorted(found, key=lambda info: str(info["name"])):
        if info["type"] == "file":
            yield f"{protocol}://{str(info['name']).removeprefix(f'{protocol}://')}", facts_from(info)


def remove(address: str) -> None:
    """Remove a file; that it is gone already is no error."""
    if not is_remote(address):
        Path(address).unlink(missing_ok=True)
        return
    try:
        remote(address).rm_file(address)
    except FileNotFoundError:
        return


def _patiently(call: Callable[[], _Answer], retries: int) -> _Answer:
    """Call again while a store fails in a way that may pass, waiting twice as long each time."""
    for attempt in range(retries + 1):
        try:
            return call()
        except (PictureUnreadable, OutputUnwritable) as error:
            if attempt == retries or not _may_pass(error.__cause__):
                raise
        # The random part keeps many workers from coming back at the same moment.
        time.sleep(min(30.0, 0.25 * 2**attempt) * (0.5 + random.random()))
    raise AssertionError("the last attempt returns or raises")


def _may_pass(cause: BaseException | None) -> bool:
    if cause is None or isinstance(cause, _PERMANENT):
        return False
    local = isinstance(cause, OSError) and type(cause).__module__ == "builtins" and cause.errno is not None
    return not local or cause.errno in _PASSING  # type: ignore[attr-defined]


def _short(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__


@contextmanager
def opened(address: str) -> Iterator[IO[bytes]]:
    """Open a file to be read in pieces."""
    if is_remote(address):
        with remote(address).open(address, "rb") as file:
            yield file
    else:
        with Path(address).open("rb") as file:
            yield file


def upload(path: Path, address: str) -> None:
    """Copy a file of this machine into a store.

    Raises:
        OutputUnwritable: it cannot be written there.
    """
    with _writing(address, fix="check the credentials and the connection"):
        remote(address).put_file(str(path), address)
