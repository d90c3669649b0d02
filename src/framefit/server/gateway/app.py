"""Puts the gateway together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import URL, Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.middleware.cors import CORSMiddleware

from framefit import __version__
from framefit.catalog import read_catalog
from framefit.errors import InvalidOption, OutputUnwritable
from framefit.server.body_limit import BodyLimit
from framefit.server.database import open_url
from framefit.server.describing import gateway_description
from framefit.server.edge import Edge
from framefit.server.envelope import add_error_handlers
from framefit.server.gateway.access import Access
from framefit.server.gateway.calls import calls_router
from framefit.server.gateway.creating import Creator
from framefit.server.gateway.desk import Desk
from framefit.server.gateway.fetching import Fetcher
from framefit.server.gateway.handing import Shelf
from framefit.server.gateway.health import health_router
from framefit.server.gateway.holding import Holder
from framefit.server.gateway.journal import Journal
from framefit.server.gateway.keeping import Keeper
from framefit.server.gateway.keys import Keys, metadata
from framefit.server.gateway.metrics import Metrics
from framefit.server.gateway.options import GatewayOptions
from framefit.server.gateway.patience import Patience
from framefit.server.gateway.upstream import Upstream
from framefit.server.studio.app import Studio, gateway_setting
from framefit.videos.ledger.opening import ledger_url

_log = logging.getLogger(__name__)
_SWEEP_EVERY = 3600.0


def create_gateway(options: GatewayOptions, *, fetcher: Fetcher | None = None) -> FastAPI:
    """Make the ASGI app of the gateway.

    Args:
        options: how it is set up.
        fetcher: fetches pictures from addresses; None makes the usual one.

    Raises:
        OutputUnwritable: the data folder cannot be made, or the record of keys cannot be opened.
        InvalidOption: the database's address cannot be used.
        MissingExtra: the driver of PostgreSQL is not installed.
        InvalidCatalog: a file of the user's catalogue cannot be read.
    """
    catalog = read_catalog(options.catalog)
    spool = _spool(options)
    engine = _open(options)
    keys = Keys(engine)
    keeper = Keeper(engine, seconds=options.keep_seconds, most_bytes=options.keep_bytes)
    upstream = Upstream(options)
    desk = Desk(at_once=options.threads, waiting=options.fits_waiting)
    metrics = Metrics(lambda: desk.admitted)
    # A request that is neither answered nor lost after this long belongs to a process that has died.
    longest = options.answer_seconds + options.connect_seconds + options.fetch_seconds + 600
    creator = Creator(
        options=options,
        spool=spool,
        upstream=upstream,
        desk=desk,
        fetcher=fetcher or _fetcher(options),
        holder=Holder(keys, pending_seconds=longest),
        shelf=Shelf(keeper, upstream),
        catalog=catalog,
        metrics=metrics,
    )

    studio = Studio(gateway_setting(options, desk))

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        sweeper = asyncio.create_task(_sweep(keys, keeper))
        try:
            async with studio.at_work():
                yield
        finally:
            sweeper.cancel()
            await upstream.close()
            desk.close()
            engine.dispose()

    app = FastAPI(
        title="framefit gateway",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    pages = studio.router()
    app.include_router(health_router(keys, metrics, gateway_description(pages.routes)))
    app.include_router(calls_router(creator))
    app.include_router(pages)
    add_error_handlers(app)
    _protect(app, options, metrics)
    return app


def _protect(app: FastAPI, options: GatewayOptions, metrics: Metrics) -> None:
    """Put what every request passes before it reaches a route around the app."""
    # The one added last is the outermost.
    app.add_middleware(BodyLimit, max_bytes=options.max_body_bytes)
    app.add_middleware(Patience, idle_seconds=options.idle_seconds, upload_seconds=options.upload_seconds)
    app.add_middleware(Access, options=options)
    if options.allow_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(options.allow_origins),
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["x-request-id", "x-framefit-plan", "x-framefit-findings"],
        )
    app.add_middleware(Journal, metrics=metrics)
    app.add_middleware(Edge)


def _fetcher(options: GatewayOptions) -> Fetcher:
    return Fetcher(
        options.fetch_references,
        seconds=options.fetch_seconds,
        most_bytes=options.fetch_bytes,
        at_once=options.threads,
    )


def _spool(options: GatewayOptions) -> Path:
    folder = options.data_folder.resolve() / "uploads"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputUnwritable(
            "the data folder cannot be made",
            seen=f"{options.data_folder}: {error.strerror or error}",
            wanted="a folder that can be written to",
            fix="--data OTHER_FOLDER",
        ) from error
    return folder


def _open(options: GatewayOptions) -> Engine:
    if options.database is None:
        file = options.data_folder.resolve() / "gateway.db"
        return open_url(URL.create("sqlite", database=str(file)), metadata)
    try:
        url = ledger_url(options.database)
    except InvalidOption as error:
        raise InvalidOption(
            "the database's address cannot be used",
            seen=error.seen,
            wanted=error.wanted,
            fix="--database URL",
        ) from error
    return open_url(url, metadata)


async def _sweep(keys: Keys, keeper: Keeper) -> None:
    while True:
        try:
            await run_in_threadpool(keys.forget_old)
            await run_in_threadpool(keeper.forget_old)
        except SQLAlchemyError:
            _log.exception("what is old cannot be removed")
        await asyncio.sleep(_SWEEP_EVERY)
