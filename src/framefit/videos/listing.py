"""Asks a server which jobs it took lately, and how much that list can be relied on."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from framefit.videos.dialects import Dialect
from framefit.videos.job import Job
from framefit.videos.replies import decoded, one_line, said, words_of
from framefit.videos.sending import send

if TYPE_CHECKING:
    from openai import OpenAI

_MOST_PAGES = 100
_ANSWER_SECONDS = 60.0
_PASSING = frozenset({408, 409, 425, 429})


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The jobs a server says that it took.

    Args:
        jobs: the jobs, in the server's order.
        gap: why jobs may be missing in it; None when it reaches back as far as was asked.
        skew: seconds that the server's clock is ahead, as its replies say; 0 when they do not.
    """

    jobs: tuple[Job, ...]
    gap: str | None = None
    skew: float = 0.0


class ListingUnavailableError(Exception):
    """There is no list.

    Args:
        words: why, in words.
        passing: whether asking again may help.
    """

    def __init__(self, words: str, *, passing: bool) -> None:
        super().__init__(words)
        self.passing = passing


def recent_jobs(client: OpenAI, dialect: Dialect, *, since: float) -> Listing:
    """Return the jobs that a server took since some moment, and maybe earlier ones.

    Args:
        client: from `framefit.videos.client.connect`.
        dialect: how the server speaks.
        since: unix seconds.

    Raises:
        ListingUnavailableError: the server has no list, or does not answer with one.
    """
    jobs: dict[str, Job] = {}
    after, skew = None, 0.0
    for _ in range(_MOST_PAGES):
        body, ahead = _page(client, dialect, after)
        skew = ahead if ahead is not None else skew
        page = dialect.jobs_from_list(200, body)
        if page is None:
            raise ListingUnavailableError(f"a reply that is no list: {words_of(body)}", passing=True)
        if len(page.jobs) != _rows(body):
            return Listing(jobs=tuple(jobs.values()), gap="it holds something that is no job", skew=skew)
        new = [job for job in page.jobs if job.id not in jobs]
        jobs.update((job.id, job) for job in new)
        listed = tuple(jobs.values())
        if page.next_after is None:
            return Listing(jobs=listed, gap=_gap_at_end(body, listed, since), skew=skew)
        if not new:
            return Listing(jobs=listed, gap="its pages repeat", skew=skew)
        if _reaches(listed, since):
            return Listing(jobs=listed, skew=skew)
        after = page.next_after
    return Listing(jobs=tuple(jobs.values()), gap="it is too long", skew=skew)


def exists(client: OpenAI, dialect: Dialect, video_id: str) -> bool:
    """Tell whether a server knows a job when it is asked for it by name; False also when it does not answer."""
    from openai import OpenAIError

    request = dialect.retrieve_request(video_id)
    if request is None:
        return False
    try:
        send(client, request, timeout_seconds=_ANSWER_SECONDS)
    except OpenAIError:
        return False
    return True


def _page(client: OpenAI, dialect: Dialect, after: str | None) -> tuple[object, float | None]:
    from openai import APIConnectionError, APIStatusError

    request = dialect.list_request(after=after)
    if request is None:
        raise ListingUnavailableError(f"{dialect.title} has no list of jobs", passing=False)
    try:
        response = send(client, request, timeout_seconds=_ANSWER_SECONDS).response
    except APIStatusError as error:
        passing = error.status_code >= 500 or error.status_code in _PASSING
        raise ListingUnavailableError(said(error, client), passing=passing) from error
    except APIConnectionError as error:
        cause = error.__cause__ or error
        words = one_line(f"{type(cause).__name__}: {cause}", 200)
        raise ListingUnavailableError(words, passing=True) from error
    return decoded(response.text), _ahead(response.headers)


def _ahead(headers: Mapping[str, str]) -> float | None:
    text = headers.get("date", "")
    if email.utils.parsedate_tz(text) is None:
        return None
    return email.utils.parsedate_to_datetime(text).timestamp() - time.time()


def _rows(body: object) -> int:
    rows = body.get("data") if isinstance(body, Mapping) else body
    return len(rows) if isinstance(rows, list) else 0


def _gap_at_end(body: object, jobs: tuple[Job, ...], since: float) -> str | None:
    """Return why a last page may not be the last one."""
    says_so = isinstance(body, Mapping) and body.get("has_more") is False
    return None if says_so or _reaches(jobs, since) else "it does not say whether there is more"


def _reaches(jobs: tuple[Job, ...], since: float) -> bool:
    """Tell whether jobs stand in order, the newest first, and go back beyond a moment."""
    moments = [job.created_at for job in jobs]
    known = [moment for moment in moments if moment is not None]
    in_order = all(newer >= older for newer, older in pairwise(known))
    return len(known) == len(moments) > 0 and in_order and known[-1] < since
