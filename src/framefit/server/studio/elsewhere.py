"""Has videos made by another server, in threads beside the requests."""

from __future__ import annotations

import hashlib
import logging
import threading

import msgspec

from framefit.errors import FramefitError, OutcomeUnknown
from framefit.server.envelope import ApiError
from framefit.server.studio.place import Place
from framefit.server.studio.records import Record, Records
from framefit.videos.carrying import Order, Server, carry
from framefit.videos.client import CREATE_SECONDS, connect
from framefit.videos.dialects import AUTO, dialect_named
from framefit.videos.dialects.recognising import recognised
from framefit.videos.ledger import Intent, Ledger
from framefit.videos.patience import Patience
from framefit.videos.receipt import verify

_log = logging.getLogger(__name__)
_WAIT_SECONDS = 3600.0
_AT_ONCE = 64
"""How many videos are waited for at a time, each in a thread of its own."""


class Elsewhere:
    """Submits, waits, fetches and verifies, all of it through the ledger, so that nothing is paid twice.

    Args:
        records: the page's record of videos.
        place: the server; its address is set.
    """

    def __init__(self, records: Records, place: Place) -> None:
        self._records = records
        self._place = place
        self._lock = threading.Lock()
        self._under_way: dict[str, Record] = {}

    def check_room(self) -> None:
        """Find out whether another video can be waited for.

        Raises:
            ApiError: 503, too many are waited for already.
        """
        with self._lock:
            busy = len(self._under_way) >= _AT_ONCE
        if busy:
            raise ApiError(
                503,
                "As many videos as this page waits for at a time are being made; nothing was sent.",
                code="studio_busy",
                headers={"retry-after": "10"},
            )

    def start(self, record: Record) -> Record:
        """Have the video of a record made, from the picture that lies beside it."""
        self._run(record)
        return record

    def current(self, record: Record) -> Record:
        """Return a record as it stands; one that a stopped process left goes on where the ledger has it.

        One that was asked for at another address stays as it is: here it would be another video, and
        nobody has agreed to pay for that.
        """
        with self._lock:
            current = self._under_way.get(record.id)
        if current is not None or not record.is_unfinished or record.address != self._place.name:
            return current or record
        latest = self._records.find(record.id)
        if latest.is_unfinished:
            self._run(latest)
        return latest

    def next_take(self, record: Record) -> int:
        """Return the number of a take that nobody has asked for yet."""
        data = self._records.reference(record).read_bytes()
        take = record.take
        with Ledger() as ledger:
            while True:
                take += 1
                entry = ledger.get(intent_of(msgspec.structs.replace(record, take=take), data).key)
                if entry is None or entry.attempts == 0:
                    return take

    def _run(self, record: Record) -> None:
        with self._lock:
            if record.id in self._under_way:
                return
            self._under_way[record.id] = record
        thread = threading.Thread(target=self._work, args=(record,), name="framefit-make", daemon=True)
        thread.start()

    def _work(self, record: Record) -> None:
        try:
            ended = self._carry(record)
        except OutcomeUnknown as error:
            ended = self._with(record.id, status="unknown", error=error.as_dict())
        except FramefitError as error:
            ended = self._with(record.id, status="failed", error=error.as_dict())
        except Exception:
            # The ledger knows how far it came; this thread does not.
            _log.exception("the video %s was left unfinished", record.id)
            told = {"code": "server_error", "message": "The server had a fault; its log says more."}
            ended = self._with(record.id, status="unknown", error=told)
        try:
            self._records.save(ended)
        finally:
            with self._lock:
                del self._under_way[record.id]

    def _carry(self, record: Record) -> Record:
        reference = self._records.reference(record)
        output = self._records.video(record)
        data = reference.read_bytes()
        upload = (reference.name, data, f"image/{reference.suffix.removeprefix('.')}")
        order = Order(intent=intent_of(record, data), upload=upload, output=output)
        with connect(self._place.address) as client, Ledger() as ledger:
            named = self._place.dialect
            dialect = recognised(client) if named == AUTO else dialect_named(named)
            patience = Patience(
                timeout_seconds=_WAIT_SECONDS,
                create_seconds=_WAIT_SECONDS if dialect.create_waits else CREATE_SECONDS,
            )
            entry = carry(
                order,
                ledger=ledger,
                server=Server(client=client, dialect=dialect),
                patience=patience,
                on_progress=lambda status, percent: self._report(record.id, status, percent),
                on_submitted=lambda video_id: self._submitted(record.id, video_id),
            )
            receipt = verify(reference, output).as_dict()
            ledger.compared(entry.key, receipt)
        return self._with(record.id, status="completed", progress=100, video_id=entry.job_id, receipt=receipt)

    def _submitted(self, record_id: str, video_id: str) -> None:
        self._records.save(self._with(record_id, video_id=video_id))

    def _report(self, record_id: str, status: str, percent: int) -> None:
        if status in ("queued", "in_progress"):
            self._with(record_id, status=status, progress=percent)

    def _with(self, record_id: str, **changes: object) -> Record:
        with self._lock:
            changed = msgspec.structs.replace(self._under_way[record_id], **changes)
            self._under_way[record_id] = changed
            return changed


def was_made(record: Record, data: bytes) -> bool:
    """Tell whether the ledger has a create of this very video already."""
    with Ledger() as ledger:
        entry = ledger.get(intent_of(record, data).key)
    return entry is not None and entry.attempts > 0


def intent_of(record: Record, data: bytes) -> Intent:
    """Return what the ledger calls this video: the same as for ``framefit generate`` of that picture.

    Args:
        record: the record; its address is set.
        data: the picture that is sent.
    """
    return Intent(
        server=record.address or "",
        model=record.model,
        prompt=record.prompt,
        size=record.size,
        seconds=record.seconds,
        picture=hashlib.sha256(data).hexdigest(),
        picture_name=record.picture,
        take=record.take,
        price_usd=record.cost_usd,
    )
