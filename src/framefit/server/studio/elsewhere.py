"""Has videos made by another server, in threads beside the requests."""

from __future__ import annotations

import hashlib
import threading

import msgspec

from framefit.errors import FramefitError, OutcomeUnknown
from framefit.server.studio.records import Record, Records
from framefit.videos.carrying import Order, Server, carry
from framefit.videos.client import CREATE_SECONDS, ServerAddress, connect, server_name
from framefit.videos.dialects.recognising import recognised
from framefit.videos.ledger import Intent, Ledger
from framefit.videos.patience import Patience
from framefit.videos.receipt import verify

_WAIT_SECONDS = 3600.0


class Elsewhere:
    """Submits, waits, fetches and verifies, all of it through the ledger, so that nothing is paid twice.

    Args:
        records: the page's record of videos.
        address: the server; its base URL is set.
    """

    def __init__(self, records: Records, address: ServerAddress) -> None:
        self._records = records
        self._address = address
        self._lock = threading.Lock()
        self._under_way: dict[str, Record] = {}

    def start(self, record: Record) -> Record:
        """Have the video of a record made, from the picture that lies beside it."""
        self._run(record)
        return record

    def resume(self, record: Record) -> Record:
        """Return a record as it stands; one that a stopped process left goes on where the ledger has it."""
        with self._lock:
            current = self._under_way.get(record.id)
        if current is not None or not record.is_unfinished:
            return current or record
        latest = self._records.find(record.id)
        if latest.is_unfinished:
            self._run(latest)
        return latest

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
        self._records.save(ended)
        with self._lock:
            del self._under_way[record.id]

    def _carry(self, record: Record) -> Record:
        reference = self._records.reference(record)
        output = self._records.video(record)
        data = reference.read_bytes()
        upload = (reference.name, data, f"image/{reference.suffix.removeprefix('.')}")
        order = Order(intent=_intent(record, data, self._address), upload=upload, output=output)
        with connect(self._address) as client, Ledger() as ledger:
            dialect = recognised(client)
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


def _intent(record: Record, data: bytes, address: ServerAddress) -> Intent:
    """Return what the ledger calls this video: the same as for ``framefit generate`` of that picture."""
    return Intent(
        server=server_name(address.base_url),
        model=record.model,
        prompt=record.prompt,
        size=record.size,
        seconds=record.seconds,
        picture=hashlib.sha256(data).hexdigest(),
        picture_name=record.picture,
        price_usd=record.cost_usd,
    )
