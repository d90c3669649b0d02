"""The record of idempotency keys: the same key and body get the same answer, and never a second video."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

from sqlalchemy import (
    Column,
    Engine,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from framefit.server.envelope import ApiError

KEPT_SECONDS = 24 * 3600
"""How long a key is remembered."""

_LONGEST_KEY = 255

metadata = MetaData()

_keys = Table(
    "idempotency_keys",
    metadata,
    # A hash of the client's own key and of what it showed as its key to the gateway: no secret is kept.
    Column("name", String(64), primary_key=True),
    Column("digest", String(64), nullable=False),
    # pending, answered or unknown
    Column("state", String(16), nullable=False),
    Column("created_at", Float, nullable=False, index=True),
    # After this moment a pending request belongs to a process that has died, and its outcome is unknown.
    Column("pending_until", Float, nullable=False),
    Column("status_code", Integer),
    Column("headers", String),
    Column("body", LargeBinary),
)

State = Literal["new", "pending", "answered", "unknown", "other_body"]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What the record says about a key that a request came with.

    Args:
        name: the key's name in the record.
        state: ``new`` when this request is the first with it; ``other_body`` when another one was.
        status_code: the HTTP status of the answer, when there is one.
        headers: its headers.
        body: its body.
    """

    name: str
    state: State
    status_code: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""


def key_name(key: str, client: str) -> str:
    """Return a key's name in the record.

    Args:
        key: the header ``Idempotency-Key``.
        client: what the client showed as its key; one client never sees the answers of another.

    Raises:
        ApiError: 400, the key is empty or over 255 letters.
    """
    if not 1 <= len(key) <= _LONGEST_KEY:
        raise ApiError(
            400, f"'Idempotency-Key' must have 1 to {_LONGEST_KEY} letters.", code="invalid_idempotency_key"
        )
    return sha256(f"{client}\0{key}".encode("utf-8", "surrogateescape")).hexdigest()


class Keys:
    """Reads and writes the record; safe to use from several threads, processes and machines.

    Args:
        engine: the open database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def claim(self, name: str, digest: str, *, pending_seconds: float) -> Claim:
        """Take a key for a request, or say what became of the request that had it first.

        Args:
            name: from `key_name`.
            digest: what was sent with it.
            pending_seconds: how long the answer may take.
        """
        now = time.time()
        row = {"name": name, "digest": digest, "state": "pending", "created_at": now}
        try:
            with self._engine.begin() as connection:
                connection.execute(
                    delete(_keys).where(_keys.c.name == name, _keys.c.created_at < now - KEPT_SECONDS)
                )
                connection.execute(insert(_keys).values(**row, pending_until=now + pending_seconds))
            return Claim(name=name, state="new")
        except IntegrityError:
            return self._earlier(name, digest, now)

    def answer(self, name: str, status_code: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        """Record the answer to the request that holds a key."""
        told = json.dumps([[part.decode("latin-1") for part in pair] for pair in headers])
        self._set(name, state="answered", status_code=status_code, headers=told, body=body)

    def lose(self, name: str) -> None:
        """Record that nobody knows what became of the request that holds a key."""
        self._set(name, state="unknown")

    def release(self, name: str) -> None:
        """Give a key back: nothing was started."""
        with self._engine.begin() as connection:
            connection.execute(delete(_keys).where(_keys.c.name == name, _keys.c.state == "pending"))

    def forget_old(self) -> None:
        """Remove every key that is no longer remembered."""
        with self._engine.begin() as connection:
            connection.execute(delete(_keys).where(_keys.c.created_at < time.time() - KEPT_SECONDS))

    def check(self) -> None:
        """Ask the database anything at all; raises when it does not answer."""
        with self._engine.connect() as connection:
            connection.execute(select(_keys.c.name).limit(1))

    def _set(self, name: str, **values: object) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(_keys).where(_keys.c.name == name).values(**values))

    def _earlier(self, name: str, digest: str, now: float) -> Claim:
        with self._engine.connect() as connection:
            row = connection.execute(select(_keys).where(_keys.c.name == name)).one_or_none()
        if row is None:  # given back between two statements
            return Claim(name=name, state="pending")
        if row.digest != digest:
            return Claim(name=name, state="other_body")
        if row.state == "answered":
            headers = [
                (key.encode("latin-1"), value.encode("latin-1")) for key, value in json.loads(row.headers)
            ]
            return Claim(
                name=name, state="answered", status_code=row.status_code, headers=headers, body=row.body
            )
        lost = row.state == "unknown" or row.pending_until < now
        return Claim(name=name, state="unknown" if lost else "pending")
