"""Recognises pictures by their bytes, in every shape in which a request can hold one."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from framefit.errors import NotAPicture
from framefit.probing import sniff
from framefit.server.envelope import ApiError

_SHORTEST_BASE64 = 64
"""Shorter texts are no picture: the smallest whole one has more letters."""

_DEEPEST = 4

_MOST_VALUES = 500_000
"""JSON of a body's length may hold tens of millions of empty lists, and each takes 60 bytes of memory."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A picture in a request, or the place where one is said to be.

    Args:
        name: the field it stood in, without brackets.
        data: the bytes of its file; None when they are elsewhere.
        link: the address it is at, ``http://`` or ``https://``.
        unseen: whether only the upstream can get at it: a file id, or a path on its disk.
        original: the value as it was sent, for what is passed on as it came.
    """

    name: str
    data: bytes | None = field(default=None, repr=False)
    link: str | None = None
    unseen: bool = False
    original: Any = field(default=None, repr=False)


def is_picture(data: bytes) -> bool:
    """Tell whether bytes begin as a picture file of a format framefit reads."""
    try:
        sniff(data[:32], "")
    except NotAPicture:
        return False
    return True


def is_video(data: bytes) -> bool:
    """Tell whether bytes begin as a video file: MP4 and its kin, Matroska, AVI."""
    return data[4:8] == b"ftyp" or data[:4] == b"\x1a\x45\xdf\xa3" or data[8:12] == b"AVI "


def read_json(text: str | bytes) -> Any:
    """Decode JSON whose values fit into memory many times over.

    Raises:
        msgspec.DecodeError: it is none, or has over 500,000 values.
    """
    count = sum(map(text.count, ",[{")) if isinstance(text, str) else sum(map(text.count, (b",", b"[", b"{")))
    if count > _MOST_VALUES:
        raise msgspec.DecodeError("it has too many values")
    return msgspec.json.decode(text)


def found_in(name: str, value: Any, *, depth: int = 0) -> Iterator[Found]:
    """Find the pictures in a JSON value: an address, a data URL, bare base64, an object, or several.

    Args:
        name: the field it stands in.
        value: the decoded JSON; text may hold JSON once more.
        depth: how deep in the field it stands; nothing is looked for below 4.

    Yields:
        What was found; nothing for a video, or for a value that says nothing about a picture.

    Raises:
        ApiError: 400, a data URL that holds no picture.
    """
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for one in value:
            yield from found_in(name, one, depth=depth + 1)
    elif isinstance(value, Mapping):
        inner = value.get("image_url", value.get("url"))
        if isinstance(inner, Mapping):
            inner = inner.get("url")
        if isinstance(inner, str):
            yield from _in_text(name, inner, value)
        elif "file_id" in value:
            yield Found(name=name, unseen=True, original=value)
    elif isinstance(value, str) and value:
        if value[0] in "[{":
            try:
                yield from found_in(name, read_json(value), depth=depth + 1)
                return
            except (msgspec.DecodeError, RecursionError):
                pass
        yield from _in_text(name, value, value)


def _in_text(name: str, text: str, original: Any) -> Iterator[Found]:
    start = text[:8].lower()
    if start.startswith("data:"):
        data = _from_data_url(name, text)
        if is_picture(data):
            yield Found(name=name, data=data)
        elif not is_video(data):
            raise _unreadable(name, "the data URL holds no picture")
    elif start.startswith(("http://", "https://")):
        yield Found(name=name, link=text, original=original)
    else:
        bare = _from_base64(text)
        if bare is not None and is_picture(bare):
            yield Found(name=name, data=bare)
        else:
            yield Found(name=name, unseen=True, original=original)


def _from_data_url(name: str, url: str) -> bytes:
    head, comma, body = url[5:].partition(",")
    if not comma:
        raise _unreadable(name, "the data URL has no comma")
    content = unquote_to_bytes(body) if "%" in body else body.encode("ascii", "replace")
    if not head.lower().endswith(";base64"):
        return content
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _unreadable(name, "the data URL holds invalid base64") from error


def _from_base64(text: str) -> bytes | None:
    if len(text) < _SHORTEST_BASE64:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _unreadable(name: str, reason: str) -> ApiError:
    return ApiError(400, f"Invalid file '{name}': {reason}.", code="invalid_image", param=name)
