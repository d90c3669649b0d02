"""Small renders of a picture: as it is, as a server would use it untouched, as framefit sends it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from framefit.catalog import Rule
from framefit.errors import PictureTooLarge
from framefit.forecasting.outcomes import Outcome
from framefit.geometry import Box, Mode, Placement, Size, shrink_for
from framefit.imaging import Fitted, render_many
from framefit.options import Options
from framefit.planning import Plan, Target, decide
from framefit.probing import DAMAGE, PictureInfo, broken, open_header, probe, sniff
from framefit.sources import Source

if TYPE_CHECKING:
    from PIL.Image import Image

_QUALITY = 85
_TURNING = ("exif", "xmp", "XML:com.adobe.xmp")
"""Where Pillow keeps what it reads an orientation from."""


def reduced(plan: Plan, longest: int) -> Plan:
    """Return the same plan for a smaller canvas: same part of the picture, same place, fewer pixels.

    Args:
        plan: the plan.
        longest: the longest side of the smaller canvas, in pixels; a smaller plan keeps its size.
    """
    whole, placement = plan.canvas, plan.placement
    scale = min(1.0, longest / max(whole))
    canvas = Size(*(max(1, round(side * scale)) for side in whole))
    across, down = canvas.width / whole.width, canvas.height / whole.height
    left, right = _edges(placement.target.left * across, placement.target.right * across, canvas.width)
    top, bottom = _edges(placement.target.top * down, placement.target.bottom * down, canvas.height)
    small = Placement(
        mode=placement.mode,
        source=placement.source,
        target=Box(left, top, right, bottom),
        canvas=canvas,
        share_lost=placement.share_lost,
    )
    options = replace(plan.options, quality=_QUALITY, format="jpeg", max_bytes=None)
    target = Target(size=canvas)
    return replace(
        plan,
        placement=small,
        options=options,
        target=target,
        format="jpeg",
        action="convert",
        shrink=shrink_for(small) if plan.info.format == "jpeg" else 1,
    )


def _edges(low: float, high: float, end: int) -> tuple[int, int]:
    start = min(round(low), end - 1)
    return start, max(start + 1, min(round(high), end))


def fitted_views(plans: Sequence[Plan], source: Source, longest: int) -> list[Fitted]:
    """Return small JPEG renders of plans for one picture, which is decoded once."""
    return render_many([reduced(plan, longest) for plan in plans], source)


def picture_view(source: Source, info: PictureInfo, longest: int) -> bytes:
    """Return the upright picture as a small JPEG file.

    Args:
        source: the picture.
        info: its facts.
        longest: its longest side, in pixels.
    """
    plan = decide(info, Target(size=info.size), Options())
    return fitted_views([plan], source, longest)[0].data


def untouched_view(source: Source, info: PictureInfo, rule: Rule, outcome: Outcome, longest: int) -> bytes:
    """Return what the server would use when the picture is sent as it is, as a small JPEG file.

    A picture that the server refuses, or of which nobody knows what it makes, is shown as the server
    reads it.

    Args:
        source: the picture.
        info: its facts.
        rule: the rule of the model on the server.
        outcome: what becomes of the picture's shape there.
        longest: the longest side of the result, in pixels.
    """
    seen = Source(name=source.name, image=_as_read(source, info, rule, longest))
    canvas, mode = _use(probe(seen).size, rule, outcome)
    plan = decide(probe(seen), Target(size=canvas), Options(mode=mode))
    return fitted_views([plan], seen, longest)[0].data


def _use(seen: Size, rule: Rule, outcome: Outcome) -> tuple[Size, Mode]:
    canvas = outcome.video or outcome.canvas
    if outcome.kind in ("reject", "unknown") or canvas is None:
        return seen, "stretch"
    if outcome.kind == "pad":
        return canvas, "pad"
    cropped = outcome.kind == "crop" or rule.mismatch == "crop"
    return canvas, "cover" if cropped else "stretch"


def _as_read(source: Source, info: PictureInfo, rule: Rule, longest: int) -> Image:
    """Decode a picture as a server does that follows the rule.

    Source:
        The catalogue: `Rule.exif` and `Rule.alpha`. Where it says unknown, the picture is taken to be
        used as stored, as `framefit.check` takes it.
    """
    with source.open() as file:
        kind = sniff(file.read(32), source.name)
        file.seek(0)
        try:
            image = open_header(file, kind, source.name)
            if kind == "jpeg":
                # A view has few pixels; the reader leaves out those that it does not need.
                image.draft(None, (2 * longest, 2 * longest))
            image.load()
            if info.alpha and rule.alpha != "flattened":
                image = _opaque(image)
            if rule.exif != "applied":
                image = image.copy()
                for key in _TURNING:
                    image.info.pop(key, None)
        except MemoryError as error:
            raise PictureTooLarge(f"{source.name!r} does not fit into memory") from error
        except DAMAGE as error:
            raise broken(source.name, error) from error
    return image


def _opaque(image: Image) -> Image:
    """Drop the transparency: what lies under it shows."""
    plain = image if image.mode == "RGBA" else image.convert("RGBA")
    shown = plain.convert("RGB")
    shown.info = {key: value for key, value in image.info.items() if key != "transparency"}
    return shown
