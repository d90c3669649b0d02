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
Evidence = Literal["code", "documented", "reported", "none"]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One entry of the catalogue. Whatever is None, empty or ``unknown`` is not known.

    Args:
        model: the name sent to the server.
        server: who answers: ``openai``, ``azure``, ``embedded`` and so on.
        role: what the picture is used as.
        provider: who makes or resells the model; the name of the catalogue file.
        aliases: other names under which the same rule holds.
        status: whether the model can be asked for today.
        ended_on: the day it ended or is planned to end.
        kind: how the canvas is decided.
        sizes: the canvases on offer, in pixels.
        default_size: the canvas when none is asked for.
        tiers: the canvases by name of tier, for instance ``720p``.
        ratios: the ratios on offer, as the server writes them.
        multiple_of: the step of both sides, in pixels.
        min_side: the shortest side allowed for the picture, in pixels.
        max_side: the longest side allowed for the picture, in pixels.
        ratio_min: the smallest width / height allowed for the picture.
        ratio_max: the largest width / height allowed for the picture.
        max_area: the largest canvas, in pixels.
        formats: the picture formats allowed.
        max_bytes: the largest file allowed, in bytes.
        seconds: the lengths on offer.
        default_seconds: the length when none is asked for.
        seconds_written: how the length stands in the request.
        fps: the frame rates of the video.
        price_per_second_usd: price by tier.
        faces: what happens to pictures of people.
        exif: whether the server turns the picture by its EXIF orientation.
        alpha: what the server does with transparency.
        mismatch: what happens to a picture whose shape differs from the canvas.
        error_status: the HTTP status of a rejection.
        error_text: the server's own words of a rejection.
        formula: name of the arithmetic by which a derived canvas comes about.
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
    ended_on: date | None = None
    kind: Kind = "unknown"
    sizes: tuple[Size, ...] = ()
    default_size: Size | None = None
    tiers: dict[str, tuple[Size, ...]] = field(default_factory=dict)
    ratios: tuple[str, ...] = ()
    multiple_of: int | None = None
    min_side: int | None = None
    max_side: int | None = None
    ratio_min: float | None = None
    ratio_max: float | None = None
    max_area: int | None = None
    formats: tuple[str, ...] = ()
    max_bytes: int | None = None
    seconds: tuple[int, ...] = ()
    default_seconds: int | None = None
    seconds_written: Written = "unknown"
    fps: tuple[int, ...] = ()
    price_per_second_usd: dict[str, float] = field(default_factory=dict)
    faces: Faces = "unknown"
    exif: Exif = "unknown"
    alpha: Alpha = "unknown"
    mismatch: Mismatch = "unknown"
    error_status: int | None = None
    error_text: str | None = None
    formula: str | None = None
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
