"""Reads the dialects' files."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import msgspec

from framefit.catalog.converting import converted
from framefit.errors import InvalidCatalog
from framefit.videos.dialects.dialect import Dialect

_FOLDER = Path(__file__).parent


@cache
def read_dialect(name: str) -> Dialect:
    """Read the file of a dialect, once in a process.

    Args:
        name: the file's name without its ending.

    Raises:
        InvalidCatalog: the file is missing or wrong, which only a broken installation has.
    """
    path = _FOLDER / f"{name}.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        unknown = content.keys() - Dialect.__dataclass_fields__.keys()
        if unknown:
            raise ValueError(f"unknown field {min(unknown)!r}")
        return converted({"name": name, **content}, Dialect)
    except (OSError, ValueError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InvalidCatalog(
            f"the dialect file {path.name} cannot be read", seen=str(error), fix="install framefit again"
        ) from error
