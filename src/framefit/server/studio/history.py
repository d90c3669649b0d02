"""The videos of the ledger, whoever asked for them, as the page lists them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from framefit.server.envelope import ApiError, video_not_found
from framefit.server.studio.place import EMBEDDED as ENGINE
from framefit.videos.carrying import file_digest
from framefit.videos.client import EMBEDDED
from framefit.videos.ledger import Entry, Ledger
from framefit.videos.ledger.opening import ledger_url

NEWEST = 100
"""How many videos the page lists."""

STATUSES = {"in_progress": "accepted", "completed": "ready", "ambiguous": "unknown"}
"""States of the ledger that the page has another word for; the others are called as there."""


class History:
    """Reads the ledger; nothing is ever changed or made by it.

    Args:
        server: the address whose videos are shown, as the ledger keeps it; None shows all.
    """

    def __init__(self, server: str | None = None) -> None:
        self._server = server

    def entries(self) -> list[Entry]:
        """Return the newest videos, the one planned last first.

        Raises:
            LedgerUnusable, InvalidOption, MissingExtra: the ledger cannot be read.
        """
        if not _is_there():
            return []
        with Ledger() as ledger:
            found = ledger.entries(newest=None if self._server else NEWEST)
        return [entry for entry in found if self._server in (None, entry.server)][:NEWEST]

    def find(self, key: str) -> Entry:
        """Return a video.

        Raises:
            ApiError: 404.
        """
        entry = None
        if _is_there():
            with Ledger() as ledger:
                entry = ledger.get(key)
        if entry is None or self._server not in (None, entry.server):
            raise video_not_found(key)
        return entry

    def content(self, key: str) -> Path:
        """Return the file of a video that was fetched and is still there, unchanged.

        Raises:
            ApiError: 404.
        """
        entry = self.find(key)
        path = _kept(entry)
        if path is None or file_digest(path) != entry.sha256:
            raise ApiError(404, "The file of this video is no longer there.", code="video_not_ready")
        return path


def told(entry: Entry) -> dict[str, Any]:
    """Return an entry with the names that the page's own records have."""
    there = _kept(entry) is not None
    status = STATUSES.get(entry.state, entry.state)
    if entry.state == "downloaded":
        status = "completed" if there else "gone"
    error = None
    if entry.error_code is not None and status not in ("completed", "gone"):
        error = {"code": entry.error_code, "message": entry.error_message}
        if status == "unknown":
            error["fix"] = f"framefit jobs adopt {entry.short} ID, or framefit jobs resubmit {entry.short}"
    return {
        "id": entry.key,
        "created_at": int(entry.planned_at),
        "picture": entry.picture_name,
        "prompt": entry.prompt,
        "model": entry.model,
        "server": None,
        "size": entry.size_made or entry.size,
        "seconds": entry.seconds_made or entry.seconds,
        "engine": ENGINE if entry.server == EMBEDDED else entry.server,
        "embedded": entry.server == EMBEDDED,
        "reference": None,
        "address": entry.server,
        "key": entry.key,
        "take": entry.take,
        "earlier": False,
        "cost_usd": entry.spent_usd,
        "video_id": entry.job_id,
        "status": status,
        "progress": 100 if there else 0,
        "error": error,
        "receipt": entry.receipt,
        "ok": bool(entry.receipt and entry.receipt.get("ok")),
        "origin": "ledger",
        "has_video": there,
    }


def _is_there() -> bool:
    """Whether there is a ledger; looking for one must not make it."""
    url = ledger_url()
    return url.get_backend_name() != "sqlite" or Path(str(url.database)).exists()


def _kept(entry: Entry) -> Path | None:
    """Return the file of a video, if one of its length is where it was saved."""
    if entry.state != "downloaded" or entry.output is None:
        return None
    path = Path(entry.output)
    try:
        return path if path.stat().st_size == entry.byte_count else None
    except OSError:
        return None
