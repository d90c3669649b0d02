"""Carries one intended video from wherever the ledger says it stands to a whole file, or to an honest state."""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from framefit.errors import FramefitError, GenerationFailed, GenerationTimeout
from framefit.saving import same_file, whole_file
from framefit.videos.asking import ask
from framefit.videos.client import Upload
from framefit.videos.dialects import Dialect
from framefit.videos.download import save_content
from framefit.videos.job import Job
from framefit.videos.ledger import Claim, Entry, Intent, Ledger
from framefit.videos.ledger.owner import shown
from framefit.videos.patience import Pacer, Patience, Watch
from framefit.videos.resolving import SENDER_ENDED, Resolver
from framefit.videos.waiting import OnProgress, ended, wait

if TYPE_CHECKING:
    from openai import OpenAI

_LOOK_SECONDS = 0.5
"""Between two looks at a row that somebody else works on."""


class BusyError(Exception):
    """Somebody else works on that video."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """One video that is wanted, and where it is to be.

    Args:
        intent: what is wanted.
        upload: the first frame as it is sent; None for a video from text.
        output: the file to appear.
    """

    intent: Intent
    upload: Upload | None
    output: Path


@dataclass(frozen=True, kw_only=True)
class Server:
    """The server that makes the videos.

    Args:
        client: from `framefit.videos.client.connect`.
        dialect: how it speaks.
        volatile: whether its jobs end with this process, as the embedded engine's do.
        pacer: when creates may be sent.
    """

    client: OpenAI
    dialect: Dialect
    volatile: bool = False
    pacer: Pacer = field(default_factory=lambda: Pacer(None))


def carry(
    order: Order,
    *,
    ledger: Ledger,
    server: Server,
    patience: Patience,
    on_progress: OnProgress | None = None,
    on_submitted: Callable[[str], None] | None = None,
    wait_for_others: bool = True,
    stopping: threading.Event | None = None,
) -> Entry:
    """Do whatever is left to be done for a video, and nothing that was done before.

    Args:
        order: what is wanted.
        ledger: the ledger.
        server: who makes it.
        patience: how long to wait and how often to try.
        on_progress: called with the status and the progress, 0 to 100, of each reply.
        on_submitted: called with the job's id as soon as it is known, also when it was known before.
        wait_for_others: whether to wait for somebody else who works on it.
        stopping: is set when no more creates are to be sent and no more answers waited for.

    Returns:
        The row; the file is at the order's output.

    Raises:
        BusyError: somebody else works on it, and was not to be waited for.
        StoppedError: the run is to end; what is under way is on record for the next one.
        ServerUnreachable, RequestRejected: nothing was started.
        OutcomeUnknown: the job may have been started, and billed.
        GenerationFailed, GenerationTimeout, DownloadFailed, OutputUnwritable: there is no video here.
        LedgerError: the ledger cannot be used, or somebody else decided about this row.
    """
    watch = Watch(patience.timeout_seconds, stopping)
    entry = ledger.intend(order.intent)
    while True:
        if delivered(entry, order.output):
            return entry
        taken = ledger.claim(entry.key)
        if taken is not None:
            break
        if not wait_for_others:
            raise BusyError
        if not watch.left:
            raise _busy(entry, patience)
        watch.sleep(_LOOK_SECONDS)
        entry = ledger.find(entry.key)
    claim, entry = taken
    try:
        carrier = _Carrier(order, claim, ledger, server, patience, watch, on_progress, on_submitted)
        return carrier.run(entry)
    finally:
        ledger.release(claim)


def delivered(entry: Entry, output: Path) -> bool:
    """Tell whether a video that was fetched before is at the output, copying it there if it is elsewhere.

    Args:
        entry: the row.
        output: where the file is wanted.
    """
    if entry.state != "downloaded" or entry.output is None:
        return False
    kept = Path(entry.output)
    if not is_whole(kept, entry):
        return is_whole(output, entry)
    if not same_file(kept, output):
        with whole_file(output) as temporary:
            shutil.copyfile(kept, temporary)
    return True


class _Carrier:
    """Takes the steps that a row's state asks for, one after the other."""

    def __init__(
        self,
        order: Order,
        claim: Claim,
        ledger: Ledger,
        server: Server,
        patience: Patience,
        watch: Watch,
        on_progress: OnProgress | None,
        on_submitted: Callable[[str], None] | None,
    ) -> None:
        self._order = order
        self._ledger = ledger
        self._claim = claim
        self._server = server
        self._patience = patience
        self._watch = watch
        self._on_progress = on_progress
        self._on_submitted = on_submitted
        self._resolver = Resolver(
            ledger, server.client, server.dialect, settle_seconds=patience.settle_seconds
        )
        # What the server said last; some servers send the video along with it, and only once.
        self._job: Job | None = None

    def run(self, entry: Entry) -> Entry:
        """Take steps until the file is there."""
        if self._server.volatile and entry.state not in ("planned", "rejected"):
            entry = self._claim.begin_anew("the engine that had it has ended")
        if entry.job_id is not None:
            self._tell(entry)
        while True:
            if entry.state in ("planned", "rejected"):
                entry = self._ask(entry)
            elif entry.state == "submitting":
                entry = self._claim.lost("outcome_unknown", SENDER_ENDED)
            elif entry.state == "ambiguous":
                entry = self._resolver.resolve(self._claim, entry, self._watch)
                if entry.job_id is not None:
                    self._tell(entry)
            elif entry.state in ("accepted", "in_progress"):
                entry = self._wait(entry)
            elif entry.state == "failed":
                raise _failed_before(entry, self._ledger)
            else:
                return self._fetch(entry)

    def _ask(self, entry: Entry) -> Entry:
        entry, self._job = ask(
            self._claim,
            entry,
            self._order.upload,
            client=self._server.client,
            dialect=self._server.dialect,
            patience=self._patience,
            pacer=self._server.pacer,
            resolver=self._resolver,
            watch=self._watch,
        )
        if self._job is not None:
            self._tell(entry)
        return entry

    def _tell(self, entry: Entry) -> None:
        if self._on_submitted is not None and entry.job_id is not None:
            self._on_submitted(entry.job_id)

    def _wait(self, entry: Entry) -> Entry:
        said = entry.status

        def heard(status: str, progress: int) -> None:
            nonlocal said
            if status != said and status not in ("completed", "failed"):
                said = status
                self._claim.heard(status)
            if self._on_progress is not None:
                self._on_progress(status, progress)

        client, job_id = self._server.client, entry.job_id or ""
        try:
            if self._job is not None and not self._server.dialect.retrieves:
                self._job = ended(client, self._job)
            else:
                self._job = wait(
                    client,
                    job_id,
                    timeout_seconds=self._watch.left,
                    on_progress=heard,
                    dialect=self._server.dialect,
                    sleep=self._watch.sleep,
                )
        except GenerationFailed as error:
            self._claim.failed(error.seen or error.code, error.message)
            raise
        except FramefitError as error:
            self._claim.troubled(error.code, f"{error.message}: {error.seen}")
            raise
        return self._claim.completed(size=self._job.size, seconds=self._job.seconds)

    def _fetch(self, entry: Entry) -> Entry:
        output = self._order.output
        job = self._job or Job(id=entry.job_id or "", status="completed", progress=100)
        partial = output.with_name(f".framefit-{entry.short}.part")
        try:
            save_content(self._server.client, job, output, dialect=self._server.dialect, partial=partial)
        except FramefitError as error:
            self._claim.troubled(error.code, f"{error.message}: {error.seen}")
            raise
        return self._claim.downloaded(
            output=str(output.absolute()), sha256=file_digest(output), byte_count=output.stat().st_size
        )


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_whole(path: Path, entry: Entry) -> bool:
    """Tell whether a file is the video of a row, byte for byte."""
    try:
        return path.stat().st_size == entry.byte_count and file_digest(path) == entry.sha256
    except OSError:
        return False


def _failed_before(entry: Entry, ledger: Ledger) -> GenerationFailed:
    return GenerationFailed(
        entry.error_message or f"video {entry.job_id} failed",
        seen=entry.error_code,
        wanted="completed",
        fix=f"change the picture or the prompt, or ask again: framefit jobs resubmit {entry.short}{ledger.option}",
    )


def _busy(entry: Entry, patience: Patience) -> GenerationTimeout:
    return GenerationTimeout(
        f"somebody else works on video {entry.short}, and did not end within {patience.timeout_seconds:g} s",
        seen=shown(entry.owner or ""),
        wanted="the video",
        fix="run again later, or wait longer: --timeout",
    )
