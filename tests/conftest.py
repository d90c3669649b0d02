"""What every test has: a ledger of its own, so that none finds the videos of another, or the user's."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_ledger(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of an empty ledger that FRAMEFIT_LEDGER names."""
    path = tmp_path_factory.mktemp("ledger") / "framefit.db"
    monkeypatch.setenv("FRAMEFIT_LEDGER", str(path))
    return path
