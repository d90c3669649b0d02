"""Counts what the gateway does, for Prometheus; without its package nothing is counted."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from framefit.server.gateway.references import References

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
_SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""Set by the first process where several share their counts: the package's own name for it."""


class Metrics:
    """The counts of one process, or of all workers together.

    Args:
        queue: tells how many pictures are being fitted or wait.
    """

    def __init__(self, queue: Callable[[], int]) -> None:
        self.there = importlib.util.find_spec("prometheus_client") is not None
        if not self.there:
            return
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self._registry = CollectorRegistry()
        here = self._registry
        self._requests = Counter(
            "framefit_requests", "Requests answered.", ("method", "route", "status"), registry=here
        )
        self._seconds = Histogram(
            "framefit_request_seconds",
            "Time to the end of the answer.",
            ("route",),
            buckets=_SECONDS,
            registry=here,
        )
        self._bytes = Counter("framefit_bytes", "Bytes of bodies.", ("direction",), registry=here)
        self._fits = Counter("framefit_fits", "Pictures fitted.", ("mode", "action"), registry=here)
        self._fit_seconds = Histogram(
            "framefit_fit_seconds", "Time to fit the pictures of a request.", buckets=_SECONDS, registry=here
        )
        self._findings = Counter("framefit_findings", "Findings by code.", ("code", "level"), registry=here)
        self._queue = Gauge(
            "framefit_fits_admitted",
            "Pictures being fitted or waiting.",
            multiprocess_mode="livesum",
            registry=here,
        )
        self._now = queue

    def answered(
        self, *, method: str, route: str, status: int, seconds: float, taken: int, given: int
    ) -> None:
        """Count a request.

        Args:
            method: the HTTP method.
            route: the path without ids.
            status: the HTTP status.
            seconds: from its head to the end of the answer.
            taken: bytes of its body.
            given: bytes of the answer's body.
        """
        if not self.there:
            return
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        self._bytes.labels("in").inc(taken)
        self._bytes.labels("out").inc(given)
        self._queue.set(self._now())

    def fitted(self, references: References, seconds: float) -> None:
        """Count the pictures of a request."""
        if not self.there:
            return
        self._fit_seconds.observe(seconds)
        if references.plan is not None:
            self._fits.labels(references.plan.mode, references.plan.action).inc(len(references.uploads))
        for finding in references.findings:
            self._findings.labels(finding.code, finding.level).inc()
        self._queue.set(self._now())

    def page(self) -> bytes:
        """Return the counts as Prometheus reads them."""
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        self._queue.set(self._now())
        registry: Any = self._registry
        if _SHARED in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
