"""Sends a create under the ledger's eyes, and again only where the one before cannot have been accepted."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from framefit.errors import GenerationTimeout, OutcomeUnknown, RequestRejected, ServerUnreachable
from framefit.videos.client import Upload, submit
from framefit.videos.dialects import Dialect
from framefit.videos.job import Job
from framefit.videos.ledger import Claim, Entry
from framefit.videos.patience import Pacer, Patience, Watch, asked_pause, back_off
from framefit.videos.refusals import may_be_repeated
from framefit.videos.resolving import Resolver

if TYPE_CHECKING:
    from openai import OpenAI

_TURN_SECONDS = 0.2
"""Between two looks whether a request that looks the same has been answered."""


def ask(
    claim: Claim,
    entry: Entry,
    upload: Upload | None,
    *,
    client: OpenAI,
    dialect: Dialect,
    patience: Patience,
    pacer: Pacer,
    resolver: Resolver,
    watch: Watch,
) -> tuple[Entry, Job | None]:
    """Send the create of a row, and put on record what became of it before anything else happens.

    Args:
        claim: the right to change the row.
        entry: the row; it is planned or rejected.
        upload: the first frame; None for a video from text.
        client: from `framefit.videos.client.connect`.
        dialect: how the server speaks.
        patience: how often to try.
        pacer: when to send.
        resolver: finds out about unanswered requests that look the same.
        watch: how much time there is.

    Returns:
        The row, accepted with its job, or ambiguous without one.

    Raises:
        ServerUnreachable: no connection, however often it was tried; the row is planned.
        RequestRejected: the server refused; the row is rejected.
        GenerationTimeout: requests that look the same kept the way busy; the row is planned.
        StoppedError: the run is to end; nothing is on its way.
    """
    tries = 0
    while True:
        pacer.take_turn(watch)
        begun = _begin(claim, entry, resolver, watch, listed=dialect.lists)
        tries += 1
        try:
            job = _send(begun, upload, client=client, dialect=dialect, seconds=patience.create_seconds)
        except (RequestRejected, ServerUnreachable) as error:
            pause = _pause(error, tries)
            again = tries <= patience.retries and pause < watch.left
            if may_be_repeated(error) and again:
                claim.not_taken(f"{error.message}: {error.seen}")
                watch.sleep(pause)
                continue
            if isinstance(error, ServerUnreachable):
                claim.not_taken(f"{error.message}: {error.seen}")
            else:
                claim.rejected(error.code, f"{error.message}: {error.seen}")
            raise
        except OutcomeUnknown as error:
            return claim.lost(error.code, f"{error.message}: {error.seen}"), None
        except BaseException as error:
            # Ended from outside in the middle of the request: nobody has read its answer.
            claim.lost("outcome_unknown", f"broken off by {type(error).__name__} before the answer was read")
            raise
        return claim.accepted(job.id, job.status), job


def _begin(claim: Claim, entry: Entry, resolver: Resolver, watch: Watch, *, listed: bool) -> Entry:
    while True:
        begun = claim.begin(listed=listed)
        if begun is not None:
            return begun
        if not watch.left:
            raise GenerationTimeout(
                f"video {entry.short} was not sent: a request that looks the same in the server's list is unanswered",
                seen="still unanswered",
                wanted="its answer",
                fix="run again, or wait longer: --timeout",
            )
        resolver.clear(entry, watch)
        watch.sleep(_TURN_SECONDS * (0.5 + random.random()))


def _send(entry: Entry, upload: Upload | None, *, client: OpenAI, dialect: Dialect, seconds: float) -> Job:
    return submit(
        client,
        model=entry.model,
        prompt=entry.prompt,
        size=entry.size,
        seconds=entry.seconds,
        upload=upload,
        timeout_seconds=seconds,
        dialect=dialect,
        # Another attempt is another request: a relay must not answer it with the refusal of the first.
        idempotency_key=f"framefit-{entry.key}-{entry.attempts}",
    )


def _pause(error: RequestRejected | ServerUnreachable, tries: int) -> float:
    from openai import APIStatusError

    cause = error.__cause__
    asked = asked_pause(cause.response.headers) if isinstance(cause, APIStatusError) else None
    return back_off(tries) if asked is None else asked
