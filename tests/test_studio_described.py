"""One description for everything a server answers to, and answers that are as it describes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from framefit.server.app import create_app
from framefit.server.gateway.app import create_gateway
from framefit.server.gateway.options import GatewayOptions
from framefit.server.options import ServerOptions
from framefit.videos.dialects import NAMES
from pictures import encoded, scene
from serving import post, send, serving
from studios import api, uploaded

NOT_DESCRIBED = {"/studio/{name}", "/v1/{path}", "/v1/videos/edits", "/v1/videos/extensions"}
"""Files of the page, and what the gateway passes on without looking at it."""


@pytest.fixture(params=[*NAMES, "gateway"])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """The embedded engine with the ways of each server, and the gateway."""
    if request.param == "gateway":
        return create_gateway(GatewayOptions(upstream="http://127.0.0.1:9/v1", data_folder=tmp_path))
    return create_app(ServerOptions(data_folder=tmp_path, speak=request.param, workers=0))


def routes_of(app: Any) -> list[Any]:
    """Every route, those of routers included; FastAPI keeps them apart from the app's own."""
    return [one for one in iter_route_contexts(app.routes) if getattr(one, "path", None)]


def description(app: Any) -> dict[str, Any]:
    route = next(route for route in routes_of(app) if route.path == "/openapi.json")
    return dict(route.endpoint())


def operations(told: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                yield path, method, operation


def plain(path: str) -> str:
    return re.sub(r"\{(\w+):\w+\}", r"{\1}", path)


def test_every_route_is_described(app: Any) -> None:
    """Whatever route a server has stands in its one description, and nothing else does."""
    told = {(path, method) for path, method, _ in operations(description(app))}
    routes = {
        (plain(route.path), method.lower())
        for route in routes_of(app)
        for method in (route.methods or set()) - {"HEAD"}
    }
    left = {path for path, _ in routes - told}
    if app.title == "framefit gateway":
        creates = {
            "/v1/videos/",
            "/v1/videos/sync",
            "/v1/videos/stream",
        }  # some servers' own words for /v1/videos
        assert left <= {*NOT_DESCRIBED, *creates, "/metrics", "/v1/videos/{video_id}/remix"}
    else:
        assert left <= {"/studio/{name}"}
    assert told <= routes


def test_the_description_is_sound(app: Any) -> None:
    """Every reference leads somewhere, no two operations share a name, and no path lacks a parameter it shows."""
    told = description(app)
    names = {f"#/components/schemas/{name}" for name in told["components"]["schemas"]}
    assert set(re.findall(r"#/components/schemas/\w+", str(told))) <= names
    ids = [operation["operationId"] for _, _, operation in operations(told)]
    assert len(ids) == len(set(ids))
    for path, _, operation in operations(told):
        given = [*operation.get("parameters", []), *told["paths"][path].get("parameters", [])]
        shown = {one["name"] for one in given if one["in"] == "path"}
        assert set(re.findall(r"\{(\w+)\}", path)) == shown, path


def test_the_studio_is_described_with_its_errors(app: Any) -> None:
    """Every operation of the studio says what it takes, and that its errors have the protocol's envelope."""
    told = description(app)
    of_studio = [one for one in operations(told) if one[0].startswith("/studio/api/")]
    assert len(of_studio) > 15
    for path, _, operation in of_studio:
        failure = operation["responses"]["default"]["content"]["application/json"]["schema"]
        assert failure == {"$ref": "#/components/schemas/Error"}, path
        assert operation["summary"] and "422" not in operation["responses"], path
        good = [reply for status, reply in operation["responses"].items() if status.startswith("2")]
        assert len(good) == 1
        kinds = good[0].get("content", {})
        if "application/json" in kinds:
            assert "$ref" in kinds["application/json"]["schema"], path
    wish = told["components"]["schemas"]["Wish"]
    assert {"model", "server", "size", "mode", "focus", "crop", "backdrop"} == set(wish["properties"])


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("GET", "/pictures/{picture}/plan", {"params": {"mode": "zoom"}}),
        ("GET", "/pictures/{picture}/plan", {"params": {"colour": "red"}}),
        ("GET", "/pictures/{picture}/views/back", {}),
        ("GET", "/pictures/{picture}/views/fitted", {"params": {"size": "64x64", "longest": "9999"}}),
        ("GET", "/videos/quote/{picture}", {"params": {"seconds": "a long time"}}),
        ("POST", "/zip", {"json": {"pictures": []}}),
        ("POST", "/zip", {"json": {"pictures": [{"picture": "x", "wish": {"hue": 3}}]}}),
        ("POST", "/videos", {"json": {"picture": "x"}}),
        ("POST", "/videos", {"content": b"{", "headers": {"content-type": "application/json"}}),
        ("POST", "/videos/make_x/another", {"json": {"take": 7}}),
        ("POST", "/session", {"json": {"token": ""}}),
        ("POST", "/pictures", {"content": b"x"}),
    ],
)
def test_what_is_not_described_is_refused(
    tmp_path: Path, method: str, path: str, options: dict[str, Any]
) -> None:
    """A value or a name that the description does not allow is a 422 that names it, in the envelope."""
    with serving(tmp_path, workers=0) as server:
        picture = uploaded(server, encoded(scene(64, 48)))
        reply = api(server, method, path.replace("{picture}", picture), **options)
        error = reply.json()["error"]
        assert (reply.status_code, error["code"], error["type"]) == (
            422,
            "invalid_value",
            "invalid_request_error",
        )
        assert error["param"] and error["message"]


def test_the_engine_answers_as_described(tmp_path: Path) -> None:
    """A create with the fields of the description is taken, one with another field is refused, as it says."""
    with serving(tmp_path, workers=0) as server:
        told = send("GET", f"{server.url}/openapi.json").json()
        create = told["paths"]["/v1/videos"]["post"]["requestBody"]["content"]["application/json"]["schema"]
        assert create["additionalProperties"] is False
        fields = {"prompt": "wind", "model": "sora-2", "size": "720x1280", "seconds": "4"}
        assert set(fields) | {"input_reference"} == set(create["properties"])
        video = post(server, fields).json()
        assert set(told["components"]["schemas"]["Video"]["required"]) <= set(video)
        wrong = post(server, {**fields, "fps": 24})
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (400, "unknown_parameter")
