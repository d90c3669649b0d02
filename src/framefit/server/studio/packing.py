"""Many fitted pictures in one zip file."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from framefit.errors import FramefitError
from framefit.imaging import Fitted, render
from framefit.server.studio.uploads import Upload
from framefit.server.studio.wishes import Limits, Wish

FAILED = "not-fitted.txt"
"""The member that says which pictures are missing, and why."""

_LONG_AGO = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, kw_only=True)
class Packed:
    """What went into a zip file.

    Args:
        fitted: how many pictures are in it.
        failed: how many could not be fitted.
    """

    fitted: int
    failed: int


def pack(wanted: Iterable[tuple[Upload, Wish]], target: Path, limits: Limits) -> Packed:
    """Fit pictures, each as it was wished for, and write them to a zip file.

    One that cannot be fitted does not keep the others back: it is named in `FAILED`.

    Args:
        wanted: the pictures and how each is fitted.
        target: the file to write.
        limits: what the server allows.

    Raises:
        FramefitError: not one of them could be fitted; the first reason is raised.
    """
    taken: set[str] = set()
    errors: list[tuple[str, FramefitError]] = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for upload, wish in wanted:
            try:
                fitted = render(wish.plan(upload.source, limits), upload.source)
            except FramefitError as error:
                errors.append((upload.info.name, error))
                continue
            name = next(name for name in _names(fitted) if name.lower() not in taken)
            taken.add(name.lower())
            # The same pictures give the same bytes, so no time of day goes in.
            archive.writestr(zipfile.ZipInfo(name, _LONG_AGO), fitted.data)
        if errors and not taken:
            raise errors[0][1]
        if errors:
            archive.writestr(zipfile.ZipInfo(FAILED, _LONG_AGO), "\n".join(map(_line, errors)) + "\n")
    return Packed(fitted=len(taken), failed=len(errors))


def _names(fitted: Fitted) -> Iterator[str]:
    path = Path(fitted.filename)
    yield path.name
    number = 2
    while True:
        yield f"{path.stem}-{number}{path.suffix}"
        number += 1


def _line(failure: tuple[str, FramefitError]) -> str:
    name, error = failure
    return f"{name}: {error.message} [{error.code}]"
