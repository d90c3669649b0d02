"""Plan: every decision about one picture, made from header facts alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from framefit.canvases import Choice, choose
from framefit.catalog import Catalog, Rule, read_catalog
from framefit.errors import InvalidOption
from framefit.geometry import SHRINKS, Mode, Placement, Size, cover_loss, place, shrink_for
from framefit.limits import check_canvas, check_pixels
from framefit.options import FORMATS, Format, Options
from framefit.probing import PictureInfo

Action = Literal["keep", "strip", "convert"]


@dataclass(frozen=True, kw_only=True)
class Target:
    """What a picture is fitted to or checked against.

    Args:
        rule: the rule of the model on the server; None when only a size was asked for.
        size: the canvas asked for; None leaves the choice to the plan.
        seconds: the length asked for, in seconds, as it would be sent; None is the server's default.
    """

    rule: Rule | None = None
    size: Size | None = None
    seconds: str | None = None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What will be done to one picture, and why.

    Args:
        info: the facts of the picture.
        target: what it is fitted to.
        options: how it was asked to be fitted.
        placement: which part lands where on the canvas.
        format: the format of the result.
        action: ``keep`` returns the file byte for byte, ``strip`` removes metadata without touching
            the pixels, ``convert`` makes a new file.
        reasons: why the file cannot be kept as it is.
        choice: why this canvas, and what size the video will have.
        focus_from: how the focus was found in the picture; None when it was given.
        shrink: how many times smaller the picture is decoded: 1, 2, 4 or 8.
    """

    info: PictureInfo
    target: Target
    options: Options
    placement: Placement
    format: Format
    action: Action
    reasons: tuple[str, ...]
    choice: Choice | None = None
    focus_from: str | None = None
    shrink: int = 1

    @property
    def video(self) -> Size | None:
        """The size the video will have; None when that is not known, or no model was named."""
        return self.choice.video if self.choice else None

    @property
    def canvas(self) -> Size:
        """The size of the result, in pixels."""
        return self.placement.canvas

    @property
    def mode(self) -> Mode:
        """The mode that was settled on."""
        return self.placement.mode

    @property
    def removes(self) -> tuple[str, ...]:
        """The metadata that will not be in the result."""
        return self.info.metadata

    @property
    def byte_limit(self) -> int | None:
        """The largest result in bytes: the smaller of the option's and the rule's limit; None is none."""
        return _byte_limit(self.options, self.target.rule)

    def explain(self) -> str:
        """Return the plan in words and a small drawing."""
        from framefit.explaining import explained

        return explained(self)

    def as_ffmpeg(self) -> str:
        """Return the placement as a string for ffmpeg's ``-vf``.

        It expects the upright picture, which ffmpeg gives for files with an EXIF orientation it
        honours. ffmpeg cuts at whole pixels, so the result may be shifted by up to half a pixel.

        Raises:
            InvalidOption: ffmpeg has no filter that makes the backdrop.
        """
        from framefit.explaining import ffmpeg_filters

        return ffmpeg_filters(self)

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as plain values for JSON; boxes are left, top, right, bottom."""
        rule, placement = self.target.rule, self.placement
        return {
            "picture": self.info.as_dict(),
            "model": rule.model if rule else None,
            "server": rule.server if rule else None,
            "canvas": str(self.canvas),
            "because": self.choice.because if self.choice else None,
            "video": str(self.video) if self.video else None,
            "mode": self.mode,
            "focus": list(self.options.focus) if self.options.focus else "center",
            "focus_from": self.focus_from,
            "crop": list(self.options.crop),
            "source_box": [round(edge, 4) for edge in placement.source],
            "canvas_box": [int(edge) for edge in placement.target],
            "share_lost": round(placement.share_lost, 6),
            "distortion": round(placement.distortion, 6) if self.mode == "stretch" else 1.0,
            "backdrop": self.options.backdrop_name,
            "format": self.format,
            "quality": self.options.quality,
            "shrink": self.shrink,
            "action": self.action,
            "reasons": list(self.reasons),
            "removes": list(self.removes),
        }


def read_target(
    *,
    size: str | tuple[int, int] | None = None,
    model: str | None = None,
    server: str | None = None,
    seconds: str | int | None = None,
    catalog: str | Path | Catalog | None = None,
) -> Target:
    """Look up what a picture is to be fitted to.

    Args:
        size: the canvas; None and ``"auto"`` leave the choice to the plan.
        model: a model of the catalogue.
        server: the server it runs on.
        seconds: the length asked for.
        catalog: a catalogue, or a catalogue file whose entries come over the built-in ones.

    Raises:
        InvalidOption: neither a size nor a model, or a server without a model.
        InvalidSize, UnknownModel, UnknownServer, InvalidCatalog: as they say.
    """
    wanted = None if size is None or (isinstance(size, str) and size == "auto") else Size.parse(size)
    if model is None:
        if server is not None:
            raise InvalidOption(
                "a server needs a model", seen=f"server {server}", wanted="a model", fix="--model NAME"
            )
        if wanted is None:
            raise InvalidOption(
                "there is nothing to fit to",
                seen=None if size is None else "size auto without a model",
                wanted="a size or a model",
                fix="--size 1280x720, or --model NAME",
            )
        return Target(size=wanted)
    rule = read_catalog(catalog).find(model, server=server)
    return Target(rule=rule, size=wanted, seconds=None if seconds is None else str(seconds))


def decide(info: PictureInfo, target: Target, options: Options, *, focus_from: str | None = None) -> Plan:
    """Make the plan for a picture whose facts, target and options are known.

    Args:
        info: the facts of the picture.
        target: what it is fitted to.
        options: how it is fitted; the focus is a point or the middle.
        focus_from: how that point was found in the picture; None when it was given.

    Raises:
        PictureTooLarge: more pixels would be decoded than ``options.max_pixels``.
        SizeNotOffered: the model does not render the size asked for.
        InvalidOption: the format cannot hold the canvas or is not allowed by the rule, or the focus is
            still to be found in the picture.
    """
    if isinstance(options.focus, str):
        raise InvalidOption(
            f"focus {options.focus!r} has to be found in the picture, and only its header is known",
            seen=options.focus,
            wanted="center, or x,y as fractions 0 to 1",
            fix="framefit.plan(source, ...) with the picture itself",
        )
    choice = choice_for(info.size, target, options)
    canvas = choice.canvas
    placement = place(
        info.size, canvas, mode=_mode(info.size, canvas, options), focus=options.focus, crop=options.crop
    )
    format = _format(options, target.rule)
    kept = _kept_format(info, options, target.rule) or format
    reasons = _reasons_to_convert(info, placement, kept, _byte_limit(options, target.rule))
    if not reasons:
        format = kept
    check_canvas(canvas, format, options)
    action: Action = "convert" if reasons else "strip" if info.metadata else "keep"
    shrink = _shrink(info, placement, action, options)
    check_pixels(info, shrink, options)
    return Plan(
        info=info,
        target=target,
        options=options,
        placement=placement,
        format=format,
        action=action,
        reasons=reasons,
        choice=choice,
        focus_from=focus_from,
        shrink=shrink,
    )


def _shrink(info: PictureInfo, placement: Placement, action: Action, options: Options) -> int:
    """Return how many times smaller the picture is decoded; what is kept is decoded to see it is whole."""
    if info.format != "jpeg":
        return 1
    if action != "convert":
        return max(SHRINKS)
    return 1 if options.best else shrink_for(placement)


def choice_for(source: Size, target: Target, options: Options) -> Choice:
    """Choose the canvas: the size asked for, else the one the rule allows that loses least.

    Among sizes that lose the same, the smallest is taken, which is the cheapest.

    Raises:
        SizeNotOffered: the model does not render the size asked for.
        InvalidOption: the sizes of the model are not known.
    """
    if target.rule is not None:
        return choose(target.rule, source, target.size, options)
    if target.size is None:
        raise InvalidOption("there is nothing to fit to", wanted="a size", fix="--size WxH")
    return Choice(canvas=target.size, video=None, because="it is the size asked for")


def _mode(source: Size, canvas: Size, options: Options) -> Mode:
    if options.mode != "auto":
        return options.mode
    lost = round(cover_loss(source, canvas, options.crop), 9)  # 85 of 100 lines lose 0.15000000000000002
    return "cover" if lost <= options.max_loss else "pad"


def _allowed_formats(rule: Rule | None) -> list[Format]:
    return [format for format in FORMATS if rule is None or not rule.formats or format in rule.formats]


def _kept_format(info: PictureInfo, options: Options, rule: Rule | None) -> Format | None:
    """Return the picture's own format if a result may have it."""
    if options.format is not None:
        return None
    return next((format for format in _allowed_formats(rule) if format == info.format), None)


def _format(options: Options, rule: Rule | None) -> Format:
    """Return the format of a new file: the one asked for, else the first that is allowed."""
    allowed = _allowed_formats(rule)
    if options.format is not None:
        if options.format not in allowed:
            raise InvalidOption(
                f"{rule.key if rule else 'the server'} does not take {options.format}",
                seen=options.format,
                wanted=", ".join(rule.formats) if rule else None,
                fix=f"--format {allowed[0]}" if allowed else None,
            )
        return options.format
    if not allowed:
        raise InvalidOption(
            "no format framefit writes is taken there", wanted=", ".join(rule.formats) if rule else None
        )
    return allowed[0]


def _byte_limit(options: Options, rule: Rule | None) -> int | None:
    limits = [limit for limit in (options.max_bytes, rule.max_bytes if rule else None) if limit is not None]
    return min(limits, default=None)


def _reasons_to_convert(
    info: PictureInfo, placement: Placement, format: Format, max_bytes: int | None
) -> tuple[str, ...]:
    """List what keeps the file from being sent as it is; its metadata are no such reason."""
    whole = placement.source == (0, 0, *info.size)
    checks = (
        (info.format is None, "the pixels are in no file yet"),
        (info.format is not None and info.format != format, f"it is {info.format}, not {format}"),
        (info.size != placement.canvas, f"it is {info.size}, not {placement.canvas}"),
        (info.size == placement.canvas and not whole, "a part of it is to be cut out"),
        (info.orientation != 1, f"it is stored turned (EXIF orientation {info.orientation})"),
        (info.alpha, "it has transparency"),
        (info.animated, "it is animated"),
        (not info.srgb, f"its colours are {info.profile or info.mode}, not sRGB"),
        (info.profile == "unreadable", "its colour profile is damaged"),
        (info.mode not in ("RGB", "L", "P", "1"), f"its pixels are {info.mode}"),
        (info.bits > 8, f"it has {info.bits} bits a channel"),
        (
            max_bytes is not None and info.byte_count is not None and info.byte_count > max_bytes,
            f"it has {info.byte_count} bytes, over the limit of {max_bytes}",
        ),
    )
    return tuple(reason for true, reason in checks if true)
