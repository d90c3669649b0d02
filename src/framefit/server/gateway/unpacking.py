"""Undoes the compression of a create's body, so that the picture in it is seen; never beyond the limit of bodies."""

from __future__ import annotations

import contextlib
import tempfile
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers

from framefit.server.envelope import ApiError

_PIECE = 1 << 18
_RAW, _GZIP = -15, 31
_CODINGS = ("gzip", "x-gzip", "deflate")


@contextlib.asynccontextmanager
async def unpacked(
    packed: IO[bytes], headers: Headers, *, folder: Path, max_bytes: int
) -> AsyncIterator[IO[bytes]]:
    """Give the plain bytes of a body while the block lasts; a plain body is given as it is.

    Args:
        packed: the body, at its start; afterwards it is at its start again.
        headers: the request's, for ``Content-Encoding``: ``gzip``, ``deflate`` or nothing.
        folder: where a file is made for what is unpacked.
        max_bytes: the most that comes out; a few bytes may hold gigabytes.

    Yields:
        The plain bytes, at their start.

    Raises:
        ApiError: 415 for another compression, 400 for a damaged body, 413 for too large a one.
    """
    said = ",".join(headers.getlist("content-encoding")).lower()
    codings = [part for part in map(str.strip, said.split(",")) if part not in ("", "identity")]
    if not codings:
        yield packed
        return
    if len(codings) > 1 or codings[0] not in _CODINGS:
        # Passing it on would pass the picture on as it is, and nobody would be told.
        raise ApiError(
            415,
            "The body of your request is compressed in a way that the gateway cannot read.",
            code="unsupported_encoding",
            headers={"accept-encoding": "gzip, deflate"},
        )
    with tempfile.SpooledTemporaryFile(max_size=2 * _PIECE, dir=str(folder)) as plain:
        await run_in_threadpool(_unpack, packed, plain, gzip=codings[0] != "deflate", max_bytes=max_bytes)
        packed.seek(0)
        plain.seek(0)
        yield plain


def _unpack(packed: IO[bytes], plain: IO[bytes], *, gzip: bool, max_bytes: int) -> None:
    data = packed.read(_PIECE)
    decoder = zlib.decompressobj(_GZIP if gzip else _window(data))
    count = 0
    try:
        while not decoder.eof:
            piece = decoder.decompress(data, _PIECE)
            count += len(piece)
            if count > max_bytes:
                raise ApiError(
                    413, f"The request body, unpacked, is over {max_bytes} bytes.", code="request_too_large"
                )
            plain.write(piece)
            data = decoder.unconsumed_tail or packed.read(_PIECE)
            if not data and not piece and not decoder.eof:
                raise _damaged()
    except zlib.error as error:
        raise _damaged() from error
    if decoder.unused_data or data:
        raise _damaged()


def _window(start: bytes) -> int:
    """Return zlib's own number for a body called ``deflate``: with zlib's head, as it should be, or without."""
    headed = len(start) > 1 and start[0] & 15 == 8 and (start[0] << 8 | start[1]) % 31 == 0
    return zlib.MAX_WBITS if headed else _RAW


def _damaged() -> ApiError:
    return ApiError(400, "The compressed body of your request is damaged.", code="invalid_encoding")
