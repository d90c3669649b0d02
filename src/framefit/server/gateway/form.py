"""Reads the parts of a multipart form, told apart by their bytes and not by what they claim to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from framefit.server.envelope import ApiError

_PIECE = 1 << 20
_MOST_PARTS = 128


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a form.

    Args:
        name: the field's name, as it was sent.
        data: its content.
        filename: the file name; None when the part has none.
        media_type: the content type that was claimed; None when none was.
    """

    name: str
    data: bytes
    filename: str | None = None
    media_type: str | None = None

    @property
    def text(self) -> str | None:
        """The content as text; None when it is none, or when the part is a file."""
        if self.filename is not None:
            return None
        try:
            return self.data.decode("utf-8")
        except UnicodeDecodeError:
            return None


def read_form(file: IO[bytes], content_type: str) -> list[Part]:
    """Read a form whole; blocks, so not for the event loop.

    Args:
        file: the body, at its start.
        content_type: the request's content type, with its boundary.

    Raises:
        ApiError: 400, it is no form.
    """
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if not boundary:
        raise _invalid("it has no boundary")
    collector = _Collector()
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": collector.begin,
                "on_header_field": collector.header_name,
                "on_header_value": collector.header_value,
                "on_header_end": collector.header_end,
                "on_part_data": collector.content,
                "on_part_end": collector.end,
                "on_end": collector.finish,
            },
        )
        while piece := file.read(_PIECE):
            parser.write(piece)
        parser.finalize()
    except (FormParserError, ValueError) as error:
        raise _invalid("a part of it cannot be read") from error
    if not collector.finished:
        raise _invalid("it ends before its last boundary")
    return collector.parts


class _Collector:
    """Keeps what the parser reports."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.finished = False
        self._headers: dict[bytes, bytes] = {}
        self._name, self._value = bytearray(), bytearray()
        self._data = bytearray()

    def begin(self) -> None:
        if len(self.parts) >= _MOST_PARTS:
            raise _invalid(f"it has more than {_MOST_PARTS} parts")
        self._headers, self._data = {}, bytearray()

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        self._headers[bytes(self._name).lower()] = bytes(self._value)
        self._name, self._value = bytearray(), bytearray()

    def content(self, data: bytes, start: int, end: int) -> None:
        self._data += memoryview(data)[start:end]

    def end(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        name = options.get(b"name")
        if name is None:
            raise _invalid("a part of it has no name")
        filename, kind = options.get(b"filename"), self._headers.get(b"content-type")
        self.parts.append(
            Part(
                name=name.decode("utf-8", "replace"),
                data=bytes(self._data),
                filename=None if filename is None else filename.decode("utf-8", "replace"),
                media_type=None if kind is None else kind.decode("latin-1"),
            )
        )
        self._data = bytearray()

    def finish(self) -> None:
        self.finished = True


def _invalid(reason: str) -> ApiError:
    return ApiError(
        400, f"The form in the body of your request could not be parsed: {reason}.", code="invalid_form"
    )
