"""Creating a video: what the embedded engine accepts, and the official words of every refusal."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from PIL import Image

from framefit.server.references import load_reference
from framefit.server.running import RunningServer
from pictures import encoded, scene, with_orientation, write
from serving import PORTRAIT, SDK_WARNING, data_url, get, post, reference, sdk, send, serving

pytestmark = pytest.mark.filterwarnings(SDK_WARNING)

SIZES = "'720x1280' and '1280x720'"
MISMATCH = {
    "message": "Inpaint image must match the requested width and height",
    "type": "invalid_request_error",
    "param": None,
    "code": None,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server whose jobs stay queued: what is looked at here happens before any rendering."""
    with serving(tmp_path_factory.mktemp("create"), workers=0, max_body_bytes=8 << 20) as server:
        yield server


@pytest.fixture
def client(server: RunningServer) -> Iterator[openai.OpenAI]:
    with sdk(server) as client:
        yield client


def error_of(reply: httpx.Response, status: int = 400) -> dict[str, Any]:
    assert reply.status_code == status, reply.text
    assert reply.headers["x-request-id"]
    assert set(reply.json()) == {"error"}
    assert set(reply.json()["error"]) == {"message", "type", "param", "code"}
    return dict(reply.json()["error"])


def test_the_sdk_creates_from_text(client: openai.OpenAI) -> None:
    """The SDK's multipart request without a file gives a fresh job with the defaults of the protocol."""
    video = client.videos.create(prompt="A red fox, 여우")
    assert video.id.startswith("video_")
    assert (video.object, video.status, video.progress) == ("video", "queued", 0)
    assert (video.model, video.seconds, video.size) == ("sora-2", "4", "720x1280")
    assert video.prompt == "A red fox, 여우"
    assert (video.completed_at, video.expires_at, video.error) == (None, None, None)
    assert video.remixed_from_video_id is None


def test_every_field_of_the_protocol_is_there(server: RunningServer) -> None:
    """A reply has exactly the fields of the Video object, null where there is nothing to say."""
    video = post(server, {"prompt": "x"}).json()
    assert set(video) == {
        "id",
        "object",
        "created_at",
        "status",
        "completed_at",
        "error",
        "expires_at",
        "model",
        "progress",
        "prompt",
        "remixed_from_video_id",
        "seconds",
        "size",
    }
    assert video == get(server, f"/videos/{video['id']}").json()


def test_poll_interval_is_an_integer(server: RunningServer) -> None:
    """Replies of an unfinished job say in whole milliseconds when to look again."""
    created = post(server, {"prompt": "x"})
    looked = get(server, f"/videos/{created.json()['id']}")
    assert int(created.headers["openai-poll-after-ms"]) == int(looked.headers["openai-poll-after-ms"]) > 0


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("upload", ["nameless", "wrong name", "right name"])
def test_pictures_are_recognised_by_their_bytes(client: openai.OpenAI, kind: str, upload: str) -> None:
    """A right picture is accepted in each format, whatever its part is named and typed."""
    data = reference(kind=kind)
    name = {"wrong name": "picture.txt", "right name": f"picture.{kind.lower()}"}.get(upload)
    sent = data if name is None else (name, data)
    assert client.videos.create(prompt="x", input_reference=sent).status == "queued"


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "I;16"])
def test_any_pixel_layout_is_accepted(client: openai.OpenAI, mode: str) -> None:
    """Grey, palette, transparent, print and 16-bit pictures of the right size are accepted."""
    image = Image.new("I;16", PORTRAIT, 40_000) if mode == "I;16" else scene(*PORTRAIT).convert(mode)
    data = encoded(image, "JPEG" if mode == "CMYK" else "PNG")
    assert client.videos.create(prompt="x", input_reference=data).status == "queued"


@pytest.mark.parametrize("size", [(721, 1280), (720, 1279), (1280, 720), (8, 8)])
def test_unequal_pixels_get_the_official_words(client: openai.OpenAI, size: tuple[int, int]) -> None:
    """A picture one pixel off is refused with the official message, type, null param and null code."""
    with pytest.raises(openai.BadRequestError) as caught:
        client.videos.create(prompt="x", size="720x1280", input_reference=io.BytesIO(reference(size)))
    assert caught.value.body == MISMATCH
    assert caught.value.request_id


def test_exif_orientation_does_not_count(client: openai.OpenAI) -> None:
    """Stored pixels are compared with the size: a picture that is only right when turned is refused."""
    turned = with_orientation(6)
    with pytest.raises(openai.BadRequestError, match="must match the requested"):
        client.videos.create(prompt="x", input_reference=encoded(scene(1280, 720), exif=turned))
    assert client.videos.create(prompt="x", input_reference=encoded(scene(*PORTRAIT), exif=turned)).id


def test_stored_pixels_are_what_is_rendered(tmp_path: Path) -> None:
    """A reference is rendered as stored: not turned, transparency dropped, 16-bit grey scaled and not clipped."""
    grey = write(tmp_path / "grey.png", Image.new("I;16", (4, 2), 40_000), "PNG")
    assert load_reference(grey).getpixel((0, 0)) == (156, 156, 156)
    clear = write(tmp_path / "clear.png", Image.new("RGBA", (4, 2), (200, 100, 50, 0)), "PNG")
    assert load_reference(clear).getpixel((0, 0)) == (200, 100, 50)
    turned = write(tmp_path / "turned.jpg", Image.new("RGB", (4, 2)), exif=with_orientation(6))
    assert load_reference(turned).size == (4, 2)


def test_a_huge_picture_is_refused_by_its_header(client: openai.OpenAI) -> None:
    """A picture that claims 3.6 gigapixels is refused as unequal, without being decoded."""
    data = bytearray(encoded(Image.new("1", (8, 8)), "PNG"))
    data[16:24] = (60_000).to_bytes(4, "big") * 2
    with pytest.raises(openai.BadRequestError) as caught:
        client.videos.create(prompt="x", input_reference=bytes(data))
    assert caught.value.status_code == 400


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.95])
def test_truncated_pictures_are_refused(client: openai.OpenAI, kind: str, share: float) -> None:
    """A picture that ends too early is refused when it is sent, in every format."""
    data = reference(kind=kind)
    with pytest.raises(openai.BadRequestError) as caught:
        client.videos.create(prompt="x", input_reference=data[: int(len(data) * share)])
    assert caught.value.code == "invalid_image"


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"GIF89a" + bytes(40), b"\xff\xd8\xff", encoded(scene(16, 16), "BMP")]
)
def test_other_files_are_refused(client: openai.OpenAI, data: bytes) -> None:
    """A file that is no JPEG, PNG or WebP is refused, and so is an empty one."""
    with pytest.raises(openai.BadRequestError) as caught:
        client.videos.create(prompt="x", input_reference=("picture.png", data, "image/png"))
    assert caught.value.code in ("unsupported_file_mimetype", "invalid_image")
    assert caught.value.param == "input_reference"


@pytest.mark.parametrize(
    ("fields", "param", "message"),
    [
        ({"seconds": "5"}, "seconds", "Invalid value: '5'. Supported values are: '4', '8', and '12'."),
        ({"size": "1x1"}, "size", f"Invalid value: '1x1'. Supported values are: {SIZES}."),
        ({"size": "1792x1024"}, "size", f"Invalid value: '1792x1024'. Supported values are: {SIZES}."),
        ({"size": "720×1280"}, "size", f"Invalid value: '720×1280'. Supported values are: {SIZES}."),
        ({"size": "720X1280"}, "size", f"Invalid value: '720X1280'. Supported values are: {SIZES}."),
        ({"size": "auto"}, "size", f"Invalid value: 'auto'. Supported values are: {SIZES}."),
        (
            {"model": "sora-3"},
            "model",
            "Invalid value: 'sora-3'. Supported values are: 'sora-2', 'sora-2-2025-10-06', "
            "'sora-2-2025-12-08', 'sora-2-pro', and 'sora-2-pro-2025-10-06'.",
        ),
    ],
)
def test_bad_values_get_the_official_words(
    client: openai.OpenAI, fields: dict[str, Any], param: str, message: str
) -> None:
    """A value that is not offered is refused with the official message that lists the ones that are."""
    with pytest.raises(openai.BadRequestError) as caught:
        client.videos.create(prompt="x", **fields)
    assert caught.value.body == {
        "message": message,
        "type": "invalid_request_error",
        "param": param,
        "code": "invalid_value",
    }


def test_the_larger_model_has_more_sizes(client: openai.OpenAI) -> None:
    """The sizes on offer are those of the model that was asked for, and the reply names that model."""
    video = client.videos.create(prompt="x", model="sora-2-pro", size="1792x1024", seconds="12")
    assert (video.model, video.size, video.seconds) == ("sora-2-pro", "1792x1024", "12")


@pytest.mark.parametrize("name", ["duration", "n", "seed", "width", "characters", "input_references"])
def test_unknown_parameters_are_refused(server: RunningServer, name: str) -> None:
    """A field the protocol does not have is refused by name, in JSON and in a form."""
    wanted = {
        "message": f"Unknown parameter: '{name}'.",
        "type": "invalid_request_error",
        "param": name,
        "code": "unknown_parameter",
    }
    assert error_of(post(server, {"prompt": "x", name: 5})) == wanted
    form = {"prompt": (None, "x"), name: (None, "5")}
    assert error_of(send("POST", f"{server.base_url}/videos", files=form)) == wanted


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "missing_required_parameter", "prompt"),
        ({"prompt": ""}, "empty_string", "prompt"),
        ({"prompt": "x" * 32_001}, "string_above_max_length", "prompt"),
        ({"prompt": 5}, "invalid_type", "prompt"),
        ({"prompt": None}, "invalid_type", "prompt"),
        ({"prompt": "x", "model": ["sora-2"]}, "invalid_type", "model"),
        ({"prompt": "x", "size": {"width": 1}}, "invalid_type", "size"),
        ({"prompt": "x", "input_reference": "https://example.com/a.png"}, "invalid_type", "input_reference"),
        ({"prompt": "x", "input_reference": None}, "invalid_type", "input_reference"),
        ({"prompt": "x", "input_reference": {}}, "invalid_value", "input_reference"),
        ({"prompt": "x", "input_reference": {"url": "x"}}, "unknown_parameter", "input_reference.url"),
        ({"prompt": "x", "input_reference": {"file_id": "file-1"}}, "invalid_value", "input_reference"),
        (
            {"prompt": "x", "input_reference": {"file_id": "file-1", "image_url": "data:,"}},
            "invalid_value",
            "input_reference",
        ),
        (
            {"prompt": "x", "input_reference": {"image_url": 5}},
            "invalid_type",
            "input_reference.image_url",
        ),
        (
            {"prompt": "x", "input_reference": {"image_url": "https://example.com/a.png"}},
            "invalid_value",
            "input_reference.image_url",
        ),
        (
            {"prompt": "x", "input_reference": {"image_url": "data:image/png,abc"}},
            "invalid_image",
            "input_reference",
        ),
        (
            {"prompt": "x", "input_reference": {"image_url": "data:image/png;base64,!"}},
            "invalid_image",
            "input_reference",
        ),
        ([], "invalid_type", None),
        ("prompt", "invalid_type", None),
    ],
)
def test_bad_json_fields(server: RunningServer, body: Any, code: str, param: str | None) -> None:
    """Whatever is missing or of the wrong type in JSON is a 400 that names the field."""
    error = error_of(post(server, body))
    assert (error["code"], error["param"], error["type"]) == (code, param, "invalid_request_error")


def test_seconds_as_integer_get_the_official_words(server: RunningServer) -> None:
    """Seconds as a JSON integer are refused with the official message."""
    message = "Invalid type for 'seconds': expected one of '4', '8', or '12', but got an integer instead."
    assert error_of(post(server, {"prompt": "x", "seconds": 4}))["message"] == message


def test_a_missing_prompt_gets_the_official_words(server: RunningServer) -> None:
    """A create without a prompt is refused with the official message, in JSON and in a form."""
    wanted = "Missing required parameter: 'prompt'."
    assert error_of(post(server, {"size": "720x1280"}))["message"] == wanted
    form = {"size": (None, "720x1280")}
    assert error_of(send("POST", f"{server.base_url}/videos", files=form))["message"] == wanted


def test_json_with_a_data_url(server: RunningServer) -> None:
    """A right picture as data URL is accepted; an unequal one gets the official refusal."""
    right = post(server, {"prompt": "x", "input_reference": {"image_url": data_url(reference())}})
    assert (right.status_code, right.json()["status"]) == (200, "queued")
    wrong = post(server, {"prompt": "x", "input_reference": {"image_url": data_url(reference((72, 128)))}})
    assert error_of(wrong) == MISMATCH


def test_the_sdks_way_round_for_objects(client: openai.OpenAI) -> None:
    """An object sent through the SDK's extra_body is read, as JSON and as the form fields it becomes."""
    body = {"input_reference": {"image_url": data_url(reference())}}
    json_header = {"Content-Type": "application/json"}
    for headers in (json_header, {}):
        video = client.videos.create(prompt="x", extra_body=body, extra_headers=headers)
        assert video.status == "queued"


@pytest.mark.parametrize(
    ("content", "content_type", "code"),
    [
        (b"{", "application/json", "invalid_json"),
        (b"[" * 100_000, "application/json", "invalid_json"),
        (b'{"prompt": "\\ud800"}', "application/json", "invalid_json"),
        (b"\xff\xfe", "application/json", "invalid_json"),
        (b"", "application/json", "invalid_json"),
        (b"prompt=x", "application/x-www-form-urlencoded", "unsupported_content_type"),
        (b"x", "", "unsupported_content_type"),
        (b"x", "multipart/form-data", None),
        (b"x", "multipart/form-data; boundary=b", None),
        (
            b'--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nx',
            "multipart/form-data; boundary=b",
            None,
        ),
    ],
)
def test_unreadable_bodies(
    server: RunningServer, content: bytes, content_type: str, code: str | None
) -> None:
    """A body that cannot be read is a 400 in the envelope, never a fault of the server."""
    headers = {"content-type": content_type}
    error = error_of(send("POST", f"{server.base_url}/videos", content=content, headers=headers))
    assert code is None or error["code"] == code


def test_a_field_sent_twice(server: RunningServer) -> None:
    """A form that sends one field twice is refused instead of one being taken at random."""
    form = [("prompt", (None, "x")), ("size", (None, "720x1280")), ("size", (None, "1280x720"))]
    assert error_of(send("POST", f"{server.base_url}/videos", files=form))["code"] == "duplicate_parameter"


@pytest.mark.parametrize("announced", [True, False])
def test_bodies_over_the_limit(server: RunningServer, announced: bool) -> None:
    """A body over the limit is answered with 413, whether or not its length is announced."""
    block = b"x" * (1 << 20)
    content = block * 9 if announced else (block for _ in range(9))
    headers = {"content-type": "application/json"}
    error = error_of(send("POST", f"{server.base_url}/videos", content=content, headers=headers), 413)
    assert error["code"] == "request_too_large"


def test_refused_requests_leave_no_job(server: RunningServer) -> None:
    """A refused create puts nothing on record."""
    newest = post(server, {"prompt": "the newest"}).json()["id"]
    error_of(post(server, {"prompt": "x", "seconds": "5"}))
    error_of(post(server, {"prompt": "x", "input_reference": {"image_url": data_url(reference((8, 8)))}}))
    assert get(server, "/videos?limit=1").json()["first_id"] == newest
