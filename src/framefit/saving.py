"""Outputs appear whole or not at all: a temporary file beside the target, then a rename."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from framefit.errors import OutputUnwritable


@contextlib.contextmanager
def whole_file(target: Path, *, prefix: str = ".framefit-") -> Iterator[Path]:
    """Give a temporary path to write to; it becomes ``target`` when the block ends well.

    Args:
        target: the path to appear. Its folder is created when it does not exist. A link stays, and
            the file that it leads to appears.
        prefix: what the name of the temporary file begins with.

    Yields:
        The path of an empty temporary file beside the one to appear, removed if the block raises.

    Raises:
        OutputUnwritable: the folder or the file cannot be written, or a device or a pipe is there.
    """
    if "\0" in str(target):
        raise unwritable(target, "a path cannot hold a zero byte")
    temporary: Path | None = None
    try:
        if ".." in target.parts and not target.parent.exists():
            # Once made, that folder would lead to a file that nobody has compared with the inputs.
            raise unwritable(target, "no such folder")
        place = Path(os.path.realpath(target))
        _refuse_what_is_no_file(target, place)
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place.parent, prefix=prefix, suffix=place.suffix)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        temporary.chmod(_usual_permissions(place))
        temporary.replace(place)
    except OSError as error:
        raise unwritable(target, error.strerror or str(error)) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _refuse_what_is_no_file(target: Path, place: Path) -> None:
    """Refuse a folder, and what a rename would take away from the whole machine."""
    if place.exists() and not place.is_file():
        kind = "is a directory" if place.is_dir() else "a device or a pipe would be replaced"
        raise unwritable(target, kind)


def unwritable(target: Path, reason: str) -> OutputUnwritable:
    """Return the error for a file that cannot be written, and why."""
    return OutputUnwritable(
        f"{target.name!r} cannot be written: {reason.lower()}",
        seen=str(target),
        wanted="a folder that can be written to and has room",
        fix="-o OTHER_FOLDER",
    )


def write_whole(target: Path, data: bytes, *, prefix: str = ".framefit-") -> Path:
    """Write bytes to a file that appears whole or not at all.

    Args:
        target: the path to appear; an existing file there is replaced.
        data: what to write.
        prefix: what the name of the temporary file begins with.

    Returns:
        The target.

    Raises:
        OutputUnwritable: the folder or the file cannot be written.
    """
    with whole_file(target, prefix=prefix) as temporary:
        temporary.write_bytes(data)
    return target


def same_file(one: Path, other: Path) -> bool:
    """Tell whether two paths lead to one file, through links and spellings."""
    try:
        return one.samefile(other)
    except OSError:
        return one.resolve() == other.resolve()
    except ValueError:
        return False  # a path with a zero byte leads nowhere


def _usual_permissions(target: Path) -> int:
    """Return the permissions of the file that is replaced, or those that ``open`` would have given."""
    with contextlib.suppress(OSError):
        return target.stat().st_mode & 0o777
    return 0o666 & ~_umask()


def _umask() -> int:
    """Return the process's file mask.

    Read from the kernel's own account where there is one: asking through ``os.umask`` changes it for
    a moment, which other threads could see.
    """
    try:
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    except (OSError, ValueError):
        pass
    return 0o022
