"""Reads catalogue files and says exactly what is wrong with a bad one."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from framefit.catalog.converting import converted
from framefit.catalog.rule import Rule
from framefit.errors import InvalidCatalog, InvalidSize
from framefit.geometry import Size

_FILE_KEYS = {"provider", "defaults", "entry"}
_FIELDS = frozenset(Rule.__dataclass_fields__)
_SPAN = re.compile(r"(\d{1,4})-(\d{1,4})", re.ASCII)
_RATIO = re.compile(r"\d{1,5}(\.\d+)?:\d{1,5}(\.\d+)?", re.ASCII)
_HELP = "the fields in docs/models.md"


def read_file(path: Path) -> tuple[Rule, ...]:
    """Read one catalogue file; a file that has not changed is read once.

    Args:
        path: a TOML file with ``provider``, a table ``[defaults]`` that every entry starts from, and
            a list of ``[[entry]]`` tables; the fields of an entry are those of `Rule`, sizes written
            ``"1280x720"`` and runs of seconds ``"4-15"``.

    Returns:
        The rules in the order of the file.

    Raises:
        InvalidCatalog: the file cannot be read, or an entry is wrong; the message names the file,
            the entry, the field and the reason.
    """
    try:
        facts = path.stat()
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    return _read(path, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=128)
def _read(path: Path, _changed: int, _size: int) -> tuple[Rule, ...]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _unreadable(path, error) from error
    unknown = content.keys() - _FILE_KEYS
    if unknown:
        raise _invalid(path, f"unknown field {min(unknown)!r} at the top", "provider, [defaults], [[entry]]")
    defaults = {"provider": content.get("provider", path.stem), **_table(path, content)}
    entries = content.get("entry", [])
    if not isinstance(entries, list) or not all(isinstance(raw, dict) for raw in entries):
        raise _invalid(path, "entries are written as [[entry]] tables", _HELP)
    rules = tuple(_entry(path, number, {**defaults, **raw}) for number, raw in enumerate(entries, 1))
    _no_doubles(path, rules)
    return rules


def _table(path: Path, content: dict[str, Any]) -> dict[str, Any]:
    defaults = content.get("defaults", {})
    if not isinstance(defaults, dict) or not isinstance(content.get("provider", ""), str):
        raise _invalid(path, "provider is text and [defaults] a table", _HELP)
    return defaults


def _entry(path: Path, number: int, raw: dict[str, Any]) -> Rule:
    name = f"entry {number} ({raw.get('model', 'no model')} on {raw.get('server', 'no server')})"
    try:
        unknown = raw.keys() - _FIELDS
        if unknown:
            raise ValueError(f"unknown field {min(unknown)!r}")
        rule = converted(_written_out(raw), Rule)
        _check(rule)
    except (msgspec.ValidationError, ValueError, TypeError) as error:
        raise _invalid(path, f"{name}: {error}", _HELP) from error
    return rule


def _written_out(raw: dict[str, Any]) -> dict[str, Any]:
    """Return the entry with every written size and run of seconds read."""
    ready = dict(raw)
    if "sizes" in raw:
        ready["sizes"] = _sizes("sizes", raw["sizes"])
    if "default_size" in raw:
        ready["default_size"] = _sizes("default_size", [raw["default_size"]])[0]
    if "tiers" in raw:
        if not isinstance(raw["tiers"], dict):
            raise ValueError("field 'tiers' is a table of lists of sizes")
        ready["tiers"] = {tier: _sizes(f"tiers.{tier}", texts) for tier, texts in raw["tiers"].items()}
        listed = [size for sizes in ready["tiers"].values() for size in sizes]
        ready.setdefault("sizes", list(dict.fromkeys(listed)))
    if "seconds" in raw:
        ready["seconds"] = list(_seconds(raw["seconds"]))
    return ready


def _sizes(field: str, texts: object) -> list[Size]:
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError(f'field {field!r} is a list of sizes written "1280x720"')
    try:
        return [Size.parse(text) for text in texts]
    except InvalidSize as error:
        raise ValueError(f"field {field!r}: {error}") from error


def _seconds(values: object) -> Iterator[object]:
    if not isinstance(values, list):
        raise ValueError("field 'seconds' is a list of whole numbers and runs like \"4-15\"")
    for value in values:
        run = _SPAN.fullmatch(value) if isinstance(value, str) else None
        if run is None and isinstance(value, str):
            raise ValueError(f"field 'seconds' holds {value!r}, which is no run like \"4-15\"")
        yield from range(int(run[1]), int(run[2]) + 1) if run else [value]


def _check(rule: Rule) -> None:
    for holds, reason in _demands(rule):
        if not holds:
            raise ValueError(reason)


def _demands(rule: Rule) -> Iterator[tuple[bool, str]]:
    yield bool(rule.model and rule.server), "model and server must not be empty"
    yield bool(rule.sources), "field 'sources' needs at least one address"
    yield (
        all(source.startswith(("https://", "http://", "framefit:")) for source in rule.sources),
        "field 'sources' holds something that is no address",
    )
    yield rule.kind != "exact" or bool(rule.sizes), "kind 'exact' needs field 'sizes'"
    yield rule.kind != "multiple" or rule.multiple_of is not None, "kind 'multiple' needs field 'multiple_of'"
    yield rule.kind != "ratio" or bool(rule.ratios or rule.sizes), "kind 'ratio' needs 'ratios' or 'sizes'"
    yield (
        rule.formula is None or (bool(rule.areas) and rule.multiple_of is not None),
        "field 'formula' needs fields 'areas' and 'multiple_of'",
    )
    yield (
        rule.default_size is None or rule.offers(rule.default_size),
        "field 'default_size' is not among 'sizes'",
    )
    yield (
        rule.status != "retired" or rule.ended_on is not None or "end date" in rule.notes,
        "status 'retired' needs field 'ended_on' (or notes that say the end date is not known)",
    )
    yield (
        all(ratio == "adaptive" or _RATIO.fullmatch(ratio) for ratio in rule.ratios),
        'field \'ratios\' holds ratios like "16:9", or "adaptive"',
    )
    yield from _ranges(rule)


def _ranges(rule: Rule) -> Iterator[tuple[bool, str]]:
    low, high = rule.ratio_min, rule.ratio_max
    yield low is None or high is None or low <= high, "field 'ratio_min' is above 'ratio_max'"
    short, long = rule.min_side, rule.max_side
    yield short is None or long is None or short <= long, "field 'min_side' is above 'max_side'"
    for name in ("multiple_of", "min_side", "max_side", "ratio_min", "ratio_max", "max_area", "max_bytes"):
        value = getattr(rule, name)
        yield value is None or value > 0, f"field {name!r} must be above zero"
    for name in ("seconds", "fps", "frames"):
        yield all(value > 0 for value in getattr(rule, name)), f"field {name!r} must be above zero"
    for name in ("areas", "price_per_second_usd"):
        yield all(value >= 0 for value in getattr(rule, name).values()), f"field {name!r} is never below zero"


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


def _unreadable(path: Path, error: Exception) -> InvalidCatalog:
    reason = getattr(error, "strerror", None) or str(error)
    return _invalid(path, f"the file cannot be read: {reason}", "a TOML file")


def _invalid(path: Path, reason: str, wanted: str) -> InvalidCatalog:
    return InvalidCatalog(
        f"catalogue file {path.name}: {reason}", seen=str(path), wanted=wanted, fix="mend the file"
    )
