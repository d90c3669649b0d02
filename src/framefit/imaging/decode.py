"""Step: read the first frame of a file into pixels, as stored."""

from __future__ import annotations

import io

from framefit.errors import PictureTooLarge
from framefit.imaging.frame import Frame
from framefit.planning import Plan
from framefit.probing import DAMAGE, broken, open_header, sniff, turn_to_apply
from framefit.sources import Source


def decode(source: Source, plan: Plan) -> Frame:
    """Decode a picture.

    Args:
        source: the picture the plan was made for.
        plan: the plan; its pixel limit is checked again on what is really opened.

    Returns:
        The pixels as stored, with the orientation that is still to be applied.

    Raises:
        PictureBroken: the file is truncated or damaged.
        PictureTooLarge: the file has changed since it was planned, to more than the limit.
    """
    if source.image is not None:
        image, kind = source.image.copy(), None
    else:
        data = source.read()
        kind = sniff(data[:32], source.name)
        image = open_header(io.BytesIO(data), kind, source.name)
    if image.width * image.height > plan.options.max_pixels:
        raise PictureTooLarge(
            f"{source.name!r} has more pixels than the limit",
            seen=f"{image.width}x{image.height}",
            wanted=f"at most {plan.options.max_pixels:,} pixels",
            fix=f"--max-pixels {image.width * image.height}",
        )
    orientation = turn_to_apply(image, kind)
    try:
        image.load()
    except DAMAGE as error:
        raise broken(source.name, error) from error
    return Frame(image=image, orientation=orientation, profile=image.info.get("icc_profile"))
