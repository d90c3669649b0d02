"""The renderer: MP4s with exactly the frames, size and colours that were asked for."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from framefit.errors import InvalidOption, InvalidSize, MissingExtra, NotAVideo
from framefit.extras import require
from framefit.geometry import Size
from framefit.videos.renderer import render_video
from framefit.videos.stills import write_stills
from framefit.videos.title_card import title_card
from pictures import CORNERS, scene
from serving import similarity

SMALL = Size(320, 192)


def rendered(
    path: Path, prompt: str = "", *, picture: Image.Image | None = None, seconds: int = 1
) -> list[Image.Image]:
    picture = scene(*SMALL) if picture is None else picture
    render_video(reference=picture, prompt=prompt, size=SMALL, seconds=seconds, output=path)
    with av.open(str(path)) as container:
        return [frame.to_image() for frame in container.decode(video=0)]


def photo(size: Size) -> Image.Image:
    """Smooth shapes, fine detail and a little grain, as photographs have them."""
    random = np.random.default_rng(7)
    total = np.full((size.height, size.width, 3), 128.0)
    for step, strength in ((64, 60), (16, 25), (4, 8)):
        coarse = random.integers(0, 256, (size.height // step + 2, size.width // step + 2, 3), dtype=np.uint8)
        total += (np.asarray(Image.fromarray(coarse).resize(size), dtype=float) - 128) * strength / 60
    total += random.normal(0, 2, (size.height, size.width, 1))
    return Image.fromarray(total.clip(0, 255).astype(np.uint8))


@pytest.mark.parametrize("prompt", ["", "zoom in", "zoom out", "pan left", "pan up"])
def test_frame_0_is_the_picture(tmp_path: Path, prompt: str) -> None:
    """Whatever the move, frame 0 is the picture and the last frame is another."""
    picture = photo(SMALL)
    frames = rendered(tmp_path / "out.mp4", prompt, picture=picture)
    assert similarity(picture, frames[0]) > 0.97
    assert similarity(picture, frames[-1]) < 0.9


def test_length_rate_and_coding(tmp_path: Path) -> None:
    """The file has fps x seconds frames of H.264 in yuv420p at exactly the size, tagged BT.709, limited."""
    path = tmp_path / "out.mp4"
    render_video(reference=scene(*SMALL), prompt="", size=SMALL, seconds=2, output=path, fps=12)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = list(container.decode(stream))
        assert len(frames) == 24
        assert [frame.time for frame in frames] == pytest.approx([number / 12 for number in range(24)])
        assert stream.average_rate == 12
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert (frames[0].width, frames[0].height) == SMALL
        assert (frames[0].colorspace, frames[0].color_primaries, frames[0].color_trc) == (1, 1, 1)
        assert frames[0].color_range == 1
        assert container.duration == 2 * 1_000_000


def test_colours_come_back(tmp_path: Path) -> None:
    """A decoder that believes the file's tags gets the picture's colours back."""
    first = rendered(tmp_path / "out.mp4")[0]
    places = [(20, 20), (300, 20), (300, 172), (20, 172)]
    for place, colour in zip(places, CORNERS.values(), strict=True):
        assert np.abs(np.subtract(first.getpixel(place), colour)).max() <= 4, place


def test_zoom_out_shrinks_the_picture(tmp_path: Path) -> None:
    """At the end of a zoom out the whole picture stands smaller in the middle of a darker surrounding."""
    frames = rendered(tmp_path / "out.mp4", "zoom out")
    left, top = round(SMALL.width * 0.1), round(SMALL.height * 0.1)
    inner = frames[-1].crop((left, top, SMALL.width - left, SMALL.height - top)).resize(SMALL)
    assert similarity(scene(*SMALL), inner) > 0.8
    assert sum(frames[-1].getpixel((4, 4))) < 0.75 * sum(frames[0].getpixel((4, 4)))


def test_pan_right_ends_at_the_right(tmp_path: Path) -> None:
    """At the end of a pan to the right the right corners are still in view and the left ones less so."""
    last = np.asarray(rendered(tmp_path / "out.mp4", "pan right")[-1], dtype=int)
    middle_row = last[30]
    red = np.abs(middle_row - CORNERS["red"]).max(axis=1) < 30
    green = np.abs(middle_row - CORNERS["green"]).max(axis=1) < 30
    assert green.sum() > 2 * red.sum() > 0


def test_progress_rises_from_0_to_100(tmp_path: Path) -> None:
    """Progress begins with 0, only rises, and ends with 100 when the file is there."""
    path, seen = tmp_path / "out.mp4", []

    def note(percent: int) -> None:
        seen.append(percent)
        assert path.exists() == (percent == 100)

    render_video(reference=None, prompt="x", size=SMALL, seconds=1, output=path, on_progress=note)
    assert (seen[0], seen[-1]) == (0, 100)
    assert seen == sorted(set(seen))


def test_a_rendering_that_is_ended_leaves_nothing(tmp_path: Path) -> None:
    """When the progress callback raises, neither the file nor a part of it stays."""

    def stop(percent: int) -> None:
        if percent > 40:
            raise KeyError("enough")

    with pytest.raises(KeyError):
        render_video(
            reference=None, prompt="x", size=SMALL, seconds=1, output=tmp_path / "out.mp4", on_progress=stop
        )
    assert list(tmp_path.iterdir()) == []


def test_same_in_same_out(tmp_path: Path) -> None:
    """The same picture and prompt give the same bytes."""
    rendered(tmp_path / "a.mp4", "pan left")
    rendered(tmp_path / "b.mp4", "pan left")
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_the_picture_has_to_have_the_size(tmp_path: Path) -> None:
    """A picture of another size is refused instead of being stretched."""
    with pytest.raises(InvalidSize):
        render_video(reference=scene(321, 192), prompt="", size=SMALL, seconds=1, output=tmp_path / "out.mp4")


def test_odd_sides_are_refused(tmp_path: Path) -> None:
    """A size that yuv420p cannot have is refused with a typed error."""
    with pytest.raises(InvalidSize):
        render_video(reference=None, prompt="", size=Size(321, 192), seconds=1, output=tmp_path / "out.mp4")


@pytest.mark.parametrize("wrong", [{"seconds": 0}, {"seconds": 121}, {"seconds": 1, "fps": 0}])
def test_length_and_rate_out_of_range(tmp_path: Path, wrong: dict[str, int]) -> None:
    """Seconds and frames per second out of range are refused with a typed error."""
    with pytest.raises(InvalidOption):
        render_video(reference=None, prompt="", size=SMALL, output=tmp_path / "out.mp4", **wrong)


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "A red fox, café — “dawn”",
        "여우가 눈 속을 달린다",
        "x" * 900,
        "word " * 900,
        "\0\n\t",
        "🦊",
        "مرحبا",
    ],
)
@pytest.mark.parametrize("size", [Size(720, 1280), Size(1280, 720), Size(16, 16)])
def test_a_title_card_for_any_prompt(prompt: str, size: Size) -> None:
    """Every prompt gives a card of exactly the size."""
    card = title_card(prompt, size)
    assert (card.size, card.mode) == (size, "RGB")


def test_title_cards_show_their_prompt() -> None:
    """Cards of two prompts differ, and a card differs from an empty one."""
    cards = {title_card(prompt, SMALL).tobytes() for prompt in ("", "one fox", "two foxes")}
    assert len(cards) == 3


def test_stills(tmp_path: Path) -> None:
    """The thumbnail is frame 0 in full size, the sprite sheet has a tile for each second."""
    rendered(tmp_path / "out.mp4", "zoom in", seconds=5)
    write_stills(tmp_path / "out.mp4", thumbnail=tmp_path / "t.webp", spritesheet=tmp_path / "s.jpg")
    with Image.open(tmp_path / "t.webp") as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("WEBP", SMALL)
        assert similarity(scene(*SMALL), thumbnail) > 0.9
    with Image.open(tmp_path / "s.jpg") as sheet:
        assert (sheet.format, sheet.size) == ("JPEG", (4 * 320, 2 * 192))


def test_stills_of_no_video(tmp_path: Path) -> None:
    """A file that is no video is refused with a typed error."""
    (tmp_path / "out.mp4").write_bytes(b"no video")
    with pytest.raises(NotAVideo):
        write_stills(tmp_path / "out.mp4", thumbnail=tmp_path / "t.webp", spritesheet=tmp_path / "s.jpg")


def test_a_missing_extra_names_its_install_command() -> None:
    """A module that is not installed gives the exact install command; one that is there is returned."""
    with pytest.raises(MissingExtra) as caught:
        require("framefit_has_no_such_module", "serve")
    assert caught.value.fix == "pip install 'framefit[serve]'"
    assert require("av", "video") is av
