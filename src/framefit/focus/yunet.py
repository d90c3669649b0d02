"""Faces by a YuNet network that the user has a file of."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from framefit.errors import InvalidOption
from framefit.extras import require
from framefit.focus.opencv import require_opencv
from framefit.focus.square import SIDE, squared
from framefit.geometry import Box

if TYPE_CHECKING:
    from PIL.Image import Image

LEAST_SCORE = 0.7
"""Score from which a face counts, 0 to 1."""


class YuNet:
    """A network for OpenCV's ``FaceDetectorYN``.

    Source:
        Wu, Peng and Yu, "YuNet: a tiny millisecond-level face detector", 2023.
    """

    name = "YuNet"

    def __init__(self, file: Path) -> None:
        """Load the network.

        Raises:
            InvalidOption: there is no such file, or it is no such network.
        """
        self._cv2, self._numpy = require_opencv(), require("numpy", "faces")
        if not file.is_file():
            raise InvalidOption(
                "there is no such face model",
                seen=str(file),
                wanted="a YuNet ONNX file",
                fix="--face-model FILE",
            )
        try:
            self._detector = self._cv2.FaceDetectorYN.create(str(file), "", (SIDE, SIDE), LEAST_SCORE)
            # Only a run tells whether the outputs are those of YuNet.
            self._detector.detect(self._numpy.zeros((SIDE, SIDE, 3), self._numpy.uint8))
        except self._cv2.error as error:
            raise InvalidOption(
                f"{file.name!r} cannot be used as a face model",
                seen=str(error).strip().splitlines()[0],
                wanted="a YuNet ONNX file",
                fix="--face-model FILE",
            ) from error
        self._lock = Lock()  # a network keeps what it is working on in itself

    def find(self, image: Image) -> list[Box]:
        """Return the faces, each from the hairline to the chin."""
        square, scale = squared(image)
        blue_first = self._numpy.ascontiguousarray(self._numpy.asarray(square)[:, :, ::-1])
        with self._lock:
            _, found = self._detector.detect(blue_first)
        if found is None:
            return []
        boxes = (Box(x, y, x + w, y + h) for x, y, w, h in found[:, :4].astype(float).tolist())
        return [box.scaled(1 / scale, 1 / scale) for box in boxes]
