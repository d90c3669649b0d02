"""The gateway in front of every kind of server: the official SDK works with each, unchanged."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import openai
import pytest

import framefit
from framefit.server.speaking.models import WAN
from framefit.videos.dialects import NAMES
from gateways import Behind, asked_of, baked, digest, engine_behind, rule_of
from pictures import encoded, scene
from serving import SDK_WARNING, data_url, sdk, send

pytestmark = pytest.mark.filterwarnings(SDK_WARNING)

LISTED = ("openai", "azure", "vllm-omni", "sglang")


@pytest.mark.parametrize("name", NAMES)
def test_the_sdk_polls_to_the_end(all_servers: dict[str, Behind], name: str) -> None:
    """The SDK's own create_and_poll ends with a completed video at every server, and fetches it."""
    servers = all_servers[name]
    with sdk(servers.front) as client:
        video = client.videos.create_and_poll(
            prompt="x",
            input_reference=io.BytesIO(encoded(scene(700, 700))),
            **asked_of(name),  # type: ignore[arg-type]
        )
        assert (video.status, video.progress) == ("completed", 100)
        assert client.videos.download_content(video.id, variant="video").read()[4:8] == b"ftyp"


def test_the_asynchronous_sdk(all_servers: dict[str, Behind]) -> None:
    """The asynchronous SDK creates, polls and downloads at every server side by side, and pages where there is a list."""

    async def whole_round(name: str, servers: Behind) -> tuple[str, bytes, bool]:
        async with openai.AsyncOpenAI(base_url=servers.base_url, api_key="x", max_retries=0) as client:
            video = await client.videos.create_and_poll(
                prompt="x",
                input_reference=io.BytesIO(encoded(scene(700, 700))),
                **asked_of(name),  # type: ignore[arg-type]
            )
            content = await client.videos.download_content(video.id)
            ids = [one.id async for one in client.videos.list(limit=2)] if name in LISTED else [video.id]
            return video.status, content.content[4:8], video.id in ids

    async def everywhere() -> list[tuple[str, bytes, bool]]:
        return await asyncio.gather(*(whole_round(*one) for one in all_servers.items()))

    assert asyncio.run(everywhere()) == [("completed", b"ftyp", True)] * len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_text_alone_is_understood(all_servers: dict[str, Behind], name: str) -> None:
    """A create without a picture is taken by every server, as a form and as JSON, whichever of them it reads."""
    servers = all_servers[name]
    fields = {"prompt": "a cat", "model": asked_of(name)["model"], "seconds": "4"}
    for body in ({"json": fields}, {"files": {key: (None, value) for key, value in fields.items()}}):
        reply = servers.create(**body, timeout=120)
        assert reply.status_code == 200, reply.text
        assert servers.last()["fields"]["prompt"] == "a cat"


@pytest.mark.parametrize("name", LISTED)
def test_lists_end(all_servers: dict[str, Behind], name: str) -> None:
    """Paging through the list with the SDK comes to an end and shows no job twice."""
    with sdk(all_servers[name].front) as client:
        made = [client.videos.create(prompt="x", model=asked_of(name)["model"]).id for _ in range(3)]
        ids = [video.id for video in client.videos.list(limit=1)]
    assert ids[:3] == made[::-1] and len(ids) == len(set(ids))


def test_a_job_that_nobody_has(all_servers: dict[str, Behind]) -> None:
    """An error whose code only repeats the HTTP status, as vLLM-Omni's does, reaches the SDK without a code."""
    with sdk(all_servers["vllm-omni"].front) as client, pytest.raises(openai.NotFoundError) as missing:
        client.videos.retrieve("video_gen_nobody")
    assert missing.value.code is None


def test_deletions_are_confirmed(all_servers: dict[str, Behind]) -> None:
    """SGLang's answer to a deletion, a Video, reaches the SDK as the confirmation it knows."""
    with sdk(all_servers["sglang"].front) as client:
        video = client.videos.create_and_poll(prompt="x", model=WAN)
        assert client.videos.delete(video.id).deleted is True


def test_stills_are_not_confused_with_videos(all_servers: dict[str, Behind]) -> None:
    """A still is refused where the server would answer with the whole video."""
    with sdk(all_servers["vllm-omni"].front) as client:
        video = client.videos.create_and_poll(prompt="x", model=WAN)
        with pytest.raises(openai.BadRequestError):
            client.videos.download_content(video.id, variant="thumbnail")


def test_the_video_itself_as_an_answer(all_servers: dict[str, Behind]) -> None:
    """VLLM-Omni's create that answers with the video gets the fitted picture, and its answer comes back whole."""
    servers, data = all_servers["vllm-omni"], encoded(scene(700, 700))
    fields = {"prompt": "x", **asked_of("vllm-omni")}
    url = f"{servers.base_url}/videos/sync"
    reply = send("POST", url, data=fields, files={"input_reference": ("a.jpg", data)}, timeout=60)
    assert (reply.status_code, reply.headers["content-type"]) == (200, "video/mp4")
    last = servers.last()
    assert reply.content.startswith(baked()) and last["id"].encode() in reply.content
    assert last["digest"] == digest(framefit.fit(data, **rule_of("vllm-omni")).data)  # type: ignore[arg-type]


def test_errors_have_one_shape(all_servers: dict[str, Behind]) -> None:
    """An error of any server comes in the protocol's envelope, and the server's words are kept."""
    for name, servers in all_servers.items():
        reply = send("GET", f"{servers.base_url}/videos/nobody")
        assert reply.status_code >= 400
        error: Any = reply.json()["error"]
        assert isinstance(error["message"], str) and error["message"], name
        assert error["code"] is None or isinstance(error["code"], str), name


def test_raw_leaves_replies_alone(tmp_path_factory: pytest.TempPathFactory) -> None:
    """With raw, statuses and errors come as the upstream writes them, and pictures are fitted all the same."""
    with engine_behind(tmp_path_factory.mktemp("raw"), speak="relay", raw=True) as servers:
        body = {"prompt": "x", "size": "1280x720", "images": [data_url(encoded(scene(64, 64)))]}
        reply = servers.create(json=body)
        assert reply.json()["status"] == "submitted"
        assert servers.last()["digest"]
        assert (
            send("GET", f"{servers.base_url}/videos/no").json()
            == send("GET", f"{servers.direct}/videos/no").json()
        )
