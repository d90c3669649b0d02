"""What `framefit fit` does with its pictures, however many: the run, its progress, and its end."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from types import FrameType
from typing import Literal, cast

import typer

from framefit.batch.addresses import comparable, is_remote, join, plain
from framefit.batch.inputs import find_items, nothing_in
from framefit.batch.items import Item
from framefit.batch.local import Local, usual_workers
from framefit.batch.manifest import Manifest
from framefit.batch.memory import half_of_memory, read_bytes
from framefit.batch.rows import Row, encode_row, short_digest
from framefit.batch.running import Batch, Engine, Summary, run
from framefit.batch.stores import facts_of, read
from framefit.batch.wants import read_wanted
from framefit.batch.work import Done
from framefit.cli.output import note, print_error
from framefit.cli.progress import counting
from framefit.errors import InvalidOption
from framefit.imaging.fitted import OF_RESULTS
from framefit.imaging.freed_memory import keep_freed_memory
from framefit.options import Options, one_of
from framefit.sources import Source

_MESSAGES = 20
"""Failures told in full at the end of a run; the manifest has them all."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What was asked of `framefit fit`; the fields are its options."""

    inputs: tuple[str, ...]
    lists: tuple[str, ...]
    output: str | None
    to_folder: bool
    several: bool
    sizes: tuple[str, ...]
    models: tuple[str, ...]
    server: str | None
    catalog: str | None
    options: Options
    on_collision: str
    manifest: str | None
    resume: bool
    max_failures: int | None
    retry: int
    workers: int | None
    memory: str | None
    engine: str
    ray_address: str | None
    json: bool


def fit_all(request: Request) -> bool:
    """Fit everything, say what becomes of each picture, and return whether all went well.

    Raises:
        UsageError: nothing was begun.
    """
    one_of("on-collision", request.on_collision, ("refuse", "suffix"))
    one_of("engine", request.engine, ("local", "ray"))
    root = plain(request.output) if request.to_folder and request.output else None
    _refuse_without_folder(request, root)
    manifest = _manifest(request, root)
    wanted = read_wanted(
        sizes=request.sizes,
        models=request.models,
        server=request.server,
        catalog=request.catalog,
        options=request.options,
        root=root,
        retries=request.retry,
        mark=manifest.mark if manifest else ".framefit-",
    )
    batch = Batch(
        items=_items(request, root),
        wanted=wanted,
        manifest=manifest,
        resume=request.resume,
        on_collision=cast(Literal["refuse", "suffix"], request.on_collision),
        max_failures=request.max_failures,
    )
    teller = _Teller(json=request.json)

    def on_done(done: Done) -> None:
        progress.step(done)
        teller.tell(done)

    with _stopped_by_signals() as stop, counting(silent=request.json) as progress:
        summary = run(
            batch,
            _engine(request, manifest),
            stop=stop,
            on_start=progress.begin,
            on_done=on_done,
        )
    return teller.end(summary, request, manifest)


def _items(request: Request, root: str | None) -> Iterator[Item]:
    for item in find_items(request.inputs, request.lists, besides=root):
        if root is None and request.output is not None and not request.several:
            yield Item(address=item.address, relative=item.relative, output=plain(request.output))
        else:
            yield item


def _refuse_without_folder(request: Request, root: str | None) -> None:
    reasons = {
        "several targets need": len(request.sizes) > 1 or len(request.models) > 1,
        "the Ray engine needs": request.engine == "ray",
    }
    for what, asked in reasons.items():
        if asked and root is None:
            raise InvalidOption(
                f"{what} a folder for the results",
                seen=request.output or "no output",
                wanted="a folder or the address of one",
                fix="-o FOLDER",
            )


def _manifest(request: Request, root: str | None) -> Manifest | None:
    address = request.manifest
    if address is None and root is not None and request.several:
        address = join(root, "manifest.jsonl")
    if address == "none":
        address = None
    if address is None:
        if request.engine == "ray":
            raise InvalidOption("the Ray engine needs a manifest", seen="none", fix="--manifest FILE")
        return None
    address = plain(address)
    return Manifest(address=address, mark=f".framefit-{short_digest(comparable(address))[:8]}-")


def _engine(request: Request, manifest: Manifest | None) -> Engine:
    memory = None if request.memory is None else read_bytes(request.memory)
    if request.engine == "ray" and manifest is not None:
        from framefit.batch.on_ray import MEMORY_OF_A_TASK, OnRay

        return OnRay(manifest=manifest, address=request.ray_address, memory=memory or MEMORY_OF_A_TASK)
    if request.several:
        keep_freed_memory()
    return Local(
        workers=request.workers or usual_workers(),
        memory=memory or half_of_memory(),
        in_stores=any(map(is_remote, (*request.inputs, *request.lists, request.output or ""))),
        stdin=read_one("-", retries=0) if "-" in request.inputs else None,
    )


def read_one(address: str, *, retries: int) -> Source:
    """Read a picture from a path, a URL, or standard input for ``-``."""
    if address == "-":
        return Source.of(sys.stdin.buffer)
    facts = facts_of(address)
    return read(plain(address), byte_count=facts.byte_count if facts else None, retries=retries)


@contextmanager
def _stopped_by_signals() -> Iterator[Event]:
    """Give an event that the first interrupt sets; the second ends the process as usual."""
    stop = Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        note("ending what is in flight; interrupt again to stop at once")

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Teller:
    """Says what becomes of each picture, and how everything ended."""

    def __init__(self, *, json: bool) -> None:
        self._json = json
        self._failed: list[Row] = []
        self._untold = 0

    def tell(self, done: Done) -> None:
        """Print the new rows; failures are kept for the end, where they are seen."""
        for row in done.rows:
            if self._json and row.status != "skipped":
                sys.stdout.write(encode_row(row).decode())
                sys.stdout.flush()
            elif row.status == "fitted":
                how = how_fitted(row.action, row.mode, row.share_lost or 0)
                notable = [code for code in row.findings if code in OF_RESULTS]
                what = ", ".join([f"{row.canvas} {row.format}", how, *notable])
                typer.echo(sentence(row.input, str(row.output), what, row.bytes or 0))
        failed = [row for row in (*done.rows, *done.before) if row.status == "failed"]
        room = max(0, _MESSAGES - len(self._failed))
        self._failed += failed[:room]
        self._untold += len(failed[room:])

    def end(self, summary: Summary, request: Request, manifest: Manifest | None) -> bool:
        """Tell the failures and the counts, and return whether all went well."""
        if not self._json:
            for row in self._failed:
                if row.error is not None:
                    print_error(row.error.as_error(), name=row.input)
            if self._untold:
                where = f"; {manifest.address} has them all" if manifest else ""
                note(f"... and {self._untold} more{where}")
        fitted, failed = summary.statuses.get("fitted", 0), summary.statuses.get("failed", 0)
        if summary.ending == "complete" and fitted + failed == 0:
            raise nothing_in((*request.inputs, *request.lists)[0])
        if request.several:
            _note_counts(summary, fitted, failed)
        if summary.ending == "interrupted":
            note(f"interrupted after {summary.worked} of {summary.total} pictures; {_how_to_go_on(manifest)}")
            raise typer.Exit(130)
        if summary.ending == "too_many_failures":
            note(f"stopped by --max-failures after {summary.worked} of {summary.total} pictures")
        return failed == 0


def _note_counts(summary: Summary, fitted: int, failed: int) -> None:
    skipped = summary.statuses.get("skipped", 0)
    words = [f"{fitted} fitted, {failed} failed", f"{skipped} skipped as no pictures" if skipped else ""]
    before = f"; {summary.before} of them by an earlier run" if summary.before else ""
    note(", ".join(word for word in words if word) + before)
    width = max(map(len, summary.codes), default=0)
    for code, count in summary.codes.items():
        note(f"  {code:<{width}} {count:>9}")


def _how_to_go_on(manifest: Manifest | None) -> str:
    return "the same command goes on from here" if manifest else "without a manifest it begins anew"


def how_fitted(action: str | None, mode: str | None, share_lost: float) -> str:
    """Return how a picture was fitted, in words."""
    kept = {"keep": "as it was", "strip": "metadata removed"}.get(action or "")
    return kept or f"{mode}, {share_lost:.1%} lost"


def sentence(name: str, output: str, what: str, byte_count: int) -> str:
    """Return one line about one result."""
    return f"{name} -> {output} ({what}, {byte_count / 1000:.0f} kB)"
