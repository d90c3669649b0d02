"""framefit check: what a server would say to pictures as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from framefit.cli import arguments as shared
from framefit.cli.output import print_error, print_json
from framefit.errors import FramefitError, InvalidOption

if TYPE_CHECKING:
    from collections.abc import Callable

    from framefit.batch.inputs import Input
    from framefit.checking import Forecast
    from framefit.forecasting.findings import Finding

_COLORS = {"reject": "red", "change": "yellow", "unknown": "magenta", "note": "blue"}


def check(
    inputs: shared.Pictures,
    model: shared.Model = None,
    server: shared.Server = None,
    size: shared.Size = None,
    seconds: shared.Seconds = None,
    every: Annotated[bool, typer.Option("--all", help="A table of every live model.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Count what is not known and may decide.")] = False,
    catalog: shared.CatalogFile = None,
    faces: Annotated[
        bool | None,
        typer.Option(
            "--faces/--no-faces", help="Look for faces where the rule refuses them. Default: if it can."
        ),
    ] = None,
    face_model: shared.FaceModel = None,
    json: shared.Json = False,
) -> None:
    """Say what a server would do with pictures as they are; nothing is sent."""
    _refuse_contradictions(every=every, model=model, server=server, size=size, seconds=seconds)
    from framefit.catalog import read_catalog
    from framefit.checking import check as check_picture
    from framefit.planning import read_target

    if every:
        from framefit.cli.survey import survey

        survey(inputs, strict=strict, catalog=catalog, json=json)
        return
    assert model is not None
    known = read_catalog(catalog)
    read_target(model=model, server=server, size=size, catalog=known)

    def check_one(picture: Input) -> Forecast:
        return check_picture(
            picture.source,
            model=model,
            server=server,
            size=size,
            seconds=seconds,
            catalog=known,
            strict=strict,
            faces=faces,
            face_model=face_model,
        )

    _check_each(inputs, check_one, json=json)


def _refuse_contradictions(
    *, every: bool, model: str | None, server: str | None, size: str | None, seconds: str | None
) -> None:
    given = {"--model": model, "--server": server, "--size": size, "--seconds": seconds}
    named = [flag for flag, value in given.items() if value is not None]
    if every and named:
        raise InvalidOption(
            "--all checks every live model",
            seen=", ".join(named),
            wanted="--all, or a model, not both",
            fix=f"leave out {named[0]}",
        )
    if not every and model is None:
        raise InvalidOption(
            "there is nothing to check against", wanted="a model, or --all", fix="--model NAME, or --all"
        )


def _check_each(inputs: list[str], check_one: Callable[[Input], Forecast], *, json: bool) -> None:
    from framefit.batch.inputs import find_inputs
    from framefit.sources import Source

    stdin = Source.of(typer.get_binary_stream("stdin")) if "-" in inputs else None
    found = find_inputs(inputs, stdin=stdin)
    worst = 0
    for name, error in found.failed:
        print_error(error, name=name, as_json=json)
        worst = 1
    for picture in found.pictures:
        try:
            forecast = check_one(picture)
        except FramefitError as error:
            if error.exit_code == 2:
                raise
            print_error(error, name=picture.name, as_json=json)
            worst = 1
            continue
        _say(picture.name, _with_path(forecast, picture), json=json)
        worst = max(worst, 0 if forecast.ok else 1)
    if worst:
        raise typer.Exit(worst)


def _with_path(forecast: Forecast, picture: Input) -> Forecast:
    """Return the forecast with commands that run from the current folder."""
    from dataclasses import replace
    from pathlib import Path

    from framefit.forecasting.findings import command_for

    info = forecast.info
    if info is None or not isinstance(picture.source, Path):
        return forecast
    path = str(picture.source)
    findings = tuple(
        finding if finding.fix is None else replace(finding, fix=command_for(finding.fix, info, path))
        for finding in forecast.findings
    )
    return replace(forecast, findings=findings)


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
    read = f"{finding.source}, read {finding.checked_on}" if finding.source else None
    for label in ("seen", "wanted", "fix", "source"):
        text = read if label == "source" else getattr(finding, label)
        if text:
            typer.echo(f"    {label + ':':<8}{text}")
