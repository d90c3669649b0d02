"""A file whose end is an error, for processes in which Pillow forgives files that are cut short."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import ImageFile

if TYPE_CHECKING:
    from PIL.Image import Image


def hold_to_its_end(image: Image) -> None:
    """Have a picture that was just opened fail to load when its file ends before it does.

    Pillow does that by itself, unless somebody has set ``ImageFile.LOAD_TRUNCATED_IMAGES``: then the rest
    is grey or black, and nothing tells. That switch is the process's, and not framefit's to turn.

    Args:
        image: the picture, opened from a file object.
    """
    if ImageFile.LOAD_TRUNCATED_IMAGES and isinstance(image, ImageFile.ImageFile):
        image.fp = _Ending(image.fp)  # type: ignore[assignment, arg-type]


class _Ending:
    """A file from which nothing can be read at its end.

    Args:
        file: the file.
    """

    def __init__(self, file: io.BufferedIOBase) -> None:
        self._file = file

    def read(self, count: int = -1) -> bytes:
        data = self._file.read(count)
        if not data and count != 0:
            raise OSError("the file ends before the picture does")
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()
