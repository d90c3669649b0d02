"""OpenCV, from the extra ``faces``."""

from __future__ import annotations

from threading import Lock
from types import ModuleType

from framefit.errors import MissingExtra
from framefit.extras import require

_importing = Lock()


def require_opencv() -> ModuleType:
    """Import OpenCV.

    Raises:
        MissingExtra: it is not installed, or a library of the system that it needs is not.
    """
    try:
        # While OpenCV is imported it takes itself out of Python's modules and in again: a second thread gets half of it.
        with _importing:
            return require("cv2", "faces")
    except ImportError as error:
        raise MissingExtra(
            "this needs the optional part 'faces', of which OpenCV cannot be loaded",
            seen=str(error).splitlines()[0],
            wanted="framefit[faces]",
            fix="pip install 'framefit[faces]'",
        ) from error
