"""What goes over the wire and comes back, before any of it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from framefit.videos.job import Job

Upload = tuple[str, bytes, str]
"""File name, bytes and media type of the picture that becomes the first frame."""


@dataclass(frozen=True, kw_only=True)
class CreateFields:
    """What a video is asked for with, before a dialect puts it into its own words.

    Args:
        prompt: what is to happen.
        model: the model's name on that server.
        size: width and height, ``"1280x720"``; None leaves it to the server.
        seconds: the length, as text; None leaves it to the server.
        upload: the first frame; None makes a video from text.
    """

    prompt: str
    model: str
    size: str | None = None
    seconds: str | None = None
    upload: Upload | None = None


@dataclass(frozen=True, kw_only=True)
class WireRequest:
    """One HTTP request, relative to the base URL.

    Args:
        method: the HTTP method.
        path: the path below the base URL, with a slash at its front; every part is already quoted.
        query: the query; empty for none.
        form: the text parts of a multipart body; None when the body is no form.
        files: the file parts of a multipart body.
        json: the JSON body; None when the body is none.
    """

    method: Literal["GET", "POST", "DELETE"]
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    files: Mapping[str, Upload] = field(default_factory=dict)
    json: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class JobPage:
    """One page of a server's list.

    Args:
        jobs: the jobs, in the server's order.
        next_after: what the next page is asked for with; None when this is the last one, also when
            a server names a last id without saying that there is more.
    """

    jobs: tuple[Job, ...]
    next_after: str | None


@dataclass(frozen=True, kw_only=True)
class ServerWords:
    """What a server says of a refusal.

    Args:
        message: its sentence on one line; empty when it says nothing.
        code: its stable word; None when it has none, or only repeats the HTTP status.
    """

    message: str
    code: str | None
