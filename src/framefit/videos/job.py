"""Job: what any server says about one video, brought to one set of words."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from framefit.videos.replies import code_of, one_line, words_of

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
        model: the model, as the server names it.
        prompt: the text the server says it works on, letter for letter.
        created_at: when the server took it, in unix seconds.
        content: the video itself, where the reply carries it.
        content_url: where the reply says that the video is.
    """

    id: str
    status: str
    progress: int
    code: str | None = None
    reason: str | None = None
    size: str | None = None
    seconds: str | None = None
    model: str | None = None
    prompt: str | None = None
    created_at: int | None = None
    content: bytes | None = field(default=None, repr=False)
    content_url: str | None = None

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
        content, url = _content(body.get("data"))
        return cls(
            id=str(name),
            status=status,
            progress=100 if status == "completed" else _progress(body.get("progress")),
            code=code,
            reason=reason,
            size=_text(body.get("size")),
            seconds=_text(body.get("seconds")),
            model=_text(body.get("model")),
            prompt=prompt if isinstance(prompt := body.get("prompt"), str) else None,
            created_at=_moment(body.get("created_at", body.get("created"))),
            content=content,
            content_url=url,
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
    return code_of(error), words_of(error)


def _content(data: object) -> tuple[bytes | None, str | None]:
    """Return the video of a reply like Dynamo's, whose first output holds it as base64 or as an address."""
    first = data[0] if isinstance(data, list) and data else None
    if not isinstance(first, Mapping):
        return None, None
    encoded, url = first.get("b64_json"), first.get("url")
    if isinstance(encoded, str) and encoded:
        try:
            return base64.b64decode(encoded, validate=True), None
        except binascii.Error:
            return None, None
    return None, url if isinstance(url, str) and url else None


def _moment(said: object) -> int | None:
    """Return unix seconds; None for anything that is no number."""
    if isinstance(said, bool) or not isinstance(said, int | float) or not math.isfinite(said):
        return None
    return int(said)


def _text(said: object) -> str | None:
    return one_line(str(said), 100) if isinstance(said, str | int | float) else None
