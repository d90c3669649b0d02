"""Pictures that were dropped on the page: kept in a folder for an hour, and not longer."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool

from framefit.errors import PictureEmpty
from framefit.geometry import Size
from framefit.options import MAX_PIXELS, Options
from framefit.planning import Target, decide
from framefit.probing import PictureInfo, probe
from framefit.saving import whole_file, write_whole
from framefit.server.envelope import ApiError
from framefit.sources import Source

KEPT_SECONDS = 3600
"""How long an uploaded picture stays."""

_MOST_BYTES = 2 << 30
"""What all uploads together may take, in bytes."""
_LONGEST_NAME = 120
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A picture that was uploaded and found readable.

    Args:
        id: its opaque name.
        source: the picture, under the name it had at home.
        info: the facts of its header.
        expires_at: unix seconds at which it is deleted.
    """

    id: str
    source: Source
    info: PictureInfo
    expires_at: int

    def as_dict(self) -> dict[str, Any]:
        """Return the upload as plain values for JSON."""
        return {
            "id": self.id,
            "name": self.info.name,
            "expires_at": self.expires_at,
            "info": self.info.as_dict(),
        }


class Uploads:
    """A folder of uploaded pictures.

    Args:
        path: the folder; it is made when the first picture comes.
        keep_seconds: how long a picture stays, in seconds.
        most_bytes: what all pictures together may take, in bytes.
        max_pixels: the largest picture that is taken, in pixels.
    """

    def __init__(
        self,
        path: Path,
        *,
        keep_seconds: float = KEPT_SECONDS,
        most_bytes: int = _MOST_BYTES,
        max_pixels: int = MAX_PIXELS,
    ) -> None:
        self._path = path
        self._options = Options(max_pixels=max_pixels)
        self._keep_seconds = keep_seconds
        self._most_bytes = most_bytes

    async def add(self, name: str, body: AsyncIterator[bytes]) -> Upload:
        """Store a picture as it arrives and read its header.

        Args:
            name: the file name it had at home; only its last part counts.
            body: its bytes.

        Raises:
            PictureError: it is no picture framefit can use; nothing is kept.
            ApiError: 507, there is no room for it.
            OutputUnwritable: the folder cannot be written.
        """
        await run_in_threadpool(self._check_room)
        upload_id = uuid.uuid4().hex
        with whole_file(self._file(upload_id)) as temporary:
            with temporary.open("wb") as file:
                async for piece in body:
                    file.write(piece)
            return await run_in_threadpool(self._accept, upload_id, _last_part(name), temporary)

    def find(self, upload_id: str) -> Upload:
        """Return an upload.

        Raises:
            ApiError: 404, there is none of that id, or its hour is over.
        """
        known = _ID.fullmatch(upload_id) is not None
        try:
            kept_until = self._file(upload_id).stat().st_mtime + self._keep_seconds if known else 0.0
            name = self._label(upload_id).read_text(encoding="utf-8") if known else ""
        except FileNotFoundError:
            kept_until, name = 0.0, ""
        if kept_until <= time.time():
            raise ApiError(
                404,
                "This picture is not here (any more): uploads are deleted after an hour.",
                code="upload_not_found",
            )
        source = _source(self._file(upload_id), name)
        return Upload(id=upload_id, source=source, info=probe(source), expires_at=int(kept_until))

    def remove(self, upload_id: str) -> None:
        """Delete an upload, if it is there."""
        if _ID.fullmatch(upload_id):
            self._file(upload_id).unlink(missing_ok=True)
            self._label(upload_id).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Delete every upload whose time is over."""
        for path in self._path.glob("*"):
            try:
                over = path.stat().st_mtime + self._keep_seconds <= time.time()
            except FileNotFoundError:
                continue
            if over:
                path.unlink(missing_ok=True)

    def _accept(self, upload_id: str, name: str, file: Path) -> Upload:
        source = _source(file, name)
        if source.byte_count == 0:
            raise PictureEmpty(f"{name!r} is empty", seen="0 bytes", wanted="a picture file")
        info = probe(source)
        # Limits hold before a pixel is decoded; any canvas will do to have them checked.
        decide(info, Target(size=Size(64, 64)), self._options)
        write_whole(self._label(upload_id), name.encode())
        expires_at = int(time.time() + self._keep_seconds)
        return Upload(
            id=upload_id, source=_source(self._file(upload_id), name), info=info, expires_at=expires_at
        )

    def _check_room(self) -> None:
        taken = sum(path.stat().st_size for path in self._path.glob("*.picture"))
        if taken >= self._most_bytes:
            raise ApiError(
                507,
                "There is no room for more pictures; those that are here are deleted after an hour.",
                code="no_room",
            )

    def _file(self, upload_id: str) -> Path:
        return self._path / f"{upload_id}.picture"

    def _label(self, upload_id: str) -> Path:
        return self._path / f"{upload_id}.name"


def _source(path: Path, name: str) -> Source:
    return Source(name=name, path=path)


def _last_part(name: str) -> str:
    """Return what is safe to use as a file name: no folders, no control characters, not too long."""
    last = re.split(r"[/\\]", name)[-1]
    plain = "".join(letter for letter in last if letter.isprintable()).strip().lstrip(".")
    return plain[-_LONGEST_NAME:] or "picture"
