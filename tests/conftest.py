"""What every test has: a ledger of its own, so that none finds the videos of another, or the user's."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest

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
