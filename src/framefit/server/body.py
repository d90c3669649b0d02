"""Reads the fields of a request body, sent as JSON or as multipart form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request

from framefit.server.envelope import ApiError

Fields = dict[str, Any]
"""Field names and values: JSON values, or `Upload` for a file part."""


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file part; its name and content type are not looked at.

    Args:
        data: the bytes of the file.
    """

    data: bytes


async def read_fields(request: Request, *, multipart: bool = True) -> Fields:
    """Read the fields of a body.

    Args:
        request: the request; JSON or multipart by its content type.
        multipart: whether a form is welcome too.

    Raises:
        ApiError: 400, the body is neither, or cannot be read.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type == "application/json":
        return await run_in_threadpool(_from_json, await request.body())
    if multipart and content_type == "multipart/form-data":
        return await _from_form(request)
    wanted = "'application/json' or 'multipart/form-data'" if multipart else "'application/json'"
    raise ApiError(
        400, f"Unsupported content type: '{content_type}'. Send {wanted}.", code="unsupported_content_type"
    )


def _from_json(body: bytes) -> Fields:
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ApiError(
            400, "The JSON body of your request could not be parsed.", code="invalid_json"
        ) from error
    if not isinstance(content, dict):
        raise ApiError(400, "The JSON body of your request must be an object.", code="invalid_type")
    return content


async def _from_form(request: Request) -> Fields:
    fields: Fields = {}
    # Text parts may hold a data URL; the limit on the whole body bounds them.
    async with request.form(max_files=16, max_fields=64, max_part_size=1 << 30) as form:
        for name, value in form.multi_items():
            if name in fields:
                raise ApiError(400, f"Duplicate parameter: '{name}'.", code="duplicate_parameter", param=name)
            fields[name] = Upload(data=await value.read()) if isinstance(value, UploadFile) else value
    return _nested(fields)


def _nested(fields: Fields) -> Fields:
    """Put ``outer[inner]`` parts into one object, as SDKs write objects in a form."""
    result: Fields = {}
    for name, value in fields.items():
        outer, bracket, inner = name.partition("[")
        if (
            bracket
            and outer
            and inner.endswith("]")
            and inner[:-1]
            and isinstance(result.get(outer, {}), dict)
        ):
            result.setdefault(outer, {})[inner[:-1]] = value
        else:
            result[name] = value
    return result
