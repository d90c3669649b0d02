"""The OpenAPI description of the gateway."""

from __future__ import annotations

from typing import Any

from framefit import __version__

_TEXT: dict[str, Any] = {"type": "string"}
_MAYBE_TEXT: dict[str, Any] = {"type": ["string", "null"]}
_MAYBE_NUMBER: dict[str, Any] = {"type": ["integer", "null"]}

_VIDEO: dict[str, Any] = {
    "type": "object",
    "required": ["id", "object", "status"],
    "properties": {
        "id": _TEXT,
        "object": {"const": "video"},
        "status": {"enum": ["queued", "in_progress", "completed", "failed"]},
        "progress": {"type": "integer", "minimum": 0, "maximum": 100},
        "model": _MAYBE_TEXT,
        "prompt": _MAYBE_TEXT,
        "seconds": _MAYBE_TEXT,
        "size": _MAYBE_TEXT,
        "created_at": _MAYBE_NUMBER,
        "completed_at": _MAYBE_NUMBER,
        "expires_at": _MAYBE_NUMBER,
        "error": {"type": ["object", "null"]},
    },
}

_PAGE: dict[str, Any] = {
    "type": "object",
    "required": ["object", "data", "has_more"],
    "properties": {
        "object": {"const": "list"},
        "data": {"type": "array", "items": {"$ref": "#/components/schemas/Video"}},
        "first_id": _MAYBE_TEXT,
        "last_id": _MAYBE_TEXT,
        "has_more": {"type": "boolean"},
    },
}

_ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {"message": _TEXT, "type": _TEXT, "param": _MAYBE_TEXT, "code": _MAYBE_TEXT},
        }
    },
}

_FIELDS: dict[str, Any] = {
    "prompt": _TEXT,
    "model": _TEXT,
    "size": {"type": "string", "description": "Width then height: 1280x720. The picture is made to fit it."},
    "seconds": _TEXT,
}

_REFERENCE: dict[str, Any] = {
    "type": "object",
    "properties": {"image_url": {"type": "string"}, "file_id": {"type": "string"}},
}

_WISHES = (
    ("Mode", "cover, pad, stretch or auto."),
    ("Focus", "center, x,y as fractions 0 to 1, face, attention or auto."),
    ("Crop", "left,top,right,bottom as fractions 0 to 1."),
    ("Backdrop", "A colour name, #rrggbb, auto, blur, mirror or edge."),
)


def description() -> dict[str, Any]:
    """Return the description, as OpenAPI 3.1 has it."""
    one = {"name": "video_id", "in": "path", "required": True, "schema": _TEXT}
    return {
        "openapi": "3.1.0",
        "info": {"title": "framefit gateway", "version": __version__},
        "paths": {
            "/healthz": {"get": {"operationId": "alive", "responses": {"200": {"description": "It runs."}}}},
            "/readyz": {
                "get": {
                    "operationId": "ready",
                    "responses": {
                        "200": {"description": "It can take requests."},
                        "503": {"description": "Its database does not answer."},
                    },
                }
            },
            "/v1/videos": {"post": _create(), "get": _list()},
            "/v1/videos/{video_id}": {
                "parameters": [one],
                "get": {"operationId": "retrieve", "responses": _replies("Video", "A job.")},
                "delete": {"operationId": "delete", "responses": _replies(None, "It is deleted.")},
            },
            "/v1/videos/{video_id}/content": {
                "parameters": [one],
                "get": {
                    "operationId": "content",
                    "parameters": [_query("variant", _TEXT)],
                    "responses": {"200": {"description": "The video."}, "default": _failure()},
                },
            },
        },
        "components": {"schemas": {"Video": _VIDEO, "VideoPage": _PAGE, "Error": _ERROR}},
    }


def _create() -> dict[str, Any]:
    form = {**_FIELDS, "input_reference": {"type": "string", "contentMediaType": "application/octet-stream"}}
    headers = [
        {"name": f"X-Framefit-{name}", "in": "header", "schema": _TEXT, "description": text}
        for name, text in _WISHES
    ]
    key = {"name": "Idempotency-Key", "in": "header", "schema": {**_TEXT, "minLength": 1, "maxLength": 255}}
    return {
        "operationId": "create",
        "parameters": [*headers, key],
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {"type": "object", "required": ["prompt"], "properties": form}
                },
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["prompt"],
                        "properties": {**_FIELDS, "input_reference": _REFERENCE},
                    }
                },
            },
        },
        "responses": _replies("Video", "The job."),
    }


def _list() -> dict[str, Any]:
    query = [
        _query("after", _TEXT),
        _query("limit", {"type": "integer", "minimum": 0, "maximum": 100}),
        _query("order", {"enum": ["asc", "desc"]}),
    ]
    return {"operationId": "list", "parameters": query, "responses": _replies("VideoPage", "A page of jobs.")}


def _query(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema}


def _replies(name: str | None, text: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{name}"} if name else {"type": "object"}
    good = {"description": text, "content": {"application/json": {"schema": schema}}}
    return {"200": good, "default": _failure()}


def _failure() -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Error"}
    return {"description": "What went wrong.", "content": {"application/json": {"schema": schema}}}
