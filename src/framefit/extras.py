"""Optional parts: the exact install command when one is missing."""

from __future__ import annotations

import importlib
from types import ModuleType

from framefit.errors import MissingExtra


def require(module: str, extra: str) -> ModuleType:
    """Import a module that comes with an extra.

    Args:
        module: the module's import name, for instance ``av``.
        extra: the extra that installs it: ``serve``, ``video`` and so on.

    Returns:
        The module.

    Raises:
        MissingExtra: the module is not installed; the fix is the install command.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != module.partition(".")[0]:
            raise  # the module is there and something it needs is not: say that, not something else
        raise MissingExtra(
            f"this needs the optional part {extra!r}, which is not installed",
            seen=f"no module named {error.name!r}",
            wanted=f"framefit[{extra}]",
            fix=f"pip install 'framefit[{extra}]'",
        ) from error
