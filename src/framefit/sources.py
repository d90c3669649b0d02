"""What a picture can be given as, brought to one shape: a name and a way to read it."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from framefit.errors import (
    InvalidOption,
    PictureEmpty,
    PictureIsFolder,
    PictureNotFound,
    PictureTooLarge,
    PictureUnreadable,
)

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST_FILE = 1 << 30
"""Largest picture file that is read, in bytes; a stream without end stops here."""

PictureSource = Any
"""A path, bytes, a binary file object, a PIL image, a NumPy array or a `Source`."""


_PIECE = 1 << 20  # bytes read from a stream at a time; asking for all at once would reserve all at once


@dataclass(frozen=True, kw_only=True)
class Source:
    """A picture that has not been looked at yet: exactly one of path, data and image is set.

    Args:
        name: what to call it in messages.
        path: where the file is.
        data: the bytes of the file.
        image: pixels that are already decoded.
        origin: the file that all this came from, if it is known; results are never saved over it.
    """

    name: str
    path: Path | None = None
    data: bytes | None = None
    image: Image | None = None
    origin: Path | None = None

    @classmethod
    def of(cls, given: PictureSource) -> Source:
        """Take a picture in any of the shapes callers have.

        Args:
            given: a path, bytes, a binary file object (read from its start where it can be), a PIL
                image or a NumPy array of shape (H, W, 3) or (H, W, 4), uint8.

        Raises:
            PictureNotFound, PictureIsFolder, PictureUnreadable: the path cannot be read.
            PictureEmpty: zero bytes.
            PictureTooLarge: a file over 1 GiB.
            InvalidOption: the object is none of these.
        """
        if isinstance(given, Source):
            return given
        if isinstance(given, str | os.PathLike):
            if given == "":
                raise PictureNotFound(
                    "an empty path names no picture", seen="''", wanted="a picture file", fix="check the path"
                )
            path = Path(os.fsdecode(given))
            _check_path(path)
            if path.is_file():
                return cls(name=path.name, path=path, origin=path.absolute())
            with path.open("rb") as pipe:  # a pipe or a device can be read only once, and may have no end
                return cls(name=path.name, data=_checked(_all_of(pipe, path), path.name))
        if isinstance(given, bytes | bytearray | memoryview):
            return cls(name="picture", data=_checked(bytes(given), "picture"))
        if hasattr(given, "read"):
            return _from_stream(given)
        return _from_pixels(given)

    @property
    def stem(self) -> str:
        """The name without its suffix."""
        return Path(self.name).stem or "picture"

    @property
    def byte_count(self) -> int | None:
        """Size of the file in bytes; None for decoded pixels."""
        if self.data is not None:
            return len(self.data)
        if self.path is None:
            return None
        try:
            return self.path.stat().st_size
        except OSError as error:
            raise _unreadable(self.path, error) from error

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open the file for reading.

        Raises:
            PictureUnreadable: the file cannot be read, or there is no file but pixels.
        """
        if self.data is not None:
            yield io.BytesIO(self.data)
        elif self.path is not None:
            try:
                file = self.path.open("rb")
            except OSError as error:
                raise _unreadable(self.path, error) from error
            with file:
                yield file
        else:
            raise PictureUnreadable("decoded pixels have no file to read", seen=self.name)

    def loaded(self) -> Source:
        """Return the same picture with the bytes of its file in memory.

        Whoever reads a file more than once could find another file there the second time.

        Raises:
            PictureUnreadable: the file cannot be read.
            PictureEmpty, PictureTooLarge: the file has become empty or too large since it was named.
        """
        if self.path is None:
            return self
        with self.open() as file:
            return replace(self, path=None, data=_checked(_all_of(file, self.path), self.name))

    def read(self) -> bytes:
        """Return the bytes of the file."""
        data = self.loaded().data
        if data is None:
            raise PictureUnreadable("decoded pixels have no file to read", seen=self.name)
        return data


def _check_path(path: Path) -> None:
    try:
        if path.is_dir():
            raise PictureIsFolder(
                f"{path.name or str(path)!r} is a folder",
                seen=str(path),
                wanted="a picture file",
                fix="name a file in it",
            )
        if not path.exists() or path.is_file():
            with path.open("rb") as file:
                _check_length(os.fstat(file.fileno()).st_size, path.name)
    except FileNotFoundError as error:
        raise PictureNotFound(
            f"{path.name!r} does not exist", seen=str(path), wanted="a picture file", fix="check the path"
        ) from error
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> PictureUnreadable:
    reason = (getattr(error, "strerror", None) or str(error)).lower()
    return PictureUnreadable(
        f"{path.name!r} cannot be read: {reason}",
        seen=str(path),
        wanted="a file this user may read",
        fix="check the file's permissions",
    )


def _check_length(count: int, name: str) -> None:
    if count == 0:
        raise PictureEmpty(
            f"{name!r} is empty", seen="0 bytes", wanted="a picture file", fix="fetch the file again"
        )
    if count > LARGEST_FILE:
        raise PictureTooLarge(
            f"{name!r} is too large a file",
            seen=f"{count} bytes",
            wanted=f"at most {LARGEST_FILE} bytes",
            fix="use a smaller file",
        )


def _checked(data: bytes, name: str) -> bytes:
    _check_length(len(data), name)
    return data


def _from_stream(stream: Any) -> Source:
    label = getattr(stream, "name", None)
    # Standard streams call themselves "<stdin>", and streams of descriptors have a number.
    path = Path(label) if isinstance(label, str) and not label.startswith("<") else Path("picture")
    if isinstance(stream, io.TextIOBase):
        raise _not_binary("a text stream")
    try:
        if getattr(stream, "seekable", lambda: False)():
            stream.seek(0)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    data = _checked(_all_of(stream, path), path.name)
    return Source(name=path.name, data=data, origin=_origin(label))


def _all_of(stream: Any, path: Path) -> bytes:
    """Read a stream to its end, or to just over `LARGEST_FILE` when it is longer."""
    pieces: list[bytes] = []
    count = 0
    try:
        while count <= LARGEST_FILE and (piece := stream.read(_PIECE)):
            if not isinstance(piece, bytes):
                raise _not_binary(type(piece).__name__)
            pieces.append(piece)
            count += len(piece)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    return b"".join(pieces)


def _not_binary(seen: str) -> InvalidOption:
    return InvalidOption("the file object is not binary", seen=seen, wanted="bytes", fix='open(path, "rb")')


def _origin(name: object) -> Path | None:
    """Return the file that a stream or a decoded picture says it comes from, if there is one."""
    if not isinstance(name, str) or not name:
        return None
    path = Path(name)
    try:
        return path.absolute() if path.is_file() else None
    except (OSError, ValueError):
        return None


def _from_pixels(given: Any) -> Source:
    from PIL import Image

    if isinstance(given, Image.Image):
        filename = getattr(given, "filename", None)
        name = Path(filename).name if isinstance(filename, str) and filename else "picture"
        return Source(name=name, image=given, origin=_origin(filename))
    if hasattr(given, "__array_interface__"):
        shape, kind = tuple(given.shape), str(given.dtype)
        if len(shape) == 3 and shape[2] in (3, 4) and min(shape) > 0 and kind == "uint8":
            return Source(name="picture", image=Image.fromarray(given))
        raise InvalidOption(
            "the array is no picture",
            seen=f"shape {shape}, {kind}",
            wanted="shape (H, W, 3) or (H, W, 4), uint8",
            fix="convert the array",
        )
    raise InvalidOption(
        "this is no picture source",
        seen=type(given).__name__,
        wanted="a path, bytes, a binary file object, a PIL image or a NumPy array",
        fix="give one of these",
    )
