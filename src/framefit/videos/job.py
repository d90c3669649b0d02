"""Job: what any server says about one video, brought to one set of words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from framefit.videos.replies import one_line, words_of

_COMPLETED = frozenset({"completed", "succeeded", "success"})
_FAILED = frozenset(
    {"failed", "failure", "error", "rejected", "cancelled", "canceled", "expired", "deleted"},
)
_LONGEST_WORD = 40


@dataclass(frozen=True, kw_only=True)
class Job:
    """One video that a server makes.

    Args:
        id: the server's name for it; never taken apart.
        status: ``completed`` and ``failed`` are final, whatever synonym the server uses for them;
            any other word is the server's own and means that it is still at work.
        progress: 0 to 100.
        code: the server's code for a failure.
        reason: the server's words for a failure.
        size: the size the server says it renders, as it writes it.
        seconds: the length the server says it renders, as text.
    """

    id: str
    status: str
    progress: int
    code: str | None = None
    reason: str | None = None
    size: str | None = None
    seconds: str | None = None

    @property
    def completed(self) -> bool:
        """Whether the video is ready."""
        return self.status == "completed"

    @property
    def failed(self) -> bool:
        """Whether no video will come."""
        return self.status == "failed"

    @classmethod
    def read(cls, body: object) -> Job | None:
        """Read a Video object of any dialect.

        Args:
            body: the decoded JSON of a reply.

        Returns:
            The job; None when the reply is no Video: no object, or one without an id.
        """
        if not isinstance(body, Mapping):
            return None
        name = body.get("id") or body.get("task_id")
        if not isinstance(name, str | int) or isinstance(name, bool):
            return None
        status = _status(body.get("status"))
        code, reason = _failure(body.get("error"))
        return cls(
            id=str(name),
            status=status,
            progress=100 if status == "completed" else _progress(body.get("progress")),
            code=code,
            reason=reason,
            size=_text(body.get("size")),
            seconds=_text(body.get("seconds")),
        )


def _status(said: object) -> str:
    word = one_line(said, _LONGEST_WORD).lower() if isinstance(said, str) else ""
    if word in _COMPLETED:
        return "completed"
    return "failed" if word in _FAILED else word or "unknown"


def _progress(said: object) -> int:
    """Read a percentage from a number or from text such as ``45%``; what cannot be read is 0."""
    try:
        number = float(said.strip().rstrip("%") if isinstance(said, str) else said)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return 0
    return 0 if math.isnan(number) else int(min(max(number, 0.0), 100.0))


def _failure(error: object) -> tuple[str | None, str | None]:
    """Return code and words of a failure, which some servers write as an object and some as text."""
    if not error:
        return None, None
    code = error.get("code") if isinstance(error, Mapping) else None
    return (None if code is None else one_line(str(code), 100)), words_of(error)


def _text(said: object) -> str | None:
    return one_line(str(said), 100) if isinstance(said, str | int | float) else None
