"""Tells a server's dialect from its answers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from framefit.videos.dialects import dialect_named
from framefit.videos.dialects.dialect import Dialect, Signs, video_path
from framefit.videos.replies import decoded

if TYPE_CHECKING:
    from openai import OpenAI

USUAL = "openai"
"""What an unknown server is taken to speak: the protocol itself, as forms, which nearly all of them take."""

_ORDER = ("litellm", "relay", "azure", "vllm-omni", "sglang", "dynamo", "openai")
"""Those that pass on the words of a server behind them are asked about first."""

_NOBODYS_ID = "framefit-asks-who-answers"
_ANSWER_SECONDS = 15.0


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a server answered to a question that costs nothing.

    Args:
        host: the server's host name; empty when only the reply counts.
        status_code: the reply's HTTP status; 0 for none.
        headers: the reply's headers, names in lower case.
        body: its decoded JSON, or its text.
    """

    host: str = ""
    status_code: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: object = None


def recognise(answer: Answer) -> Dialect | None:
    """Tell the dialect from one answer: by host, then by headers, then by models, then by shape of an error.

    Args:
        answer: what the server said.

    Returns:
        The dialect; None when the answer does not tell.
    """
    dialects = [dialect_named(name) for name in _ORDER]
    for tells in (_by_host, _by_headers, _by_models, _by_error):
        found = next((one for one in dialects if tells(answer, one.signs)), None)
        if found is not None:
            return found
    return None


def recognised(client: OpenAI) -> Dialect:
    """Ask a server who it is: its list of models and, when that does not tell, a job that nobody has.

    Args:
        client: from `framefit.videos.client.connect`.

    Returns:
        The dialect; for a server that is not recognised, or that does not answer, that of the protocol
        itself, with a list of jobs that proves nothing: nobody knows whether it is whole.
    """
    host = urlsplit(str(client.base_url)).hostname or ""
    found = recognise(Answer(host=host.rstrip(".")))
    if found is not None:
        return found
    known = (recognise(answer) for answer in _answers(client))
    nobodys = dataclasses.replace(dialect_named(USUAL), list_trusted=False)
    return next((dialect for dialect in known if dialect is not None), nobodys)


def _answers(client: OpenAI) -> Iterator[Answer]:
    from openai import APIConnectionError, APIStatusError, HttpxBinaryResponseContent

    for path in ("/models", video_path(_NOBODYS_ID)):
        try:
            response = client.get(
                path,
                cast_to=HttpxBinaryResponseContent,
                options={
                    "headers": {"Accept": "application/json"},
                    "max_retries": 0,
                    "timeout": _ANSWER_SECONDS,
                },
            ).response
        except APIStatusError as error:
            response = error.response
        except APIConnectionError:
            # The create that follows says what is wrong with the connection, and what that means.
            return
        yield Answer(
            status_code=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=decoded(response.text),
        )


def _by_host(answer: Answer, signs: Signs) -> bool:
    return any(answer.host == end or answer.host.endswith(f".{end}") for end in signs.hosts)


def _by_headers(answer: Answer, signs: Signs) -> bool:
    return any(name in answer.headers for name in signs.headers)


def _by_models(answer: Answer, signs: Signs) -> bool:
    rows = answer.body.get("data") if isinstance(answer.body, Mapping) else None
    models = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    if not models:
        return False
    owned = all(row.get("owned_by") in signs.owned_by for row in models)
    created = signs.model_created is not None and all(
        row.get("created") == signs.model_created for row in models
    )
    return owned or created


def _by_error(answer: Answer, signs: Signs) -> bool:
    said = isinstance(answer.body, Mapping) and "detail" in answer.body and "error" not in answer.body
    return signs.detail_errors and answer.status_code >= 400 and said
