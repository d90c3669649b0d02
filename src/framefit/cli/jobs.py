"""framefit jobs: what the ledger says, and the decisions that only a person can make."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from framefit.cli import arguments as shared
from framefit.cli.dry_run import dollars
from framefit.cli.output import note, print_json
from framefit.errors import InvalidOption

if TYPE_CHECKING:
    from framefit.videos.ledger import Entry, Event, Ledger


class _ListUnlessSaid(TyperGroup):
    """Takes ``framefit jobs`` with options of its own for ``framefit jobs list``."""

    def parse_args(self, context: Any, args: list[str]) -> list[str]:
        says = args and (args[0] == "--help" or not args[0].startswith("-"))
        return super().parse_args(context, args if says else ["list", *args])


app = typer.Typer(
    cls=_ListUnlessSaid, rich_markup_mode=None, help="List, show and decide about the videos of the ledger."
)

Key = Annotated[str, typer.Argument(metavar="KEY", help="A key, or the beginning of one.")]
State = Annotated[
    list[str] | None, typer.Option("--state", help="Only videos in this state; may be given several times.")
]


@app.command("list")
def list_jobs(
    state: State = None,
    ledger: shared.LedgerPlace = None,
    newest: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    json: shared.Json = False,
) -> None:
    """List videos, the one planned last first."""
    with _opened(ledger) as book:
        entries = book.entries(states=_states(state), newest=newest + 1)
    for entry in entries[:newest]:
        if json:
            print_json(entry.as_dict())
        else:
            typer.echo(_line(entry))
    if json:
        return
    if not entries:
        note("no videos")
    if len(entries) > newest:
        note(f"these are the newest {newest}; --newest takes more")


@app.command()
def show(key: Key, ledger: shared.LedgerPlace = None, json: shared.Json = False) -> None:
    """Show everything about one video, and what happened to it."""
    with _opened(ledger) as book:
        entry = book.find(key)
        events = book.events(entry.key)
    if json:
        happened = [{"at": event.at, "state": event.state, "note": event.note} for event in events]
        print_json({**entry.as_dict(), "events": happened})
        return
    _say_whole(entry, events)


@app.command()
def adopt(
    key: Key,
    job_id: Annotated[str, typer.Argument(metavar="ID", help="The job, as the server calls it.")],
    ledger: shared.LedgerPlace = None,
    json: shared.Json = False,
) -> None:
    """Decide that an ambiguous video is this job of the server; the next run fetches it."""
    with _opened(ledger) as book:
        _decided(book.adopt(key, job_id), json=json)


@app.command()
def resubmit(key: Key, ledger: shared.LedgerPlace = None, json: shared.Json = False) -> None:
    """Decide that a video is to be asked for again, and maybe paid again; the next run does it."""
    with _opened(ledger) as book:
        _decided(book.plan_again(key), json=json)


@app.command()
def export(
    state: State = None, ledger: shared.LedgerPlace = None, output: Annotated[
        str, typer.Option("--output", "-o", help="The file; - is standard output.")
    ] = "-",
) -> None:  # fmt: skip
    """Write the ledger as JSON Lines."""
    import json as json_module
    from pathlib import Path

    from framefit.saving import write_whole

    with _opened(ledger) as book:
        entries = book.entries(states=_states(state))
    if output == "-":
        for entry in entries:
            print_json(entry.as_dict())
        return
    lines = (json_module.dumps(entry.as_dict(), ensure_ascii=False) for entry in entries)
    write_whole(Path(output), "".join(f"{line}\n" for line in lines).encode())
    note(f"{len(entries)} videos in {output}")


def _opened(place: str | None) -> Ledger:
    from framefit.extras import require

    require("sqlalchemy", "video")
    from framefit.videos.ledger import Ledger

    return Ledger(place)


def _states(given: list[str] | None) -> tuple[str, ...]:
    from framefit.videos.ledger.entry import STATES

    unknown = next((state for state in given or () if state not in STATES), None)
    if unknown is not None:
        raise InvalidOption(
            f"no state is called {unknown!r}", seen=unknown, wanted=", ".join(STATES), fix="--state ambiguous"
        )
    return tuple(given or ())


def _line(entry: Entry) -> str:
    parts = (
        entry.short,
        f"{entry.state:<11}",
        _moment(entry.planned_at),
        dollars(entry.spent_usd),
        f"{entry.picture_name or 'text'}, {entry.model}, {entry.size or '?'}, {entry.seconds or '?'} s",
        entry.job_id or "",
        _receipt(entry),
        entry.error_message or "",
    )
    return "  ".join(part for part in parts if part)


def _receipt(entry: Entry) -> str:
    if entry.receipt is None:
        return ""
    if entry.receipt.get("ok"):
        return "receipt ok"
    treatment = entry.receipt.get("treatment") or {}
    return f"receipt NOT ok: {treatment['words']}" if treatment.get("sure") else "receipt NOT ok"


def _say_whole(entry: Entry, events: list[Event]) -> None:
    hidden = ("receipt", "sent_at", "lost_at", "planned_at", "changed_at", "spent_usd")
    for name, value in entry.as_dict().items():
        if value is not None and name not in hidden:
            typer.echo(f"{name + ':':<15}{value}")
    typer.echo(f"{'spent:':<15}{dollars(entry.spent_usd)}")
    for name, value in (entry.receipt or {}).items():
        typer.echo(f"{'receipt ' + name + ':':<24}{value}")
    for event in events:
        typer.echo(f"{_moment(event.at)}  {event.state:<11}  {event.note}")


def _decided(entry: Entry, *, json: bool) -> None:
    if json:
        print_json(entry.as_dict())
        return
    typer.echo(f"{entry.short} is {entry.state} {entry.job_id or ''}".rstrip())
    note("run the same `framefit generate` again to go on")


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
