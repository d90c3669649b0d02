"""The embedded engine as Azure, LiteLLM, Dynamo and a relay."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import openai
import pytest

from framefit.server.running import RunningServer
from framefit.server.speaking.models import WAN
from serving import PORTRAIT, SDK_WARNING, data_url, get, post, reference, sdk, send, serving

pytestmark = pytest.mark.filterwarnings(SDK_WARNING)

NAMES = ("azure", "litellm", "dynamo", "relay")


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, RunningServer]]:
    """One server for each; only Dynamo's renders, for its create waits for the video."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(
                serving(tmp_path_factory.mktemp(name), speak=name, workers=int(name == "dynamo"))
            )
            for name in NAMES
        }


def test_azure_knows_deployments(servers: dict[str, RunningServer]) -> None:
    """A model that is not deployed is 404 with Azure's type; the base path of Azure works too."""
    server = servers["azure"]
    error = post(server, {"prompt": "x", "model": "sora-2-pro"})
    assert (error.status_code, error.json()["error"]["type"]) == (404, "video_generation_user_error")
    reply = send("POST", f"{server.url}/openai/v1/videos", json={"prompt": "x"})
    assert reply.json()["status"] == "queued"
    assert reply.headers["apim-request-id"] and reply.headers["x-ms-region"]


@pytest.mark.parametrize("field", [{"seconds": "16"}, {"size": "1920x1080"}])
def test_azure_offers_less(servers: dict[str, RunningServer], field: dict[str, str]) -> None:
    """Azure takes 4, 8 and 12 s and the two 720p sizes, and says so in the official words."""
    error = post(servers["azure"], {"prompt": "x", **field})
    assert (error.status_code, error.json()["error"]["code"]) == (400, "invalid_value")


def test_litellm_renames_ids(servers: dict[str, RunningServer]) -> None:
    """An id holds provider, model and the upstream's id in base64, and is understood verbatim."""
    server = servers["litellm"]
    with sdk(server) as client:
        video = client.videos.create(prompt="x")
        assert client.videos.retrieve(video.id).id == video.id
    name = base64.b64decode(video.id.removeprefix("video_")).decode()
    assert name.startswith("litellm:custom_llm_provider:openai;model_id:sora-2;video_id:video_")
    page = get(server, "/videos?limit=0&order=asc").json()
    assert page["data"][0]["id"] == page["first_id"] == video.id


def test_litellm_wraps_errors(servers: dict[str, RunningServer]) -> None:
    """An upstream's words come wrapped, and the code is the HTTP status as text."""
    error = post(servers["litellm"], {"prompt": "x", "seconds": "5"})
    assert error.status_code == 400
    assert error.json()["error"]["code"] == "400"
    assert "OpenAIException - Invalid value: '5'" in error.json()["error"]["message"]
    assert error.headers["x-litellm-call-id"]


def test_litellm_spoils_pictures_in_json(servers: dict[str, RunningServer]) -> None:
    """A picture as text becomes a file of that text, an object breaks the proxy."""
    server = servers["litellm"]
    text = post(server, {"prompt": "x", "input_reference": data_url(reference())})
    assert (text.status_code, "unsupported mimetype" in text.text) == (400, True)
    thing = post(server, {"prompt": "x", "input_reference": {"image_url": data_url(reference())}})
    assert (thing.status_code, "'dict' object has no attribute 'read'" in thing.text) == (500, True)


def test_litellm_and_relays_delete_nothing(servers: dict[str, RunningServer]) -> None:
    """There is no DELETE route, and a relay has no list either."""
    for name in ("litellm", "relay"):
        assert send("DELETE", f"{servers[name].base_url}/videos/v").status_code == 405
    assert get(servers["relay"], "/videos").status_code == 405


def test_a_relay_calls_it_submitted(servers: dict[str, RunningServer]) -> None:
    """A fresh job is `submitted`, with an id of the relay's own, which ends the SDK's own polling."""
    server = servers["relay"]
    with sdk(server) as client:
        video = client.videos.create_and_poll(prompt="x")
    assert (video.status, video.id.startswith("task_")) == ("submitted", True)
    assert video.model_dump()["task_id"] == video.id


def test_a_relay_answers_errors_flat(servers: dict[str, RunningServer]) -> None:
    """An error is a flat object with the upstream's words wrapped; the mismatch is still in them."""
    with sdk(servers["relay"]) as client, pytest.raises(openai.BadRequestError) as caught:
        client.videos.create(prompt="x", input_reference=("a.jpg", reference((64, 64))))
    body: Any = caught.value.body
    assert (body["data"], body["code"]) == (None, "fail_to_fetch_task")
    assert "Inpaint image must match the requested width and height" in body["message"]


def test_dynamo_takes_json_only(servers: dict[str, RunningServer]) -> None:
    """A form, and with it the SDK's own create, cannot reach Dynamo; its error is flat."""
    with sdk(servers["dynamo"]) as client, pytest.raises(openai.APIStatusError) as caught:
        client.videos.create(prompt="x", model=WAN)
    assert caught.value.status_code == 415
    assert caught.value.response.json()["code"] == 415


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"seconds": "4"}, 400, "seconds"),
        ({"model": None}, 400, "missing field `model`"),
        ({"model": "other"}, 404, "other"),
        ({"response_format": "file"}, 400, "unknown variant"),
        ({"input_reference": "https://example.com/a.png"}, 400, "data URLs only"),
    ],
)
def test_dynamo_refuses(
    servers: dict[str, RunningServer], fields: dict[str, Any], status: int, words: str
) -> None:
    """Wrong types and missing fields are flat errors."""
    reply = post(servers["dynamo"], {"prompt": "x", "model": WAN, **fields})
    assert (reply.status_code, reply.json()["code"]) == (status, status)
    assert words in reply.json()["message"]


def test_dynamo_answers_with_the_video(servers: dict[str, RunningServer]) -> None:
    """The create blocks and answers with an address or base64; a size it cannot read is the default."""
    server = servers["dynamo"]
    body = {"prompt": "x", "model": WAN, "seconds": 1, "size": "1280*720"}
    reply = post(server, {**body, "input_reference": data_url(reference(PORTRAIT))}, timeout=60).json()
    assert (reply["status"], reply["progress"], "seconds" in reply) == ("completed", 100, False)
    movie = send("GET", reply["data"][0]["url"])
    assert movie.content[4:8] == b"ftyp"
    inline = post(server, {**body, "response_format": "b64_json"}, timeout=60).json()
    assert base64.b64decode(inline["data"][0]["b64_json"])[4:8] == b"ftyp"
    assert get(server, f"/videos/{reply['id']}").status_code == 404
