"""Manifest: what became of every line of a file of jobs, one JSON object on a line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from framefit.generating.row import JobRow
from framefit.saving import write_whole

NAME = "manifest.jsonl"


def write_manifest(folder: Path, rows: Iterable[JobRow]) -> Path:
    """Write the manifest of a run, replacing that of an earlier one.

    Args:
        folder: where it goes, as ``manifest.jsonl``.
        rows: every line, in the order of the file.

    Raises:
        OutputUnwritable: it cannot be written there.
    """
    lines = (json.dumps(row.as_dict(), ensure_ascii=False, default=str) for row in rows)
    return write_whole(folder / NAME, "".join(f"{line}\n" for line in lines).encode("utf-8"))
