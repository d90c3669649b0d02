"""Has videos made: by the embedded engine in this server, or by the server that is configured."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from framefit.errors import FramefitError
from framefit.fitting import fit
from framefit.imaging import Fitted
from framefit.saving import write_whole
from framefit.server.body import Upload as FilePart
from framefit.server.envelope import ApiError
from framefit.server.service import VideosService
from framefit.server.studio.elsewhere import Elsewhere
from framefit.server.studio.records import Record, Records
from framefit.server.studio.uploads import Upload
from framefit.server.studio.wishes import Wish
from framefit.videos.client import ServerAddress
from framefit.videos.objects import Video
from framefit.videos.offers import Offer, offer_for, read_seconds
from framefit.videos.prices import price_usd
from framefit.videos.receipt import verify

EMBEDDED = "framefit embedded engine (camera move, not a generative model)"
_SERVER = "embedded"


class Order(BaseModel):
    """A video that is wanted of an uploaded picture."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    picture: str = Field(max_length=64, description="The id of the upload.")
    wish: Wish
    prompt: str = Field(min_length=1, max_length=32_000, description="What is to happen.")
    seconds: str | None = Field(default=None, max_length=6, description="The length, in whole seconds.")
    confirmed: bool = Field(default=False, description="Whether the person has agreed to what it costs.")


@dataclass(frozen=True, kw_only=True)
class Quote:
    """Where a video would be made, and for how much.

    Args:
        engine: who would render it, in words.
        embedded: whether that is the embedded engine.
        size: the size of the video.
        seconds: its length, as it would be sent; None leaves it to the server.
        lengths: the lengths on offer, in seconds; empty when they are not known.
        cost_usd: the estimated price in US dollars; None when not known.
    """

    engine: str
    embedded: bool
    size: str
    seconds: str | None
    lengths: tuple[int, ...]
    cost_usd: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return the quote as plain values for JSON."""
        return {
            "engine": self.engine,
            "embedded": self.embedded,
            "size": self.size,
            "seconds": self.seconds,
            "lengths": list(self.lengths),
            "cost_usd": self.cost_usd,
            "needs_confirmation": not self.embedded and self.cost_usd != 0,
        }


class Maker:
    """Has videos made and keeps account of them; every method may block.

    Args:
        records: the page's record of videos.
        service: the embedded engine's videos service.
        address: where videos are made; without a base URL that is the embedded engine.
    """

    def __init__(self, records: Records, service: VideosService, address: ServerAddress) -> None:
        self._records = records
        self._service = service
        self._elsewhere = Elsewhere(records, address) if address.base_url is not None else None
        self._address = address

    @property
    def embedded(self) -> bool:
        """Whether the embedded engine renders."""
        return self._elsewhere is None

    @property
    def engine(self) -> str:
        """Who renders, in words."""
        base_url = self._address.base_url
        return EMBEDDED if base_url is None else urlsplit(base_url).hostname or base_url

    def quote(self, upload: Upload, wish: Wish, seconds: str | None) -> Quote:
        """Say where a video would be made and for how much; nothing is sent.

        Raises:
            UsageError: that server does not make such a video.
        """
        offer, asked = self._offer(wish)
        length = read_seconds(seconds, offer)
        plan = asked.plan(upload.source)
        embedded = self._elsewhere is None
        return Quote(
            engine=self.engine,
            embedded=embedded,
            size=str(plan.canvas),
            seconds=length,
            lengths=offer.rule.seconds if offer.rule and offer.certain else (),
            cost_usd=0.0 if embedded else price_usd(offer, plan.canvas, length),
        )

    def make(self, upload: Upload, order: Order) -> Record:
        """Fit the picture and ask for the video.

        Raises:
            ApiError: 409, it may cost money and nobody has agreed to that.
            FramefitError: the picture or the request is refused; nothing was started.
        """
        quote = self.quote(upload, order.wish, order.seconds)
        if quote.as_dict()["needs_confirmation"] and not order.confirmed:
            raise ApiError(409, f"{quote.engine} may charge for this video.", code="confirmation_needed")
        offer, asked = self._offer(order.wish)
        fitted = _fitted(upload, asked)
        name = f"make_{uuid.uuid4().hex}"
        record = Record(
            id=name,
            created_at=int(time.time()),
            picture=upload.info.name,
            prompt=order.prompt,
            model=order.wish.model or "sora-2",
            server=offer.rule.server if offer.rule and offer.certain else None,
            size=str(fitted.size),
            seconds=quote.seconds,
            engine=quote.engine,
            embedded=quote.embedded,
            reference=f"{name}.{fitted.format}",
            cost_usd=quote.cost_usd,
        )
        write_whole(self._records.reference(record), fitted.data)
        if self._elsewhere is not None:
            return self._elsewhere.start(self._records.save(record), fitted.upload())
        try:
            video = self._service.create(_fields(record, fitted))
        except ApiError:
            self._records.reference(record).unlink(missing_ok=True)
            raise
        return self._records.save(msgspec.structs.replace(record, video_id=video.id))

    def find(self, record_id: str) -> Record:
        """Return a record as it stands now.

        Raises:
            ApiError: 404.
        """
        return self._current(self._records.find(record_id))

    def all(self) -> list[Record]:
        """Return every record as it stands now, the newest first."""
        return [self._current(record) for record in self._records.all()]

    def content(self, record_id: str) -> Path:
        """Return the file of a finished video.

        Raises:
            ApiError: 404, there is none, or it has expired.
        """
        record = self._records.find(record_id)
        if record.embedded:
            return self._service.content(record.video_id or "", "video")[0]
        path = self._records.video(record)
        if not path.is_file():
            raise ApiError(404, "There is no video here.", code="video_not_ready")
        return path

    def reference(self, record_id: str) -> Path:
        """Return the file of the picture that was sent.

        Raises:
            ApiError: 404.
        """
        return self._records.reference(self._records.find(record_id))

    def remove(self, record_id: str) -> None:
        """Delete a record that has ended, its picture and its video.

        Raises:
            ApiError: 404, or 409 for one that has not ended.
        """
        record = self.find(record_id)
        if record.is_unfinished:
            raise ApiError(409, "This video is still being made.", code="video_not_ended")
        if record.embedded and record.video_id is not None and record.status != "expired":
            self._service.delete(record.video_id)
        self._records.remove(record)

    def _offer(self, wish: Wish) -> tuple[Offer, Wish]:
        """Return what is known about the server, and the wish as it holds there."""
        model = wish.model or "sora-2"
        named = _SERVER if self._elsewhere is None else None
        offer = offer_for(model, server=named, base_url=self._address.base_url, size=wish.asked_size)
        rule = offer.rule
        there = {"model": rule.model if rule else None, "server": rule.server if rule else None}
        return offer, wish.model_copy(update=there)

    def _current(self, record: Record) -> Record:
        if not record.embedded:
            return self._elsewhere.resume(record) if self._elsewhere else record
        if record.status not in ("queued", "in_progress"):
            return record
        try:
            video = self._service.retrieve(record.video_id or "")
        except ApiError:
            return self._records.save(msgspec.structs.replace(record, status="expired"))
        return self._follow(record, video)

    def _follow(self, record: Record, video: Video) -> Record:
        if video.is_unfinished:
            return msgspec.structs.replace(record, status=video.status, progress=video.progress)
        if video.error is not None:
            told = {"code": video.error.code, "message": video.error.message}
            return self._records.save(msgspec.structs.replace(record, status="failed", error=told))
        try:
            path = self._service.content(video.id, "video")[0]
            receipt = verify(self._records.reference(record), path).as_dict()
        except ApiError:
            return self._records.save(msgspec.structs.replace(record, status="expired"))
        except FramefitError as error:
            return self._records.save(
                msgspec.structs.replace(record, status="completed", progress=100, error=error.as_dict())
            )
        return self._records.save(
            msgspec.structs.replace(record, status="completed", progress=100, receipt=receipt)
        )


def _fitted(upload: Upload, wish: Wish) -> Fitted:
    return fit(
        upload.source,
        size=wish.size,
        model=wish.model,
        server=wish.server,
        mode=wish.mode,
        focus=wish.focus,
        crop=wish.crop,
        backdrop=wish.backdrop,
    )


def _fields(record: Record, fitted: Fitted) -> dict[str, Any]:
    fields = {"prompt": record.prompt, "model": record.model, "size": record.size, "seconds": record.seconds}
    sent = {name: value for name, value in fields.items() if value is not None}
    return {**sent, "input_reference": FilePart(data=fitted.data)}
