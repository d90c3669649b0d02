"""Has videos made by the embedded engine in this server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from framefit.errors import FramefitError
from framefit.server.body import Upload as FilePart
from framefit.server.envelope import ApiError
from framefit.server.service import VideosService
from framefit.server.studio.records import Record, Records
from framefit.videos.objects import Video
from framefit.videos.receipt import verify


class Own:
    """Asks the engine's service, and reads from it how a video stands; its videos cost nothing.

    Args:
        records: the page's record of videos.
        service: the embedded engine's videos service.
    """

    def __init__(self, records: Records, service: VideosService) -> None:
        self._records = records
        self._service = service

    def start(self, record: Record) -> Record:
        """Have the video of a record made, from the picture that lies beside it.

        Raises:
            ApiError: the engine refuses it.
        """
        video = self._service.create(_fields(record, self._records.reference(record).read_bytes()))
        return self._records.save(msgspec.structs.replace(record, video_id=video.id))

    def current(self, record: Record) -> Record:
        """Return a record as it stands."""
        if not record.is_unfinished:
            return record
        try:
            video = self._service.retrieve(record.video_id or "")
        except ApiError:
            return self._records.save(msgspec.structs.replace(record, status="expired"))
        return self._follow(record, video)

    def content(self, record: Record) -> Path:
        """Return the file of a finished video.

        Raises:
            ApiError: 404, there is none, or it has expired.
        """
        return self._service.content(record.video_id or "", "video")[0]

    def remove(self, record: Record) -> None:
        """Delete the engine's own job and video of a record that has ended."""
        if record.video_id is not None and record.status != "expired":
            self._service.delete(record.video_id)

    def _follow(self, record: Record, video: Video) -> Record:
        if video.is_unfinished:
            return msgspec.structs.replace(record, status=video.status, progress=video.progress)
        if video.error is not None:
            told = {"code": video.error.code, "message": video.error.message}
            return self._records.save(msgspec.structs.replace(record, status="failed", error=told))
        changes: dict[str, Any] = {"status": "completed", "progress": 100}
        try:
            changes["receipt"] = verify(self._records.reference(record), self.content(record)).as_dict()
        except ApiError:
            changes = {"status": "expired"}
        except FramefitError as error:
            changes["error"] = error.as_dict()
        return self._records.save(msgspec.structs.replace(record, **changes))


def _fields(record: Record, picture: bytes) -> dict[str, Any]:
    fields = {"prompt": record.prompt, "model": record.model, "size": record.size, "seconds": record.seconds}
    sent = {name: value for name, value in fields.items() if value is not None}
    return {**sent, "input_reference": FilePart(data=picture)}
