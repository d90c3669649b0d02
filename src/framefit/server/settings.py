"""Reads how a server is set up: from flags, from the environment, from a file, under the same names."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from framefit.errors import InvalidOption
from framefit.server.gateway.options import GatewayOptions
from framefit.server.options import ServerOptions

PREFIX = "FRAMEFIT_"
"""How the environment variable of every setting begins; the rest is its name in capitals."""

_Options = TypeVar("_Options", ServerOptions, GatewayOptions)

_ENGINE = ("data", "host", "port", "speak", "max_body_bytes")
_READ_ELSEWHERE = ("catalog",)
"""The catalogue's own variable names several files, and every command reads it."""

_LISTS = ("tokens", "allow_hosts", "allow_origins", "fetch_references")
_FIELDS = {"data": "data_folder"}
_GATEWAY = tuple("data" if field.name == "data_folder" else field.name for field in fields(GatewayOptions))
NAMES = tuple(dict.fromkeys((*_GATEWAY, *_ENGINE)))
"""Every setting, as flags have them with a hyphen for each underscore."""


def read_settings(
    flags: Mapping[str, Any], environment: Mapping[str, str], config: Path | None = None
) -> ServerOptions | GatewayOptions:
    """Settle how a server is set up: a flag counts before the environment, that before the file.

    Args:
        flags: settings by name; None where nothing was said.
        environment: the environment variables.
        config: a TOML file with settings by name, hyphens and underscores alike; ``FRAMEFIT_CONFIG``
            names one too.

    Returns:
        The options of the gateway when an upstream is named, else those of the embedded engine.

    Raises:
        InvalidOption: a value that cannot be used, or a setting that does not exist.
    """
    file = config or (Path(environment[PREFIX + "CONFIG"]) if environment.get(PREFIX + "CONFIG") else None)
    said: dict[str, Any] = {} if file is None else _from_file(file)
    said |= _from_environment(environment)
    # An empty value in the environment or in a list of flags says nothing.
    said |= {name: value for name, value in flags.items() if value not in (None, [], ())}
    if said.get("upstream"):
        return _converted({name: said[name] for name in said if name in _GATEWAY}, GatewayOptions)
    idle = sorted(name for name in flags if flags[name] not in (None, [], ()) and name not in _ENGINE)
    if idle:
        flag = _flag(idle[0])
        raise InvalidOption(
            f"{flag} is a setting of the gateway, and there is no upstream",
            seen=flag,
            wanted="--upstream URL",
            fix="--upstream URL",
        )
    engine = {"data": ".framefit", **{name: said[name] for name in said if name in _ENGINE}}
    return _converted(engine, ServerOptions)


def _from_file(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidOption(
            f"the settings in {path.name} cannot be read",
            seen=str(error),
            wanted="a TOML file",
            fix="--config OTHER_FILE",
        ) from error
    said = {name.replace("-", "_"): value for name, value in content.items()}
    unknown = sorted(said.keys() - set(NAMES))
    if unknown:
        raise InvalidOption(
            f"{path.name} has a setting that does not exist",
            seen=unknown[0].replace("_", "-"),
            wanted=", ".join(name.replace("_", "-") for name in NAMES),
            fix="take it out",
        )
    return said


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for name in NAMES:
        if name in _READ_ELSEWHERE:
            continue
        value = environment.get(PREFIX + name.upper(), "").strip()
        if value:
            parts = [part.strip() for part in value.split(",") if part.strip()]
            said[name] = parts if name in _LISTS else value
    return said


def _converted(said: Mapping[str, Any], kind: type[_Options]) -> _Options:
    values = {_FIELDS.get(name, name): value for name, value in said.items()}
    try:
        return msgspec.convert(values, kind, strict=False, dec_hook=lambda wanted, value: wanted(value))
    except msgspec.ValidationError as error:
        words, _, place = str(error).partition(" - at `$.")
        name = place.rstrip("`").partition("[")[0] or "a setting"
        flag = _flag({"data_folder": "data"}.get(name, name))
        raise InvalidOption(
            f"{flag} cannot be used",
            # The value of a secret is not repeated.
            seen=None if name in ("tokens", "upstream_key", "database") else str(values.get(name)),
            wanted=words,
            fix=flag,
        ) from error


def _flag(name: str) -> str:
    shown = {"tokens": "token", "allow_hosts": "allow-host", "allow_origins": "allow-origin"}
    return "--" + shown.get(name, name).replace("_", "-")
