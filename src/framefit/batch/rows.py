"""Row: what became of one picture for one target, as one line of a manifest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import msgspec
import xxhash

from framefit.errors import FramefitError

Status = Literal["fitted", "failed", "skipped"]

STORE_CODES = ("picture_not_found", "picture_unreadable", "output_unwritable", "unexpected")
"""Failures that another run may not meet again; every other one follows from the bytes of the file.

``unexpected`` is an exception that framefit does not know: a fault of framefit or of a decoder.
"""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """An error in a manifest; the fields are those of `FramefitError`."""

    code: str
    message: str
    seen: str | None = None
    wanted: str | None = None
    fix: str | None = None

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """Return the failure an error stands for."""
        if not isinstance(error, FramefitError):
            return cls(
                code="unexpected",
                message="framefit did not expect this",
                seen=f"{type(error).__name__}: {error}"[:500],
                fix="report it with the picture",
            )
        return cls(
            code=error.code, message=error.message, seen=error.seen, wanted=error.wanted, fix=error.fix
        )

    def as_error(self) -> FramefitError:
        """Return the error again, of the class that has its code."""
        kind = _kinds(FramefitError).get(self.code, FramefitError)
        return kind(self.message, seen=self.seen, wanted=self.wanted, fix=self.fix)


def _kinds(base: type[FramefitError]) -> dict[str, type[FramefitError]]:
    found = {base.code: base}
    for kind in base.__subclasses__():
        found |= _kinds(kind)
    return found


@dataclass(frozen=True, kw_only=True)
class Row:
    """One picture and one target. What was not reached is None.

    Args:
        id: the same for the same picture, target and place of the result; 16 hexadecimal digits.
        input: the address of the picture.
        target: the model and the size asked for.
        status: ``fitted``, ``failed``, or ``skipped`` for files of folders that are no pictures.
        output: the address of the result.
        error: why there is no result.
        wish: changes when target or options do; 16 hexadecimal digits.
        source_bytes: size of the picture file in bytes.
        source_version: time of modification or entity tag, as the store says it.
        source_digest: XXH3-128 of the picture file, hexadecimal.
        source_size: upright size of the picture, ``"4032x3024"``.
        canvas: size of the result.
        mode: the mode that was settled on.
        source_box: left, top, right, bottom of the part that is used, in upright source pixels.
        canvas_box: left, top, right, bottom of where it lands, in canvas pixels.
        share_lost: the share of the picture that is cut away, 0 to 1.
        format: format of the result.
        action: ``keep``, ``strip`` or ``convert``.
        findings: codes of what the server would have said of the picture as it was, with a model, and of what
            was found while fitting it: ``truncated``, ``profile_ignored``, ``quality_lowered``.
        bytes: size of the result in bytes.
        output_digest: XXH3-128 of the result, hexadecimal.
        seconds: time from reading the picture to the result's being in its place.
    """

    id: str
    input: str
    target: str
    status: Status
    output: str | None = None
    error: Failure | None = None
    wish: str | None = None
    source_bytes: int | None = None
    source_version: str | None = None
    source_digest: str | None = None
    source_size: str | None = None
    canvas: str | None = None
    mode: str | None = None
    source_box: tuple[float, ...] | None = None
    canvas_box: tuple[int, ...] | None = None
    share_lost: float | None = None
    format: str | None = None
    action: str | None = None
    findings: tuple[str, ...] = ()
    bytes: int | None = None
    output_digest: str | None = None
    seconds: float = 0.0


def encode_row(row: Row) -> bytes:
    """Return the row as one line of JSON with its line end; what is None is left out."""
    told = {key: value for key, value in msgspec.to_builtins(row).items() if value is not None}
    return msgspec.json.encode(told) + b"\n"


@lru_cache(maxsize=1)
def _decoder() -> msgspec.json.Decoder[Row]:
    return msgspec.json.Decoder(Row)


def decode_row(line: bytes) -> Row:
    """Return the row of a line.

    Raises:
        msgspec.DecodeError: the line is no row.
    """
    return _decoder().decode(line)


def digest(data: bytes) -> str:
    """Return the XXH3-128 of data as hexadecimal digits: what ``xxh128sum`` prints.

    Source:
        It tells changed files from unchanged ones at memory speed; it is no proof against forgery.
    """
    return xxhash.xxh3_128_hexdigest(data)


def printable(text: str) -> str:
    """Return a name with the bytes that are no UTF-8 written out, so that it can stand in JSON."""
    return text.encode("utf-8", "backslashreplace").decode()


def short_digest(text: str) -> str:
    """Return 16 hexadecimal digits that stand for a text."""
    return xxhash.xxh3_64_hexdigest(text.encode("utf-8", "surrogatepass"))
