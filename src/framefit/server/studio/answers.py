"""What the studio's API answers, so that its description says it and FastAPI holds the answers to it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from framefit.server.studio.records import RecordStatus

Facts = dict[str, Any]
"""What the library says of a picture, a plan or a forecast: the same as ``--json`` prints."""


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Problem(_Answer):
    """Why something cannot be had."""

    code: str
    message: str
    seen: str | None = None
    wanted: str | None = None
    fix: str | None = None


class Offered(_Answer):
    """A live model on a server."""

    model: str
    server: str
    sizes: list[str] = Field(description="Width then height, those that are known.")
    complete: bool = Field(description="Whether there are no other sizes.")
    seconds: list[int]


class Engine(_Answer):
    """Who makes the videos."""

    name: str
    embedded: bool


class Bounds(_Answer):
    """How much the page may send."""

    bytes: int
    pixels: int
    kept_seconds: int


class Choices(_Answer):
    """What can be chosen."""

    models: list[Offered]
    focuses: list[str]
    engine: Engine
    limits: Bounds


class Picture(_Answer):
    """An uploaded picture."""

    id: str
    name: str
    expires_at: int = Field(description="Unix seconds at which it is deleted.")
    info: Facts


class Planned(_Answer):
    """What a server would do with a picture, and what framefit would send."""

    forecast: Facts | None
    server_words: str | None = Field(description="What the server itself would say, as far as it is known.")
    plan: Facts | None
    error: Problem | None = Field(description="Why there is no plan.")
    command: str
    python: str


class Group(_Answer):
    """The models that would be sent the same picture."""

    canvas: str
    kept: float = Field(ge=0, le=1, description="The share of the picture that is kept.")
    mode: str
    preview: str = Field(description="A data URL.")
    targets: list[Facts]


class Contacts(_Answer):
    """A picture on every live model."""

    groups: list[Group]
    without: list[Facts] = Field(description="Models for which no picture can be made, with the reason.")


class Quoted(_Answer):
    """Where a video would be made, and for how much."""

    engine: str
    embedded: bool
    size: str
    seconds: str | None
    lengths: list[int]
    cost_usd: float | None
    needs_confirmation: bool


class StudioVideo(_Answer):
    """A video that was asked for: on the page, or by anybody with the same ledger."""

    id: str
    origin: Literal["page", "ledger"]
    status: RecordStatus | Literal["planned", "submitting", "accepted", "ready", "rejected", "gone"]
    progress: int = Field(ge=0, le=100)
    created_at: int
    picture: str | None = Field(description="The name of the picture.")
    prompt: str
    model: str
    server: str | None
    size: str | None
    seconds: str | None
    engine: str
    embedded: bool
    address: str | None
    key: str | None = Field(description="What the ledger calls it.")
    take: int = Field(ge=1)
    earlier: bool = Field(description="Whether the ledger had it before it was asked for here.")
    cost_usd: float | None
    video_id: str | None
    reference: str | None
    has_video: bool
    error: Problem | None
    receipt: Facts | None
    ok: bool = Field(description="Whether the first frame is the picture that was sent.")


class StudioVideos(_Answer):
    """Every video, the newest first."""

    videos: list[StudioVideo]
    ledger_error: Problem | None = Field(description="Why those of the ledger are missing.")
