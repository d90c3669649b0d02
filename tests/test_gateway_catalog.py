"""The gateway goes by the user's own catalogue, named by a flag, in its file of settings, or by the environment."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import framefit
from framefit.catalog import ENVIRONMENT
from framefit.errors import InvalidCatalog
from framefit.server.gateway.app import create_gateway
from framefit.server.gateway.options import GatewayOptions
from framefit.server.settings import read_settings
from gateways import Served, gateway
from odd_server import OddServer, Reply, odd_server
from pictures import encoded, scene
from serving import data_url, send

PICTURE = encoded(scene(300, 200))
ENTRY = """
provider = "mine"

[[entry]]
model = "my-model"
server = "my-server"
status = "live"
kind = "exact"
sizes = ["{size}"]
default_size = "{size}"
mismatch = "reject"
error_status = 400
evidence = "documented"
checked_on = 2026-11-20
sources = ["https://example.org/what-it-accepts"]
"""


def own(folder: Path, size: str = "320x192", name: str = "own.toml") -> Path:
    file = folder / name
    file.write_text(ENTRY.format(size=size), "utf-8")
    return file


@pytest.fixture
def odd() -> Iterator[OddServer]:
    with odd_server() as odd:
        odd.on("POST", "/videos", Reply(body={"id": "video_1", "status": "queued"}))
        yield odd


def create(base_url: str, **fields: str) -> httpx.Response:
    body = {"prompt": "x", "model": "my-model", "images": [data_url(PICTURE)], **fields}
    return send("POST", f"{base_url}/videos", json=body)


def fitted(reply: httpx.Response, odd: OddServer, size: str) -> bool:
    """Whether the picture was fitted to that size, and arrived so."""
    there = framefit.fit(PICTURE, size=size).data in odd.asked("POST", "/videos")[-1].body
    return there and json.loads(reply.headers["x-framefit-plan"])["now"] == size


def test_a_model_of_ones_own(odd: OddServer, tmp_path: Path) -> None:
    """A model that only the user's file knows gets its exact size, and a size that it does not render is refused."""
    options = {"catalog": own(tmp_path), "server": "my-server"}
    with gateway(odd.base_url, tmp_path / "data", dialect="openai", **options) as front:
        assert fitted(create(front.base_url), odd, "320x192")
        refused = create(front.base_url, size="640x480")
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "size_not_offered")
        assert "320x192" in refused.json()["error"]["message"]
    assert len(odd.asked("POST", "/videos")) == 1


def test_without_the_file_the_model_is_unknown(odd: OddServer, tmp_path: Path) -> None:
    """The same request without the file passes its picture on as it is, and says so."""
    with gateway(odd.base_url, tmp_path / "data", dialect="openai") as front:
        reply = create(front.base_url)
    assert json.loads(reply.headers["x-framefit-findings"])[0]["code"] == "canvas_unknown"
    assert PICTURE in odd.asked("POST", "/videos")[-1].body


def test_the_environment_names_several(
    odd: OddServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files in the environment are obeyed in their order, and the one that a flag names has the last word."""
    files = [own(tmp_path, size, f"{size}.toml") for size in ("320x192", "352x192")]
    monkeypatch.setenv(ENVIRONMENT, os.pathsep.join(map(str, files)))
    with gateway(odd.base_url, tmp_path / "data", dialect="openai") as front:
        assert fitted(create(front.base_url), odd, "352x192")
    last = own(tmp_path, "384x192", "last.toml")
    with gateway(odd.base_url, tmp_path / "data", dialect="openai", catalog=last) as front:
        assert fitted(create(front.base_url), odd, "384x192")


def test_as_a_user_starts_it(odd: OddServer, tmp_path: Path) -> None:
    """The command takes the file by flag, from its own file of settings, and from the environment, with workers too."""
    file = own(tmp_path)
    config = tmp_path / "gateway.toml"
    config.write_text(f"upstream = {odd.base_url!r}\ndialect = 'openai'\ncatalog = {str(file)!r}\n", "utf-8")
    usual = ("--upstream", odd.base_url, "--dialect", "openai")
    ways: list[tuple[tuple[str, ...], dict[str, str]]] = [
        ((*usual, "--catalog", str(file)), {}),
        (("--config", str(config)), {}),
        ((*usual, "--workers", "2"), {ENVIRONMENT: str(file)}),
    ]
    for number, (flags, environment) in enumerate(ways):
        with Served(tmp_path / str(number), *flags, environment=environment) as front:
            assert fitted(create(front.base_url), odd, "320x192"), flags


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A catalogue with a mistake in it is refused before anything listens."""
    file = tmp_path / "own.toml"
    file.write_text("[[entry]]\nmodel = 5\n", "utf-8")
    with pytest.raises(InvalidCatalog):
        create_gateway(GatewayOptions(upstream="http://127.0.0.1/v1", data_folder=tmp_path, catalog=file))


def test_one_name_in_every_place(tmp_path: Path) -> None:
    """The variable of the catalogue is read as every command reads it, and not once more as a setting."""
    file = own(tmp_path)
    environment = {"FRAMEFIT_UPSTREAM": "http://127.0.0.1/v1", ENVIRONMENT: f"{file}{os.pathsep}{file}"}
    options = read_settings({}, environment)
    assert isinstance(options, GatewayOptions) and options.catalog is None
    options = read_settings({"catalog": file}, environment)
    assert isinstance(options, GatewayOptions) and options.catalog == file
