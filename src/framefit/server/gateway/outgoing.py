"""Writes a create request in the upstream's dialect, with everything else the client sent."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable
from typing import Any

import httpx2

from framefit.geometry import Size
from framefit.server.gateway.reading import CreateBody
from framefit.videos.dialects import CreateFields, Dialect, Upload

_OWN = ("prompt", "model", "size", "seconds", "width", "height")

_TAKES_BOTH = frozenset({"openai", "azure", "litellm", "relay"})
"""Dialects that read forms and JSON alike."""

_NUMBERS = frozenset(
    {
        *("fps", "num_frames", "seed", "num_inference_steps", "guidance_scale", "guidance_scale_2"),
        *("boundary_ratio", "width", "height", "n"),
    }
)
"""Fields that are numbers in every server's JSON; a form can only write them as text."""

Outgoing = dict[str, Any]
"""The keyword arguments ``json`` or ``files`` of an HTTP request."""


def understood(body: CreateBody, dialect: Dialect) -> bool:
    """Tell whether the upstream reads a request without a picture as the client wrote it."""
    if dialect.name in _TAKES_BOTH:
        return True
    same = body.encoding == dialect.without_picture
    numbers = dialect.seconds_integer and isinstance(dict(body.fields).get("seconds"), str)
    return same and not (body.encoding == "json" and numbers) and not dialect.adds


def write_create(
    body: CreateBody, dialect: Dialect, *, size: Size | None, uploads: Iterable[tuple[str, Upload]] = ()
) -> Outgoing:
    """Write a create request.

    Args:
        body: what the client sent.
        dialect: how the upstream speaks.
        size: the size to ask for; None sends what the client wrote.
        uploads: the pictures, each with the field it stood in; the first becomes the first frame.
    """
    pictures = list(uploads)
    taken = {name for name in _OWN if _is_plain(body, name, dialect)}
    if size is not None:
        taken |= {"size", "width", "height"}
    wire = dialect.create_request(
        CreateFields(
            prompt=_plain(body, "prompt") if "prompt" in taken else "",
            model=_plain(body, "model") if "model" in taken else "",
            size=str(size) if size is not None else None,
            seconds=body.text("seconds") if "seconds" in taken else None,
            upload=pictures[0][1] if pictures else None,
        )
    )
    unsaid = {dialect.renames.get(name, name) for name in ("prompt", "model") if name not in taken}
    extras = [(name, value) for name, value in body.fields if name not in taken]
    extras += [
        (one.name, one.original) for one in body.found if one.original is not None and one.data is None
    ]
    if wire.json is not None:
        written = {name: value for name, value in wire.json.items() if name not in unsaid}
        return {"json": written | _as_json(extras, pictures[1:], body)}
    form = [(name, value) for name, value in (wire.form or {}).items() if name not in unsaid]
    parts: list[tuple[str, Any]] = [(name, (None, value)) for name, value in form]
    parts += [(name, (None, _as_text(value))) for name, value in extras if value is not None]
    parts += list(wire.files.items())
    parts += pictures[1:]
    parts += [
        (part.name, (part.filename or "upload", part.data, part.media_type or "application/octet-stream"))
        for part in body.files
    ]
    return {"files": parts}


def request_of(url: str, headers: list[tuple[bytes, bytes]], outgoing: Outgoing) -> httpx2.Request:
    """Return the HTTP request; no header is added but those of its body."""
    return httpx2.Request("POST", url, headers=headers, **outgoing)


def _is_plain(body: CreateBody, name: str, dialect: Dialect) -> bool:
    """Tell whether a field is what the protocol has there; anything else is the upstream's to refuse."""
    values = [value for other, value in body.fields if other == name]
    if len(values) != 1:
        return False
    if name == "seconds":
        text = body.text("seconds")
        whole = text is not None and text.isascii() and text.isdecimal()
        return whole or (text is not None and not dialect.seconds_integer)
    return isinstance(values[0], str) and name in ("prompt", "model")


def _plain(body: CreateBody, name: str) -> str:
    return next(str(value) for other, value in body.fields if other == name)


def _as_json(
    extras: list[tuple[str, Any]], pictures: list[tuple[str, Upload]], body: CreateBody
) -> dict[str, Any]:
    """Return further fields as JSON; what a form wrote with brackets becomes objects and lists."""
    result: dict[str, Any] = {}
    for name, value in extras:
        outer, bracket, inner = name.partition("[")
        if body.encoding == "json":
            result[name] = value
        elif not bracket or not inner.endswith("]"):
            result[name] = _typed(name, value)
        elif inner == "]":
            result.setdefault(outer, []).append(value)
        elif isinstance(result.setdefault(outer, {}), dict):
            result[outer][inner[:-1]] = _typed(inner[:-1], value)
    for name, (_, data, media_type) in pictures:
        url = f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"
        result.setdefault(name, []).append(url)
    return result


def _typed(name: str, value: Any) -> Any:
    """Return a field of a form as JSON has it; what is no number is the upstream's to refuse."""
    if name not in _NUMBERS or not isinstance(value, str):
        return value
    for kind in (int, float):
        try:
            number = kind(value)
        except ValueError:
            continue
        return number if math.isfinite(number) else value
    return value


def _as_text(value: Any) -> str:
    """Return a JSON value as a form holds it: servers read objects there as JSON text."""
    return value if isinstance(value, str) else json.dumps(value)
