"""Faces by the Haar cascade that comes with OpenCV 4."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from framefit.errors import MissingExtra
from framefit.extras import require
from framefit.focus.opencv import require_opencv
from framefit.geometry import Box

if TYPE_CHECKING:
    from PIL.Image import Image

CASCADE = "haarcascade_frontalface_alt2.xml"
"""Of OpenCV's frontal cascades the one with the fewest false faces on the pictures it was chosen with."""

_STEP = 1.1  # ratio of one tried size to the next
_NEIGHBOURS = 5  # how often a face must be found before it counts
_LEAST_SHARE = 16  # faces below this part of the shorter side are noise to a cascade
_LEAST_SIDE = 20  # the size it was trained at, in pixels
_ABOVE, _BELOW = 0.12, 0.18  # from its square to hairline and chin, by comparison with CenterFace


class Haar:
    """A boosted cascade of Haar features: upright faces that look at the camera.

    Source:
        Viola and Jones, "Rapid object detection using a boosted cascade of simple features", 2001.
    """

    name = "Haar cascade"

    def __init__(self) -> None:
        """Load the cascade.

        Raises:
            MissingExtra: OpenCV is not installed, or is version 5, which has no cascades.
        """
        self._cv2 = require_opencv()
        if not hasattr(self._cv2, "CascadeClassifier"):
            raise MissingExtra(
                "this OpenCV has no face detector that needs no model file",
                seen=f"OpenCV {self._cv2.__version__}",
                wanted="OpenCV 4",
                fix="pip install 'framefit[faces]', or --face-model FILE",
            )
        self._cascade = self._cv2.CascadeClassifier(str(Path(self._cv2.data.haarcascades) / CASCADE))
        self._lock = Lock()  # a cascade keeps what it is working on in itself

    def find(self, image: Image) -> list[Box]:
        """Return the faces, each from the hairline to the chin."""
        numpy = require("numpy", "faces")
        pixels = numpy.asarray(image.convert("L"))  # not equalised: that loses one face in six
        least = max(_LEAST_SIDE, min(image.size) // _LEAST_SHARE)
        with self._lock:
            found = self._cascade.detectMultiScale(
                pixels, scaleFactor=_STEP, minNeighbors=_NEIGHBOURS, minSize=(least, least)
            )
        return [_face(*map(int, square)) for square in found]


def _face(left: int, top: int, width: int, height: int) -> Box:
    return Box(left, top - _ABOVE * height, left + width, top + (1 + _BELOW) * height)
