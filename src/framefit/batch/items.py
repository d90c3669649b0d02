"""Item: one picture of a batch, and what is wished for it alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Item:
    """One picture to be worked on. Plain texts and numbers only, so that it can be sent anywhere.

    Args:
        address: where it is: a path, a URL, or ``-`` for standard input.
        relative: where its result goes below an output folder, with ``/`` between the parts; the
            suffix is still its own.
        found: whether it was found in a folder or by a pattern: it is skipped when it is no picture.
        byte_count: its size in bytes, when finding it has told.
        version: what changes when the file does (time of modification, entity tag), when finding it has told.
        size: the canvas for this picture; None is the run's.
        mode: the mode for this picture; None is the run's.
        focus: the focus for this picture; None is the run's.
        crop: the crop for this picture; None is the run's.
        output: the file for this picture's result; None leaves the name to the run.
        number: its place in the order of the run, from 0.
        place: where its result goes below the folder of the run or the target, without the suffix;
            what the list names in ``output`` as it stands.
    """

    address: str
    relative: str
    found: bool = False
    byte_count: int | None = None
    version: str | None = None
    size: str | None = None
    mode: str | None = None
    focus: str | None = None
    crop: str | None = None
    output: str | None = None
    number: int = 0
    place: str = ""

    @property
    def name(self) -> str:
        """How the user would recognise it in messages."""
        return "standard input" if self.address == "-" else self.address
