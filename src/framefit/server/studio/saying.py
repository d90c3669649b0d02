"""Everything the page does, as the command and the line of Python that do the same."""

from __future__ import annotations

import shlex

from framefit.server.studio.wishes import Wish

_DEFAULTS = Wish()


def as_command(name: str, wish: Wish) -> str:
    """Return the ``framefit fit`` command that makes the same file.

    Args:
        name: the name of the picture.
        wish: how it is fitted.
    """
    words = ["framefit", "fit", f"./{name}" if name.startswith("-") else name]
    for flag, value in _asked(wish):
        words += [f"--{flag}", value]
    return shlex.join(words)


def as_python(name: str, wish: Wish) -> str:
    """Return the call of ``framefit.fit`` that makes the same file.

    Args:
        name: the name of the picture.
        wish: how it is fitted.
    """
    arguments = [repr(name), *(f"{argument}={value!r}" for argument, value in _asked(wish))]
    return f"framefit.fit({', '.join(arguments)})"


def _asked(wish: Wish) -> list[tuple[str, str]]:
    """Return the options that differ from the defaults, in the order of the documentation."""
    values: list[tuple[str, str | None, str | None]] = [
        # "auto" is what a model without a size means; without a model it has to stay, and to be refused.
        ("size", wish.size, "auto" if wish.model else None),
        ("model", wish.model, None),
        ("server", wish.server, None),
        ("mode", wish.mode, "cover"),
        ("focus", wish.focus, _DEFAULTS.focus),
        ("crop", wish.crop, None),
        ("backdrop", wish.backdrop, _DEFAULTS.backdrop),
    ]
    return [(name, value) for name, value, usual in values if value is not None and value != usual]
