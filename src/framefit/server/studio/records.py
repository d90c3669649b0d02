"""The page's own record of the videos it has asked for: one JSON file each, which survives a restart."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

import msgspec

from framefit.saving import write_whole
from framefit.server.envelope import video_not_found

RecordStatus = Literal["queued", "in_progress", "completed", "failed", "unknown", "expired"]
_ID = re.compile(r"make_[0-9a-f]{32}", re.ASCII)


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One video that was asked for.

    Args:
        id: the page's name for it.
        created_at: unix seconds.
        picture: the name of the picture.
        prompt: what was written.
        model: the model that was asked for.
        server: the catalogue's name of the server; None when it is not in the catalogue.
        size: the size of the video.
        seconds: the length, as it was sent; None left it to the server.
        engine: who renders it, in words.
        address: the server's address as the ledger keeps it; None for the embedded engine.
        key: what the ledger calls the video; None for the embedded engine's, which are not in it.
        take: counts videos that are wanted of one and the same request, from 1.
        earlier: whether the ledger had this very video before it was asked for here.
        embedded: whether that is the embedded engine, which costs nothing.
        reference: the file name of the picture that was sent.
        cost_usd: the estimated price in US dollars; None when not known.
        video_id: the server's name for it; None while the server has not answered.
        status: ``unknown`` when nobody knows whether the server took the request.
        progress: percent, 0 to 100.
        error: why there is no video, as the errors of framefit are written.
        receipt: the comparison of the first frame with the picture that was sent.
    """

    id: str
    created_at: int
    picture: str
    prompt: str
    model: str
    server: str | None
    size: str
    seconds: str | None
    engine: str
    embedded: bool
    reference: str
    address: str | None = None
    key: str | None = None
    take: int = 1
    earlier: bool = False
    cost_usd: float | None = None
    video_id: str | None = None
    status: RecordStatus = "queued"
    progress: int = 0
    error: dict[str, str | None] | None = None
    receipt: dict[str, Any] | None = None

    @property
    def is_unfinished(self) -> bool:
        """Whether the video may still come."""
        return self.status in ("queued", "in_progress")

    def as_dict(self) -> dict[str, Any]:
        """Return the record as plain values for JSON."""
        told = msgspec.structs.asdict(self)
        shown = self.status == "completed"
        return {**told, "ok": bool(self.receipt and self.receipt["ok"]), "origin": "page", "has_video": shown}


class Records:
    """The folder of records, with the pictures that were sent and the videos that were fetched.

    Args:
        path: the folder; it is made when the first record comes.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def save(self, record: Record) -> Record:
        """Write a record, whole or not at all, and return it."""
        write_whole(self._file(record.id), msgspec.json.encode(record))
        return record

    def find(self, record_id: str) -> Record:
        """Return a record.

        Raises:
            ApiError: 404.
        """
        if not _ID.fullmatch(record_id):
            raise video_not_found(record_id)
        try:
            return msgspec.json.decode(self._file(record_id).read_bytes(), type=Record)
        except FileNotFoundError as error:
            raise video_not_found(record_id) from error

    def all(self) -> list[Record]:
        """Return every record, the newest first."""
        files = self._path.glob("make_*.json")
        found = [msgspec.json.decode(file.read_bytes(), type=Record) for file in files]
        return sorted(found, key=lambda record: (-record.created_at, record.id))

    def remove(self, record: Record) -> None:
        """Delete a record and its files."""
        for path in (self._file(record.id), self.reference(record), self.video(record)):
            path.unlink(missing_ok=True)

    def reference(self, record: Record) -> Path:
        """Return the path of the picture that was sent."""
        return self._path / record.reference

    def video(self, record: Record) -> Path:
        """Return the path of a video that was fetched from another server."""
        return self._path / f"{record.id}.mp4"

    def _file(self, record_id: str) -> Path:
        return self._path / f"{record_id}.json"
