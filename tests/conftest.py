"""What tests share: a ledger for each, so that none finds another's videos; and a gateway in front of every server."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gateways import Behind

# Test modules copy the environment for the processes they start when they are loaded, which is after this.
_FOLDER = tempfile.mkdtemp(prefix="framefit-tests-")
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)
os.environ["FRAMEFIT_LEDGER"] = str(Path(_FOLDER) / "framefit.db")


@pytest.fixture(autouse=True)
def own_ledger(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of an empty ledger that FRAMEFIT_LEDGER names."""
    path = tmp_path_factory.mktemp("ledger") / "framefit.db"
    monkeypatch.setenv("FRAMEFIT_LEDGER", str(path))
    return path


@pytest.fixture(scope="session")
def all_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Behind]]:
    """A gateway in front of the engine as it speaks like each server; videos are there at once."""
    from framefit.videos.dialects import NAMES
    from gateways import engine_behind

    with ExitStack() as stack:
        yield {
            name: stack.enter_context(engine_behind(tmp_path_factory.mktemp(name), speak=name, quick=True))
            for name in NAMES
        }
