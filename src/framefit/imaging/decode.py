"""Step: read the first frame of a file into pixels, as stored."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from framefit.carried import png_is_whole
from framefit.errors import PictureBroken
from framefit.geometry import SHRINKS, Size, is_sideways
from framefit.imaging.ending import hold_to_its_end
from framefit.imaging.frame import Frame
from framefit.imaging.rows import only_rows, rows_needed
from framefit.planning import Plan
from framefit.probing import DAMAGE, broken, open_header, sniff, turn_to_apply
from framefit.sources import Source

if TYPE_CHECKING:
    from PIL.Image import Image


def decode(source: Source, plans: Sequence[Plan]) -> Frame:
    """Decode a picture, as large and as far down as plans need it.

    Args:
        source: the picture.
        plans: what was planned for it, at least one; a JPEG is decoded at the largest scale of theirs.

    Returns:
        The pixels as stored, with the orientation that is still to be applied.

    Raises:
        PictureBroken: the file is truncated or damaged, or is not the one that was planned for.
    """
    shrink = min(plan.shrink for plan in plans)
    with opened(source, plans[0], shrink=shrink, rows=rows_needed(plans, shrink)) as (image, frame):
        try:
            image.load()
        except DAMAGE as error:
            raise broken(source.name, error) from error
    _check_end(source, plans[0])
    return frame


def _check_end(source: Source, plan: Plan) -> None:
    """Refuse a PNG that has all of its rows but not its end, which its reader does not ask for."""
    if plan.info.format == "png":
        with source.open() as file:
            if not png_is_whole(file):
                raise broken(source.name, ValueError("the file ends before the picture does"))


@contextlib.contextmanager
def opened(
    source: Source, plan: Plan, *, shrink: int, rows: int | None = None
) -> Iterator[tuple[Image, Frame]]:
    """Open a picture for decoding: header read and checked, scale chosen, no pixel decoded.

    Args:
        source: the picture.
        plan: a plan made for it; what is opened must still be what was planned for.
        shrink: how many times smaller a JPEG is decoded: 1, 2, 4 or 8; other formats are decoded whole.
        rows: how many rows of a JPEG are wanted from the top, as stored; None is all.

    Yields:
        The picture, to be loaded while the file is open, and the frame it will be.

    Raises:
        PictureBroken: the header is damaged, or the file is not the one that was planned for.
    """
    if source.image is not None:
        _check_as_planned(source, plan, None, Size(*source.image.size), turn_to_apply(source.image, None))
        try:
            image = source.image.copy()  # the caller's own picture must not be altered
        except DAMAGE as error:
            raise broken(source.name, error) from error
        yield image, _frame(source.image, image, None, 1)
        return
    with source.open() as whole:
        kind = sniff(whole.read(32), source.name)
        whole.seek(0)
        file = only_rows(whole, rows, plan.info.stored_size) if kind == "jpeg" and rows else whole
        image = open_header(file, kind, source.name)
        size = Size(*image.size) if file is whole else plan.info.stored_size
        _check_as_planned(source, plan, kind, size, turn_to_apply(image, kind))
        hold_to_its_end(image)
        yield image, _frame(image, image, kind, _shrink(image, shrink) if kind == "jpeg" else 1)


def not_as_planned(name: str, plan: Plan, *, seen: str) -> PictureBroken:
    """Return the error for a picture that is not the one the plan was made for."""
    return PictureBroken(
        f"{name!r} is not the picture the plan was made for",
        seen=seen,
        wanted=f"{plan.info.size} {plan.info.format or 'pixels'} as planned",
        fix="plan again",
    )


def _check_as_planned(source: Source, plan: Plan, kind: str | None, size: Size, orientation: int) -> None:
    upright = size.turned if is_sideways(orientation) else size
    if (kind, upright) != (plan.info.format, plan.info.size):
        raise not_as_planned(source.name, plan, seen=f"{upright} {kind or 'pixels'}")


def _frame(original: Image, image: Image, kind: str | None, shrunk: int) -> Frame:
    orientation = turn_to_apply(original, kind)
    return Frame(
        image=image, orientation=orientation, shrunk=shrunk, profile=original.info.get("icc_profile")
    )


def _shrink(image: Image, shrink: int) -> int:
    """Have a JPEG decoded smaller, and return how many times smaller it will be."""
    if shrink == 1:
        return 1
    whole = image.size
    # In large pieces: at the end of each, the decoder leaves its fast path for some thousand bytes.
    image.decodermaxblock = 1 << 20  # type: ignore[attr-defined]
    # No wish for a mode: asked for luminance alone, Pillow would drop the colours.
    image.draft(None, (max(1, whole[0] // shrink), max(1, whole[1] // shrink)))
    return next(k for k in (*SHRINKS, 1) if image.size == (-(-whole[0] // k), -(-whole[1] // k)))
