"""framefit check: what a server would say to pictures as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from framefit.cli import arguments as shared
from framefit.cli.output import print_error, print_json
from framefit.errors import FramefitError

if TYPE_CHECKING:
    from framefit.checking import Finding, Forecast

_COLORS = {"reject": "red", "change": "yellow", "note": "blue"}


def check(
    inputs: shared.Pictures,
    model: shared.NeededModel,
    server: shared.Server = None,
    size: shared.Size = None,
    seconds: shared.Seconds = None,
    json: shared.Json = False,
) -> None:
    """Say what a server would do with pictures as they are; nothing is sent."""
    from framefit.batch.inputs import find_inputs
    from framefit.checking import check as check_one
    from framefit.planning import read_target
    from framefit.sources import Source

    read_target(model=model, server=server, size=size)
    stdin = Source.of(typer.get_binary_stream("stdin")) if "-" in inputs else None
    found = find_inputs(inputs, stdin=stdin)
    worst = 0
    for name, error in found.failed:
        print_error(error, name=name, as_json=json)
        worst = 1
    for picture in found.pictures:
        try:
            forecast = check_one(picture.source, model=model, server=server, size=size, seconds=seconds)
        except FramefitError as error:
            if error.exit_code == 2:
                raise
            print_error(error, name=picture.name, as_json=json)
            worst = 1
            continue
        _say(picture.name, forecast, json=json)
        worst = max(worst, 0 if forecast.ok else 1)
    if worst:
        raise typer.Exit(worst)


def _say(name: str, forecast: Forecast, *, json: bool) -> None:
    if json:
        print_json({"input": name, **forecast.as_dict()})
        return
    canvas = f" at {forecast.canvas}" if forecast.canvas else ""
    verdict = "would be taken as it is" if forecast.ok else "would NOT come out as it is"
    typer.secho(
        f"{name}: {verdict} by {forecast.rule.key}{canvas}", fg="green" if forecast.ok else "red", bold=True
    )
    for finding in forecast.findings:
        _say_finding(finding)


def _say_finding(finding: Finding) -> None:
    typer.echo(
        f"  {typer.style(finding.level, fg=_COLORS[finding.level])}: {finding.message} [{finding.code}]"
    )
    for label in ("seen", "wanted", "fix", "source"):
        text = getattr(finding, label)
        if text:
            typer.echo(f"    {label + ':':<8}{text}")
