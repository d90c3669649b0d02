"""Takes a request body onto the disk as it arrives, so that memory stays small whatever is uploaded."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

_AT_ONCE = 512 * 1024
"""Bytes written at a time, and the most that is held in memory of a body."""


@contextlib.asynccontextmanager
async def spooled(request: Request, folder: Path) -> AsyncIterator[IO[bytes]]:
    """Receive a whole body.

    Args:
        request: the request, whose body nobody has read.
        folder: where the file is made; it has no name there and is gone when the process dies.

    Yields:
        The body, at its start.
    """
    with tempfile.SpooledTemporaryFile(max_size=_AT_ONCE, dir=str(folder)) as file:
        held = bytearray()
        async for piece in request.stream():
            held += piece
            if len(held) >= _AT_ONCE:
                # A disk may be slow, and the others are not to wait for it.
                await run_in_threadpool(file.write, held)
                held = bytearray()
        file.write(held)
        file.seek(0)
        yield file
