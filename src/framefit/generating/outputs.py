"""Where a video goes, found out before it is paid for."""

from __future__ import annotations

import contextlib
import stat
import tempfile
from pathlib import Path

from framefit.errors import OutputIsInput, OutputUnwritable
from framefit.saving import same_file
from framefit.sources import Source


def settle_output(output: str | Path | None, picture: Source | None) -> Path:
    """Settle where the video goes, and find out now whether it can: afterwards it is paid for.

    Args:
        output: the file, or None for one named after the picture, with a number where that is taken.
        picture: the picture, which is never overwritten; None for a video from text.

    Raises:
        OutputIsInput: the output is the picture.
        OutputUnwritable: no file can appear there.
    """
    target = _free_name("video" if picture is None else picture.stem) if output is None else Path(output)
    if picture is not None and picture.path is not None and same_file(target, picture.path):
        raise OutputIsInput(
            f"{target.name!r} is the picture and would be overwritten",
            seen=str(target),
            wanted="another file",
            fix="-o OTHER_NAME.mp4",
        )
    check_writable(target)
    return target


def _free_name(stem: str) -> Path:
    """Return a name in the current folder that is not taken: an earlier video may have cost money."""
    path, number = Path(f"{stem}.mp4"), 1
    while path.exists():
        number += 1
        path = Path(f"{stem}-{number}.mp4")
    return path


def check_writable(target: Path) -> None:
    """Find out whether a file can appear at a path, making its folder.

    Raises:
        OutputUnwritable: it cannot.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            if stat.S_ISDIR(target.stat().st_mode):  # a name that no file can have fails here, too
                raise IsADirectoryError(None, "it is a folder")
        tempfile.TemporaryFile(dir=target.parent).close()
    except (OSError, ValueError) as error:
        raise OutputUnwritable(
            f"{target.name!r} cannot be written: {(getattr(error, 'strerror', None) or str(error)).lower()}",
            seen=str(target),
            wanted="a file in a folder that can be written to",
            fix="-o OTHER_FOLDER/NAME.mp4",
        ) from error
