"""Step: read the first frame of a file into pixels, as stored."""

from __future__ import annotations

import io

from framefit.errors import PictureBroken
from framefit.geometry import Size, is_sideways
from framefit.imaging.frame import Frame
from framefit.planning import Plan
from framefit.probing import DAMAGE, broken, open_header, sniff, turn_to_apply
from framefit.sources import Source


def decode(source: Source, plan: Plan) -> Frame:
    """Decode a picture.

    Args:
        source: the picture the plan was made for.
        plan: the plan; what is opened must still be what was planned for.

    Returns:
        The pixels as stored, with the orientation that is still to be applied.

    Raises:
        PictureBroken: the file is truncated or damaged, or is not the one that was planned for.
    """
    if source.image is not None:
        image, kind = source.image, None
    else:
        data = source.read()
        kind = sniff(data[:32], source.name)
        image = open_header(io.BytesIO(data), kind, source.name)
    orientation = turn_to_apply(image, kind)
    shown = Size(*image.size)
    upright = shown.turned if is_sideways(orientation) else shown
    if (kind, upright) != (plan.info.format, plan.info.size):
        raise not_as_planned(source.name, plan, seen=f"{upright} {kind or 'pixels'}")
    try:
        image.load()
        image = image.copy() if source.image is not None else image  # a caller's own pixels stay untouched
    except DAMAGE as error:
        raise broken(source.name, error) from error
    return Frame(image=image, orientation=orientation, profile=image.info.get("icc_profile"))


def not_as_planned(name: str, plan: Plan, *, seen: str) -> PictureBroken:
    """Return the error for a picture that is not the one the plan was made for."""
    return PictureBroken(
        f"{name!r} is not the picture the plan was made for",
        seen=seen,
        wanted=f"{plan.info.size} {plan.info.format or 'pixels'} as planned",
        fix="plan again",
    )
