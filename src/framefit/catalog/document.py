"""Writes docs/models.md from the catalogue: ``python -m framefit.catalog.document docs/models.md``."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import fields
from itertools import groupby
from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints

from framefit.catalog import Catalog, Rule, builtin

_INTRO = """# Models

What framefit knows about every model on every server. This page is generated from the catalogue
(`src/framefit/catalog/*.toml`); change the data, then run `python -m framefit.catalog.document docs/models.md`.

A rule belongs to a model, a server and a role, since one model is treated differently by different servers.
A model is found by the names here, and by that of a repository that holds it: `Wan-AI/Wan2.2-I2V-A14B-Diffusers`.
An empty cell, `?` and `unknown` say that something is not known; nothing here is guessed. Sizes and ratios
are width, then height. Prices marked `~` come from a reseller, not from the model's maker."""

_ADDING = """## Adding a model

A catalogue file is TOML: `provider`, a table `[defaults]` that every entry starts from, and one `[[entry]]`
for each model, server and role. Give it with `--catalog FILE`, with `catalog=` in Python, or name one or
more files in `FRAMEFIT_CATALOG`, separated like the entries of `PATH`. An entry with the model, server and
role of a built-in one replaces it. The smallest entry says where it is from and when that was read:

```toml
provider = "mine"

[[entry]]
model = "my-model"
server = "my-server"
status = "live"
kind = "exact"
sizes = ["1280x720", "720x1280"]
mismatch = "reject"
error_status = 400
evidence = "documented"
checked_on = 2026-11-20
sources = ["https://example.org/what-it-accepts"]
```

Sizes are written `"1280x720"`, runs of seconds `"4-15"`, days `2026-11-20`. A file with an error is refused
with the file, the entry, the field and the reason. To add a model for everybody, put the entry into the file
of its provider under `src/framefit/catalog/` and write this page anew."""


def document(catalog: Catalog) -> str:
    """Return the page about every rule of a catalogue and about the fields of a rule, as Markdown."""
    parts = [_INTRO, _ADDING, _fields()]
    rules = sorted(catalog, key=lambda rule: rule.provider)
    for provider, entries in groupby(rules, key=lambda rule: rule.provider):
        parts.append(_provider(provider, list(entries)))
    return "\n\n".join(parts) + "\n"


def _fields() -> str:
    told = _field_docs()
    hints = get_type_hints(Rule)
    rows = [(f"`{field.name}`", _kind(hints[field.name]), told[field.name]) for field in fields(Rule)]
    return "## Fields of an entry\n\n" + _table(("field", "value", "meaning"), rows)


def _field_docs() -> dict[str, str]:
    """Return the sentence about each field from the docstring of `Rule`."""
    args = inspect.cleandoc(Rule.__doc__ or "").partition("Args:\n")[2]
    found = re.findall(r"^    (\w+): (.+(?:\n {8}.+)*)", args, re.M)
    return {name: re.sub(r"\s+", " ", text).replace("``", "`") for name, text in found}


def _kind(hint: object) -> str:
    if get_origin(hint) is Literal:
        return ", ".join(f"`{word}`" for word in get_args(hint))
    inner = [part for part in get_args(hint) if part not in (type(None), ...)]
    if get_origin(hint) is dict:
        return f"table of {_kind(inner[1])}"
    if get_origin(hint) is tuple:
        return f"list of {_kind(inner[0])}"
    if inner:
        return _kind(inner[0])
    words = {"str": "text", "int": "whole number", "float": "number", "bool": "true or false", "Size": "size"}
    name = getattr(hint, "__name__", str(hint))
    return words.get(name, "day" if name == "date" else name)


def _provider(name: str, rules: list[Rule]) -> str:
    rows = [
        (
            f"`{rule.model}`",
            f"`{rule.server}`",
            _status(rule),
            _canvas(rule),
            _picture(rule),
            f"{rule.mismatch} ({rule.evidence})",
            _lengths(rule),
            _price(rule),
        )
        for rule in rules
    ]
    head = ("model", "server", "status", "canvas", "picture", "another shape", "seconds", "USD/s")
    details = "\n".join(line for rule in rules for line in _details(rule))
    return f"## {name}\n\n{_table(head, rows)}\n\n{details}"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _status(rule: Rule) -> str:
    ended = f" {rule.ended_on}" if rule.ended_on else ""
    began = f" since {rule.started_on}" if rule.started_on else ""
    return f"{rule.status}{ended}{began}"


def _canvas(rule: Rule) -> str:
    parts: list[str] = [rule.kind]
    if rule.tiers:
        tiers = (f"{tier} ({', '.join(map(str, sizes)) or '?'})" for tier, sizes in rule.tiers.items())
        parts.append("; ".join(tiers))
    elif rule.sizes:
        parts.append(", ".join(map(str, rule.sizes)))
    if rule.ratios:
        parts.append(", ".join(rule.ratios))
    if rule.formula:
        areas = ", ".join(f"{name} {area:,} px" for name, area in rule.areas.items())
        parts.append(f"formula {rule.formula}, {areas}")
    if rule.multiple_of:
        parts.append(f"step {rule.multiple_of}")
    if rule.default_size:
        parts.append(f"usual {rule.default_size}")
    return "; ".join(parts)


def _picture(rule: Rule) -> str:
    limits = (
        (rule.min_side, f"side ≥ {rule.min_side}"),
        (rule.max_side, f"side ≤ {rule.max_side}"),
        (rule.ratio_min, f"ratio {rule.ratio_min or 0:g} to {rule.ratio_max or 0:g}"),
        (rule.max_bytes, f"{(rule.max_bytes or 0) / 1e6:g} MB"),
        (rule.formats, ", ".join(rule.formats)),
        (rule.alpha != "unknown", f"alpha {rule.alpha}"),
        (rule.exif != "unknown", f"EXIF {rule.exif}"),
        (rule.faces != "unknown", f"faces {rule.faces}"),
    )
    return "; ".join(text for given, text in limits if given) or "?"


def _lengths(rule: Rule) -> str:
    seconds = rule.seconds
    if len(seconds) > 3 and seconds == tuple(range(seconds[0], seconds[-1] + 1)):
        written = f"{seconds[0]} to {seconds[-1]}"
    else:
        written = ", ".join(map(str, seconds)) or "?"
    fps = f"; {', '.join(map(str, rule.fps))} fps" if rule.fps else ""
    return written + fps


def _price(rule: Rule) -> str:
    sign = "~" if rule.price_from == "reseller" else ""
    prices = [f"{name} {sign}{price:g}" for name, price in rule.price_per_second_usd.items()]
    if rule.price_per_call_usd is not None:
        prices.append(f"{sign}{rule.price_per_call_usd:g} a call")
    return ", ".join(prices) or "?"


def _details(rule: Rule) -> Iterator[str]:
    aliases = f" (also {', '.join(f'`{name}`' for name in rule.aliases)})" if rule.aliases else ""
    sources = ", ".join(f"[{number}]({_address(source)})" for number, source in enumerate(rule.sources, 1))
    yield f"- **{rule.key}**{aliases}: {rule.notes}"
    if rule.replaced_by:
        yield f"  Succeeded by {', '.join(f'`{name}`' for name in rule.replaced_by)}."
    if rule.error_text:
        status = f" (HTTP {rule.error_status})" if rule.error_status else ""
        yield f"  Error ({rule.error_when}){status}: `{rule.error_text.replace('`', chr(39))}`."
    yield f"  Sources, read {rule.checked_on}: {sources}."


def _address(source: str) -> str:
    return source.replace("framefit:", "../", 1) if source.startswith("framefit:") else source


def main() -> None:
    """Write the page to the path given on the command line, or to standard output."""
    page = document(builtin())
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(page, encoding="utf-8")
    else:
        sys.stdout.write(page)


if __name__ == "__main__":
    main()
