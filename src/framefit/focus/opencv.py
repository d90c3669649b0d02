"""OpenCV, from the extra ``faces``."""

from __future__ import annotations

from types import ModuleType

from framefit.errors import MissingExtra
from framefit.extras import require


def require_opencv() -> ModuleType:
    """Import OpenCV.

    Raises:
        MissingExtra: it is not installed, or a library of the system that it needs is not.
    """
    try:
        return require("cv2", "faces")
    except ImportError as error:
        raise MissingExtra(
            "this needs the optional part 'faces', of which OpenCV cannot be loaded",
            seen=str(error).splitlines()[0],
            wanted="framefit[faces]",
            fix="pip install 'framefit[faces]'",
        ) from error
