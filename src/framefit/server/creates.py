"""The record of creates: what came in each request that was taken, so that they can be counted."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from framefit.server.body import Fields, Upload
from framefit.server.database import creates

_LONGEST = 40_000


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What came in one request to create a video.

    Args:
        fields: the fields but the picture, as they came.
        digest: SHA-256 of the picture's bytes, in hex; None without one.
        length: length of the picture in bytes; None without one.
        received_at: unix seconds.
    """

    fields: dict[str, Any]
    digest: str | None = None
    length: int | None = None
    received_at: float = field(default_factory=time.time)

    @classmethod
    def of(cls, fields: Fields, picture: bytes | None) -> Sent:
        """Describe a request.

        Args:
            fields: the fields as they came.
            picture: the bytes of the picture as they came; None without one.
        """
        return cls(
            fields={name: value for name, value in fields.items() if _is_told(value)},
            digest=None if picture is None else sha256(picture).hexdigest(),
            length=None if picture is None else len(picture),
        )

    @classmethod
    def read(cls, row: Row[Any]) -> Sent:
        """Read a row of the table."""
        return cls(
            fields=json.loads(row.fields), digest=row.digest, length=row.length, received_at=row.received_at
        )


def insert_sent(connection: Connection, video_id: str, sent: Sent) -> None:
    """Put a request on record, in the transaction that makes its job."""
    connection.execute(
        insert(creates).values(
            video_id=video_id,
            received_at=sent.received_at,
            digest=sent.digest,
            length=sent.length,
            fields=json.dumps(sent.fields),
        )
    )


def without_prompt(connection: Connection, video_id: str) -> None:
    """Take the prompt of a deleted job off the record; that it was created stays on it."""
    fields = connection.scalar(select(creates.c.fields).where(creates.c.video_id == video_id))
    if fields is not None:
        kept = {name: value for name, value in json.loads(fields).items() if name != "prompt"}
        connection.execute(
            update(creates).where(creates.c.video_id == video_id).values(fields=json.dumps(kept))
        )


def _is_told(value: object) -> bool:
    """Tell whether a field stands on record: pictures do not, in whatever shape they came."""
    if isinstance(value, str):
        return len(value) <= _LONGEST and not value.startswith("data:")
    return not isinstance(value, Upload | dict | list)
