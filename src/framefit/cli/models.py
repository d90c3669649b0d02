"""framefit models: what the catalogue knows."""

from __future__ import annotations

import dataclasses
import math
import sys
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from framefit.cli import arguments as shared
from framefit.cli.output import note, print_json
from framefit.errors import InvalidOption, UnknownServer

if TYPE_CHECKING:
    from framefit.catalog import Rule

_WIDE = 2000
"""Letters on a line that goes to a file or a pipe."""


def models(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Show every entry of one model, whole.")
    ] = None,
    server: shared.Server = None,
    provider: Annotated[str | None, typer.Option(help="Only models of this provider.")] = None,
    size: Annotated[str | None, typer.Option(help="Only models known to render this size: 1280x720.")] = None,
    ratio: Annotated[str | None, typer.Option(help="Only models known to render this ratio: 16:9.")] = None,
    live: Annotated[bool, typer.Option("--live", help="Only models that can be asked for today.")] = False,
    catalog: shared.CatalogFile = None,
    json: shared.Json = False,
) -> None:
    """List the catalogue, or show one model with its sources."""
    from framefit.canvases import takes, takes_ratio
    from framefit.catalog import read_catalog
    from framefit.geometry import Size

    known = read_catalog(catalog)
    rules = list(known if name is None else known.named(name, server=server))
    if server is not None and name is None:
        rules = _only(rules, "server", server, lambda rule: (rule.server, rule.provider))
    if provider is not None:
        rules = _only(rules, "provider", provider, lambda rule: (rule.provider,))
    if size is not None:
        canvas = Size.parse(size)
        rules = [rule for rule in rules if takes(rule, canvas)]
    if ratio is not None:
        shape = _ratio(ratio)
        rules = [rule for rule in rules if takes_ratio(rule, shape)]
    if live:
        rules = [rule for rule in rules if rule.status == "live" and not rule.has_ended(date.today())]
    if json:
        for rule in rules:
            print_json(_plain(rule))
    elif name is not None:
        for rule in rules:
            _show(rule)
    elif rules:
        _list(rules)
    if not rules:
        note("no entry is left after these filters")


def _only(
    rules: list[Rule], option: str, wanted: str, names: Callable[[Rule], tuple[str, ...]]
) -> list[Rule]:
    """Return the rules that have a name, which at least one of them must have."""
    from framefit.catalog import nearest

    found = [rule for rule in rules if wanted in names(rule)]
    if found:
        return found
    known = sorted({names(rule)[0] for rule in rules})
    near = nearest(wanted, known)
    error = UnknownServer if option == "server" else InvalidOption
    raise error(
        f"no entry that was asked for has the {option} {wanted!r}",
        seen=wanted,
        wanted=", ".join(known),
        fix=f"--{option} {near[0] if near else known[0]}",
    )


def _ratio(text: str) -> float:
    across, _, down = text.partition(":")
    try:
        ratio = float(across) / float(down)
    except (ValueError, ZeroDivisionError):
        ratio = 0.0
    if not 0 < ratio < math.inf:
        raise InvalidOption(
            f"{text!r} is not a ratio",
            seen=text,
            wanted="width:height, for instance 16:9",
            fix="--ratio 16:9",
        )
    return ratio


def _plain(rule: Rule) -> dict[str, Any]:
    """Return the entry as plain values: sizes written, days as ISO dates."""
    values = dataclasses.asdict(rule)
    values["sizes"] = [str(size) for size in rule.sizes]
    values["default_size"] = str(rule.default_size) if rule.default_size else None
    values["tiers"] = {tier: [str(size) for size in sizes] for tier, sizes in rule.tiers.items()}
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in values.items()}


def _show(rule: Rule) -> None:
    typer.secho(rule.key, bold=True)
    for field, value in _plain(rule).items():
        if field in ("model", "server"):
            continue
        shown = _written(value)
        typer.echo(f"  {field:<22}{shown}")


def _written(value: Any) -> str:
    if value is None or value == "" or value == [] or value == () or value == {}:
        return "not known"
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_written(part)}" for key, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(str(part) for part in value)
    return str(value)


def _list(rules: list[Rule]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for head in ("model", "server", "status", "sizes", "seconds", "another size"):
        table.add_column(head, overflow="fold")
    for rule in rules:
        status = f"{rule.status} {rule.ended_on}" if rule.ended_on else rule.status
        table.add_row(
            rule.model if rule.role == "first_frame" else f"{rule.model} ({rule.role})",
            rule.server,
            status,
            _written([str(size) for size in rule.sizes]),
            _written(rule.seconds),
            rule.mismatch,
        )
    # Whoever reads a pipe wants a line for each entry, and names that are whole.
    width = None if sys.stdout.isatty() else _WIDE
    Console(file=sys.stdout, width=width, soft_wrap=width is not None).print(table)
