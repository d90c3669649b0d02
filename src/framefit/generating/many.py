"""generate_many(): a file of jobs, carried side by side, that can be run again at any time."""

from __future__ import annotations

import dataclasses
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from framefit.errors import FramefitError, InvalidOption, UsageError
from framefit.generating.budget import Budget, cost_usd
from framefit.generating.engines import opened_ledger, patience_with, reached
from framefit.generating.jobs_file import Job
from framefit.generating.manifest import write_manifest
from framefit.generating.outputs import check_writable
from framefit.generating.row import JobRow, with_entry
from framefit.generating.settling import Settled, ready, request_of, settle
from framefit.generating.single import Conditions, receipt_of, require_parts
from framefit.videos.patience import StoppedError

if TYPE_CHECKING:
    from framefit.videos.carrying import Server
    from framefit.videos.ledger import Entry, Ledger

OnRow = Callable[[JobRow], None]
"""Called with a line whenever it has changed; from several threads, one at a time."""

_URGENT = ("ambiguous", "submitting", "completed", "accepted", "in_progress")
"""What is looked at first: what nobody knows, then what may expire."""

_BUSY_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class Many:
    """How a file of jobs is worked through.

    Args:
        concurrency: how many videos are under way at a time, 1 to 256.
        per_minute: how many creates are sent a minute, above 0; None is as fast as they come.
        ledger: where requests are kept on record; None is the usual place, also for the embedded engine.

    Raises:
        InvalidOption: a value outside its range.
    """

    concurrency: int = 4
    per_minute: float | None = None
    ledger: str | Path | None = None

    def __post_init__(self) -> None:
        """Check every value."""
        if not 1 <= self.concurrency <= 256:
            raise InvalidOption(
                "the concurrency is out of range",
                seen=str(self.concurrency),
                wanted="1 to 256",
                fix="--concurrency 4",
            )
        if self.per_minute is not None and not 0 < self.per_minute < float("inf"):
            raise InvalidOption(
                "the rate is out of range",
                seen=f"{self.per_minute:g}",
                wanted="above 0 a minute",
                fix="--per-minute 25",
            )


def generate_many(
    jobs: Sequence[Job],
    folder: Path,
    *,
    conditions: Conditions,
    budget: Budget,
    many: Many,
    on_row: OnRow | None = None,
    on_stopping: Callable[[], None] | None = None,
) -> list[JobRow]:
    """Make a video of each job, going on where earlier runs stood.

    Args:
        jobs: from `framefit.generating.jobs_file.read_jobs`.
        folder: where the videos and ``manifest.jsonl`` go; created when it does not exist.
        conditions: server, patience, and whether to compare first frames.
        budget: what all jobs together may cost, earlier runs included.
        many: how many at a time, and where the ledger is.
        on_row: called with a line whenever it has changed.
        on_stopping: called when the run was interrupted, and ends with the answers to what was sent.

    Returns:
        Where every job stands, in the order given; the manifest says the same.

    Raises:
        UsageError: an option is wrong, two jobs write one file, or they cost too much; nothing was sent.
        OutputUnwritable: the folder cannot be written to.
        LedgerUnusable: the ledger cannot be used.
    """
    require_parts(verify=conditions.minimum is not None)
    check_writable(folder / "manifest.jsonl")
    address = conditions.address
    settled, failed = settle(jobs, folder, address.base_url)
    with opened_ledger(many.ledger, address, durable=True) as book:
        before = {one.intent.key: book.get(one.intent.key) for one in settled}
        settled, stuck = ready(settled, before, book)
        failed += stuck
        run = _Run(settled, failed, before, book, conditions, on_row)
        if run.left:
            intents = {one.intent.key: one.intent for one in settled}
            budget.check([cost_usd(intent, before[key]) for key, intent in intents.items()])
        try:
            if run.left:
                workers = min(many.concurrency, 2)
                with reached(
                    address, conditions.dialect, per_minute=many.per_minute, workers=workers
                ) as server:
                    run.work(server, many.concurrency, on_stopping)
        finally:
            rows = [run.rows[job.line] for job in jobs]
            write_manifest(folder, rows)
    return rows


class _Run:
    """The lines of one run, and the threads that carry them."""

    def __init__(
        self,
        settled: Sequence[Settled],
        failed: Sequence[JobRow],
        before: dict[str, Entry | None],
        book: Ledger,
        conditions: Conditions,
        on_row: OnRow | None,
    ) -> None:
        from framefit.videos.carrying import delivered

        self.rows: dict[int, JobRow] = {}
        self.left: deque[Settled] = deque()
        self._book = book
        self._conditions = conditions
        self._on_row = on_row
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._broken: BaseException | None = None
        for row in failed:
            self._show(row)
        waiting: list[tuple[int, Settled]] = []
        for one in settled:
            entry = before[one.intent.key]
            row = one.row if entry is None else with_entry(one.row, entry)
            if entry is not None and delivered(entry, row.output):
                self._compared(one, row, entry)
                continue
            self._show(row)
            urgency = _URGENT.index(row.state) if row.state in _URGENT else len(_URGENT)
            waiting.append((urgency, one))
        self.left.extend(one for _, one in sorted(waiting, key=lambda pair: pair[0]))

    def work(self, server: Server, concurrency: int, on_stopping: Callable[[], None] | None) -> None:
        """Carry every line that is left; returns when all have ended or the run was stopped."""
        count = min(concurrency, len(self.left))
        threads = [
            threading.Thread(target=self._thread, args=(server,), name=f"framefit-job-{number}", daemon=True)
            for number in range(count)
        ]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                thread.join()
        except BaseException:
            # Requests that are on their way are given the time to be answered.
            self._stopping.set()
            if on_stopping is not None:
                on_stopping()
            for thread in threads:
                thread.join()
            raise
        if self._broken is not None:
            raise self._broken

    def _thread(self, server: Server) -> None:
        while not self._stopping.is_set():
            with self._lock:
                one = self.left.popleft() if self.left else None
            if one is None:
                return
            try:
                self._carry(one, server)
            except StoppedError:
                return
            except BaseException as error:
                self._broken = error
                self._stopping.set()
                return

    def _carry(self, one: Settled, server: Server) -> None:
        from framefit.videos.carrying import BusyError, Order, carry

        def step(status: str, progress: int) -> None:
            del status
            self._progress(one, progress)
            if self._stopping.is_set():
                raise StoppedError

        def submitted(job_id: str) -> None:
            row = self.rows[one.row.job.line]
            self._show(dataclasses.replace(row, state="accepted", video_id=job_id))

        row = self.rows[one.row.job.line]
        try:
            request = request_of(one.row.job, self._conditions.address.base_url)
            upload = None if request.fitted is None else request.fitted.upload()
            order = Order(intent=request.intent(one.row.job.image), upload=upload, output=row.output)
            if order.intent.key != one.intent.key:
                raise _changed(one.row.job)
            entry = carry(
                order,
                ledger=self._book,
                server=server,
                patience=patience_with(self._conditions.patience, server.dialect),
                on_progress=step,
                on_submitted=submitted,
                wait_for_others=False,
                stopping=self._stopping,
            )
        except BusyError:
            with self._lock:
                self.left.append(one)
            self._stopping.wait(_BUSY_SECONDS)
        except FramefitError as error:
            self._ended(one, error)
        else:
            self._compared(one, with_entry(row, entry), entry)

    def _ended(self, one: Settled, error: FramefitError) -> None:
        row = self.rows[one.row.job.line]
        entry = self._book.get(one.intent.key)
        row = dataclasses.replace(row, state="failed") if entry is None else with_entry(row, entry)
        self._show(dataclasses.replace(row, error=error))

    def _compared(self, one: Settled, row: JobRow, entry: Entry) -> None:
        """Show a line whose video is there, compared with its picture unless an earlier run did so."""
        minimum = self._conditions.minimum
        error: FramefitError | None = None
        if minimum is not None and (entry.receipt is None or not entry.receipt.get("ok")):
            try:
                request = request_of(one.row.job, self._conditions.address.base_url)
                receipt = receipt_of(request, entry, self._book, row.output, minimum)
                row = dataclasses.replace(row, receipt=None if receipt is None else receipt.as_dict())
            except UsageError:
                raise
            except FramefitError as found:
                error = found
        self._show(dataclasses.replace(row, error=error))

    def _progress(self, one: Settled, progress: int) -> None:
        row = self.rows[one.row.job.line]
        if row.progress != progress or row.state != "in_progress":
            self._show(dataclasses.replace(row, state="in_progress", progress=progress))

    def _show(self, row: JobRow) -> None:
        with self._lock:
            self.rows[row.job.line] = row
            if self._on_row is not None:
                self._on_row(row)


def _changed(job: Job) -> InvalidOption:
    """Return the error for a picture that is another one than when the cost was added up."""
    return InvalidOption(
        "the picture was changed while the run was under way; nothing was sent",
        seen=job.image,
        wanted="the picture as it was when the run began",
        fix="run again",
    )
