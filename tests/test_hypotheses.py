"""A receipt tells what a server did to the picture: every treatment is recognised, with its numbers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from framefit.fitting import fit
from framefit.server.speaking.models import WAN
from framefit.videos.colour import delta_e, mean_colour_error
from framefit.videos.receipt import Receipt, verify
from framefit.videos.shifts import shift_between
from framefit.videos.treatment import Treatment
from movies import movie
from pictures import encoded, scene, stored_with, with_orientation, write
from serving import get, send, serving, until

SIZE = (640, 360)
WIDE, FOUR_BY_THREE = scene(*SIZE), scene(800, 600)


def treated(tmp_path: Path, reference: Any, first: Image.Image, **options: Any) -> Treatment:
    """What the receipt says of a video that begins with that picture."""
    found = verify(reference, movie(tmp_path / "v.mp4", first), **options)
    assert found.treatment is not None
    return found.treatment


def padded(picture: Image.Image, colour: str) -> Image.Image:
    return ImageOps.pad(picture, SIZE, color=colour)


@pytest.mark.parametrize(
    ("name", "words", "make"),
    [
        ("stretched", "stretched 1.33x", lambda picture: picture.resize(SIZE)),
        ("padded", "padded", lambda picture: padded(picture, "black")),
        ("padded", "padded", lambda picture: padded(picture, "white")),
        ("turned", "turned 180° and centre-cropped", lambda picture: ImageOps.fit(picture.rotate(180), SIZE)),
        (
            "turned",
            "turned 90° clockwise and stretched 2.37x",
            lambda picture: picture.transpose(Image.Transpose.ROTATE_270).resize(SIZE),
        ),
        (
            "mirrored",
            "mirrored and stretched 1.33x",
            lambda picture: ImageOps.mirror(picture).resize(SIZE),
        ),
        (
            "mirrored",
            "mirrored top to bottom and padded",
            lambda picture: padded(ImageOps.flip(picture), "black"),
        ),
    ],
)
def test_a_picture_of_another_shape(
    tmp_path: Path, name: str, words: str, make: Callable[[Image.Image], Image.Image]
) -> None:
    """What was done to a picture of another shape is named, with its factor."""
    found = treated(tmp_path, encoded(FOUR_BY_THREE, "PNG"), make(FOUR_BY_THREE))
    assert (found.name, found.words, found.sure) == (name, words, True)
    assert found.ssim > 0.95
    assert found.shift == pytest.approx((0, 0), abs=0.3)


def test_the_centre_of_another_crop(tmp_path: Path) -> None:
    """A picture that was to be cropped at its top and was cropped in its middle is named so."""
    found = treated(tmp_path, FOUR_BY_THREE, ImageOps.fit(FOUR_BY_THREE, SIZE), focus="0.5,0")
    assert (found.words, found.sure) == ("centre-cropped", True)


@pytest.mark.parametrize("options", [{}, {"mode": "pad", "backdrop": "white"}, {"mode": "stretch"}])
def test_as_sent(tmp_path: Path, options: dict[str, Any]) -> None:
    """A picture that came back as framefit sent it is as sent, whatever it was fitted with."""
    sent = fit(FOUR_BY_THREE, size="640x360", **options)
    found = treated(tmp_path, FOUR_BY_THREE, sent.to_pil(), **options)
    assert (found.name, found.words, found.stretch) == ("as sent", "as sent", 1.0)
    assert found.colour_error < 2


@pytest.mark.parametrize(
    ("words", "make"),
    [
        ("mirrored", ImageOps.mirror),
        ("turned 180°", lambda picture: picture.rotate(180)),
        ("mirrored top to bottom", ImageOps.flip),
    ],
)
def test_a_picture_of_the_same_shape(
    tmp_path: Path, words: str, make: Callable[[Image.Image], Image.Image]
) -> None:
    """A picture of the video's shape can be turned and mirrored, and nothing else is said."""
    found = treated(tmp_path, WIDE, make(WIDE))
    assert (found.words, found.sure, found.stretch) == (words, True, 1.0)


@pytest.mark.parametrize("orientation", [2, 3, 6, 8])
def test_orientation_that_was_ignored(tmp_path: Path, orientation: int) -> None:
    """A video made of the stored pixels of a photo is recognised as turned or mirrored."""
    stored = stored_with(FOUR_BY_THREE, orientation)
    photo = encoded(stored, "PNG", exif=with_orientation(orientation))
    found = treated(tmp_path, photo, stored.resize(SIZE))
    words = {2: "mirrored", 3: "turned 180°", 6: "turned 90° counter-clockwise", 8: "turned 90° clockwise"}
    assert found.words.startswith(words[orientation])
    assert found.sure


def swapped(picture: Image.Image) -> Image.Image:
    return Image.merge("RGB", picture.split()[::-1])


@pytest.mark.parametrize(
    ("words", "make"),
    [
        ("colour-shifted (red and blue swapped)", swapped),
        ("colour-shifted (grey)", lambda picture: picture.convert("L").convert("RGB")),
        (
            "colour-shifted (limited range taken for full)",
            lambda picture: picture.point(lambda value: 16 + value * 219 / 255),
        ),
        (
            "colour-shifted (full range taken for limited)",
            lambda picture: picture.point(lambda value: (value - 16) * 255 / 219),
        ),
    ],
)
def test_colours(tmp_path: Path, words: str, make: Callable[[Image.Image], Image.Image]) -> None:
    """Colours that went wrong are named with the mistake that explains them, and how far they are off."""
    found = treated(tmp_path, WIDE, make(WIDE))
    assert (found.name, found.words, found.sure) == ("colour-shifted", words, True)
    assert found.colour_error > 2


def test_shape_and_colour(tmp_path: Path) -> None:
    """Both are said when both happened."""
    found = treated(tmp_path, FOUR_BY_THREE, swapped(FOUR_BY_THREE.resize(SIZE)))
    assert found.words == "stretched 1.33x and colour-shifted (red and blue swapped)"
    assert found.name == "stretched"


def test_a_shift_in_pixels(tmp_path: Path) -> None:
    """A first frame that is moved by some pixels is as sent, and the shift is measured."""
    big = scene(660, 380)
    sent, shown = big.crop((10, 10, 650, 370)), big.crop((7, 12, 647, 372))
    found = treated(tmp_path, sent, shown)
    assert found.words == "as sent"
    assert found.shift == pytest.approx((3, -2), abs=0.2)


@pytest.mark.parametrize("other", ["noise", "black"])
def test_something_else(tmp_path: Path, other: str) -> None:
    """Where nothing known explains the first frame, that is said, and no shift is made up."""
    noise = np.random.default_rng(1).integers(0, 256, (36, 64, 3), dtype=np.uint8)
    first = Image.fromarray(noise).resize(SIZE) if other == "noise" else Image.new("RGB", SIZE)
    video = movie(tmp_path / "v.mp4", first)
    found = verify(WIDE, video)
    assert found.treatment is not None and not found.ok
    assert (found.treatment.sure, found.treatment.shift) == (False, None)
    assert "none of the known ways" in str(found.treatment)
    assert str(found).endswith("the picture was treated in no known way")


@pytest.fixture(scope="module")
def receipts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Receipt]:
    """Receipts of a photo that was sent as it was, and fitted, to an engine that speaks vLLM-Omni."""
    folder = tmp_path_factory.mktemp("vllm")
    photo = stored_with(FOUR_BY_THREE, 3)
    pictures = {
        "unfitted": encoded(FOUR_BY_THREE, "PNG"),
        "sideways": encoded(photo, "PNG", exif=with_orientation(3)),
        "fitted": fit(encoded(FOUR_BY_THREE, "PNG"), size="640x360").data,
    }
    with serving(folder / "engine", speak="vllm-omni") as server:
        return {name: sent(server, folder / f"{name}.mp4", data) for name, data in pictures.items()}


def sent(server: Any, path: Path, data: bytes) -> Receipt:
    text = {"prompt": "wind", "model": WAN, "size": "640x360", "seconds": "1"}
    files: dict[str, Any] = {name: (None, value) for name, value in text.items()}
    reply = send("POST", f"{server.base_url}/videos", files={**files, "input_reference": ("a", data)})
    video_id = reply.raise_for_status().json()["id"]
    until(server, video_id, "completed")
    path.write_bytes(get(server, f"/videos/{video_id}/content").content)
    return verify(data, path)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("unfitted", "stretched 1.33x"),
        ("sideways", "turned 180° and stretched 1.33x"),
        ("fitted", "as sent"),
    ],
)
def test_what_a_stretching_server_does(receipts: dict[str, Receipt], name: str, words: str) -> None:
    """Behind a server that stretches and ignores orientation, an unfitted picture shows it and a fitted one does not."""
    found = receipts[name]
    assert found.treatment is not None
    assert (found.treatment.words, found.treatment.sure) == (words, True)
    assert found.ok == (name == "fitted")
    assert (found.size, found.fps, found.frames, found.seconds) == (SIZE, 24.0, 24, pytest.approx(1))


def test_the_treatment_as_json(receipts: dict[str, Receipt]) -> None:
    """The treatment is a part of the receipt's dictionary and of its sentence when something went wrong."""
    told = json.loads(json.dumps(receipts["unfitted"].as_dict(), allow_nan=False))["treatment"]
    assert (told["name"], told["words"], told["sure"]) == ("stretched", "stretched 1.33x", True)
    assert told["stretch"] == pytest.approx(4 / 3, abs=0.001)
    assert set(told) == {"name", "words", "sure", "ssim", "shift", "stretch", "colour_error"}
    assert str(receipts["unfitted"]).endswith("; the picture was stretched 1.33x")
    assert "the picture was" not in str(receipts["fitted"])


def test_the_command_says_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`framefit verify` prints the treatment with its numbers."""
    from framefit.cli.main import app

    photo = write(tmp_path / "p.png", FOUR_BY_THREE, "PNG")
    video = movie(tmp_path / "v.mp4", FOUR_BY_THREE.resize(SIZE))
    with pytest.raises(SystemExit) as ended:
        app(["verify", str(photo), str(video)])
    assert ended.value.code == 1
    assert "the picture: stretched 1.33x (SSIM 0.9" in capsys.readouterr().out


SHARMA = [
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0),
    ((50, 0, 0), (50, -1, 2), 2.3669),
    ((50, 2.49, -0.001), (50, -2.49, 0.0010), 7.1792),
    ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
    ((50, -0.001, 2.49), (50, 0.0010, -2.49), 4.8045),
    ((50, -0.001, 2.49), (50, 0.0011, -2.49), 4.7461),
    ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((50, 2.5, 0), (56, -27, -3), 31.9030),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("one", "other", "wanted"), SHARMA)
def test_the_published_colour_differences(
    one: tuple[float, ...], other: tuple[float, ...], wanted: float
) -> None:
    """CIEDE2000 gives the published test values of its authors, in either order."""
    a, b = np.array(one, dtype=float), np.array(other, dtype=float)
    assert float(delta_e(a, b)) == pytest.approx(wanted, abs=1e-4)
    assert float(delta_e(b, a)) == pytest.approx(wanted, abs=1e-4)


def test_black_and_white_are_farthest() -> None:
    """Equal pictures are 0 apart, black and white 100."""
    black, white = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)
    assert mean_colour_error(black, black) == 0
    assert mean_colour_error(black, white) == pytest.approx(100, abs=1e-3)


@pytest.mark.parametrize(("x", "y"), [(0, 0), (1, 0), (3, -2), (20, 11), (-37, 5)])
def test_shifts(x: int, y: int) -> None:
    """A shift of whole pixels is found to a hundredth of one."""
    pixels = np.asarray(scene(900, 600))
    first, second = pixels[50:530, 50:850], pixels[50 - y : 530 - y, 50 - x : 850 - x]
    assert shift_between(first, second) == pytest.approx((x, y), abs=0.02)


@pytest.mark.parametrize("plain", ["flat", "stripes", "tiny"])
def test_no_shift_without_texture(plain: str) -> None:
    """A picture that looks the same when it is moved some way gives no shift."""
    pixels = np.full((200, 300, 3), 90, np.uint8)
    if plain == "stripes":
        pixels[:, ::20] = 200
    if plain == "tiny":
        pixels = pixels[:4, :4]
    assert shift_between(pixels, pixels) is None
