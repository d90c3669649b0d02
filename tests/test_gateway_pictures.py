"""Every kind of picture in front of every kind of server: spoilt or refused directly, exact through the gateway."""

from __future__ import annotations

import io

import httpx
import openai
import pytest
from PIL import Image, ImageChops, ImageOps

import framefit
from framefit.probing import probe
from framefit.videos.dialects import NAMES
from gateways import PICTURES, Behind, asked_of, digest, picture, rule_of
from pictures import opened
from serving import SDK_WARNING, data_url, sdk, send

pytestmark = pytest.mark.filterwarnings(SDK_WARNING)

MISMATCH = "must match the requested width and height"
STRICT = ("openai", "azure", "litellm", "relay")
STRETCHING = ("vllm-omni", "dynamo")


def roundness(image: Image.Image) -> float:
    """How wide the white disc in the middle of a scene is, by how high: 1 where nothing was stretched."""
    white = image.convert("RGB").point(lambda level: 255 if level > 200 else 0).split()
    left, top, right, bottom = ImageChops.darker(ImageChops.darker(white[0], white[1]), white[2]).getbbox()
    return (right - left) / (bottom - top)


def directly(servers: Behind, name: str, data: bytes) -> httpx.Response:
    """The same request without the gateway, in the words of that server."""
    fields = {"prompt": "x", **asked_of(name)}
    url = f"{servers.direct}/videos"
    if name == "dynamo":
        return send("POST", url, json={**fields, "input_reference": data_url(data)}, timeout=60)
    return send("POST", url, data=fields, files={"input_reference": ("a.jpg", data)}, timeout=60)


@pytest.mark.parametrize("kind", list(PICTURES))
@pytest.mark.parametrize("name", NAMES)
def test_a_picture_arrives_exact(all_servers: dict[str, Behind], name: str, kind: str) -> None:
    """The picture that the engine has on record is the one that fit makes, byte for byte, of exactly that size."""
    servers, data = all_servers[name], picture(kind)
    with sdk(servers.front) as client:
        video = client.videos.create(prompt="x", input_reference=io.BytesIO(data), **asked_of(name))  # type: ignore[arg-type]
    assert video.status in ("queued", "in_progress", "completed")
    last = servers.last()
    assert last["digest"] == digest(framefit.fit(data, **rule_of(name)).data)  # type: ignore[arg-type]
    assert {"prompt": "x", **asked_of(name)}.items() <= last["fields"].items()
    info = probe(servers.reference(last["id"]))
    assert (str(info.stored_size), info.orientation, info.alpha) == (asked_of(name)["size"], 1, False)
    assert roundness(opened(servers.reference(last["id"]))) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("kind", list(PICTURES))
@pytest.mark.parametrize("name", STRICT)
def test_a_strict_server_refuses_it(all_servers: dict[str, Behind], name: str, kind: str) -> None:
    """The same request without the gateway is the official 400 at a strict server."""
    reply = directly(all_servers[name], name, picture(kind))
    assert reply.status_code == 400
    if kind != "heic":  # refused for its format, before its size is looked at
        assert MISMATCH in reply.text


@pytest.mark.parametrize("kind", list(PICTURES))
@pytest.mark.parametrize("name", STRETCHING)
def test_a_lenient_server_stretches_it(all_servers: dict[str, Behind], name: str, kind: str) -> None:
    """The same request without the gateway is a stretched picture as it is stored, turned or not."""
    servers, data = all_servers[name], picture(kind)
    assert directly(servers, name, data).status_code == 200
    spoilt = opened(servers.reference(servers.last()["id"]))
    with Image.open(io.BytesIO(data)) as image:
        factor = (spoilt.width / image.width) / (spoilt.height / image.height)
    assert (spoilt.size, abs(factor - 1) > 0.2) == ((832, 480), True)
    assert roundness(spoilt) == pytest.approx(factor, rel=0.05)


@pytest.mark.parametrize("kind", list(PICTURES))
def test_sglang_ignores_the_size(all_servers: dict[str, Behind], kind: str) -> None:
    """The same request without the gateway is a video of the picture's own ratio at SGLang."""
    servers, data = all_servers["sglang"], picture(kind)
    assert directly(servers, "sglang", data).json()["size"] == "832x480"
    made = opened(servers.reference(servers.last()["id"]))
    with Image.open(io.BytesIO(data)) as image:
        width, height = ImageOps.exif_transpose(image).size
    assert made.size != (832, 480)
    assert made.width / made.height == pytest.approx(width / height, rel=0.05)


def test_the_sdk_gets_the_official_400(all_servers: dict[str, Behind]) -> None:
    """The official SDK without the gateway raises the official error, word by word."""
    with (
        openai.OpenAI(base_url=all_servers["openai"].direct, api_key="x", max_retries=0) as client,
        pytest.raises(openai.BadRequestError) as refused,
    ):
        client.videos.create(prompt="x", size="1280x720", input_reference=("a.jpg", picture("wrong size")))
    assert refused.value.body == {
        "message": "Inpaint image must match the requested width and height",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }
