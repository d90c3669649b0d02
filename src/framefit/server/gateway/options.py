"""How a gateway is set up."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from framefit.errors import InvalidOption
from framefit.options import Options, read_options
from framefit.server.options import LOOPBACK
from framefit.videos.dialects import AUTO, dialect_named

LogFormat = Literal["text", "json"]

_RANGES: dict[str, tuple[float, float]] = {
    "port": (0, 65_535),
    "workers": (1, 64),
    "max_body_bytes": (1024, 1 << 34),
    "max_megapixels": (1, 1000),
    "max_connections": (1, 100_000),
    "fits_at_once": (1, 256),
    "fits_waiting": (0, 100_000),
    "header_seconds": (0.1, 600),
    "idle_seconds": (0.1, 3600),
    "upload_seconds": (0.1, 24 * 3600),
    "connect_seconds": (0.1, 600),
    "answer_seconds": (0.1, 24 * 3600),
    "fetch_seconds": (0.1, 600),
    "fetch_bytes": (1024, 1 << 30),
    "grace_seconds": (0, 3600),
    "keep_seconds": (0, 24 * 3600),
    "keep_bytes": (0, 1 << 40),
}


@dataclass(frozen=True, kw_only=True)
class GatewayOptions:
    """How a gateway is set up; flags, environment and file use the same names.

    Args:
        upstream: base URL of the server behind it, for instance ``https://relay.example/v1``.
        data_folder: where the record of idempotency keys is kept, and uploads while they arrive.
        upstream_key: the key that is added to every request; None passes the client's own on.
        host: the address to listen at; anything but this machine's own needs a token.
        port: the port, 0 to 65535; 0 takes any free one.
        tokens: what clients may show as their key; with none, everybody who can connect may use it.
        allow_hosts: further values of ``Host`` that are answered.
        allow_origins: further web pages, as ``https://app.example``, that are answered.
        dialect: how the upstream speaks; ``auto`` tells it from its answers.
        server: the upstream's name in the catalogue; None tells it from dialect and address.
        catalog: a catalogue file of the user, over the built-in entries and those of `FRAMEFIT_CATALOG`.
        mode: ``cover``, ``pad``, ``stretch`` or ``auto``, where a request says nothing else.
        focus: as `framefit.fit` takes it, where a request says nothing else.
        backdrop: as `framefit.fit` takes it, where a request says nothing else.
        face_model: a YuNet ONNX file to find faces with; None takes what is installed.
        raw: whether replies are passed on as they come.
        fetch_references: hosts whose https pictures are fetched and fitted; none fetches nothing.
        fetch_seconds: how long fetching one picture may take, 0.1 to 600.
        fetch_bytes: the largest picture that is fetched, in bytes, 1 KiB to 1 GiB.
        database: SQLAlchemy URL of the record of idempotency keys; None is a file in the folder.
        keep_seconds: how long a video is kept that came with the answer to its create, 0 to 86400; 0 keeps none.
        keep_bytes: how much such videos may take in all, in bytes, 0 to 1 TiB; the oldest make room.
        max_body_bytes: the largest request body, in bytes, 1 KiB to 16 GiB.
        max_megapixels: the largest picture that is decoded, in millions of pixels, 1 to 1000.
        max_connections: connections at a time, 1 to 100000; the next one is answered 503.
        fits_at_once: pictures fitted at a time, 1 to 256; None is one for each processor and worker.
        fits_waiting: pictures that may wait for their turn, 0 to 100000; the next one is answered 503.
        header_seconds: how long the head of a request may take to arrive, 0.1 to 600.
        idle_seconds: how long a client may neither send nor take anything, 0.1 to 3600.
        upload_seconds: how long a body may take to arrive, 0.1 to 86400.
        connect_seconds: how long connecting to the upstream may take, 0.1 to 600.
        answer_seconds: how long the upstream may say nothing, 0.1 to 86400.
        grace_seconds: how long requests may still take when the gateway stops, 0 to 3600.
        workers: processes, 1 to 64.
        log_format: ``text``, or ``json`` for one object per line.

    Raises:
        InvalidOption: a value outside its range, or an address others can reach and no token.
    """

    upstream: str
    data_folder: Path = Path(".framefit")
    upstream_key: str | None = field(default=None, repr=False)
    host: str = "127.0.0.1"
    port: int = 8080
    tokens: tuple[str, ...] = field(default=(), repr=False)
    allow_hosts: tuple[str, ...] = ()
    allow_origins: tuple[str, ...] = ()
    dialect: str = AUTO
    server: str | None = None
    catalog: Path | None = None
    mode: str = "cover"
    focus: str = "center"
    backdrop: str = "black"
    face_model: Path | None = None
    raw: bool = False
    fetch_references: tuple[str, ...] = ()
    fetch_seconds: float = 20.0
    fetch_bytes: int = 32 * 1024 * 1024
    database: str | None = field(default=None, repr=False)
    keep_seconds: float = 3600.0
    keep_bytes: int = 256 * 1024 * 1024
    max_body_bytes: int = 64 * 1024 * 1024
    max_megapixels: float = 100.0
    max_connections: int = 1000
    fits_at_once: int | None = None
    fits_waiting: int = 256
    header_seconds: float = 10.0
    idle_seconds: float = 30.0
    upload_seconds: float = 300.0
    connect_seconds: float = 10.0
    answer_seconds: float = 600.0
    grace_seconds: float = 30.0
    workers: int = 1
    log_format: LogFormat = "text"

    def __post_init__(self) -> None:
        """Check every value that has a range, and that strangers cannot use it."""
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise _wrong(name, value, f"{low} to {high}", f"{high}")
        parts = urlsplit(self.upstream)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise _wrong("upstream", "an address that cannot be used", "https://HOST/v1", "https://HOST/v1")
        if parts.username or parts.password:
            raise _wrong("upstream", "an address with a password in it", "https://HOST/v1", "https://HOST/v1")
        if self.dialect != AUTO:
            dialect_named(self.dialect)
        if self.log_format not in ("text", "json"):
            raise _wrong("log_format", self.log_format, "text or json", "json")
        if any(len(token) < 1 or not token.isascii() for token in self.tokens):
            raise _wrong("token", "a token that no header can carry", "ASCII letters and digits", "...")
        self.wish()
        if not self.loopback and not self.tokens:
            raise InvalidOption(
                "a gateway that others can reach needs a token, or anybody spends your money",
                seen=f"--host {self.host}, and no token",
                wanted=f"--token, FRAMEFIT_TOKENS, or --host {LOOPBACK[0]}",
                fix="--token SECRET",
            )

    @property
    def loopback(self) -> bool:
        """Whether it listens to this machine only."""
        return self.host in LOOPBACK

    @property
    def threads(self) -> int:
        """How many pictures one process fits at a time."""
        return self.fits_at_once or max(1, (os.cpu_count() or 1) // self.workers)

    @property
    def base_url(self) -> str:
        """The upstream's base URL, without a slash at its end."""
        return self.upstream.rstrip("/")

    def wish(
        self,
        *,
        mode: str | None = None,
        focus: str | None = None,
        crop: str | None = None,
        backdrop: str | None = None,
    ) -> Options:
        """Return how a picture is fitted.

        Args:
            mode: what the request says instead of the gateway's own mode, and so on.
            focus: the focus.
            crop: the crop; the gateway has none of its own.
            backdrop: the backdrop.

        Raises:
            InvalidOption: a value cannot be read.
        """
        return read_options(
            mode=mode or self.mode,
            focus=focus or self.focus,
            crop=crop,
            backdrop=backdrop or self.backdrop,
            max_pixels=int(self.max_megapixels * 1_000_000),
            face_model=self.face_model,
        )


def _wrong(name: str, seen: object, wanted: str, value: str) -> InvalidOption:
    flag = name.replace("_", "-")
    return InvalidOption(f"{flag} cannot be used", seen=str(seen), wanted=wanted, fix=f"--{flag} {value}")
