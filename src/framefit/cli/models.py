"""framefit models: what the catalogue knows."""

from __future__ import annotations

import dataclasses
import sys
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from framefit.cli import arguments as shared
from framefit.cli.output import print_json

if TYPE_CHECKING:
    from framefit.catalog import Rule


def models(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Show every entry of one model, whole.")
    ] = None,
    server: shared.Server = None,
    live: Annotated[bool, typer.Option("--live", help="Only models that can be asked for today.")] = False,
    json: shared.Json = False,
) -> None:
    """List the catalogue, or show one model with its sources."""
    from framefit.catalog import builtin

    catalog = builtin()
    rules: list[Rule] = list(catalog) if name is None else list(catalog.of_model(name))
    if server is not None and name is not None:
        rules = [catalog.find(name, server=server)]
    elif server is not None:
        rules = [rule for rule in rules if rule.server == server]
    if live:
        rules = [rule for rule in rules if rule.status == "live" and not rule.has_ended(date.today())]
    if json:
        for rule in rules:
            print_json(_plain(rule))
    elif name is not None:
        for rule in rules:
            _show(rule)
    else:
        _list(rules)


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

    table = Table("model", "server", "status", "sizes", "seconds", "another size", box=None, pad_edge=False)
    for rule in rules:
        status = f"{rule.status} {rule.ended_on}" if rule.ended_on else rule.status
        table.add_row(
            rule.model,
            rule.server,
            status,
            _written([str(size) for size in rule.sizes]),
            _written(rule.seconds),
            rule.mismatch,
        )
    Console(file=sys.stdout, soft_wrap=not sys.stdout.isatty()).print(table)
