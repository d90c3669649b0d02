"""Puts the server together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from framefit import __version__
from framefit.catalog import builtin
from framefit.server.about_routes import about_router
from framefit.server.body_limit import BodyLimit
from framefit.server.creates_routes import creates_router
from framefit.server.database import open_database
from framefit.server.describing import engine_description
from framefit.server.edge import Edge
from framefit.server.envelope import add_error_handlers
from framefit.server.faults.middleware import Faults
from framefit.server.folder import DataFolder
from framefit.server.guard import LoopbackGuard
from framefit.server.options import ServerOptions
from framefit.server.service import VideosService
from framefit.server.speaking import speech_named
from framefit.server.stamp import Stamp
from framefit.server.store import JobStore
from framefit.server.studio.app import Studio, engine_setting
from framefit.server.sweeping import keep_swept
from framefit.server.worker import Worker


def create_app(options: ServerOptions) -> FastAPI:
    """Make the ASGI app of the embedded engine.

    Jobs wait until the app is started and its workers with it; the app can be started once.

    Args:
        options: how it is set up.

    Raises:
        OutputUnwritable: the data folder cannot be made or its record of jobs cannot be opened.
    """
    speech = speech_named(options.speak)
    folder = DataFolder(path=options.data_folder.resolve())
    folder.create()
    engine = open_database(folder.database)
    store = JobStore(engine)
    workers = [Worker(engine=engine, folder=folder, options=options) for _ in range(options.workers)]

    def wake() -> None:
        for worker in workers:
            worker.wake()

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        sweeper = asyncio.create_task(keep_swept(store, folder))
        for worker in workers:
            worker.start()
        try:
            async with studio.at_work():
                yield
        finally:
            sweeper.cancel()
            for worker in workers:
                await run_in_threadpool(worker.stop)
            setting.desk.close()
            engine.dispose()

    service = VideosService(store=store, folder=folder, catalog=builtin(), wake=wake)
    setting = engine_setting(options, service)
    studio = Studio(setting)
    app = FastAPI(
        title="framefit",
        version=__version__,
        lifespan=lifespan,
        # The usual pages of documentation load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.include_router(about_router())
    app.include_router(creates_router(store))
    routers = speech.routers(service)
    for prefix in speech.prefixes:
        for router in routers:
            app.include_router(router, prefix=prefix)
    pages = studio.router()
    app.include_router(pages)
    described = engine_description(speech.name, speech.prefixes, routers, pages.routes)
    app.add_api_route("/openapi.json", lambda: described, methods=["GET"], include_in_schema=False)
    add_error_handlers(app, speech.refuse)
    # The one added last is the outermost.
    app.add_middleware(BodyLimit, max_bytes=options.max_body_bytes)
    app.add_middleware(Faults, faults=options.faults, refuse=speech.refuse)
    app.add_middleware(LoopbackGuard)
    app.add_middleware(Stamp, headers=speech.headers)
    app.add_middleware(Edge)
    return app
