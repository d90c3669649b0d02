"""Reads catalogue files and says exactly what is wrong with a bad one."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from framefit.catalog.rule import Rule
from framefit.errors import InvalidCatalog, InvalidSize
from framefit.geometry import Size

_FILE_KEYS = {"provider", "entry"}


def read_file(path: Path) -> tuple[Rule, ...]:
    """Read one catalogue file.

    Args:
        path: a TOML file with ``provider`` and a list of ``[[entry]]`` tables; the fields of an
            entry are those of `Rule`, sizes written ``"1280x720"``.

    Returns:
        The rules in the order of the file.

    Raises:
        InvalidCatalog: the file cannot be read, or an entry is wrong; the message names the file,
            the entry, the field and the reason.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _invalid(path, "the file cannot be read", str(error)) from error
    unknown = content.keys() - _FILE_KEYS
    if unknown:
        raise _invalid(path, f"unknown field {min(unknown)!r} at the top", "provider and [[entry]] only")
    provider = content.get("provider", path.stem)
    entries = content.get("entry", [])
    tables = isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)
    if not tables or not isinstance(provider, str):
        raise _invalid(
            path, "entries are written as [[entry]] tables, provider as text", "see docs/models.md"
        )
    rules = tuple(
        _entry(path, number, {"provider": provider, **raw}) for number, raw in enumerate(entries, 1)
    )
    _no_doubles(path, rules)
    return rules


def _entry(path: Path, number: int, raw: dict[str, Any]) -> Rule:
    name = f"entry {number} ({raw.get('model', 'no model')} on {raw.get('server', 'no server')})"
    try:
        unknown = raw.keys() - set(Rule.__dataclass_fields__)
        if unknown:
            raise ValueError(f"unknown field {min(unknown)!r}")
        rule = msgspec.convert(_with_sizes(raw), Rule)
        _check(rule)
    except (msgspec.ValidationError, ValueError, TypeError) as error:
        raise _invalid(path, f"{name}: {error}", "see the fields in docs/models.md") from error
    return rule


def _with_sizes(raw: dict[str, Any]) -> dict[str, Any]:
    """Return the entry with every written size read."""
    ready = dict(raw)
    if "sizes" in raw:
        ready["sizes"] = _sizes("sizes", raw["sizes"])
    if "default_size" in raw:
        ready["default_size"] = _sizes("default_size", [raw["default_size"]])[0]
    if "tiers" in raw:
        if not isinstance(raw["tiers"], dict):
            raise ValueError("field 'tiers' is not a table of sizes")
        ready["tiers"] = {tier: _sizes(f"tiers.{tier}", texts) for tier, texts in raw["tiers"].items()}
        listed = [size for sizes in ready["tiers"].values() for size in sizes]
        ready.setdefault("sizes", list(dict.fromkeys(listed)))
    return ready


def _sizes(field: str, texts: object) -> list[Size]:
    if not isinstance(texts, list):
        raise ValueError(f"field {field!r} is not a list of sizes")
    try:
        return [Size.parse(text) for text in texts]
    except InvalidSize as error:
        raise ValueError(f"field {field!r}: {error}") from error


def _check(rule: Rule) -> None:
    for condition, reason in _demands(rule):
        if not condition:
            raise ValueError(reason)


def _demands(rule: Rule) -> Iterator[tuple[bool, str]]:
    yield bool(rule.model and rule.server), "model and server must not be empty"
    yield bool(rule.sources), "field 'sources' needs at least one address"
    yield (
        all(source.startswith(("https://", "http://", "framefit:")) for source in rule.sources),
        ("field 'sources' holds something that is no address"),
    )
    yield rule.kind != "exact" or bool(rule.sizes), "kind 'exact' needs field 'sizes'"
    yield rule.kind != "multiple" or rule.multiple_of is not None, "kind 'multiple' needs field 'multiple_of'"
    yield (
        rule.default_size is None or not rule.sizes or rule.default_size in rule.sizes,
        ("field 'default_size' is not among 'sizes'"),
    )
    yield (
        rule.status != "retired" or rule.ended_on is not None or "end date" in rule.notes,
        ("status 'retired' needs field 'ended_on' (or notes that say the end date is not known)"),
    )
    for name in ("multiple_of", "min_side", "max_side", "max_area", "max_bytes", "ratio_min", "ratio_max"):
        number = getattr(rule, name)
        yield number is None or number > 0, f"field {name!r} must be above zero"
    yield all(length > 0 for length in rule.seconds), "field 'seconds' must be above zero"
    low, high = rule.ratio_min, rule.ratio_max
    yield low is None or high is None or low <= high, "field 'ratio_min' is above 'ratio_max'"
    short, long = rule.min_side, rule.max_side
    yield short is None or long is None or short <= long, "field 'min_side' is above 'max_side'"


def _no_doubles(path: Path, rules: tuple[Rule, ...]) -> None:
    seen: set[tuple[str, str, str]] = set()
    for rule in rules:
        for name in rule.names:
            key = (name, rule.server, rule.role)
            if key in seen:
                raise _invalid(
                    path, f"{name} on {rule.server} ({rule.role}) stands twice", "one entry for each name"
                )
            seen.add(key)


def _invalid(path: Path, reason: str, wanted: str) -> InvalidCatalog:
    return InvalidCatalog(
        f"catalogue file {path.name}: {reason}", seen=str(path), wanted=wanted, fix="mend the file"
    )
