"""Has videos made: by the embedded engine in this server, or by the server that is configured."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

import msgspec

from framefit.errors import FramefitError
from framefit.fitting import fit
from framefit.imaging import Fitted
from framefit.saving import write_whole
from framefit.server.envelope import ApiError
from framefit.server.studio.elsewhere import Elsewhere, intent_of, was_made
from framefit.server.studio.history import History, told
from framefit.server.studio.orders import Order, Quote
from framefit.server.studio.own import Own
from framefit.server.studio.place import DEFAULT_MODEL, Place
from framefit.server.studio.records import Record, Records
from framefit.server.studio.uploads import Upload
from framefit.server.studio.wishes import Limits, Wish
from framefit.videos.offers import read_seconds
from framefit.videos.prices import price_usd


class Maker:
    """Has videos made and keeps account of them; every method may block.

    Args:
        records: the page's record of videos.
        history: the videos of the ledger.
        place: where videos are made.
        own: the embedded engine; None where there is none, as in the gateway.
        limits: what pictures may be.
    """

    def __init__(
        self, records: Records, history: History, place: Place, *, own: Own | None, limits: Limits
    ) -> None:
        self._records = records
        self._history = history
        self._own = own
        self._elsewhere = None if place.embedded else Elsewhere(records, place)
        self._limits = limits
        self.place = place

    def quote(self, upload: Upload, wish: Wish, seconds: str | None) -> Quote:
        """Say where a video would be made and for how much; nothing is sent.

        Raises:
            UsageError: that server does not make such a video.
        """
        offer, asked = self.place.offer(wish)
        length = read_seconds(seconds, offer)
        plan = asked.plan(upload.source, self._limits)
        return Quote(
            engine=self.place.engine,
            embedded=self.place.embedded,
            size=str(plan.canvas),
            seconds=length,
            lengths=offer.rule.seconds if offer.rule and offer.certain else (),
            cost_usd=0.0 if self.place.embedded else price_usd(offer, plan.canvas, length),
        )

    def make(self, upload: Upload, order: Order) -> Record:
        """Fit the picture and ask for the video.

        Raises:
            ApiError: 409, it may cost money and nobody has agreed to that; 503, too many are under way.
            FramefitError: the picture or the request is refused; nothing was started.
        """
        quote = self.quote(upload, order.wish, order.seconds)
        _check_agreed(quote, order.confirmed)
        offer, asked = self.place.offer(order.wish)
        fitted = _fitted(upload, asked, self._limits)
        name = _new_name()
        record = Record(
            id=name,
            created_at=int(time.time()),
            picture=upload.info.name,
            prompt=order.prompt,
            model=order.wish.model or DEFAULT_MODEL,
            server=offer.rule.server if offer.rule and offer.certain else None,
            size=str(fitted.size),
            seconds=quote.seconds,
            engine=quote.engine,
            embedded=quote.embedded,
            reference=f"{name}.{fitted.format}",
            address=None if quote.embedded else self.place.name,
            cost_usd=quote.cost_usd,
        )
        return self._start(record, fitted.data)

    def another(self, record_id: str, *, confirmed: bool) -> Record:
        """Ask for another take: the same picture, prompt, model, size and length once more.

        Raises:
            ApiError: 404; 409, it may cost money and nobody has agreed to that, or it was made elsewhere.
        """
        before = self._records.find(record_id)
        if (None if self.place.embedded else self.place.name) != before.address:
            raise ApiError(
                409,
                f"This video was made by {before.engine}, which is not configured now.",
                code="other_server",
            )
        quote = Quote(
            engine=before.engine,
            embedded=before.embedded,
            size=before.size,
            seconds=before.seconds,
            lengths=(),
            cost_usd=before.cost_usd,
        )
        _check_agreed(quote, confirmed)
        data = self._records.reference(before).read_bytes()
        name = _new_name()
        record = msgspec.structs.replace(
            before,
            id=name,
            created_at=int(time.time()),
            reference=f"{name}{Path(before.reference).suffix}",
            take=before.take + 1 if self._elsewhere is None else self._elsewhere.next_take(before),
            earlier=False,
            video_id=None,
            status="queued",
            progress=0,
            error=None,
            receipt=None,
        )
        return self._start(record, data)

    def find(self, video_id: str) -> dict[str, Any]:
        """Return a video as it stands now: one of the page's own, or one of the ledger.

        Raises:
            ApiError: 404.
        """
        if _is_key(video_id):
            return told(self._history.find(video_id))
        return self._current(self._records.find(video_id)).as_dict()

    def all(self) -> dict[str, Any]:
        """Return every video as it stands now, the newest first, and why the ledger's are missing if they are."""
        own = [self._current(record) for record in self._records.all()]
        shown = [record.as_dict() for record in own if self._own is not None or not record.embedded]
        known = {record.key for record in own}
        error = None
        try:
            shown += [told(entry) for entry in self._history.entries() if entry.key not in known]
        except FramefitError as reason:
            error = reason.as_dict()
        shown.sort(key=lambda video: (-video["created_at"], video["id"]))
        return {"videos": shown, "ledger_error": error}

    def go_on(self) -> None:
        """Go on with every video that a process before this one left unfinished."""
        for record in self._records.all():
            self._current(record)

    def content(self, video_id: str) -> Path:
        """Return the file of a finished video.

        Raises:
            ApiError: 404, there is none, or it has expired.
        """
        if _is_key(video_id):
            return self._history.content(video_id)
        record = self._records.find(video_id)
        path = self._records.video(record)
        if record.embedded and self._own is not None:
            path = self._own.content(record)
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
        """Delete a record that has ended, its picture and its video; the ledger keeps what it has.

        Raises:
            ApiError: 404, or 409 for one that has not ended.
        """
        record = self._current(self._records.find(record_id))
        if record.is_unfinished:
            raise ApiError(409, "This video is still being made.", code="video_not_ended")
        if record.embedded and self._own is not None:
            self._own.remove(record)
        self._records.remove(record)

    def _start(self, record: Record, data: bytes) -> Record:
        """Put a record and its picture on disk, and have its video made."""
        if self._elsewhere is not None:
            self._elsewhere.check_room()
            record = msgspec.structs.replace(
                record, key=intent_of(record, data).key, earlier=was_made(record, data)
            )
            write_whole(self._records.reference(record), data)
            return self._elsewhere.start(self._records.save(record))
        if self._own is None:
            raise AssertionError("there is neither an engine nor a server")
        write_whole(self._records.reference(record), data)
        try:
            return self._own.start(record)
        except ApiError:
            self._records.reference(record).unlink(missing_ok=True)
            raise

    def _current(self, record: Record) -> Record:
        if record.embedded:
            return record if self._own is None else self._own.current(record)
        return record if self._elsewhere is None else self._elsewhere.current(record)


def _check_agreed(quote: Quote, confirmed: bool) -> None:
    if quote.needs_confirmation and not confirmed:
        raise ApiError(409, f"{quote.engine} may charge for this video.", code="confirmation_needed")


def _new_name() -> str:
    return f"make_{uuid.uuid4().hex}"


def _is_key(name: str) -> bool:
    return not name.startswith("make_")


def _fitted(upload: Upload, wish: Wish, limits: Limits) -> Fitted:
    return fit(
        upload.source,
        size=wish.size,
        model=wish.model,
        server=wish.server,
        mode=wish.mode,
        focus=wish.focus,
        crop=wish.crop,
        backdrop=wish.backdrop,
        max_pixels=limits.max_pixels,
        face_model=limits.face_model,
    )
