"""One line in the log for every request: what was asked, what was answered, what was fitted; no secrets."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from framefit.server.gateway.metrics import Metrics
from framefit.server.gateway.options import LogFormat

_log = logging.getLogger("framefit.gateway")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OWN = frozenset({"/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/v1/videos"})
_VIDEO = re.compile(r"/v1/videos/[^/]+(/content|/remix)?")
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})


class Journal:
    """Write a line and count, for every request.

    Args:
        app: the app.
        metrics: counts.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        taken = given = 0
        status = 500

        async def counted_receive() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            return message

        async def counted_send(message: Message) -> None:
            nonlocal given, status
            if message["type"] == "http.response.start":
                status = message["status"]
            given += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, counted_receive, counted_send)
        finally:
            took = time.perf_counter() - began
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.answered(
                method=method,
                route=route_of(scope["path"]),
                status=status,
                seconds=took,
                taken=taken,
                given=given,
            )
            line = {
                "request_id": scope.get("framefit.request_id"),
                "method": method,
                "path": scope["path"],
                "status": status,
                "ms": round(took * 1000, 1),
                "bytes_in": taken,
                "bytes_out": given,
                **scope.get("framefit.fit", {}),
            }
            _log.log(
                logging.DEBUG if scope["path"] in _QUIET else logging.INFO, "request", extra={"told": line}
            )


def route_of(path: str) -> str:
    """Return a path without ids: there are as many of those as requests."""
    if path in _OWN:
        return path
    found = _VIDEO.fullmatch(path)
    if found is not None:
        return f"/v1/videos/{{id}}{found[1] or ''}"
    return "/v1/*" if path.startswith("/v1/") else "*"


class _Line(logging.Formatter):
    """Writes a record as text or as one JSON object, on one line in either case."""

    def __init__(self, form: LogFormat) -> None:
        super().__init__()
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = dict(getattr(record, "told", {}))
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        head: dict[str, Any] = {
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
        }
        if self._form == "json":
            head["process"] = record.process
            return json.dumps({**head, "message": record.getMessage(), **told}, default=str)
        trace = told.pop("trace", "")
        pairs = " ".join(f"{name}={json.dumps(value)}" for name, value in told.items() if value is not None)
        return f"{head['time']} {head['level']} {record.getMessage()} {pairs}".rstrip() + (
            f"\n{trace}" * bool(trace)
        )


def log_to_stderr(form: LogFormat) -> None:
    """Send the log of this process to standard error.

    Args:
        form: ``text``, or ``json`` for one object per line.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Line(form))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for chatty in ("httpx2", "httpcore2", "httpx", "httpcore"):
        # They write whole addresses, in which careless servers put keys.
        logging.getLogger(chatty).setLevel(logging.WARNING)
