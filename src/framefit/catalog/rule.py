"""Rule: what one model on one server accepts as a picture in one role."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from framefit.geometry import Size

Role = Literal["first_frame", "last_frame", "reference"]
Status = Literal["live", "deprecated", "retired", "unknown"]
Kind = Literal["exact", "ratio", "bounds", "multiple", "derived", "unknown"]
Mismatch = Literal["reject", "stretch", "crop", "pad", "derive", "ignore", "unknown"]
Faces = Literal["allowed", "rejected", "unknown"]
Exif = Literal["applied", "ignored", "unknown"]
Alpha = Literal["flattened", "dropped", "rejected", "unknown"]
Written = Literal["string", "integer", "unknown"]
SizeMeans = Literal["canvas", "area", "ignored", "unknown"]
Outside = Literal["reject", "fail", "accept", "unknown"]
ErrorWhen = Literal["mismatch", "limits", "grid", "ratio", "missing", "size_text", "any", "unknown"]
Formula = Literal["area_floor", "latent_floor", "area_ceil", "best_fit", "bucket", "bucket_strict"]
Evidence = Literal["code", "documented", "reported", "none"]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One entry of the catalogue. Whatever is None, empty or ``unknown`` is not known.

    Args:
        model: the name sent to the server.
        server: who answers: ``openai``, ``azure``, ``embedded`` and so on.
        role: what the picture is used as.
        provider: who makes or resells the model; ``server`` may be asked for by this name too.
        aliases: other names under which the same rule holds.
        status: whether the model can be asked for today.
        started_on: the day it became available.
        ended_on: the day it ended or is planned to end.
        replaced_by: the models its maker names as successors.
        kind: how the canvas is decided: ``exact`` one of the sizes, to the pixel; ``ratio`` one of
            the ratios, at a tier; ``bounds`` any picture inside limits; ``multiple`` any size on a
            grid; ``derived`` the server takes the shape of the picture.
        sizes: the canvases on offer, in pixels.
        sizes_complete: whether ``sizes`` holds them all.
        default_size: the canvas when none is asked for.
        size_means: what the server makes of the size asked for: the canvas, an area, nothing.
        size_written: the sign between width and height, ``x`` or ``*``.
        tiers: the canvases by name of tier, for instance ``720p``; a tier without sizes is on offer,
            its pixels are not known.
        ratios: the ratios on offer, as the server writes them.
        formula: name of the arithmetic by which a derived canvas comes about.
        areas: the pixels of a derived canvas by name of tier, the one used by default first.
        multiple_of: the step of both sides, in pixels.
        min_side: the shortest side allowed for the picture, in pixels.
        max_side: the longest side allowed for the picture, in pixels.
        ratio_min: the smallest width / height allowed for the picture.
        ratio_max: the largest width / height allowed for the picture.
        max_area: the largest canvas, in pixels.
        outside: what happens to a picture beyond these limits; ``fail`` is a job that is accepted
            and fails later.
        formats: the picture formats allowed.
        max_bytes: the largest file allowed, in bytes.
        seconds: the lengths on offer.
        default_seconds: the length when none is asked for.
        seconds_written: how the length stands in the request.
        fps: the frame rates of the video.
        frames: the usual numbers of frames.
        frames_form: the form a number of frames must have, for instance ``8k+1``.
        price_per_second_usd: price by tier; a key is the tier and, after a blank, the variant.
        price_per_call_usd: price of one call, whatever its length.
        price_from: who says so.
        faces: what happens to pictures of people.
        exif: whether the server turns the picture by its EXIF orientation.
        alpha: what the server does with transparency.
        mismatch: what happens to a picture whose shape differs from the canvas.
        crop_position: where a crop is taken.
        error_status: the HTTP status of a rejection.
        error_when: what the error answers: a size mismatch, a picture beyond the limits, a size off
            the grid, an explicit ratio, a missing picture, the way a size is written, or anything.
        error_text: the server's own words.
        evidence: how the mismatch is known.
        sources: addresses where this is said.
        checked_on: the day the sources were read.
        notes: what does not fit above.
    """

    model: str
    server: str
    sources: tuple[str, ...]
    checked_on: date
    role: Role = "first_frame"
    provider: str = ""
    aliases: tuple[str, ...] = ()
    status: Status = "unknown"
    started_on: date | None = None
    ended_on: date | None = None
    replaced_by: tuple[str, ...] = ()
    kind: Kind = "unknown"
    sizes: tuple[Size, ...] = ()
    sizes_complete: bool = True
    default_size: Size | None = None
    size_means: SizeMeans = "unknown"
    size_written: Literal["x", "*", "unknown"] = "unknown"
    tiers: dict[str, tuple[Size, ...]] = field(default_factory=dict)
    ratios: tuple[str, ...] = ()
    formula: Formula | None = None
    areas: dict[str, int] = field(default_factory=dict)
    multiple_of: int | None = None
    min_side: int | None = None
    max_side: int | None = None
    ratio_min: float | None = None
    ratio_max: float | None = None
    max_area: int | None = None
    outside: Outside = "unknown"
    formats: tuple[str, ...] = ()
    max_bytes: int | None = None
    seconds: tuple[int, ...] = ()
    default_seconds: int | None = None
    seconds_written: Written = "unknown"
    fps: tuple[int, ...] = ()
    frames: tuple[int, ...] = ()
    frames_form: str | None = None
    price_per_second_usd: dict[str, float] = field(default_factory=dict)
    price_per_call_usd: float | None = None
    price_from: Literal["vendor", "reseller", "unknown"] = "unknown"
    faces: Faces = "unknown"
    exif: Exif = "unknown"
    alpha: Alpha = "unknown"
    mismatch: Mismatch = "unknown"
    crop_position: Literal["center", "unknown"] = "unknown"
    error_status: int | None = None
    error_when: ErrorWhen = "unknown"
    error_text: str | None = None
    evidence: Evidence = "none"
    notes: str = ""

    @property
    def key(self) -> str:
        """The entry's name in messages: ``model on server``."""
        return f"{self.model} on {self.server}"

    @property
    def names(self) -> tuple[str, ...]:
        """The model name and its aliases."""
        return (self.model, *self.aliases)

    def has_ended(self, today: date) -> bool:
        """Tell whether the model can no longer be asked for on that day."""
        return self.status == "retired" or (self.ended_on is not None and self.ended_on <= today)

    def offers(self, size: Size) -> bool:
        """Tell whether the model renders a size, as far as the sizes on offer are known."""
        return not self.sizes or not self.sizes_complete or size in self.sizes

    def tier_of(self, size: Size | None) -> str | None:
        """Return the name of the tier that holds a size; None when it is not known."""
        return next((name for name, sizes in self.tiers.items() if size in sizes), None)

    def shortest_price_usd(self, size: Size | None = None) -> float | None:
        """Return the lowest known price of the shortest clip in US dollars, None when not known.

        Args:
            size: the canvas, which picks the tier; None, or a size without a priced tier, takes the
                lowest price of all tiers.
        """
        if self.price_per_call_usd is not None:
            return self.price_per_call_usd
        tier = self.tier_of(size)
        prices = self.price_per_second_usd
        of_tier = [price for name, price in prices.items() if tier and name.split(" ")[0] == tier]
        if not prices or not self.seconds or (tier and not of_tier and _has_tiers(self)):
            return None
        return round(min(of_tier or prices.values()) * min(self.seconds), 6)


def _has_tiers(rule: Rule) -> bool:
    """Tell whether the prices are by tier, not by variant alone."""
    return any(name.split(" ")[0] in rule.tiers for name in rule.price_per_second_usd)
