"""Works on one picture: reads it, plans it, renders it, puts the results in their places, and says so."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Protocol

from framefit.batch import stores
from framefit.batch.items import Item
from framefit.batch.memory import memory_of, memory_to_look
from framefit.batch.rendering import render_each
from framefit.batch.rows import STORE_CODES, Failure, Row, digest, printable
from framefit.batch.stores import Facts
from framefit.batch.wants import Want, Wanted, format_of, settled, wants_of
from framefit.errors import FramefitError, InvalidOption, MissingExtra, NotAPicture
from framefit.fitting import plan_one
from framefit.imaging import Fitted
from framefit.imaging.fitted import ENDINGS
from framefit.options import Options
from framefit.planning import Plan, Target
from framefit.probing import probe
from framefit.sources import Source


@dataclass(frozen=True, kw_only=True)
class Task:
    """One picture and what earlier runs said of it.

    Args:
        item: the picture.
        before: the rows that are known, by their id.
    """

    item: Item
    before: Mapping[str, Row]


@dataclass(frozen=True, kw_only=True)
class Done:
    """What became of one picture.

    Args:
        item: the picture.
        rows: the new rows, one for each target that was not done before.
        unchanged: the rows of earlier runs that still hold.
        touched: the same for a file with the same bytes and another version; the rows have the new one.
        byte_count: bytes read.
        put_off: the memory it needs, in bytes, when that is more than may be used here; nothing was done.
    """

    item: Item
    rows: tuple[Row, ...] = ()
    unchanged: tuple[Row, ...] = ()
    touched: tuple[Row, ...] = ()
    byte_count: int = 0
    put_off: int | None = None

    @property
    def before(self) -> tuple[Row, ...]:
        """The rows of results that stand from earlier runs."""
        return (*self.unchanged, *self.touched)

    @property
    def to_keep(self) -> tuple[Row, ...]:
        """The rows that have to be written down."""
        return (*self.rows, *self.touched)


class PutOff(Exception):
    """A picture needs more memory than this worker may take.

    Args:
        byte_count: what it needs, in bytes.
    """

    def __init__(self, byte_count: int) -> None:
        super().__init__(f"{byte_count} bytes")
        self.byte_count = byte_count


class Gates(Protocol):
    """Where work waits until it may go on."""

    def fetching(self, byte_count: int) -> AbstractContextManager[None]:
        """Hold so many bytes of a file."""

    def decoding(self, byte_count: int) -> AbstractContextManager[None]:
        """Hold so many bytes of decoded pixels, and a processor; may raise `PutOff`."""


@dataclass(frozen=True, kw_only=True)
class _Wish:
    """A want that has been read: ``row`` is what there is to say of it before anything is done."""

    want: Want
    target: Target
    options: Options
    row: Row


def work(task: Task, wanted: Wanted, gates: Gates, stdin: Source | None = None) -> Done:
    """Do what is wanted of one picture and has not been done.

    Args:
        task: the picture.
        wanted: what is wanted.
        gates: where to wait for memory and processors.
        stdin: what ``-`` stands for.

    Returns:
        What became of it. Errors of the picture, the list and the stores are rows, never raised.

    Raises:
        MissingExtra: the package for a store or a format is not installed; no picture would fare better.
    """
    item, started = task.item, time.perf_counter()
    facts = Facts(byte_count=item.byte_count, version=item.version)
    if item.version is None and stdin is None:
        with contextlib.suppress(InvalidOption):  # an address of no known store: reading it tells
            facts = stores.facts_of(item.address) or facts
    wishes: list[_Wish] = []
    rows: dict[str, Row] = {}
    for want in wants_of(item, wanted):
        row = _blank(item, want, facts)
        try:
            wishes.append(_read_wish(item, want, wanted, row))
        except FramefitError as error:
            rows[want.id] = replace(row, error=Failure.of(error))
    held = {wish.want.id: old for wish in wishes if (old := _holding(task, wish)) is not None}
    unchanged = {id: row for id, row in held.items() if _same_file(row, facts)}
    byte_count = 0
    if len(unchanged) == len(wishes):
        pass
    elif not item.place:
        rows |= {wish.want.id: replace(wish.row, status="skipped") for wish in wishes}
    else:
        with gates.fetching(facts.byte_count or 0):
            try:
                source = stdin or stores.read(
                    item.address, byte_count=facts.byte_count, retries=wanted.retries
                )
                byte_count = source.byte_count or 0
                rows |= _fit(source, item, wishes, held, wanted, gates, started)
            except MissingExtra:
                raise
            except PutOff as off:
                return Done(item=item, put_off=off.byte_count)
            except Exception as error:  # one picture never stops the others, whatever a decoder raises
                rows |= {wish.want.id: _failed(wish.row, error, started) for wish in wishes}
    rows = {id: row for id, row in rows.items() if row != unchanged.get(id)}
    touched = {id for id, row in rows.items() if id in held and row.source_digest == held[id].source_digest}
    return Done(
        item=item,
        rows=tuple(row for row in rows.values() if row.id not in touched),
        unchanged=tuple(row for row in unchanged.values() if row.id not in rows),
        touched=tuple(row for row in rows.values() if row.id in touched),
        byte_count=byte_count,
    )


def _blank(item: Item, want: Want, facts: Facts) -> Row:
    return Row(
        id=want.id,
        input=printable(item.name),
        target=want.label,
        status="failed",
        source_bytes=facts.byte_count,
        source_version=facts.version,
    )


def _read_wish(item: Item, want: Want, wanted: Wanted, row: Row) -> _Wish:
    options = wanted.options
    if item.output is not None:
        options = replace(options, format=format_of(item.output))
    target, options, fingerprint = settled(options, want.target, want.size, item.mode, item.focus, item.crop)
    return _Wish(want=want, target=target, options=options, row=replace(row, wish=fingerprint))


def _holding(task: Task, wish: _Wish) -> Row | None:
    """Return the row of an earlier run if it still holds for the bytes it was made from."""
    row = task.before.get(wish.want.id)
    if row is None or row.wish != wish.row.wish:
        return None
    if row.status == "fitted":
        facts = stores.facts_of(row.output or "")
        return row if facts is not None and facts.byte_count in (row.bytes, None) else None
    return None if row.error is not None and row.error.code in STORE_CODES else row


def _same_file(row: Row, facts: Facts) -> bool:
    same = (row.source_bytes, row.source_version) == (facts.byte_count, facts.version)
    return same and facts.version is not None


def _fit(
    source: Source,
    item: Item,
    wishes: Sequence[_Wish],
    held: Mapping[str, Row],
    wanted: Wanted,
    gates: Gates,
    started: float,
) -> dict[str, Row]:
    """Return the rows of the wishes, for a picture that has been read."""
    assert source.data is not None  # it was read whole
    length, made_from = len(source.data), digest(source.data)
    wishes = [
        replace(wish, row=replace(wish.row, source_bytes=length, source_digest=made_from)) for wish in wishes
    ]
    rows = {
        before.id: replace(before, source_version=wish.row.source_version)
        for wish in wishes
        if (before := held.get(wish.want.id)) is not None and before.source_digest == made_from
    }
    if len(rows) == len(wishes):
        return rows
    # What stands already is planned and rendered with the rest: the results of one decoding may depend
    # on each other, and a run that was interrupted must end like one that was not.
    plans: list[tuple[_Wish, Plan]] = []
    for wish in wishes:
        try:
            # A focus that is to be found in the picture has it decoded, small as it may be.
            looks = isinstance(wish.options.focus, str)
            with gates.decoding(memory_to_look(probe(source))) if looks else contextlib.nullcontext():
                plans.append((wish, plan_one(source, wish.target, wish.options)))
        except MissingExtra:
            raise
        except NotAPicture as error:
            skipped = replace(wish.row, status="skipped")
            rows.setdefault(wish.want.id, skipped if item.found else _failed(wish.row, error, started))
        except FramefitError as error:
            rows.setdefault(wish.want.id, _failed(wish.row, error, started))
    if plans:
        with gates.decoding(memory_of([plan for _, plan in plans])):
            results = render_each([plan for _, plan in plans], source)
        for (wish, plan), result in zip(plans, results, strict=True):
            if wish.want.id not in rows:
                rows[wish.want.id] = _saved(result, plan, wish, item, wanted, started)
    return rows


def _saved(
    result: Fitted | FramefitError, plan: Plan, wish: _Wish, item: Item, wanted: Wanted, started: float
) -> Row:
    """Put a result in its place and return its row."""
    row = replace(wish.row, source_size=str(plan.info.size), canvas=str(plan.canvas))
    if isinstance(result, FramefitError):
        return _failed(row, result, started)
    output = wish.want.base
    if item.output is None:
        size = f"-{plan.canvas}" if wanted.root is None else ""
        output = f"{output}{size}{ENDINGS[result.format]}"
    try:
        stores.write(output, result.data, retries=wanted.retries, mark=wanted.mark)
    except FramefitError as error:
        return _failed(row, error, started)
    return replace(
        row,
        status="fitted",
        output=printable(output),
        mode=plan.mode,
        source_box=tuple(round(edge, 4) for edge in plan.placement.source),
        canvas_box=tuple(int(edge) for edge in plan.placement.target),
        share_lost=round(plan.placement.share_lost, 6),
        format=result.format,
        action=plan.action,
        findings=(*_findings(plan, wish.target), *(one.code for one in result.findings)),
        bytes=len(result.data),
        output_digest=digest(result.data),
        seconds=_since(started),
    )


def _findings(plan: Plan, target: Target) -> tuple[str, ...]:
    """Return what the server would have said, as of the day its rule was read: the same on every day."""
    if target.rule is None:
        return ()
    from framefit.checking import forecast  # only runs with a model need it

    return tuple(one.code for one in forecast(plan.info, target, today=target.rule.checked_on).findings)


def _failed(row: Row, error: Exception, started: float) -> Row:
    return replace(row, status="failed", error=Failure.of(error), seconds=_since(started))


def _since(started: float) -> float:
    return round(time.perf_counter() - started, 4)
