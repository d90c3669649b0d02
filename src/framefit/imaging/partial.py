"""What is there of a file that was cut short."""

from __future__ import annotations

import bisect
import io
import random
from dataclasses import dataclass, replace

from framefit.errors import PictureBroken
from framefit.findings import Finding
from framefit.geometry import Size
from framefit.imaging.decode import opened
from framefit.imaging.frame import Frame
from framefit.planning import Plan, decide
from framefit.probing import DAMAGE
from framefit.sources import Source

READ_FROM_THE_TOP = ("jpeg", "png")
"""Formats whose readers leave every row they have reached, and store the top row first."""

_END_OF_JPEG = b"\xff\xd9"
_UNREACHED_GREY = 128  # what a JPEG block without any coefficient decodes to


@dataclass(frozen=True, kw_only=True)
class Part:
    """The rows of a picture that could be decoded.

    Args:
        frame: the picture, only as high as its rows reach.
        rows: how many rows as stored are there.
        coarse: whether finer scans of a JPEG in several scans are missing as well.
    """

    frame: Frame
    rows: int
    coarse: bool


def decode_part(source: Source, plan: Plan, *, shrink: int) -> Part | None:
    """Decode what is there of a file cut short.

    Args:
        source: the picture.
        plan: the plan that was made for the whole picture.
        shrink: how many times smaller a JPEG is decoded.

    Returns:
        The rows that are there; None when there are none, or the format cannot be read in part.
    """
    info = plan.info
    if info.format not in READ_FROM_THE_TOP:
        return None
    try:
        if info.progressive:
            frame, rows = _scans(source, plan, shrink)
        else:
            frame, rows = _rows(source, plan, shrink)
    except PictureBroken:
        return None
    if rows == 0:
        return None
    stored = min(info.stored_size.height, rows * frame.shrunk)
    part = frame.with_image(frame.image.crop((0, 0, frame.image.width, rows)))
    return Part(frame=part, rows=stored, coarse=info.progressive)


def plan_part(plan: Plan, part: Part) -> Plan:
    """Return the plan for the rows that are there: same canvas, same wishes, a picture less high."""
    stored = Size(plan.info.stored_size.width, part.rows)
    info = replace(plan.info, stored_size=stored, size=stored.turned if plan.info.sideways else stored)
    options = replace(plan.options, format=plan.format)
    made = decide(info, replace(plan.target, size=plan.canvas), options, focus_from=plan.focus_from)
    if made.action == "convert":
        return made
    return replace(made, action="convert", reasons=("its end is missing",), shrink=1)


def finding_of(plan: Plan, part: Part) -> Finding:
    """Say how much of the picture is missing."""
    height = plan.info.stored_size.height
    gone = [f"{1 - part.rows / height:.1%} of the picture"] if part.rows < height else []
    gone += ["detail"] if part.coarse else []
    what = " and ".join(gone) or "its end"
    return Finding(
        code="truncated",
        level="change",
        message=f"the file ends early: {what} is missing; what is there was fitted",
        seen=f"{part.rows} of {height} rows",
        wanted="a whole picture file",
        fix="fetch or export the picture again",
    )


def _rows(source: Source, plan: Plan, shrink: int) -> tuple[Frame, int]:
    """Decode over a ground of noise: the rows that still show it were not in the file."""
    from PIL.Image import Resampling, new

    with opened(source, plan, shrink=shrink) as (image, frame):
        if image.info.get("interlace"):
            return frame, 0  # rows come in seven rounds, so that all of them have gaps
        row = new(image.mode, (image.width, 1))
        row.frombytes(random.Random(0).randbytes(len(row.tobytes())))
        noise = row.tobytes()
        # The reader writes into the pixels it finds, so what it does not reach keeps its ground.
        image.im = row.resize(image.size, Resampling.NEAREST).im
        try:
            image.load()
        except DAMAGE:
            image.tile = []  # type: ignore[attr-defined]
        width = image.width

        def unreached(row: int) -> bool:
            return image.crop((0, row, width, row + 1)).tobytes() == noise

        return frame, bisect.bisect_left(range(image.height), True, key=unreached)


def _scans(source: Source, plan: Plan, shrink: int) -> tuple[Frame, int]:
    """Decode a JPEG of several scans as if it ended where it is cut, and leave out rows never reached."""
    ended = Source(name=source.name, data=source.read() + _END_OF_JPEG)
    with opened(ended, plan, shrink=shrink) as (image, frame):
        try:
            image.load()
        except DAMAGE:
            return frame, 0
    ground = bytes([_UNREACHED_GREY]) * (image.width * len(image.getbands()))
    pixels, rows = io.BytesIO(image.tobytes()), image.height
    while rows > 0 and pixels.seek((rows - 1) * len(ground)) >= 0 and pixels.read(len(ground)) == ground:
        rows -= 1
    return frame, rows
