"""A plan in words, as a drawing, and as an ffmpeg filter."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from framefit.errors import InvalidOption
from framefit.geometry import Box, Focus, Size
from framefit.options import BACKDROP_BLUR, BACKDROP_BRIGHTNESS

if TYPE_CHECKING:
    from framefit.planning import Plan

_DRAWING_WIDTH = 48
_DRAWING_HEIGHT = 16
_FILTER_REACH = 3  # source pixels that Lanczos-3 looks at on either side when it enlarges
_CELL = 2.0  # a character cell is about twice as high as wide


def explained(plan: Plan) -> str:
    """Return what the plan does, a fact a line, and a drawing of what is kept."""
    lines = [f"{label:<9}{text}" for label, text in _facts(plan)]
    return "\n".join([*lines, "", *drawing(plan)])


def _facts(plan: Plan) -> list[tuple[str, str]]:
    info, placement, rule = plan.info, plan.placement, plan.target.rule
    stored = (
        f", stored as {info.stored_size} (EXIF orientation {info.orientation})"
        if info.orientation != 1
        else ""
    )
    canvas = f"{plan.canvas}" + (f" for {rule.key}" if rule else "")
    facts = [
        ("picture", f"{info.name}: {info.size} {info.format or 'pixels'}{stored}"),
        ("canvas", canvas),
        *_choice(plan),
        ("mode", _mode(plan)),
        ("uses", f"{_written(placement.source)}, {1 - placement.share_lost:.1%} of the picture"),
    ]
    if placement.share_lost > 0:
        facts.append(("loses", _losses(plan)))
    if not placement.fills_canvas:
        backdrop = f"the rest is the backdrop ({plan.options.backdrop_name})"
        facts.append(("lands", f"{_written(placement.target)} of the canvas, {backdrop}"))
    facts.append(("result", _result(plan)))
    if plan.removes:
        facts.append(("removes", ", ".join(plan.removes)))
    return facts


def _choice(plan: Plan) -> list[tuple[str, str]]:
    if plan.choice is None or plan.target.rule is None:
        return []
    facts = [("because", plan.choice.because)]
    if plan.video is not None and plan.video != plan.canvas:
        facts.append(("video", f"{plan.video}, which the server makes of this canvas"))
    elif plan.video is None:
        facts.append(("video", "its size is not known"))
    return facts


def _mode(plan: Plan) -> str:
    asked = plan.options.mode
    text = f"{plan.mode}" if asked == plan.mode else f"{plan.mode}, chosen by {asked}"
    if plan.mode == "cover":
        focus = plan.options.focus
        text += f", focus {focus[0]:.4g},{focus[1]:.4g}" if isinstance(focus, Focus) else ", focus center"
        text += f" ({plan.focus_from})" if plan.focus_from else ""
    if plan.mode == "stretch":
        distortion = plan.placement.distortion
        wider, times = ("wider", distortion) if distortion >= 1 else ("narrower", 1 / distortion)
        text += f", everything becomes {times:.2f} times {wider}"
    return text


def _losses(plan: Plan) -> str:
    box, size = plan.placement.source, plan.info.size
    sides = {
        "left": box.left / size.width,
        "right": 1 - box.right / size.width,
        "top": box.top / size.height,
        "bottom": 1 - box.bottom / size.height,
    }
    parts = [f"{share:.1%} at the {side}" for side, share in sides.items() if share > 0.0005]
    return f"{plan.placement.share_lost:.1%}" + (f": {', '.join(parts)}" if parts else "")


def _result(plan: Plan) -> str:
    if plan.action == "keep":
        return "the file as it is, byte for byte"
    if plan.action == "strip":
        return "the file without its metadata, its pixels untouched"
    how = " without loss" if plan.options.lossless else f" at quality {plan.options.quality}"
    how = "" if plan.format == "png" else how
    return f"a new {plan.format}{how}, because {'; '.join(plan.reasons)}"


def _written(box: Box) -> str:
    return f"{box.width:g}x{box.height:g} at {box.left:g},{box.top:g}"


def drawing(plan: Plan) -> list[str]:
    """Draw the picture with the part that is used, or the canvas with the part that is filled.

    Returns:
        Lines of text: ``#`` is picture that is used, ``.`` picture that is lost, ``/`` backdrop.
    """
    placement = plan.placement
    if placement.fills_canvas:
        frame, box, outside, label = (
            plan.info.size,
            placement.source,
            ".",
            "the picture; # is used, . is lost",
        )
    else:
        frame, box, outside, label = (
            placement.canvas,
            placement.target,
            "/",
            "the canvas; # is picture, / is backdrop",
        )
    columns, rows = _grid(frame)
    across, down = columns / frame.width, rows / frame.height
    lines = []
    for row in range(rows):
        inside_rows = box.top * down <= row + 0.5 <= box.bottom * down
        cells = (
            "#" if inside_rows and box.left * across <= column + 0.5 <= box.right * across else outside
            for column in range(columns)
        )
        lines.append("  " + "".join(cells))
    return [*lines, f"  {label}"]


def _grid(size: Size) -> tuple[int, int]:
    """Return how many columns and rows of characters show a picture in its shape."""
    scale = min(_DRAWING_WIDTH / (size.width * _CELL), _DRAWING_HEIGHT / size.height)
    return max(1, round(size.width * _CELL * scale)), max(1, round(size.height * scale))


def ffmpeg_filters(plan: Plan) -> str:
    """Return the placement as ffmpeg filters: crop, scale, crop again and pad, as far as each is needed.

    ffmpeg cuts at whole pixels. Along a side that shrinks, the cut before the scaling errs by less of a
    canvas pixel; along one that grows, the cut after it does, so the first only drops what is far away.
    All of it is done in RGB, since with halved chroma ffmpeg rounds the place of a pad to even pixels.
    """
    placement = plan.placement
    source, box = plan.info.size, placement.source
    across = _cuts(box.left, box.right, source.width, placement.target_size.width)
    down = _cuts(box.top, box.bottom, source.height, placement.target_size.height)
    filters = ["format=rgb24"]
    if (across.kept, down.kept) != source:
        filters.append(f"crop={across.kept}:{down.kept}:{across.start}:{down.start}:exact=1")
    filters.append(f"scale={across.scaled}:{down.scaled}:flags=lanczos+accurate_rnd+full_chroma_int")
    if (across.scaled, down.scaled) != placement.target_size:
        size = placement.target_size
        filters.append(f"crop={size.width}:{size.height}:{across.offset}:{down.offset}:exact=1")
    if not placement.fills_canvas:
        filters += _backdrop(plan)
    return ",".join([*filters, "setsar=1"])


def _backdrop(plan: Plan) -> list[str]:
    """Return the filters that put the scaled picture on its backdrop."""
    canvas, backdrop = plan.canvas, plan.options.backdrop
    left, top = int(plan.placement.target.left), int(plan.placement.target.top)
    if backdrop == "blur":
        sigma = BACKDROP_BLUR * max(canvas)
        dark = f"colorchannelmixer=rr={BACKDROP_BRIGHTNESS}:gg={BACKDROP_BRIGHTNESS}:bb={BACKDROP_BRIGHTNESS}"
        behind = (
            f"scale={canvas.width}:{canvas.height}:force_original_aspect_ratio=increase,"
            f"crop={canvas.width}:{canvas.height},gblur=sigma={sigma:g},{dark}"
        )
        return [f"split[front][copy];[copy]{behind}[behind];[behind][front]overlay={left}:{top}:format=gbrp"]
    color = "black" if isinstance(backdrop, str) else f"0x{plan.options.backdrop_name[1:]}"
    padded = f"pad={canvas.width}:{canvas.height}:{left}:{top}:color={color}"
    if not isinstance(backdrop, str):
        return [padded]
    right = canvas.width - left - plan.placement.target_size.width
    bottom = canvas.height - top - plan.placement.target_size.height
    if backdrop == "auto":
        raise _not_in_ffmpeg(plan, "ffmpeg has no filter that finds the colour of a border")
    size = plan.placement.target_size
    if backdrop == "mirror" and (max(left, right) > size.width or max(top, bottom) > size.height):
        raise _not_in_ffmpeg(plan, "ffmpeg's fillborders mirrors a picture only once")
    mode = {"edge": "smear", "mirror": "mirror"}[backdrop]
    borders = f"left={left}:right={right}:top={top}:bottom={bottom}"
    return [padded, f"fillborders={borders}:mode={mode}"]


def _not_in_ffmpeg(plan: Plan, message: str) -> InvalidOption:
    return InvalidOption(
        message,
        seen=f"backdrop {plan.options.backdrop_name} on {plan.canvas}",
        wanted="a backdrop that ffmpeg can make: a colour, blur or edge",
        fix="--backdrop black",
    )


class _Cuts(NamedTuple):
    """Along one side: what is kept of the source, how long that is scaled, and where the result starts."""

    start: int
    kept: int
    scaled: int
    offset: int


def _cuts(low: float, high: float, end: int, target: int) -> _Cuts:
    scale = target / (high - low)
    if (low, high) == (0, end):
        return _Cuts(0, end, target, 0)
    if scale <= 1:
        kept = min(end, max(1, round(high - low)))
        return _Cuts(min(round(low), end - kept), kept, target, 0)
    start = max(0, math.floor(low) - _FILTER_REACH)
    kept = min(end, math.ceil(high) + _FILTER_REACH) - start
    scaled = max(target, round(kept * scale))
    return _Cuts(start, kept, scaled, min(round((low - start) * scale), scaled - target))
