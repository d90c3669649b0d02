"""render(): a plan and its picture in, the finished file out, by a list of named steps."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace

from framefit.errors import PictureBroken
from framefit.findings import Finding
from framefit.imaging.compose import compose
from framefit.imaging.decode import decode, not_as_planned
from framefit.imaging.encode import Encoded, encode
from framefit.imaging.fitted import Fitted
from framefit.imaging.flatten import flatten
from framefit.imaging.frame import Frame
from framefit.imaging.metadata import without_metadata
from framefit.imaging.partial import decode_part, finding_of, plan_part
from framefit.imaging.plain_mode import plain_mode
from framefit.imaging.resize import resize
from framefit.imaging.to_srgb import to_srgb
from framefit.imaging.turn import turn
from framefit.planning import Plan
from framefit.probing import DAMAGE, broken, open_header, probe
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

_SHARED = 1
"""How many of the steps, from the first, are the same for all targets of one picture."""


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
        OutputUnwritable: there is no room to encode it in.
    """
    return render_many([plan], source)[0]


def render_many(plans: Sequence[Plan], source: PictureSource) -> list[Fitted]:
    """Carry out several plans for one picture, which is decoded once.

    Args:
        plans: at least one; the one that needs most pixels decides at what scale a JPEG is decoded.
        source: the picture they were all made for.

    Returns:
        The finished pictures, in the order of the plans. Each is the same as `render` gives where all
        plans need the same scale; where another plan needs more pixels, it is a little sharper.

    Raises:
        PictureBroken: the file is truncated or damaged, or is not the one that was planned for.
        OverByteBudget: a result cannot be made small enough.
        OutputUnwritable: there is no room to encode one in.
    """
    source = Source.of(source)
    if any(plan.action != "convert" for plan in plans):
        source = source.loaded()  # what is handed back is then what was decoded, whatever becomes of the file
    frame, plans = _decoded(plans, source)
    if any(plan.action == "convert" for plan in plans):
        frame = _through(STEPS[:_SHARED], frame, plans[0], source)
    return [_finished(frame, plan, source) for plan in plans]


def _through(steps: Sequence[tuple[str, Step]], frame: Frame, plan: Plan, source: Source) -> Frame:
    try:
        for _, step in steps:
            frame = step(frame, plan)
    except DAMAGE as error:
        raise broken(source.name, error) from error
    return frame


def _decoded(plans: Sequence[Plan], source: Source) -> tuple[Frame, Sequence[Plan]]:
    """Decode the picture, or what is there of it where that is allowed, with plans to match."""
    try:
        return decode(source, plans), plans
    except PictureBroken:
        if not all(plan.options.allow_truncated for plan in plans):
            raise
        shrink = min(plan.shrink for plan in plans)
        whole = plans[0]
        part = decode_part(source, whole, shrink=shrink)
        if part is None:
            raise
        finding = finding_of(whole, part)
        plans = [plan_part(plan, part) for plan in plans]
        needed = min(plan.shrink for plan in plans)
        if needed < shrink:
            # With fewer rows the picture is scaled up more, which may need more pixels of what is there.
            part = decode_part(source, whole, shrink=needed) or part
        return part.frame.with_finding(finding), plans


def _finished(frame: Frame, plan: Plan, source: Source) -> Fitted:
    if plan.action != "convert":
        # It was decoded all the same: a file cut short has a perfect header.
        _check_as_planned(plan, source)
        plan = _without_second_picture(plan, source)
    if plan.action == "keep":
        encoded = Encoded(data=source.read(), quality=None)
    elif plan.action == "strip":
        encoded = Encoded(data=_stripped(source, plan), quality=None)
    else:
        frame = _through(STEPS[_SHARED:], frame, plan, source)
        encoded = encode(frame, plan)
    return Fitted(
        data=encoded.data,
        size=plan.canvas,
        format=plan.format,
        plan=plan,
        source_path=source.origin,
        quality=encoded.quality,
        findings=(*frame.findings, *_costs(plan, encoded)),
    )


def _check_as_planned(plan: Plan, source: Source) -> None:
    info = probe(source)
    if replace(info, name=plan.info.name) != plan.info:
        raise not_as_planned(source.name, plan, seen="other contents")


def _without_second_picture(plan: Plan, source: Source) -> Plan:
    """Return the plan, which strips a JPEG after all when another one hangs behind its end.

    The two end as one does, so that only a walk through the pixel data shows it, which is no header fact.
    """
    if (plan.action, plan.format) == ("keep", "jpeg"):
        data = source.read()
        clean = without_metadata(data, plan.format, source.name)
        if len(clean) < len(data) and data.startswith(clean):
            return replace(plan, action="strip", info=replace(plan.info, metadata=("trailer",)))
    return plan


def _costs(plan: Plan, encoded: Encoded) -> tuple[Finding, ...]:
    """Say what a byte budget cost, if it cost quality."""
    asked = plan.options.quality
    if encoded.quality is None or encoded.quality == asked:
        return ()
    return (
        Finding(
            code="quality_lowered",
            level="note",
            message=f"the quality was lowered from {asked} to {encoded.quality} to meet the byte budget",
            seen=f"quality {encoded.quality}, {len(encoded.data)} bytes",
            wanted=f"at most {plan.byte_limit} bytes",
            fix="--max-bytes",
        ),
    )


def _stripped(source: Source, plan: Plan) -> bytes:
    """Return the file without its metadata, decoded once more: readers forgive what a clean copy may lack."""
    data = without_metadata(source.read(), plan.format, source.name)
    try:
        open_header(io.BytesIO(data), plan.format, source.name).load()
    except DAMAGE as error:
        raise broken(source.name, error) from error
    return data
