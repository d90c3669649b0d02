"""Sends one request of a dialect through the official SDK, once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from framefit.videos.dialects import WireRequest

if TYPE_CHECKING:
    from openai import OpenAI
    from openai._types import RequestOptions


def send(
    client: OpenAI,
    request: WireRequest,
    *,
    timeout_seconds: float,
    headers: Mapping[str, str] | None = None,
    follow_redirects: bool = True,
) -> Any:
    """Send a request; nothing is ever sent a second time here.

    Args:
        client: from `framefit.videos.client.connect`.
        request: what to send.
        timeout_seconds: how long the server may say nothing.
        headers: further headers.
        follow_redirects: whether to go on to another address that the server names.

    Returns:
        The reply as the SDK gives it; ``.response`` is the HTTP response.

    Raises:
        openai.APIStatusError: the server answered with an HTTP error.
        openai.APIConnectionError: there was no answer.
    """
    from openai import HttpxBinaryResponseContent

    sent = {"Accept": "application/json", **(headers or {})}
    if request.form is not None:
        # Multipart also without a file: what every server takes, and what the SDK's own method sends.
        sent["Content-Type"] = "multipart/form-data"
    options: RequestOptions = {
        "headers": sent,
        "params": dict(request.query),
        "max_retries": 0,
        "follow_redirects": follow_redirects,
        "timeout": timeout_seconds,
    }
    if request.method == "POST":
        return client.post(
            request.path,
            cast_to=HttpxBinaryResponseContent,
            body=dict(request.form if request.form is not None else request.json or {}),
            files=dict(request.files) or None,
            options=options,
        )
    ask = client.get if request.method == "GET" else client.delete
    return ask(request.path, cast_to=HttpxBinaryResponseContent, options=options)
