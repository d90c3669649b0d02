"""Speaks to a Videos API server: where it is, and one request that may cost money."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from framefit.errors import InvalidOption, OutcomeUnknown
from framefit.extras import require
from framefit.videos.dialects import CreateFields, Dialect, Upload, dialect_named
from framefit.videos.dialects.recognising import USUAL
from framefit.videos.job import Job
from framefit.videos.refusals import connection_error, status_error
from framefit.videos.replies import decoded, shown_address, where, words_of
from framefit.videos.sending import send

if TYPE_CHECKING:
    from openai import OpenAI

__all__ = ["CREATE_SECONDS", "ServerAddress", "Upload", "connect", "submit"]

CREATE_SECONDS = 600.0
"""How long a create may take; servers that start slowly answer late, and giving up early costs more."""

EMBEDDED = "embedded"
"""What the ledger calls the embedded engine that runs for as long as a call."""

_CONNECT_SECONDS = 10.0
_USUAL_PORTS = {"http": ":80", "https": ":443"}
_WITHOUT_KEY = "framefit-sends-no-key"


@dataclass(frozen=True, kw_only=True, repr=False)
class ServerAddress:
    """Where a Videos API server is, and the key to it.

    Args:
        base_url: the address that ``/videos`` is added to, usually ending in ``/v1``; None is the
            embedded engine.
        api_key: the key; None for servers that want none. It never appears in any text.
    """

    base_url: str | None = None
    api_key: str | None = None

    def __post_init__(self) -> None:
        """Check that both can stand in a request.

        Raises:
            InvalidOption: the address has no ``http://`` or ``https://`` and host, or the key has
                letters that no HTTP header takes.
        """
        if self.base_url is not None and not _is_address(self.base_url):
            raise InvalidOption(
                "the base URL is not an http address",
                seen=shown_address(self.base_url),
                wanted="http:// or https:// and a host",
                fix="--base-url http://127.0.0.1:8080/v1",
            )
        # An HTTP library that meets such a key repeats it in its error.
        if self.api_key is not None and not (self.api_key.isascii() and self.api_key.isprintable()):
            raise InvalidOption(
                "the API key holds letters that no HTTP header takes",
                wanted="printable ASCII on one line",
                fix="set FRAMEFIT_API_KEY again",
            )

    def __repr__(self) -> str:
        shown = None if self.base_url is None else shown_address(self.base_url)
        return f"ServerAddress(base_url={shown!r}, api_key={'***' if self.api_key else None!r})"

    @classmethod
    def from_environment(
        cls,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        environ: Mapping[str, str] | None = None,
    ) -> ServerAddress:
        """Take the address and the key that were given, else those of the environment.

        ``FRAMEFIT_BASE_URL`` and ``FRAMEFIT_API_KEY`` come first, ``OPENAI_BASE_URL`` and
        ``OPENAI_API_KEY`` after them; empty ones count as not set. A key alone chooses no server:
        without an address it is the embedded engine.

        Args:
            base_url: the address, or None.
            api_key: the key, or None.
            environ: the environment; None is this process's.

        Raises:
            InvalidOption: the address or the key cannot stand in a request.
        """
        variables = os.environ if environ is None else environ
        found = {"base_url": base_url, "api_key": api_key}
        for name, given in found.items():
            choices = (given, *(variables.get(f"{owner}_{name.upper()}") for owner in ("FRAMEFIT", "OPENAI")))
            found[name] = next((text.strip() for text in choices if text and text.strip()), None)
        return cls(**found)


def server_name(base_url: str | None) -> str:
    """Return a server's address as the ledger keeps it: nothing secret, and one spelling."""
    if base_url is None:
        return EMBEDDED
    parts = urlsplit(shown_address(base_url))
    scheme, host = parts.scheme.lower(), parts.netloc.lower()
    return f"{scheme}://{host.removesuffix(_USUAL_PORTS.get(scheme, ':'))}{parts.path}"


def connect(address: ServerAddress) -> OpenAI:
    """Make a client of the official SDK for a server; close it, or use it in a ``with``.

    Args:
        address: a server; its ``base_url`` is set.

    Raises:
        MissingExtra: the SDK is not installed.
        InvalidOption: the address is the embedded engine's, which has none before it runs.
    """
    require("openai", "video")
    from openai import DefaultHttpxClient, OpenAI, Timeout

    if address.base_url is None:
        raise InvalidOption("there is no server to connect to", wanted="a base URL", fix="--base-url URL")
    timeout = Timeout(CREATE_SECONDS, connect=_CONNECT_SECONDS)
    return OpenAI(
        base_url=address.base_url,
        api_key=address.api_key or _WITHOUT_KEY,
        timeout=timeout,
        max_retries=0,
        # A proxy of the environment cannot reach this machine's own address.
        http_client=DefaultHttpxClient(timeout=timeout, trust_env=not _is_plain_loopback(address.base_url)),
    )


def submit(
    client: OpenAI,
    *,
    model: str,
    prompt: str,
    size: str | None = None,
    seconds: str | None = None,
    upload: Upload | None = None,
    timeout_seconds: float = CREATE_SECONDS,
    dialect: Dialect | None = None,
    idempotency_key: str | None = None,
) -> Job:
    """Ask for a video, once. Nothing is ever sent a second time here.

    Args:
        client: from `connect`.
        model: the model's name on that server.
        prompt: what is to happen.
        size: width and height, ``"1280x720"``; None leaves it to the server.
        seconds: the length, as text; None leaves it to the server.
        upload: the first frame; None makes a video from text.
        timeout_seconds: how long the server may take to answer, 600 by default.
        dialect: how the server speaks; None is the protocol itself.
        idempotency_key: sent as ``Idempotency-Key``, by which some proxies and relays recognise a
            request that reached them twice; the protocol itself does not know it. None sends none.

    Returns:
        The job as the server first describes it; where a create waits for the video, as it ended.

    Raises:
        ServerUnreachable: no connection; nothing was submitted.
        RequestRejected: the server refused; nothing was started.
        OutcomeUnknown: the answer was lost or cannot be understood; the job may have been started.
    """
    from openai import APIConnectionError, APIStatusError

    spoken = dialect or dialect_named(USUAL)
    fields = CreateFields(prompt=prompt, model=model, size=size, seconds=seconds, upload=upload)
    try:
        # `client.videos` is marked as deprecated since OpenAI's own service ended; this is the same request.
        # Following a 301 or 302 would turn the POST into a GET, and 307 would send it twice.
        reply = send(
            client,
            spoken.create_request(fields),
            timeout_seconds=timeout_seconds,
            headers=None if idempotency_key is None else {"Idempotency-Key": idempotency_key},
            follow_redirects=False,
        )
    except APIStatusError as error:
        raise status_error(error, client, size=size) from error
    except APIConnectionError as error:
        raise connection_error(error, client) from error
    body = decoded(reply.response.text)
    job = spoken.job_from(reply.response.status_code, body)
    if job is None:
        raise OutcomeUnknown(
            "the server accepted the request and named no video, so it may have been started, and billed",
            seen=words_of(body) or "an empty reply",
            wanted="a reply with an id",
            fix=f"check that {where(client)} is a Videos API (it usually ends in /v1), and look at its list"
            " of jobs before sending again",
        )
    return job


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def _is_plain_loopback(url: str) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme.lower() != "http":
        return False  # certificates, too, are found through the environment
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
