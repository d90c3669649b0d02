"""How a server is set up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from framefit.errors import InvalidOption
from framefit.options import within
from framefit.server.faults.fault import Fault
from framefit.videos.dialects import dialect_named

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, kw_only=True)
class ServerOptions:
    """How a server is set up.

    Args:
        data_folder: where jobs, references and videos are kept; created when it does not exist.
        host: the address to listen at: ``127.0.0.1``, ``localhost`` or ``::1``.
        port: the port, 0 to 65535; 0 takes any free one.
        workers: threads that render, 0 to 16; with 0 jobs wait for another process on the same folder.
        max_body_bytes: the largest request body, in bytes, 1 KiB to 1 GiB.
        keep_seconds: how long after its completion a video can be fetched, 1 second to 10 years.
        lease_seconds: how long a job of a process that has died stays unclaimed, 1 to 3600.
        speak: the server whose ways it mimics, a name of `framefit.videos.dialects.NAMES`.
        faults: what goes wrong on purpose.

    Raises:
        InvalidOption: a value outside its range.
    """

    data_folder: Path
    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    max_body_bytes: int = 64 * 1024 * 1024
    keep_seconds: int = 24 * 3600
    lease_seconds: float = 10.0
    speak: str = "openai"
    faults: tuple[Fault, ...] = ()

    def __post_init__(self) -> None:
        """Check every value that has a range."""
        if self.host not in LOOPBACK:
            raise InvalidOption(
                "the server listens to this machine only",
                seen=self.host,
                wanted=" or ".join(LOOPBACK),
                fix=f"--host {LOOPBACK[0]}",
            )
        dialect_named(self.speak, flag="--speak")
        within("port", self.port, 0, 65_535)
        within("workers", self.workers, 0, 16)
        within("max_body_bytes", self.max_body_bytes, 1024, 1 << 30)
        within("keep_seconds", self.keep_seconds, 1, 10 * 366 * 24 * 3600)
        within("lease_seconds", self.lease_seconds, 1, 3600)
