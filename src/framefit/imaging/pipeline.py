"""render(): a plan and its picture in, the finished file out, by a list of named steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from framefit.imaging.compose import compose
from framefit.imaging.decode import decode, not_as_planned
from framefit.imaging.encode import encode
from framefit.imaging.fitted import Fitted
from framefit.imaging.flatten import flatten
from framefit.imaging.frame import Frame
from framefit.imaging.metadata import without_metadata
from framefit.imaging.plain_mode import plain_mode
from framefit.imaging.resize import resize
from framefit.imaging.to_srgb import to_srgb
from framefit.imaging.turn import turn
from framefit.planning import Plan
from framefit.probing import DAMAGE, broken, probe
from framefit.sources import PictureSource, Source

Step = Callable[[Frame, Plan], Frame]

STEPS: tuple[tuple[str, Step], ...] = (
    ("plain_mode", plain_mode),
    ("resize", resize),
    ("to_srgb", to_srgb),
    ("turn", turn),
    ("flatten", flatten),
    ("compose", compose),
)
"""Between decoding and encoding. Scaling comes early, so that what follows works on few pixels."""


def render(plan: Plan, source: PictureSource) -> Fitted:
    """Carry out a plan.

    Args:
        plan: what `framefit.plan` decided.
        source: the picture it was made for.

    Returns:
        The finished picture: exactly the canvas, upright, sRGB, opaque, without metadata.

    Raises:
        PictureBroken: the file is truncated or damaged, or is not the one that was planned for.
        OverByteBudget: the result cannot be made small enough.
    """
    source = Source.of(source).loaded()
    frame = decode(source, plan)
    if plan.action != "convert":
        # Decoded all the same: a file cut short has a perfect header.
        info = probe(source)
        if replace(info, name=plan.info.name) != plan.info:
            raise not_as_planned(source.name, plan, seen="other contents")
        data = source.read()
        data = data if plan.action == "keep" else without_metadata(data, plan.format, source.name)
    else:
        try:
            for _, step in STEPS:
                frame = step(frame, plan)
        except DAMAGE as error:
            raise broken(source.name, error) from error
        data = encode(frame, plan)
    return Fitted(data=data, size=plan.canvas, format=plan.format, plan=plan, source_path=source.origin)
