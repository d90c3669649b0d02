"""Finds the pictures that files and folders stand for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from framefit.errors import FramefitError, NotAPicture, PictureUnreadable
from framefit.probing import sniff
from framefit.sources import Source


@dataclass(frozen=True, kw_only=True)
class Input:
    """One picture to be worked on.

    Args:
        name: how the user would recognise it in messages: its path as given, or found below one.
        relative: where its result goes below an output folder; the suffix is still its own.
        source: the path, or the bytes that came through standard input.
    """

    name: str
    relative: Path
    source: Path | Source


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What was found.

    Args:
        pictures: the pictures, in the order given; folders in alphabetical order.
        skipped: files of folders that are no pictures.
        failed: what was named but cannot be read, with the reason.
        several: whether results belong in a folder: more than one path, or a folder, was named.
    """

    pictures: tuple[Input, ...]
    skipped: tuple[Path, ...]
    failed: tuple[tuple[str, FramefitError], ...]
    several: bool


def find_inputs(paths: Sequence[str | Path], *, stdin: Source | None = None) -> Inputs:
    """Find the pictures that paths stand for.

    Args:
        paths: files, and folders that are searched with everything below them; whether a file of a
            folder is a picture is decided by its content. ``-`` is standard input.
        stdin: what ``-`` stands for.
    """
    pictures: list[Input] = []
    skipped: list[Path] = []
    failed: list[tuple[str, FramefitError]] = []
    for given in paths:
        path = Path(given)
        if str(given) == "-" and stdin is not None:
            pictures.append(Input(name="standard input", relative=Path(stdin.name), source=stdin))
        elif not path.is_dir():
            pictures.append(Input(name=str(given), relative=Path(path.name), source=path))
        else:
            found = 0
            for file in _files_below(path):
                try:
                    kind = _is_picture(file)
                except FramefitError as error:
                    failed.append((str(file), error))
                    continue
                if kind:
                    found += 1
                    pictures.append(Input(name=str(file), relative=file.relative_to(path), source=file))
                else:
                    skipped.append(file)
            if not found:
                failed.append((str(given), _nothing_in(path)))
    several = len(paths) > 1 or any(Path(given).is_dir() for given in paths)
    return Inputs(pictures=tuple(pictures), skipped=tuple(skipped), failed=tuple(failed), several=several)


def _files_below(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(parent, name)


def _is_picture(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            sniff(file.read(32), path.name)
    except NotAPicture:
        return False
    except OSError as error:
        raise PictureUnreadable(
            f"{path.name!r} cannot be read: {(error.strerror or str(error)).lower()}",
            seen=str(path),
            wanted="a file this user may read",
            fix="check the file's permissions",
        ) from error
    return True


def _nothing_in(folder: Path) -> NotAPicture:
    return NotAPicture(
        f"no picture in {folder.name!r}",
        seen=str(folder),
        wanted="a folder with pictures in it or below it",
        fix="name another folder",
    )
