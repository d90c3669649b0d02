"""What the ledger keeps of one intended video."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal, get_args

State = Literal[
    "planned",
    "submitting",
    "accepted",
    "in_progress",
    "completed",
    "downloaded",
    "failed",
    "rejected",
    "ambiguous",
]
"""``submitting`` is on record before a request leaves, ``accepted`` at once after its reply."""

STATES: tuple[State, ...] = get_args(State)

SHORT_KEY = 12
"""Letters of a key that messages show; any beginning that names one entry is understood."""


@dataclass(frozen=True, kw_only=True)
class Intent:
    """One video that somebody wants, as it will be asked for.

    Args:
        server: the address without anything secret, or the embedded engine's name.
        model: the model's name on that server.
        prompt: what is to happen.
        size: width and height as sent; None leaves it to the server.
        seconds: the length as sent; None leaves it to the server.
        picture: SHA-256 of the fitted bytes, in hexadecimal; None for a video from text.
        picture_name: how the user would recognise the picture; no part of the key.
        take: counts videos that are wanted of one and the same request, from 1.
        price_usd: what the video costs; None when that is not known.
    """

    server: str
    model: str
    prompt: str
    size: str | None
    seconds: str | None
    picture: str | None
    picture_name: str | None = None
    take: int = 1
    price_usd: float | None = None

    @property
    def key(self) -> str:
        """The digest of everything that makes this video another one than the next, 64 letters."""
        return _digest(
            self.server, self.model, self.prompt, self.size, self.seconds, self.picture, str(self.take)
        )

    @property
    def alike(self) -> str:
        """The digest of what a server's list of jobs shows: videos that share it look the same there."""
        return _digest(self.server, self.model, self.prompt, self.size, self.seconds)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One row of the ledger.

    Args:
        key: the digest that names it.
        alike: the digest of what a server's list shows of it.
        server, model, prompt, size, seconds, picture, picture_name, take, price_usd: as in `Intent`.
        state: where it stands.
        job_id: the server's name for the job; None before one is known.
        adopted: whether the job was found in the server's list instead of named in the reply.
        attempts: how often a create was sent.
        charges: how many of them were, or may have been, accepted.
        status: the server's last word about the job.
        size_made, seconds_made: what the server says it renders; None when it does not.
        sent_at: unix seconds just before the last create left.
        lost_at: unix seconds when its answer was given up; None while there is nothing to find out.
        planned_at: unix seconds of the first intent.
        changed_at: unix seconds of the last change.
        output: the file that was fetched.
        sha256: its digest.
        byte_count: its size in bytes.
        error_code: a stable word for what went wrong last.
        error_message: what went wrong last, in words.
        receipt: the comparison of the first frame with the picture; None when it was not made.
        unanswered: whether a create left of which nobody has found out yet what became of it.
        owner: the claim of the one who works on it; None for nobody.
    """

    key: str
    alike: str
    server: str
    model: str
    prompt: str
    size: str | None
    seconds: str | None
    picture: str | None
    picture_name: str | None
    take: int
    price_usd: float | None
    state: State
    job_id: str | None
    adopted: bool
    attempts: int
    charges: int
    status: str | None
    size_made: str | None
    seconds_made: str | None
    sent_at: float | None
    lost_at: float | None
    planned_at: float
    changed_at: float
    output: str | None
    sha256: str | None
    byte_count: int | None
    error_code: str | None
    error_message: str | None
    receipt: dict[str, Any] | None
    unanswered: bool
    owner: str | None

    @property
    def short(self) -> str:
        """The beginning of the key, as messages show it."""
        return self.key[:SHORT_KEY]

    @property
    def spent_usd(self) -> float | None:
        """What was, or may have been, billed; None when the price is not known and something was."""
        if self.charges == 0:
            return 0.0
        return None if self.price_usd is None else self.price_usd * self.charges

    def as_dict(self) -> dict[str, Any]:
        """Return the entry as plain values for JSON, without the owner of its claim."""
        hidden = ("alike", "unanswered", "owner")
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__ if name not in hidden}
        return {**plain, "spent_usd": self.spent_usd}


@dataclass(frozen=True, kw_only=True)
class Event:
    """One change of an entry.

    Args:
        at: unix seconds.
        state: where the entry stood afterwards.
        note: what happened, in words.
    """

    at: float
    state: str
    note: str


def _digest(*parts: str | None) -> str:
    # A list in JSON tells ["ab", "c"] from ["a", "bc"], and null from "".
    return hashlib.sha256(json.dumps(["framefit-1", *parts], ensure_ascii=True).encode()).hexdigest()
