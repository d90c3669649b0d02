"""JobRow: where one line of a file of jobs stands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framefit.errors import FramefitError
from framefit.generating.jobs_file import Job

if TYPE_CHECKING:
    from framefit.videos.ledger import Entry


@dataclass(frozen=True, kw_only=True)
class JobRow:
    """Where one line of a file of jobs stands.

    Args:
        job: the line.
        output: the file it leads to.
        key: what names it in the ledger; None when it could not be settled what to send.
        state: as in the ledger; ``failed`` when it could not be settled what to send.
        progress: percent, 0 to 100, as the server says.
        video_id: the server's name for it; None before there is one.
        price_usd: what it costs; None when that is not known.
        spent_usd: what was, or may have been, billed so far; None when that is not known.
        sha256: digest of the file; None before it is there.
        byte_count: size of the file; None before it is there.
        receipt: the comparison of the first frame; None when it was not made.
        error: why it is not there, or not as it should be; None when all is well.
    """

    job: Job
    output: Path
    key: str | None = None
    state: str = "planned"
    progress: int = 0
    video_id: str | None = None
    price_usd: float | None = None
    spent_usd: float | None = 0.0
    sha256: str | None = None
    byte_count: int | None = None
    receipt: dict[str, Any] | None = None
    error: FramefitError | None = None

    @property
    def done(self) -> bool:
        """Whether the video is there, and as it should be."""
        return self.state == "downloaded" and self.error is None

    def as_dict(self) -> dict[str, Any]:
        """Return the row as it stands in a manifest."""
        wish = self.job.wish
        return {
            "line": self.job.line,
            "image": self.job.image,
            "prompt": wish.prompt,
            "model": wish.model,
            "size": None if wish.size is None else str(wish.size),
            "seconds": None if wish.seconds is None else str(wish.seconds),
            "mode": wish.mode,
            "focus": wish.focus,
            "take": wish.take,
            "output": str(self.output),
            "key": self.key,
            "state": self.state,
            "video_id": self.video_id,
            "price_usd": self.price_usd,
            "spent_usd": self.spent_usd,
            "sha256": self.sha256,
            "byte_count": self.byte_count,
            "receipt": self.receipt,
            "error": None if self.error is None else self.error.as_dict(),
        }


def with_entry(row: JobRow, entry: Entry) -> JobRow:
    """Return a row with what the ledger says about it."""
    import dataclasses

    return dataclasses.replace(
        row,
        key=entry.key,
        state=entry.state,
        progress=100 if entry.state in ("completed", "downloaded") else row.progress,
        video_id=entry.job_id,
        spent_usd=entry.spent_usd,
        sha256=entry.sha256,
        byte_count=entry.byte_count,
        receipt=entry.receipt,
    )
