"""generate() turns a picture into a video that begins with it, and refuses what would be refused before paying."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from email.parser import BytesParser
from pathlib import Path

import pytest
from PIL import Image

import framefit
from framefit.errors import (
    FramefitError,
    GenerationFailed,
    GenerationTimeout,
    InvalidOption,
    InvalidSize,
    NotAVideo,
    OutcomeUnknown,
    OutputIsInput,
    OutputUnwritable,
    PictureBroken,
    PictureNotFound,
    ReceiptMismatch,
    RequestRejected,
    SecondsNotOffered,
    ServerUnreachable,
    SizeNotOffered,
    UnknownModel,
    UnknownServer,
)
from framefit.generating import EMBEDDED_ENGINE, GeneratedVideo, generate
from framefit.geometry import Size
from framefit.videos.first_frame import first_frame
from framefit.videos.offers import offer_for
from movies import movie
from odd_server import OddServer, Reply, closed_port, odd_server
from pictures import CORNERS, encoded, scene, stored_with, with_orientation, write


@pytest.fixture(autouse=True)
def away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty current folder, and no server in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("FRAMEFIT_BASE_URL", "OPENAI_BASE_URL", "FRAMEFIT_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A sideways photo: stored 1280x720, to be shown 720x1280."""
    return write(
        tmp_path / "photo.jpg", stored_with(scene(720, 1280), 6), quality=95, exif=with_orientation(6)
    )


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OddServer]:
    """A relay that answers every request with a video of the upright photo."""
    with odd_server() as odd:
        content = movie(tmp_path_factory.mktemp("relay") / "v.mp4", scene(720, 1280)).read_bytes()
        odd.on("POST", "/videos", Reply(body={"id": "v1", "status": "submitted"}))
        odd.video("v1", {"status": "completed", "size": "720x1280", "seconds": "10"})
        odd.on("GET", "/videos/v1/content", Reply(body=content))
        yield odd


def fields(server: OddServer) -> dict[str, bytes]:
    """The fields of the last create, as they were sent."""
    seen = server.asked("POST")[-1]
    head = f"Content-Type: {seen.headers['content-type']}\r\n\r\n".encode()
    parts = BytesParser().parsebytes(head + seen.body).get_payload()
    assert isinstance(parts, list)
    return {
        str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)
        for part in parts
    }


def corners(video: Path) -> list[tuple[int, ...]]:
    """The middles of the four corner blocks of the first frame, clockwise from the top left."""
    pixels = first_frame(video).pixels
    height, width = pixels.shape[:2]
    a, b = width // 8, height // 8
    spots = [(b, a), (b, width - a), (height - b, width - a), (height - b, a)]
    return [tuple(int(level) for level in pixels[spot]) for spot in spots]


def is_upright(video: Path) -> bool:
    pairs = zip(corners(video), CORNERS.values(), strict=True)
    return all(abs(a - b) <= 16 for seen, wanted in pairs for a, b in zip(seen, wanted, strict=True))


# The embedded engine


def test_a_sideways_photo_gives_an_upright_video(photo: Path, tmp_path: Path) -> None:
    """From a photo stored sideways the embedded engine makes an upright video that begins with it."""
    before, steps, ids = photo.read_bytes(), [], []
    video = generate(
        photo,
        "gentle wind",
        size="720x1280",
        seconds="4",
        on_progress=lambda *step: steps.append(step),
        on_submitted=ids.append,
    )
    assert video.path == Path("photo.mp4")
    assert is_upright(tmp_path / "photo.mp4")
    assert video.receipt is not None
    assert video.receipt.ok
    assert (video.receipt.size, video.receipt.frames, video.receipt.seconds) == ((720, 1280), 96, 4.0)
    assert (video.size, video.seconds, video.model) == ((720, 1280), "4", "sora-2")
    assert video.engine == EMBEDDED_ENGINE
    assert "not a generative model" in video.engine
    assert ids == [video.video_id]
    assert steps[-1] == ("completed", 100)
    assert photo.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photo.jpg", "photo.mp4"]


def test_a_picture_of_the_wrong_shape(tmp_path: Path) -> None:
    """A picture no server would take as it is comes out as a video of the size that loses least."""
    square = encoded(scene(1000, 700), "PNG")
    video = generate(square, "pan left", model="sora-2", mode="pad", backdrop="white", seconds=4)
    assert isinstance(video.size, Size)
    assert video.fitted is not None
    assert video.fitted.size == video.size
    assert first_frame(video.path).size == video.size
    assert video.receipt is not None
    assert video.receipt.ok
    assert json.loads(json.dumps(video.as_dict(), allow_nan=False))["receipt"]["ok"] is True


def test_text_alone(tmp_path: Path) -> None:
    """Without a picture the engine makes a video from text, and there is no first frame to compare."""
    video = framefit.generate(None, "A boat", output="films/boat.mp4")
    assert (video.path, video.size, video.seconds) == (Path("films/boat.mp4"), (720, 1280), "4")
    assert video.fitted is None
    assert video.receipt is None
    assert first_frame(video.path).size == (720, 1280)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"seconds": 5}, SecondsNotOffered),
        ({"seconds": "four"}, InvalidOption),
        ({"seconds": 4.5}, InvalidOption),
        ({"seconds": 0}, InvalidOption),
        ({"size": "1024x1792"}, SizeNotOffered),
        ({"size": "large"}, InvalidSize),
        ({"model": "sora-3"}, UnknownModel),
        ({"server": "nowhere"}, UnknownServer),
        ({"prompt": " "}, InvalidOption),
        ({"timeout_seconds": 0}, InvalidOption),
        ({"timeout_seconds": float("nan")}, InvalidOption),
        ({"minimum": 1.5}, InvalidOption),
        ({"crop": "0,0,2,1"}, InvalidOption),
        ({"mode": "squash"}, InvalidOption),
        ({"output": "photo.jpg"}, OutputIsInput),
        ({"output": "./sub/../photo.jpg"}, OutputIsInput),
        ({"output": "."}, OutputUnwritable),
        ({"output": "photo.jpg/out.mp4"}, OutputUnwritable),
        ({"output": "zero\0byte.mp4"}, OutputUnwritable),
        ({"output": "long" * 100 + ".mp4"}, OutputUnwritable),
        ({"source": "nothing.jpg"}, PictureNotFound),
        ({"source": b"\xff\xd8\xff\xe0 cut"}, PictureBroken),
        ({"base_url": "localhost:8080"}, InvalidOption),
    ],
)
def test_refused_before_anything_is_made(
    photo: Path, tmp_path: Path, options: dict[str, object], error: type[FramefitError]
) -> None:
    """A wrong option, output or picture is a typed error, and no file appears."""
    (tmp_path / "sub").mkdir()
    with pytest.raises(error):
        generate(**{"source": photo, "prompt": "wind", "on_submitted": pytest.fail, **options})  # type: ignore[arg-type]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photo.jpg", "sub"]


# Another server


def relayed(odd: OddServer, photo: object, /, **options: object) -> GeneratedVideo:
    return generate(photo, "wind", base_url=odd.base_url, **options)  # type: ignore[arg-type]


def refused(odd: OddServer, photo: object, error: type[FramefitError], /, **options: object) -> FramefitError:
    """What generate() raises, and that nothing was asked of the server."""
    with pytest.raises(error) as caught:
        relayed(odd, photo, **options)
    assert odd.requests == []
    return caught.value


def test_what_a_relay_gets(server: OddServer, photo: Path) -> None:
    """A relay gets the picture with exactly the requested pixels, upright, and the length as text."""
    video = relayed(server, photo, size=(720, 1280), seconds=4, api_key="sk-1", output="out.mp4")
    sent = fields(server)
    assert sent["seconds"] == b"4"
    assert sent["size"] == b"720x1280"
    picture = Image.open(io.BytesIO(sent["input_reference"]))
    assert picture.size == (720, 1280)
    assert 0x0112 not in picture.getexif()
    assert video.fitted is not None
    assert sent["input_reference"] == video.fitted.data
    assert (video.video_id, video.engine) == ("v1", "127.0.0.1")
    assert all(seen.headers["authorization"] == "Bearer sk-1" for seen in server.requests)
    assert is_upright(Path("out.mp4"))


def test_the_environment_names_the_server(
    server: OddServer, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FRAMEFIT_BASE_URL and FRAMEFIT_API_KEY choose the server when nothing is given."""
    monkeypatch.setenv("FRAMEFIT_BASE_URL", server.base_url)
    monkeypatch.setenv("FRAMEFIT_API_KEY", "sk-2")
    assert generate(photo, "wind").video_id == "v1"
    assert server.requests[0].headers["authorization"] == "Bearer sk-2"


def test_a_model_only_the_relay_knows(server: OddServer, photo: Path) -> None:
    """A model that is in no catalogue works with an explicit size, and its length is the server's."""
    video = relayed(server, photo, model="wan-2.9-turbo", size="720x1280")
    sent = fields(server)
    assert sent["model"] == b"wan-2.9-turbo"
    assert "seconds" not in sent
    assert video.seconds == "10"
    error = refused_again(server, photo)
    assert error.fix == "--size WxH"


def refused_again(server: OddServer, photo: Path) -> FramefitError:
    server.requests.clear()
    return refused(server, photo, UnknownModel, model="wan-2.9-turbo")


def test_a_relay_may_offer_other_lengths(server: OddServer, photo: Path) -> None:
    """A length the catalogue does not list is left to a server that it does not know."""
    relayed(server, photo, seconds="10")
    assert fields(server)["seconds"] == b"10"


def test_a_relay_offers_no_other_sizes(server: OddServer, photo: Path) -> None:
    """A size that the model has on no server is refused before anything is sent."""
    assert "720x1280" in str(refused(server, photo, SizeNotOffered, size="640x480").wanted)
    refused(server, photo, SizeNotOffered, model="sora-2-pro", size="640x480")


def test_a_named_server_is_strict(server: OddServer, photo: Path) -> None:
    """With the server's name its own lengths hold."""
    refused(server, photo, SecondsNotOffered, server="azure", seconds=16)
    assert relayed(server, photo, server="openai", seconds=16).seconds == "16"


def test_nothing_is_sent_for_a_bad_picture(server: OddServer, photo: Path) -> None:
    """A picture that cannot be decoded costs nothing."""
    cut = encoded(scene(400, 300))[:-3000]
    refused(server, cut, PictureBroken)


def test_nothing_is_sent_when_the_output_cannot_be_written(server: OddServer, photo: Path) -> None:
    """An output in a place that cannot be written is found before the video is paid for."""
    refused(server, photo, OutputUnwritable, output=photo / "out.mp4")


def test_another_picture_comes_back(server: OddServer, photo: Path, tmp_path: Path) -> None:
    """A video that begins with something else fails loudly, and is kept because it was paid for."""
    other = movie(tmp_path / "other.mp4", scene(720, 1280).rotate(180)).read_bytes()
    server.on("GET", "/videos/v1/content", Reply(body=other))
    with pytest.raises(ReceiptMismatch, match=r"out\.mp4") as caught:
        relayed(server, photo, output="out.mp4")
    assert "is NOT what was sent" in (caught.value.seen or "")
    assert "--no-verify" in (caught.value.fix or "")
    assert Path("out.mp4").read_bytes() == other
    unchecked = relayed(server, photo, output="out.mp4", verify=False)
    assert unchecked.receipt is None


def test_another_size_comes_back(server: OddServer, photo: Path, tmp_path: Path) -> None:
    """A server that renders another size than it was asked for is told of in the receipt's line."""
    smaller = movie(tmp_path / "other.mp4", scene(704, 1280)).read_bytes()
    server.on("GET", "/videos/v1/content", Reply(body=smaller))
    receipt = relayed(server, photo, minimum=0.8).receipt
    assert "704x1280, picture 720x1280 fitted to it" in str(receipt)


def test_something_else_comes_back(server: OddServer, photo: Path) -> None:
    """Bytes that are no video are not_a_video, and kept."""
    server.on("GET", "/videos/v1/content", Reply(body=b"gateway error" * 9))
    with pytest.raises(NotAVideo, match=r"out\.mp4"):
        relayed(server, photo, output="out.mp4")
    assert Path("out.mp4").exists()


def test_an_earlier_video_is_not_replaced(server: OddServer, photo: Path) -> None:
    """Another video without an output gets a name that is free; a named output is replaced."""
    first, second = relayed(server, photo), relayed(server, photo, take=2)
    assert [video.path.name for video in (first, second)] == ["photo.mp4", "photo-2.mp4"]
    assert relayed(server, photo, take=3, output="photo.mp4").path == Path("photo.mp4")
    assert len(server.asked("POST")) == 3


def test_the_same_call_again(server: OddServer, photo: Path) -> None:
    """The same call again gives the same video and asks nothing; another output gets a copy."""
    first = relayed(server, photo)
    asked = len(server.requests)
    again, elsewhere = relayed(server, photo), relayed(server, photo, output="other.mp4")
    assert (again.path.name, again.video_id, again.key) == ("photo.mp4", first.video_id, first.key)
    assert (first.earlier, again.earlier) == (False, True)
    assert elsewhere.path.read_bytes() == first.path.read_bytes()
    assert len(server.requests) == asked


def test_a_video_that_was_lost_is_fetched_again(server: OddServer, photo: Path) -> None:
    """When the file of an earlier call is gone or changed, it is fetched again, and not asked for again."""
    first = relayed(server, photo, output="out.mp4")
    whole = first.path.read_bytes()
    first.path.write_bytes(whole[:-1])
    assert relayed(server, photo, output="out.mp4").path.read_bytes() == whole
    assert len(server.asked("POST")) == 1


def test_the_server_says_no(server: OddServer, photo: Path) -> None:
    """A refusal leaves no file, and nothing is asked after it."""
    server.on("POST", "/videos", Reply(status=400, body={"error": {"message": "not today"}}))
    with pytest.raises(RequestRejected):
        relayed(server, photo)
    assert [seen.method for seen in server.requests].index("POST") == len(server.requests) - 1
    assert not Path("photo.mp4").exists()


@pytest.mark.parametrize(
    ("method", "path", "reply", "error"),
    [
        ("POST", "/videos", Reply(drop=True), OutcomeUnknown),
        ("GET", "/videos/v1", Reply(body={"id": "v1", "status": "rejected"}), GenerationFailed),
        ("GET", "/videos/v1", Reply(body={"id": "v1", "status": "queued"}), GenerationTimeout),
    ],
)
def test_one_create_whatever_happens(
    server: OddServer, photo: Path, method: str, path: str, reply: Reply, error: type[FramefitError]
) -> None:
    """However it ends, exactly one create was sent."""
    server.on(method, path, reply)
    with pytest.raises(error):
        relayed(server, photo, timeout_seconds=0.5)
    assert len(server.asked("POST")) == 1
    assert not Path("photo.mp4").exists()


@pytest.mark.slow
def test_nobody_there(photo: Path) -> None:
    """A server that is not there is server_unreachable."""
    with pytest.raises(ServerUnreachable):
        generate(photo, "wind", base_url=f"http://127.0.0.1:{closed_port()}/v1")


def test_an_id_is_known_even_if_the_wait_is_broken_off(server: OddServer, photo: Path) -> None:
    """The id is told before the first question, so that a broken wait loses no paid job."""
    ids: list[str] = []

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        relayed(server, photo, on_progress=stop, on_submitted=ids.append)
    assert ids == ["v1"]


# Which rule holds


@pytest.mark.parametrize(
    ("base_url", "server", "rule"),
    [
        (None, None, "embedded"),
        (None, "openai", "openai"),
        ("https://me.openai.azure.com/openai/v1/", None, "azure"),
        ("https://me.OpenAI.Azure.com./openai/v1/", None, "azure"),
        ("https://api.openai.com/v1", None, "openai"),
        ("https://eu.api.openai.com/v1", None, "openai"),
        ("https://api.openai.com/v1", "azure", "azure"),
    ],
)
def test_a_known_server_has_its_own_rule(base_url: str | None, server: str | None, rule: str) -> None:
    """The rule is that of the named server, else of the one the address belongs to, else the engine's."""
    offer = offer_for("sora-2", server=server, base_url=base_url, size=None)
    assert offer.certain
    assert offer.rule is not None
    assert offer.rule.server == rule


@pytest.mark.parametrize("host", ["relay.example", "api.openai.com.evil.example", "notopenai.azure.com"])
def test_an_unknown_server_has_no_certain_rule(host: str) -> None:
    """For any other address a rule of the model is only a guess."""
    offer = offer_for("sora-2", server=None, base_url=f"https://{host}/v1", size=Size(1280, 720))
    assert not offer.certain
    assert offer.rule is not None
    assert Size(1280, 720) in offer.rule.sizes


def test_a_deployment_name_is_no_error() -> None:
    """On Azure the model's name is the deployment's, which no catalogue can know."""
    azure = "https://me.openai.azure.com/openai/v1"
    assert offer_for("my-film", server=None, base_url=azure, size=Size(1280, 720)).rule is None
    with pytest.raises(UnknownModel):
        offer_for("my-film", server=None, base_url=azure, size=None)
