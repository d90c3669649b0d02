"""Reads a create request in any of the forms clients send, and finds the pictures in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import IO, Any, Literal

import msgspec

from framefit.server.envelope import ApiError
from framefit.server.gateway.form import Part, read_form
from framefit.server.gateway.recognising import Found, found_in, is_picture, is_video, read_json

Encoding = Literal["json", "multipart"]

PICTURE_FIELDS = frozenset(
    {
        "input_reference",
        "input_references",
        "image_reference",
        "reference_url",
        "images",
        "image",
        "image_url",
    }
)
"""The names under which servers and relays take the first frame."""

_TEXT_FIELDS = frozenset({"prompt", "model", "size", "seconds", "width", "height", "negative_prompt"})
"""Fields that hold words, even when the words look like the beginning of a picture file."""


@dataclass(frozen=True, kw_only=True)
class CreateBody:
    """What came in a create request.

    Args:
        encoding: how it was written.
        fields: everything but pictures, as it came; a name may stand more than once.
        files: file parts that are no pictures.
        found: the pictures, and where pictures are said to be.
    """

    encoding: Encoding
    fields: list[tuple[str, Any]] = field(default_factory=list)
    files: list[Part] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)

    def text(self, name: str) -> str | None:
        """Return a field as text, numbers too; None when it is not there, empty or something else."""
        for other, value in self.fields:
            if other == name and isinstance(value, str | int | float) and not isinstance(value, bool):
                return str(value).strip() or None
        return None

    def digest(self) -> str:
        """Return a name for what was sent: the same for the same contents, whatever the boundary."""
        rows: list[Any] = [[name, value] for name, value in self.fields]
        rows += [[part.name, part.filename, sha256(part.data).hexdigest()] for part in self.files]
        rows += [[one.name, one.link or sha256(one.data or b"").hexdigest()] for one in self.found]
        return sha256(json.dumps(rows, sort_keys=True, default=str).encode()).hexdigest()


def read_create_body(file: IO[bytes], content_type: str) -> CreateBody | None:
    """Read the body of a create; blocks, so not for the event loop.

    Args:
        file: the body, at its start.
        content_type: the request's content type.

    Returns:
        What is in it; None for a body that is neither JSON nor a form, which is the upstream's to refuse.

    Raises:
        ApiError: 400, it cannot be read, or what is sent as a picture is none.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        return _from_json(file.read())
    if kind == "multipart/form-data":
        return _from_form(read_form(file, content_type))
    return None


def _from_json(data: bytes) -> CreateBody | None:
    try:
        content = read_json(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ApiError(
            400, "The JSON body of your request could not be parsed.", code="invalid_json"
        ) from error
    if not isinstance(content, dict):
        return None
    body = CreateBody(encoding="json")
    for name, value in content.items():
        found = list(found_in(name, value)) if name in PICTURE_FIELDS else []
        if found:
            body.found.extend(found)
        else:
            body.fields.append((name, value))
    return body


def _from_form(parts: list[Part]) -> CreateBody:
    body = CreateBody(encoding="multipart")
    for part in parts:
        base = part.name.partition("[")[0]
        if base not in _TEXT_FIELDS and is_picture(part.data):
            body.found.append(Found(name=base, data=part.data))
            continue
        found = list(_in_part(base, part)) if base in PICTURE_FIELDS else []
        if found:
            body.found.extend(found)
        elif part.text is None:
            body.files.append(part)
        else:
            body.fields.append((part.name, part.text))
    return body


def _in_part(base: str, part: Part) -> Iterator[Found]:
    """Look for a picture in a part that is no picture file itself, but stands where one should."""
    if part.name.endswith("[file_id]"):
        yield Found(name=base, unseen=True, original={"file_id": part.text})
        return
    if is_video(part.data):
        return
    try:
        # A proxy has been seen to send the text of an address as if it were a PNG file.
        text = part.data.decode("utf-8").strip()
    except UnicodeDecodeError:
        text = ""
    if not text:
        code, reason = ("picture_empty", "it is empty") if not part.data else ("not_a_picture", "it is none")
        raise ApiError(
            400, f"Invalid file '{part.name}': a picture was expected, and {reason}.", code=code, param=base
        )
    yield from found_in(base, text)
