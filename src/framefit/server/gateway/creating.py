"""Creates a video at the upstream: the one request of the protocol that holds a picture, and costs money."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import httpx2
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from framefit.catalog import Catalog
from framefit.options import Options
from framefit.server.gateway.desk import Desk
from framefit.server.gateway.fetching import Fetcher
from framefit.server.gateway.handing import Shelf
from framefit.server.gateway.holding import Holder, replayed
from framefit.server.gateway.hops import upstream_url
from framefit.server.gateway.metrics import Metrics
from framefit.server.gateway.options import GatewayOptions
from framefit.server.gateway.outgoing import request_of, understood, write_create
from framefit.server.gateway.reading import CreateBody, read_create_body
from framefit.server.gateway.recognising import Found
from framefit.server.gateway.references import References, fit_references, not_fetched
from framefit.server.gateway.replying import submit
from framefit.server.gateway.spool import spooled
from framefit.server.gateway.targets import aim_of
from framefit.server.gateway.unpacking import unpacked
from framefit.server.gateway.upstream import Upstream
from framefit.server.gateway.wishes import read_wish
from framefit.videos.dialects import Dialect

_SMALL = 256 * 1024
"""Bodies up to this many bytes are read out of turn: they hold words, or a picture that is quickly read."""

_PIECE = 1 << 18
_OF_THE_BODY = (b"content-type", b"content-length")


@dataclass(frozen=True, kw_only=True)
class Creator:
    """Takes requests to create a video.

    Args:
        options: the gateway's settings.
        spool: the folder where uploads are kept while they arrive.
        upstream: the server behind it.
        desk: gives pictures their turn.
        fetcher: fetches pictures from addresses.
        holder: guards idempotency keys.
        shelf: keeps videos that come with the answer.
        catalog: the rules to go by.
        metrics: counts.
    """

    options: GatewayOptions
    spool: Path
    upstream: Upstream
    desk: Desk
    fetcher: Fetcher
    holder: Holder
    shelf: Shelf
    catalog: Catalog
    metrics: Metrics

    async def create(self, request: Request) -> Response:
        """Carry out one request.

        Raises:
            ApiError: whatever keeps it from being sent, or its answer from being known.
        """
        wish = read_wish(request.headers, self.options)
        most = self.options.max_body_bytes
        async with (
            spooled(request, self.spool) as came,
            unpacked(came, request.headers, folder=self.spool, max_bytes=most) as file,
            contextlib.AsyncExitStack() as turn,
        ):
            dialect = await self.upstream.dialect(request.scope["headers"])
            length = file.seek(0, os.SEEK_END)
            file.seek(0)
            if length > _SMALL:
                await turn.enter_async_context(self.desk.turn())
            content_type = request.headers.get("content-type", "")
            read = functools.partial(read_create_body, file, content_type)
            body = await (self.desk.work(read) if length > _SMALL else run_in_threadpool(read))
            digest = functools.partial(_digest, file) if body is None else body.digest
            async with self.holder.hold(request, digest) as hold:
                if hold.claim is not None and hold.claim.state == "answered":
                    return replayed(hold.claim)
                if body is not None and length <= _SMALL and body.found:
                    await turn.enter_async_context(self.desk.turn())
                references = References()
                if body is not None:
                    references = await self._fitted(request, body, dialect, wish)
                sent = self._written(request, came, body, references, dialect)
                # The next picture may have the turn: waiting for the upstream takes no processor.
                del body
                await turn.aclose()
                answer = await submit(
                    self.upstream,
                    self.holder,
                    hold,
                    sent,
                    dialect=dialect,
                    told=references.headers(),
                    raw=self.options.raw,
                )
                if not self.options.raw:
                    await self.shelf.leave(request, answer, dialect)
                return answer

    async def _fitted(
        self, request: Request, body: CreateBody, dialect: Dialect, wish: Options
    ) -> References:
        """Fit the pictures of a request, those at an address too where they may be fetched."""
        findings = []
        for position, one in enumerate(body.found):
            if one.link is not None and self.fetcher.fetches:
                body.found[position] = Found(name=one.name, data=await self.fetcher.fetch(one.link))
            elif one.link is not None:
                findings.append(not_fetched())
            elif one.unseen:
                findings.append(not_fetched("reference_not_seen"))
        if not any(one.data is not None for one in body.found):
            return References(findings=tuple(findings))
        aim = aim_of(
            body,
            dialect=dialect,
            server=self.options.server,
            upstream=self.options.base_url,
            catalog=self.catalog,
        )
        began = time.perf_counter()
        fitted = await self.desk.work(functools.partial(fit_references, body.found, aim, wish))
        took = time.perf_counter() - began
        fitted = replace(fitted, findings=(*fitted.findings, *findings), asked=aim.asked, seconds=took)
        request.scope["framefit.fit"] = fitted.told() | {"fit_ms": round(took * 1000, 1)}
        self.metrics.fitted(fitted, took)
        return fitted

    def _written(
        self,
        request: Request,
        file: IO[bytes],
        body: CreateBody | None,
        references: References,
        dialect: Dialect,
    ) -> httpx2.Request:
        """Write the upstream's request: in its dialect, or as it came when there is nothing to change."""
        scope = request.scope
        url = upstream_url(self.upstream.base_url, scope["raw_path"], scope["query_string"])
        plain = (b"accept-encoding", b"identity")
        if body is None or (not references.uploads and understood(body, dialect)):
            headers = [*self.upstream.headers(scope["headers"], without=(b"accept-encoding",)), plain]
            file.seek(0)
            return httpx2.Request("POST", url, headers=headers, content=_pieces(file))
        drop = (*_OF_THE_BODY, b"content-encoding", b"accept-encoding")
        headers = [*self.upstream.headers(scope["headers"], without=drop), plain]
        written = write_create(
            body, dialect, size=references.asked or references.canvas, uploads=references.uploads
        )
        return request_of(url, headers, written)


def _digest(file: IO[bytes]) -> str:
    """Return a digest of a body that nobody here can read."""
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(_PIECE):
        digest.update(piece)
    return digest.hexdigest()


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    while piece := await run_in_threadpool(file.read, _PIECE):
        yield piece
