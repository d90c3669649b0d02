"""Runs the gateway under uvicorn: in this process, or in several that share one port."""

from __future__ import annotations

import functools
import math
import os
import socket
import tempfile
from typing import Any

from fastapi import FastAPI

from framefit.imaging.freed_memory import keep_freed_memory
from framefit.server.gateway.app import create_gateway
from framefit.server.gateway.journal import log_to_stderr
from framefit.server.gateway.options import GatewayOptions
from framefit.server.gateway.patience import PatientConfig

_SHARED_COUNTS = "PROMETHEUS_MULTIPROC_DIR"
"""Where prometheus-client keeps counts that several processes share; its own name for it."""


def config_of(app: Any, options: GatewayOptions, **settings: Any) -> PatientConfig:
    """Return uvicorn's settings for a gateway.

    Args:
        app: the app, or with ``factory=True`` what makes it.
        options: the gateway's settings.
        settings: further settings of uvicorn.
    """
    return PatientConfig(
        app,
        header_seconds=options.header_seconds,
        idle_seconds=options.idle_seconds,
        max_connections=options.max_connections,
        log_config=None,
        access_log=False,
        lifespan="on",
        ws="none",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=math.ceil(options.grace_seconds),
        **settings,
    )


def serve_many(options: GatewayOptions, listener: socket.socket) -> None:
    """Serve with several processes until told to stop; one that dies is replaced.

    Args:
        options: the gateway's settings.
        listener: the socket that they all take connections from.
    """
    from uvicorn.supervisors import Multiprocess

    # What cannot be set up is said once, here, and not by every process for ever.
    create_gateway(options)
    with tempfile.TemporaryDirectory(prefix="framefit-counts-") as counts:
        os.environ.setdefault(_SHARED_COUNTS, counts)
        make = functools.partial(_worker_app, options)
        config = config_of(make, options, factory=True, workers=options.workers)
        Multiprocess(config, sockets=[listener]).run()


def _worker_app(options: GatewayOptions) -> FastAPI:
    keep_freed_memory()
    log_to_stderr(options.log_format)
    return create_gateway(options)
