"""A create through the gateway: whatever picture comes in, the right one arrives, and all else is untouched."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

import framefit
from framefit.probing import probe
from gateways import Behind, digest, engine_behind
from pictures import encoded, scene, stored_with, with_orientation
from serving import SDK_WARNING, data_url, sdk, send

pytestmark = pytest.mark.filterwarnings(SDK_WARNING)

SIZE = "1280x720"
MISMATCH = "Inpaint image must match the requested width and height"


PICTURES = {
    "one pixel off": lambda: encoded(scene(1281, 720)),
    "palette": lambda: encoded(scene(800, 600).quantize(), "GIF"),
}


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    with engine_behind(tmp_path_factory.mktemp("create")) as servers:
        yield servers


@pytest.mark.parametrize("kind", list(PICTURES))
def test_every_picture_arrives_right(servers: Behind, kind: str) -> None:
    """A picture that the server refuses when it is sent directly arrives through the gateway, exactly as fit makes it."""
    data = PICTURES[kind]()
    with openai.OpenAI(base_url=servers.direct, api_key="x", max_retries=0) as direct:
        with pytest.raises(openai.BadRequestError) as refused:
            direct.videos.create(prompt="x", size=SIZE, input_reference=("a", data))
        if kind != "palette":
            assert refused.value.body["message"] == MISMATCH  # type: ignore[index]
    with sdk(servers.front) as client:
        video = client.videos.create(prompt="x", size=SIZE, input_reference=io.BytesIO(data))
    expected = framefit.fit(data, size=SIZE).data
    info = probe(servers.reference(video.id))
    assert (str(info.stored_size), info.orientation, info.alpha) == (SIZE, 1, False)
    assert servers.last()["digest"] == digest(expected)


def test_a_conforming_picture_is_not_touched(servers: Behind) -> None:
    """A picture that is right already arrives byte for byte, and the plan says that it was kept."""
    data = encoded(scene(1280, 720))
    reply = servers.create(data={"prompt": "x", "size": SIZE}, files={"input_reference": ("x.bin", data)})
    assert servers.last()["digest"] == digest(data)
    plan = json.loads(reply.headers["x-framefit-plan"])
    assert plan == {
        "mode": "cover", "share_lost": 0.0, "was": SIZE, "now": SIZE, "action": "keep", "format": "jpeg",
    }  # fmt: skip
    assert reply.headers["x-framefit-findings"] == "[]"


def test_the_reply_says_what_was_done(servers: Behind) -> None:
    """The reply names mode, loss and sizes, and what the server would have done to the picture as it came."""
    data = encoded(stored_with(scene(900, 600), 6), exif=with_orientation(6))
    reply = servers.create(data={"prompt": "x", "size": SIZE}, files={"input_reference": ("a", data)})
    plan = json.loads(reply.headers["x-framefit-plan"])
    assert (plan["mode"], plan["was"], plan["now"], plan["action"]) == ("cover", "900x600", SIZE, "convert")
    codes = {finding["code"] for finding in json.loads(reply.headers["x-framefit-findings"])}
    assert codes == {"size_mismatch", "stored_turned"}


BIG = encoded(scene(1000, 900))


def forms() -> dict[str, dict[str, Any]]:
    """One create, in every form that clients have been seen to send."""
    url, part = data_url(BIG), ("upload", BIG, "application/octet-stream")
    form = {"data": {"prompt": "x", "size": SIZE}}
    asked = {"prompt": "x", "size": SIZE}
    return {
        "file": {**form, "files": {"input_reference": part}},
        "file with a wrong type": {**form, "files": {"input_reference": ("a.png", BIG, "text/plain")}},
        "file under another name": {**form, "files": {"image": part}},
        "file under a name of its own": {**form, "files": {"my_picture": part}},
        "images": {**form, "files": [("images", part)]},
        "bracketed": {**form, "files": [("input_reference[]", part)]},
        "part without a file name": {**form, "files": {"input_reference": (None, BIG, "image/jpeg")}},
        "data URL in a form": {"files": {"input_reference": (None, url), **text_parts(asked)}},
        "object in a form": {
            "files": {"input_reference": (None, json.dumps({"image_url": url})), **text_parts(asked)}
        },
        "bracketed object": {"files": {"input_reference[image_url]": (None, url), **text_parts(asked)}},
        "text of a data URL as a file": {**form, "files": {"input_reference": ("a.png", url.encode())}},
        "object": {"json": {**asked, "input_reference": {"image_url": url}}},
        "text": {"json": {**asked, "input_reference": url}},
        "bare base64": {"json": {**asked, "input_reference": url.partition(",")[2]}},
        "list": {"json": {**asked, "images": [url]}},
        "object in an object": {"json": {**asked, "input_reference": {"image_url": {"url": url}}}},
        "image_reference": {"json": {**asked, "image_reference": json.dumps({"image_url": url})}},
        "multiplication sign": {**form, "data": {"prompt": "x", "size": "1280×720"}, "files": {"image": part}},
        "asterisk": {"json": {"prompt": "x", "size": "1280*720", "images": [url]}},
        "width and height": {"json": {"prompt": "x", "width": 1280, "height": 720, "images": [url]}},
        "seconds as a number": {"json": {**asked, "seconds": 4, "input_reference": url}},
    }  # fmt: skip


def text_parts(fields: dict[str, str]) -> dict[str, tuple[None, str]]:
    return {name: (None, value) for name, value in fields.items()}


@pytest.mark.parametrize("form", list(forms()))
def test_every_form_is_understood(servers: Behind, form: str) -> None:
    """A picture is found in every form of a create, and the upstream gets one form that it understands."""
    reply = servers.create(**forms()[form])
    assert reply.status_code == 200, reply.text
    last = servers.last()
    assert last["digest"] == digest(framefit.fit(BIG, size=SIZE).data)
    assert {"prompt": "x", "size": SIZE}.items() <= last["fields"].items()
    assert not {"width", "height"} & last["fields"].keys()


def test_a_slash_at_the_end_is_no_way_past(servers: Behind) -> None:
    """A create whose path ends in a slash is looked into, too; whether that is a path is the upstream's to say."""
    body = {"prompt": "x", "size": SIZE, "images": [data_url(BIG)]}
    reply = send("POST", f"{servers.base_url}/videos/", json=body)
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "unknown_url")
    assert json.loads(reply.headers["x-framefit-plan"])["now"] == SIZE


def test_without_a_size_the_model_decides(servers: Behind) -> None:
    """A request that names no size gets the model's default, for the picture and for the video."""
    servers.create(json={"prompt": "x", "input_reference": data_url(BIG)})
    assert servers.last()["digest"] == digest(framefit.fit(BIG, size="720x1280").data)
    assert servers.last()["fields"]["size"] == "720x1280"
    servers.create(json={"prompt": "x", "size": "auto", "model": "sora-2", "input_reference": data_url(BIG)})
    assert servers.last()["fields"]["size"] == "1280x720"


@pytest.mark.parametrize(
    ("headers", "options"),
    [
        ({"X-Framefit-Mode": "pad"}, {"mode": "pad"}),
        ({"X-Framefit-Mode": "pad", "X-Framefit-Backdrop": "blur"}, {"mode": "pad", "backdrop": "blur"}),
        ({"X-Framefit-Focus": "0,0.2"}, {"focus": "0,0.2"}),
        ({"X-Framefit-Crop": "0,0.1,1,0.9"}, {"crop": "0,0.1,1,0.9"}),
        ({"X-Framefit-Mode": "stretch"}, {"mode": "stretch"}),
    ],
)
def test_a_request_says_how_to_fit(servers: Behind, headers: dict[str, str], options: dict[str, str]) -> None:
    """The headers of a request decide how its picture is fitted, and never reach the upstream."""
    reply = servers.create(json={"prompt": "x", "size": SIZE, "image": data_url(BIG)}, headers=headers)
    assert reply.status_code == 200, reply.text
    assert servers.last()["digest"] == digest(framefit.fit(BIG, size=SIZE, **options).data)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "headers",
    [{"X-Framefit-Mode": "zoom"}, {"X-Framefit-Focus": "2,2"}, {"X-Framefit-Crop": "1"},
     {"X-Framefit-Backdrop": "nothing"}],
)  # fmt: skip
def test_a_wish_that_cannot_be_read(servers: Behind, headers: dict[str, str]) -> None:
    """A header that cannot be read is 400, and nothing is sent."""
    before = len(servers.record())
    reply = servers.create(json={"prompt": "x", "size": SIZE, "image": data_url(BIG)}, headers=headers)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "invalid_option")
    assert len(servers.record()) == before


def test_the_gateway_has_a_way_of_its_own(tmp_path: Path) -> None:
    """What the gateway is told when it starts holds for every request that says nothing else."""
    with engine_behind(tmp_path, mode="pad", backdrop="white") as servers:
        servers.create(json={"prompt": "x", "size": SIZE, "image": data_url(BIG)})
        assert servers.last()["digest"] == digest(
            framefit.fit(BIG, size=SIZE, mode="pad", backdrop="white").data
        )


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"input_reference": {"image_url": "data:image/png;base64,!!"}}, "invalid_image"),
        ({"input_reference": data_url(b"no picture at all, only words")}, "invalid_image"),
        ({"input_reference": data_url(BIG[:300])}, "picture_broken"),
        ({"input_reference": data_url(BIG), "size": "12"}, "invalid_value"),
    ],
)
def test_what_cannot_be_fitted_is_refused(servers: Behind, body: dict[str, Any], code: str) -> None:
    """A picture or a size that cannot be used is 400 with framefit's own code, and nothing is sent."""
    before = len(servers.record())
    reply = servers.create(json={"prompt": "x", **body})
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, code)
    assert len(servers.record()) == before


def test_a_size_that_the_upstream_does_not_render(servers: Behind, tmp_path: Path) -> None:
    """A size off the catalogue is refused where the upstream is known, and is an unknown upstream's to judge."""
    body = {"prompt": "x", "size": "640x480", "model": "sora-2", "input_reference": data_url(BIG)}
    assert servers.create(json=body).json()["error"]["code"] == "invalid_value"
    with engine_behind(tmp_path, server="embedded") as known:
        reply = known.create(json=body)
        assert (reply.status_code, reply.json()["error"]["code"]) == (400, "size_not_offered")
        assert known.record() == []


def test_files_that_are_no_pictures(servers: Behind) -> None:
    """A file where a picture should be is 400; the words of the error tell an empty one from another."""
    for data, code in ((b"", "picture_empty"), (b"\xff\xfe\x00 nothing", "not_a_picture")):
        reply = servers.create(data={"prompt": "x"}, files={"input_reference": ("a.png", data)})
        assert (reply.status_code, reply.json()["error"]["code"]) == (400, code)


def test_requests_without_a_picture_are_untouched(servers: Behind) -> None:
    """A request without a picture arrives as it was written, and its refusal comes back as it was said."""
    reply = servers.create(json={"prompt": "only words", "seconds": "8"})
    assert reply.json()["status"] == "queued"
    assert servers.last()["fields"] == {"prompt": "only words", "seconds": "8"}
    assert "x-framefit-plan" not in reply.headers
    body = {"prompt": "x", "no_such_field": "1"}
    refused, told = (send("POST", f"{base}/videos", json=body) for base in (servers.base_url, servers.direct))
    assert (refused.status_code, refused.json()) == (told.status_code, told.json())


def test_further_fields_travel_along(servers: Behind) -> None:
    """A field the protocol does not know is the upstream's to judge, also beside a picture."""
    reply = servers.create(json={"prompt": "x", "size": SIZE, "image": data_url(BIG), "seed": 7})
    assert reply.json()["error"]["message"] == "Unknown parameter: 'seed'."


def test_pictures_that_only_the_upstream_can_reach(servers: Behind) -> None:
    """A file id and an address are passed on as they came, and the reply says that nothing was fitted."""
    refusals = {"file_id": "file-1", "image_url": "https://pictures.example/a.png"}
    for name, value in refusals.items():
        body = {"prompt": "x", "input_reference": {name: value}}
        front, direct = (
            send("POST", f"{base}/videos", json=body) for base in (servers.base_url, servers.direct)
        )
        assert (front.status_code, front.json()) == (direct.status_code, direct.json())
        codes = [finding["code"] for finding in json.loads(front.headers["x-framefit-findings"])]
        assert codes == [{"file_id": "reference_not_seen"}.get(name, "reference_not_fetched")]


def test_the_asynchronous_sdk(servers: Behind) -> None:
    """Several creates at once through the asynchronous SDK all arrive right."""
    sizes = [(900 + 10 * number, 700) for number in range(6)]

    async def run() -> list[str]:
        async with openai.AsyncOpenAI(base_url=servers.base_url, api_key="x", max_retries=0) as client:
            made = await asyncio.gather(
                *(
                    client.videos.create(prompt="x", size=SIZE, input_reference=encoded(scene(*size)))  # type: ignore[arg-type]
                    for size in sizes
                )
            )
            return [video.id for video in made]

    ids = asyncio.run(run())
    got = {row["id"]: row["digest"] for row in servers.record()}
    expected = [digest(framefit.fit(encoded(scene(*size)), size=SIZE).data) for size in sizes]
    assert [got[name] for name in ids] == expected


def test_from_create_to_video(tmp_path: Path) -> None:
    """The SDK's whole round works with another base URL and nothing else changed: create, poll, list, download, delete."""
    with engine_behind(tmp_path, workers=1) as servers, sdk(servers.front) as client:
        video = client.videos.create_and_poll(prompt="x", size=SIZE, input_reference=io.BytesIO(BIG))
        assert video.status == "completed"
        assert client.videos.download_content(video.id).read()[4:8] == b"ftyp"
        assert client.videos.download_content(video.id, variant="thumbnail").read()[:4] == b"RIFF"
        assert [row.id for row in client.videos.list(limit=1)] == [video.id]
        assert client.videos.delete(video.id).deleted is True
        with pytest.raises(openai.NotFoundError):
            client.videos.retrieve(video.id)
