"""One OpenAPI description for everything that a server answers to: its API, and the studio's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute, Route

from framefit import __version__
from framefit.server.gateway.description import description

_TEXT: dict[str, Any] = {"type": "string"}
_OBJECT: dict[str, Any] = {"type": "object"}
_VALIDATION = ("HTTPValidationError", "ValidationError")
"""What FastAPI says of its own answers to wrong values; here they have the envelope of every other error."""

_LIST: dict[str, Any] = {
    "type": "object",
    "required": ["object", "data"],
    "properties": {"object": {"const": "list"}, "data": {"type": "array", "items": _OBJECT}},
}


def gateway_description(studio: Sequence[BaseRoute]) -> dict[str, Any]:
    """Return the description of a gateway.

    Args:
        studio: the routes of its studio.
    """
    told = description()
    told["paths"] = {"/": _root(), **told["paths"], **_described()}
    return _joined(told, studio)


def engine_description(
    speech: str, prefixes: Sequence[str], routers: Iterable[APIRouter], studio: Sequence[BaseRoute]
) -> dict[str, Any]:
    """Return the description of the embedded engine.

    The protocol itself is described field by field; of the ways of another server it is only said which
    routes there are, since what they answer is that server's business.

    Args:
        speech: the server whose ways it mimics.
        prefixes: the base paths of its API.
        routers: the routes below each of them.
        studio: the routes of its studio.
    """
    told = description()
    told["info"] = {
        "title": "framefit embedded engine",
        "version": __version__,
        "description": "Renders a camera move over the reference picture. It is not a generative model. "
        f"It answers as {speech} does.",
    }
    paths: dict[str, Any] = {}
    for route in (route for router in routers for route in router.routes if isinstance(route, Route)):
        for prefix in prefixes:
            path = re.sub(r":\w+\}", "}", prefix + route.path)
            paths[path] = {**paths.get(path, {}), **_mimicked(path, route.methods or set(), speech)}
    paths |= _protocol() if speech == "openai" else {}
    creates = {"get": _operation("creates", "What the engine has on record of the creates it took.", _LIST)}
    told["paths"] = {"/": _root(), **paths, "/framefit/creates": creates, **_described()}
    return _joined(told, studio)


def _joined(told: dict[str, Any], studio: Sequence[BaseRoute]) -> dict[str, Any]:
    """Add the studio's routes; whatever goes wrong there has the protocol's envelope."""
    of_studio = get_openapi(title="", version="", openapi_version="3.1.0", routes=studio)
    for path in of_studio["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = _failure()
    schemas = of_studio.get("components", {}).get("schemas", {})
    own = {name: schema for name, schema in schemas.items() if name not in _VALIDATION}
    told["paths"] |= of_studio["paths"]
    told["components"]["schemas"] |= own
    return told


def _protocol() -> dict[str, Any]:
    """Return the protocol as the engine speaks it: strictly, and with a picture that has the size already."""
    paths = {path: told for path, told in description()["paths"].items() if path.startswith("/v1/")}
    create = paths["/v1/videos"]["post"]
    del create["parameters"]
    for body in create["requestBody"]["content"].values():
        size = "Width then height: 1280x720. A reference picture has to have it exactly."
        body["schema"]["properties"]["size"] = {**_TEXT, "description": size}
        body["schema"]["additionalProperties"] = False
    paths["/v1/videos/{video_id}/remix"] = {
        "parameters": [_in_path("video_id")],
        "post": {
            **_operation("remix", "A job like a completed one, with another prompt.", _ref("Video")),
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "required": ["prompt"],
                            "properties": {"prompt": _TEXT},
                            "additionalProperties": False,
                        }
                    }
                },
            },
        },
    }
    paths["/v1/models"] = {"get": _operation("models", "The models whose sizes and lengths it takes.", _LIST)}
    return paths


def _mimicked(path: str, methods: set[str], speech: str) -> dict[str, Any]:
    names = re.findall(r"\{(\w+)", path)
    return {
        **({"parameters": [_in_path(name) for name in names]} if names else {}),
        **{
            method.lower(): {
                "operationId": f"{method.lower()} {path}",
                "responses": {"default": {"description": f"As {speech} answers."}},
            }
            for method in sorted(methods - {"HEAD"})
        },
    }


def _root() -> dict[str, Any]:
    page = {"text/html": {"schema": _TEXT}, "application/json": {"schema": _OBJECT}}
    words = "The studio's page for browsers, facts for everybody else."
    return {
        "get": {
            "operationId": "about",
            "responses": {"200": {"description": words, "content": page}, "default": _failure()},
        }
    }


def _described() -> dict[str, Any]:
    return {"/openapi.json": {"get": _operation("described", "This description.", _OBJECT)}}


def _operation(name: str, text: str, schema: dict[str, Any]) -> dict[str, Any]:
    good = {"description": text, "content": {"application/json": {"schema": schema}}}
    return {"operationId": name, "responses": {"200": good, "default": _failure()}}


def _in_path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": _TEXT}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _failure() -> dict[str, Any]:
    return {"description": "What went wrong.", "content": {"application/json": {"schema": _ref("Error")}}}
