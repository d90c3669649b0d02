"""Holds a client's idempotency key while its request is carried out, and says the same answer again."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from hashlib import sha256

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from framefit.server.envelope import ApiError
from framefit.server.gateway.handing import client_of
from framefit.server.gateway.keys import Claim, Keys, key_name
from framefit.server.gateway.passing import held
from framefit.server.gateway.upstream import outcome_unknown
from framefit.server.gateway.wishes import PREFIX

_NEVER_STARTED = frozenset({401, 403, 404, 405, 413, 415, 425, 429, 503})
"""Answers that say that nothing was started and that may be another one later."""


@dataclass(kw_only=True)
class Hold:
    """A key that a request came with, or none.

    Args:
        claim: what the record says; None for a request without a key.
        sent: whether the request has left for the upstream.
    """

    claim: Claim | None = None
    sent: bool = False
    settled: bool = False


class Holder:
    """Guards keys.

    Args:
        keys: the record.
        pending_seconds: how long an answer may take.
    """

    def __init__(self, keys: Keys, *, pending_seconds: float) -> None:
        self._keys = keys
        self._pending_seconds = pending_seconds

    @contextlib.asynccontextmanager
    async def hold(self, request: Request, digest: Callable[[], str]) -> AsyncIterator[Hold]:
        """Hold the key of a request while the block lasts; without a key, do nothing.

        Args:
            request: the client's.
            digest: names what it sent; only called when there is a key.

        Yields:
            The hold; ``claim.state`` is ``new`` or ``answered``.

        Raises:
            ApiError: 400 for a bad key, 409 for one that is in use or had another body, 504 for one
                whose request nobody knows the outcome of.
        """
        key = request.headers.get("idempotency-key")
        if key is None:
            yield Hold()
            return
        name = key_name(key, client_of(request))
        whole = await run_in_threadpool(_digest, request, digest)
        claim = await run_in_threadpool(self._keys.claim, name, whole, pending_seconds=self._pending_seconds)
        _check(claim)
        hold = Hold(claim=claim)
        try:
            yield hold
        finally:
            if claim.state == "new" and not hold.settled:
                await run_in_threadpool(self._keys.lose if hold.sent else self._keys.release, name)

    async def settle(
        self, hold: Hold, status_code: int, headers: list[tuple[bytes, bytes]], body: bytes
    ) -> None:
        """Record the answer to a request, unless it says that nothing was started."""
        if hold.claim is None:
            return
        if status_code in _NEVER_STARTED:
            await run_in_threadpool(self._keys.release, hold.claim.name)
        else:
            await run_in_threadpool(self._keys.answer, hold.claim.name, status_code, headers, body)
        hold.settled = True


def replayed(claim: Claim) -> Response:
    """Return the answer that an earlier request with the same key and body got."""
    return held(claim.status_code, claim.body, [*claim.headers, (b"x-framefit-replayed", b"true")])


def _digest(request: Request, digest: Callable[[], str]) -> str:
    """Return a digest of everything that decides what is sent: how to fit counts too."""
    wishes = sorted((name, value) for name, value in request.headers.items() if name.startswith(PREFIX))
    return sha256(f"{request.url.path}\0{digest()}\0{wishes}".encode()).hexdigest()


def _check(claim: Claim) -> None:
    if claim.state == "other_body":
        raise ApiError(
            409,
            "This 'Idempotency-Key' was used with another request; use a new one.",
            code="idempotency_key_reused",
            headers={"x-should-retry": "false"},
        )
    if claim.state == "pending":
        raise ApiError(
            409,
            "The request with this 'Idempotency-Key' is still being answered; ask again.",
            code="idempotency_key_in_use",
            headers={"retry-after": "2", "x-should-retry": "true"},
        )
    if claim.state == "unknown":
        raise outcome_unknown()
