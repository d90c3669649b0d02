"""Has videos made by another server, in threads beside the requests."""

from __future__ import annotations

import threading

import msgspec

from framefit.errors import FramefitError, OutcomeUnknown
from framefit.server.studio.records import Record, Records
from framefit.videos.client import ServerAddress, Upload, connect, submit
from framefit.videos.download import download
from framefit.videos.receipt import verify
from framefit.videos.waiting import wait

_WAIT_SECONDS = 3600.0


class Elsewhere:
    """Submits, waits, fetches and verifies; each record is sent once, whatever happens to this process.

    Args:
        records: the page's record of videos.
        address: the server; its base URL is set.
    """

    def __init__(self, records: Records, address: ServerAddress) -> None:
        self._records = records
        self._address = address
        self._lock = threading.Lock()
        self._under_way: dict[str, Record] = {}

    def start(self, record: Record, upload: Upload) -> Record:
        """Send a request that has been put on record."""
        self._run(record, upload)
        return record

    def resume(self, record: Record) -> Record:
        """Return a record as it stands; one that a stopped process left goes on where it stood.

        A request whose answer that process did not live to see is not sent again: whether the server
        took it is unknown, and stays so.
        """
        with self._lock:
            current = self._under_way.get(record.id)
        if current is not None or not record.is_unfinished:
            return current or record
        latest = self._records.find(record.id)
        if not latest.is_unfinished:
            return latest
        if latest.video_id is None:
            error = OutcomeUnknown(
                "the program stopped before the server answered, so the video may have been started, and billed",
                seen="no answer",
                wanted="a reply with an id",
                fix="look at the server's list of jobs before sending again",
            )
            return self._records.save(
                msgspec.structs.replace(latest, status="unknown", error=error.as_dict())
            )
        self._run(latest, None)
        return latest

    def _run(self, record: Record, upload: Upload | None) -> None:
        with self._lock:
            if record.id in self._under_way:
                return
            self._under_way[record.id] = record
        thread = threading.Thread(target=self._work, args=(record, upload), name="framefit-make", daemon=True)
        thread.start()

    def _work(self, record: Record, upload: Upload | None) -> None:
        try:
            ended = self._carry(record, upload)
        except OutcomeUnknown as error:
            ended = self._with(record.id, status="unknown", error=error.as_dict())
        except FramefitError as error:
            ended = self._with(record.id, status="failed", error=error.as_dict())
        self._records.save(ended)
        with self._lock:
            del self._under_way[record.id]

    def _carry(self, record: Record, upload: Upload | None) -> Record:
        with connect(self._address) as client:
            video_id = record.video_id
            if video_id is None:
                job = submit(
                    client,
                    model=record.model,
                    prompt=record.prompt,
                    size=record.size,
                    seconds=record.seconds,
                    upload=upload,
                )
                video_id = job.id
                # From here on a process that dies can be replaced by another.
                self._records.save(self._with(record.id, video_id=video_id))
            wait(
                client,
                video_id,
                timeout_seconds=_WAIT_SECONDS,
                on_progress=lambda status, percent: self._report(record.id, status, percent),
            )
            path = download(client, video_id, self._records.video(record))
        receipt = verify(self._records.reference(record), path).as_dict()
        return self._with(record.id, status="completed", progress=100, receipt=receipt)

    def _report(self, record_id: str, status: str, percent: int) -> None:
        if status in ("queued", "in_progress"):
            self._with(record_id, status=status, progress=percent)

    def _with(self, record_id: str, **changes: object) -> Record:
        with self._lock:
            changed = msgspec.structs.replace(self._under_way[record_id], **changes)
            self._under_way[record_id] = changed
            return changed
