"""framefit generate --dry-run: the plan, the forecast and the cost of what would be sent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from framefit.cli.output import print_error, print_json

if TYPE_CHECKING:
    from framefit.generating import Wish
    from framefit.generating.budget import Budget
    from framefit.generating.jobs_file import Job
    from framefit.generating.many import Many
    from framefit.generating.previewing import Preview
    from framefit.generating.single import Conditions


def preview_one(
    wish: Wish, conditions: Conditions, budget: Budget, ledger: str | None, *, json: bool
) -> None:
    """Show what one call would send.

    Raises:
        UsageError: it cannot be sent, or costs too much.
        PictureError: the picture cannot be used.
    """
    from framefit.generating.engines import opened_ledger
    from framefit.generating.previewing import preview
    from framefit.generating.request import prepare
    from framefit.generating.single import require_parts
    from framefit.sources import Source

    require_parts(verify=False)
    picture = None if wish.source is None else Source.of(wish.source)
    request = prepare(wish, picture, conditions.address.base_url)
    with opened_ledger(ledger, conditions.address) as book:
        found = preview(request, picture, book)
    if json:
        print_json(found.as_dict())
    else:
        _say(found)
    if found.sends:
        budget.check([found.cost_usd])


def preview_many(
    jobs: Sequence[Job], folder: Path, conditions: Conditions, budget: Budget, many: Many, *, json: bool
) -> bool:
    """Show what a file of jobs would send.

    Returns:
        Whether every line can be sent, or was.

    Raises:
        UsageError: two lines lead to one file, or all cost too much.
    """
    from framefit.generating.budget import cost_usd
    from framefit.generating.engines import opened_ledger
    from framefit.generating.settling import settle
    from framefit.generating.single import require_parts

    require_parts(verify=False)
    settled, failed = settle(jobs, folder, conditions.address.base_url)
    costs: dict[str, float | None] = {}
    sent = 0
    with opened_ledger(many.ledger, conditions.address, durable=True) as book:
        for one in settled:
            intent, entry = one.intent, book.get(one.intent.key)
            state = "planned" if entry is None else entry.state
            again = intent.key not in costs and state in ("planned", "rejected")
            costs[intent.key] = cost_usd(intent, entry)
            sent += again
            if json:
                cost = costs[intent.key]
                print_json(
                    {"dry_run": True, **one.row.as_dict(), "state": state, "sends": again, "cost_usd": cost}
                )
            else:
                name = one.row.job.image or "text"
                what = (
                    "would be sent" if again else f"is {state}" if entry is not None else "is the same again"
                )
                typer.echo(
                    f"{name} -> {one.row.output} ({intent.size}, {intent.seconds} s, {intent.model},"
                    f" {dollars(costs[intent.key])}): {what}"
                )
    for row in failed:
        if row.error is not None:
            print_error(row.error, name=f"line {row.job.line}", as_json=json)
    if not json:
        total = None if None in costs.values() else sum(cost or 0.0 for cost in costs.values())
        typer.echo(f"{len(jobs)} lines, {sent} creates, {dollars(total)} in all; nothing was sent")
    if sent:
        budget.check(costs.values())
    return not failed


def dollars(amount: float | None) -> str:
    """Write an amount of money."""
    return "price not known" if amount is None else f"{amount:.2f} USD"


def _say(found: Preview) -> None:
    request = found.request
    if request.fitted is not None:
        typer.echo(request.fitted.plan.explain())
    if found.forecast is not None:
        typer.echo(f"forecast  as it is: {found.forecast.verdict}; as it would be sent: fits {request.size}")
        for finding in found.forecast.findings:
            typer.echo(f"          {finding.level}: {finding.message} [{finding.code}]")
    length = f"{request.seconds} s" if request.seconds else "the server's own length"
    size = request.size or "the server's own size"
    typer.echo(f"request   {request.wish.model}, {size}, {length}")
    typer.echo(f"cost      {dollars(found.cost_usd)}")
    ledger = "not in it: would be sent" if found.state is None else found.state
    typer.echo(f"ledger    {found.key[:12]} {ledger}")
    typer.echo("nothing was sent")
