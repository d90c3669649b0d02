"""Finds the pictures that files, folders, patterns, lists and addresses of stores stand for."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framefit.batch.addresses import comparable, is_folder, is_pattern, is_remote, name_of, plain
from framefit.batch.items import Item
from framefit.batch.lists import read_list
from framefit.batch.stores import Facts, facts_from, facts_of, remote
from framefit.errors import FramefitError, NotAPicture, PictureUnreadable
from framefit.probing import sniff
from framefit.sources import Source


@dataclass(frozen=True, kw_only=True)
class Input:
    """One picture to be looked at.

    Args:
        name: how the user would recognise it in messages: its path as given, or found below one.
        source: the path, or the bytes that came through standard input.
    """

    name: str
    source: Path | Source


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What was found.

    Args:
        pictures: the pictures, in the order given; folders in alphabetical order.
        skipped: files of folders that are no pictures.
        failed: what was named but cannot be read, with the reason.
    """

    pictures: tuple[Input, ...]
    skipped: tuple[Path, ...]
    failed: tuple[tuple[str, FramefitError], ...]


def find_items(
    inputs: Sequence[str], lists: Sequence[str] = (), *, besides: str | None = None
) -> Iterator[Item]:
    """Find what inputs and lists stand for, one after the other, without opening a file.

    Args:
        inputs: files, folders that are searched with everything below them, patterns, URLs of a
            store's files and folders, and ``-`` for standard input.
        lists: files that list pictures; see `read_list`.
        besides: a folder that is not searched, because results go there; None for none.

    Yields:
        The items: inputs in the order given, folders in alphabetical order, then lists.
    """
    for given in map(plain, inputs):
        if given == "-":
            yield Item(address="-", relative="picture")
        elif is_remote(given):
            yield from _in_store(given, besides)
        elif is_folder(given):
            yield from _below(Path(given), besides)
        elif is_pattern(given) and not os.path.lexists(given):
            yield from _matching(given, besides)
        else:
            yield _local(Path(given), Path(given).name, found=False)
    for address in lists:
        yield from read_list(address)


def is_several(inputs: Sequence[str], lists: Sequence[str] = ()) -> bool:
    """Tell whether inputs may stand for more than one picture, so that results belong in a folder."""
    if lists or len(inputs) != 1:
        return True
    given = plain(inputs[0])
    if given == "-":
        return False
    if is_remote(given):
        return is_pattern(given) or _is_remote_folder(given)
    return is_folder(given) or (is_pattern(given) and not os.path.lexists(given))


def is_picture(head: bytes) -> bool:
    """Tell from its first 32 bytes whether a file is a picture."""
    try:
        sniff(head, "file")
    except NotAPicture:
        return False
    return True


def _below(folder: Path, besides: str | None) -> Iterator[Item]:
    kept_out = None if besides is None else comparable(besides)
    closed: list[OSError] = []
    for parent, folders, names in os.walk(folder, onerror=closed.append):
        folders[:] = sorted(name for name in folders if comparable(str(Path(parent, name))) != kept_out)
        for name in sorted(names):
            if not name.startswith("."):
                path = Path(parent, name)
                yield _local(path, path.relative_to(folder).as_posix(), found=True)
    for error in closed:
        # Fails in its turn: a run that left a folder out must not look complete.
        path = Path(error.filename)
        yield _local(path, (path.relative_to(folder) / "unlisted").as_posix(), found=False)


def _matching(pattern: str, besides: str | None) -> Iterator[Item]:
    root = Path(*_before_magic(Path(pattern).parts))
    kept_out = None if besides is None else comparable(besides) + os.sep
    nothing = True
    for name in sorted(glob.iglob(pattern, recursive=True)):  # noqa: PTH207 - pathlib takes no absolute pattern
        if not is_folder(name) and not (kept_out and comparable(name).startswith(kept_out)):
            nothing = False
            yield _local(Path(name), Path(name).relative_to(root).as_posix(), found=True)
    if nothing:
        yield Item(
            address=pattern, relative=Path(pattern).name
        )  # fails in its turn, as a file that is not there


def _before_magic(parts: tuple[str, ...]) -> tuple[str, ...]:
    count = next((index for index, part in enumerate(parts) if is_pattern(part)), len(parts))
    return parts[:count]


def _local(path: Path, relative: str, *, found: bool) -> Item:
    facts = facts_of(str(path)) or Facts(byte_count=None, version=None)
    return Item(
        address=str(path), relative=relative, found=found, byte_count=facts.byte_count, version=facts.version
    )


def _is_remote_folder(address: str) -> bool:
    if address.startswith(("http://", "https://")):
        return False  # a web server has no folders, only pages that look like some
    try:
        return bool(remote(address).isdir(address))
    except FramefitError:
        raise
    except Exception as error:  # each kind of store has a tree of errors of its own
        raise _cannot_be_listed(address, error) from error


def _cannot_be_listed(address: str, error: Exception) -> PictureUnreadable:
    return PictureUnreadable(
        f"{address!r} cannot be listed",
        seen=f"{type(error).__name__}: {error}",
        wanted="a store this user may list",
        fix="check the credentials and the connection",
    )


def _in_store(address: str, besides: str | None) -> Iterator[Item]:
    protocol = address.split("://", 1)[0]
    if is_pattern(address):
        root = "/".join(_before_magic(tuple(address.split("/"))))
    elif _is_remote_folder(address):
        root = address.rstrip("/")
    else:
        yield Item(address=address, relative=name_of(address) or "picture")
        return
    kept_out = None if besides is None else besides.rstrip("/") + "/"
    for name, info in _listed(address):
        full = f"{protocol}://{name.removeprefix(f'{protocol}://')}"
        hidden = name_of(full).startswith(".") or (info.get("size") == 0 and full.endswith("/"))
        if not hidden and not (kept_out and full.startswith(kept_out) and kept_out != root + "/"):
            facts = facts_from(info)
            yield Item(
                address=full,
                relative=full.removeprefix(root).lstrip("/"),
                found=True,
                byte_count=facts.byte_count,
                version=facts.version,
            )


def _listed(address: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the listing's entry of every file that a pattern or a folder of a store stands for."""
    try:
        if is_pattern(address):
            matches = remote(address).glob(address, detail=True)
            yield from (
                (str(name), matches[name]) for name in sorted(matches) if matches[name]["type"] == "file"
            )
            return
        # fsspec's own walk leaves out what it may not list, and a run would look complete that is not.
        waiting = [address]
        while waiting:
            folder = waiting.pop()
            entries = sorted(remote(address).ls(folder, detail=True), key=lambda entry: str(entry["name"]))
            yield from ((str(entry["name"]), entry) for entry in entries if entry["type"] != "directory")
            names = [str(entry["name"]).rstrip("/") for entry in entries if entry["type"] == "directory"]
            # Some stores list a folder as a part of itself.
            waiting += [name for name in reversed(names) if not folder.rstrip("/").endswith(name)]
    except FramefitError:
        raise
    except Exception as error:  # each kind of store has a tree of errors of its own
        raise _cannot_be_listed(address, error) from error


def find_inputs(paths: Sequence[str], *, stdin: Source | None = None) -> Inputs:
    """Find the pictures of this machine that paths stand for, and look whether they are pictures.

    Args:
        paths: files, folders that are searched with everything below them, and patterns; whether a
            file of a folder is a picture is decided by its content. ``-`` is standard input.
        stdin: what ``-`` stands for.
    """
    pictures: list[Input] = []
    skipped: list[Path] = []
    failed: list[tuple[str, FramefitError]] = []
    for given in paths:
        before = len(pictures)
        for item in find_items([given]):
            if item.address == "-" and stdin is not None:
                pictures.append(Input(name=item.name, source=stdin))
                continue
            path = Path(item.address)
            try:
                if not item.found or is_picture(_head(path)):
                    pictures.append(Input(name=item.name, source=path))
                else:
                    skipped.append(path)
            except FramefitError as error:
                failed.append((item.name, error))
        if len(pictures) == before:
            failed.append((str(given), nothing_in(given)))
    return Inputs(pictures=tuple(pictures), skipped=tuple(skipped), failed=tuple(failed))


def _head(path: Path) -> bytes:
    with Source(name=path.name, path=path).open() as file:
        return file.read(32)


def nothing_in(given: str) -> NotAPicture:
    """Return the error for an input without pictures."""
    return NotAPicture(
        f"no picture in {name_of(given)!r}",
        seen=given,
        wanted="a folder with pictures in it or below it",
        fix="name another folder",
    )
