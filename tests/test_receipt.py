"""verify() says whether the first frame of a video is the picture that was sent."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from framefit.errors import InvalidOption, NotAVideo, PictureNotFound
from framefit.fitting import fit
from framefit.geometry import Size
from framefit.videos.first_frame import first_frame
from framefit.videos.receipt import Receipt, verify
from movies import movie, turned_by_player
from pictures import CORNERS, encoded, scene, stored_with, with_orientation, write


def receipt(ssim: float = 0.983, psnr: float = 38.14, **changes: object) -> Receipt:
    usual: dict[str, object] = {
        "size": Size(720, 1280),
        "reference_size": Size(720, 1280),
        "frames": 96,
        "fps": 24.0,
        "seconds": 4.0,
        "minimum": 0.9,
    }
    return Receipt(ssim=ssim, psnr=psnr, **{**usual, **changes})  # type: ignore[arg-type]


def stripes(width: int, height: int) -> Image.Image:
    """Saturated colours side by side, which a wrong matrix or range shifts the most."""
    colours = [
        (255, 0, 0),
        (0, 255, 0),
        (0, 0, 255),
        (220, 30, 30),
        (240, 210, 40),
        (255, 255, 255),
        (0, 0, 0),
    ]
    image = Image.new("RGB", (width, height))
    for number, colour in enumerate(colours):
        image.paste(colour, (width * number // 7, 0, width * (number + 1) // 7, height))
    return image


def corners(pixels: np.ndarray) -> list[tuple[int, ...]]:
    """The middles of the four corner blocks, clockwise from the top left."""
    height, width = pixels.shape[:2]
    a, b = width // 8, height // 8
    spots = [(b, a), (b, width - a), (height - b, width - a), (height - b, a)]
    return [tuple(int(v) for v in pixels[spot]) for spot in spots]


def near(seen: list[tuple[int, ...]], wanted: list[tuple[int, ...]], most: int = 12) -> bool:
    return all(
        abs(a - b) <= most
        for one, other in zip(seen, wanted, strict=True)
        for a, b in zip(one, other, strict=True)
    )


def test_the_picture_that_was_sent(tmp_path: Path) -> None:
    """A video that begins with the picture passes, and the receipt says what the file holds."""
    picture = scene(320, 180)
    video = movie(tmp_path / "v.mp4", picture, frames=12, fps=24)
    found = verify(encoded(picture, "PNG"), video)
    assert found.ok
    assert found.ssim > 0.97
    assert found.psnr > 30
    assert (found.size, found.reference_size) == ((320, 180), (320, 180))
    assert (found.frames, found.fps, found.seconds) == (12, 24.0, pytest.approx(0.5))


@pytest.mark.parametrize("turn", ["mirrored", "upside down", "another", "grey"])
def test_another_picture_fails(tmp_path: Path, turn: str) -> None:
    """A first frame that is turned, mirrored or of something else is not what was sent."""
    picture = scene(320, 180)
    other = {
        "mirrored": ImageOps.mirror(picture),
        "upside down": picture.rotate(180),
        "another": stripes(320, 180),
        "grey": Image.new("RGB", (320, 180), (128, 128, 128)),
    }[turn]
    found = verify(picture, movie(tmp_path / "v.mp4", other))
    assert not found.ok
    assert "is NOT what was sent" in str(found)


def test_only_the_first_frame_counts(tmp_path: Path) -> None:
    """What happens after the first frame does not matter."""
    import av
    from av.video.frame import VideoFrame

    path = tmp_path / "v.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": "12", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        for picture in (scene(160, 90), Image.new("RGB", (160, 90)), Image.new("RGB", (160, 90), "white")):
            container.mux(stream.encode(VideoFrame.from_image(picture)))
        container.mux(stream.encode(None))
    assert verify(scene(160, 90), path).ok


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_the_original_photo(tmp_path: Path, orientation: int) -> None:
    """An original that was larger and stored turned is fitted to the video first, as it was before sending."""
    upright = scene(800, 600)
    photo = write(
        tmp_path / "photo.jpg", stored_with(upright, orientation), exif=with_orientation(orientation)
    )
    sent = fit(photo, size="320x180", focus="0.5,0.1")
    video = movie(tmp_path / "v.mp4", sent.to_pil())
    found = verify(photo, video, focus="0.5,0.1")
    assert found.ok
    assert found.reference_size == (800, 600)
    assert "picture 800x600 fitted to it" in str(found)


def test_options_are_those_it_was_sent_with(tmp_path: Path) -> None:
    """A padded video matches the original only when verify pads it as well."""
    photo = encoded(scene(300, 300), "PNG")
    options = {"mode": "pad", "backdrop": "white", "crop": (0.0, 0.0, 0.9, 0.9)}
    video = movie(tmp_path / "v.mp4", fit(photo, size="320x180", **options).to_pil())  # type: ignore[arg-type]
    assert verify(photo, video, **options).ok  # type: ignore[arg-type]
    assert not verify(photo, video).ok


@pytest.mark.parametrize("shape", ["path", "text", "bytes", "stream", "pil", "array"])
def test_every_kind_of_source(tmp_path: Path, shape: str) -> None:
    """The reference may be anything that fit() takes."""
    picture = scene(160, 90)
    video = movie(tmp_path / "v.mp4", picture)
    path = write(tmp_path / "p.png", picture, "PNG")
    sources = {
        "path": path,
        "text": str(path),
        "bytes": path.read_bytes(),
        "stream": io.BytesIO(path.read_bytes()),
        "pil": picture,
        "array": np.asarray(picture),
    }
    assert verify(sources[shape], str(video)).ok


@pytest.mark.parametrize("full", [False, True], ids=["limited", "full"])
@pytest.mark.parametrize("matrix", ["bt709", "bt601", "unsaid"])
def test_colours_are_those_of_the_stream(tmp_path: Path, matrix: str, full: bool) -> None:
    """Saturated colours come back within 4 levels, whichever matrix and range the stream names."""
    picture = stripes(280, 160)
    video = movie(tmp_path / "v.mp4", picture, matrix=matrix, full=full, pixels="yuv444p", crf=1)
    shown = first_frame(video).pixels.astype(int)
    wanted = np.asarray(picture).astype(int)
    for number in range(7):
        column = 280 * number // 7 + 20
        assert np.abs(shown[80, column] - wanted[80, column]).max() <= 4


@pytest.mark.parametrize("clockwise", [True, False])
def test_a_video_that_is_turned_by_the_player(tmp_path: Path, clockwise: bool) -> None:
    """A video that says it must be turned is compared as it is shown."""
    upright = scene(180, 320)
    stored = upright.rotate(90 if clockwise else -90, expand=True)
    video = turned_by_player(movie(tmp_path / "v.mp4", stored), clockwise=clockwise)
    frame = first_frame(video)
    assert frame.size == (180, 320)
    assert near(corners(frame.pixels), list(CORNERS.values()))
    assert verify(upright, video).ok


def test_odd_sides(tmp_path: Path) -> None:
    """A video with odd width and height is compared whole."""
    picture = scene(321, 181)
    found = verify(picture, movie(tmp_path / "v.mp4", picture, pixels="yuv444p"))
    assert found.ok
    assert found.size == (321, 181)


def test_tiny_video(tmp_path: Path) -> None:
    """A video smaller than the window of SSIM is compared, too."""
    picture = Image.new("RGB", (16, 8), (200, 40, 40))
    assert verify(picture, movie(tmp_path / "v.mp4", picture)).ok


@pytest.mark.parametrize("kind", ["mkv", "webm"])
def test_other_containers(tmp_path: Path, kind: str) -> None:
    """Matroska is read like MP4, whatever the suffix."""
    path = movie(tmp_path / "v.mkv", scene(160, 90))
    path = path.rename(tmp_path / f"v.{kind}")
    found = verify(scene(160, 90), path)
    assert found.ok
    assert found.frames is None or found.frames == 3


def broken(tmp_path: Path, what: str) -> Path:
    path = tmp_path / "v.mp4"
    if what == "missing":
        return path
    if what == "folder":
        path.mkdir()
        return path
    whole = movie(tmp_path / "whole.mp4", scene(160, 90)).read_bytes()
    path.write_bytes(
        {
            "empty": b"",
            "text": b"upstream request timeout" * 40,
            "json": b'{"error": {"message": "expired"}}',
            "page": b"<html><body>502 Bad Gateway</body></html>",
            "picture": encoded(scene(160, 90)),
            "png": encoded(scene(160, 90), "PNG"),
            "gif": encoded(scene(160, 90), "GIF"),
            "header": whole[: whole.index(b"mdat") + 4],
            "cut": whole[:600],
            "zeros": whole[: whole.index(b"mdat") + 4] + bytes(len(whole)),
            "playlist": b"#EXTM3U\n#EXTINF:4,\n"
            + str(tmp_path / "whole.mp4").encode()
            + b"\n#EXT-X-ENDLIST\n",
            "concat": b"ffconcat version 1.0\nfile whole.mp4\n",
        }[what]
    )
    return path


@pytest.mark.parametrize(
    "what",
    [
        "missing",
        "folder",
        "empty",
        "text",
        "json",
        "page",
        "picture",
        "png",
        "gif",
        "header",
        "cut",
        "zeros",
        "playlist",
        "concat",
    ],
)
def test_what_is_no_video(tmp_path: Path, what: str) -> None:
    """A missing, empty, cut or foreign file, and a list that names other files, is not_a_video and named."""
    path = broken(tmp_path, what)
    with pytest.raises(NotAVideo) as caught:
        verify(scene(160, 90), path)
    assert "v.mp4" in caught.value.message
    assert caught.value.seen
    assert caught.value.fix


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    """A file with sound and no picture is not_a_video."""
    import av
    from av.audio.frame import AudioFrame

    path = tmp_path / "v.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44_100, layout="mono")
        frame = AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 44_100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(NotAVideo, match=r"v\.mp4"):
        first_frame(path)


def test_a_name_with_a_pattern_is_a_name(tmp_path: Path) -> None:
    """Names that mean something to FFmpeg are only names here."""
    odd = tmp_path / "take%03d:1|2.mp4"
    movie(tmp_path / "v.mp4", scene(160, 90)).rename(odd)
    assert verify(scene(160, 90), odd).ok


def test_a_missing_reference(tmp_path: Path) -> None:
    """A picture that does not exist is said to be missing, before the video is looked at."""
    with pytest.raises(PictureNotFound):
        verify(tmp_path / "nothing.jpg", tmp_path / "nothing.mp4")


@pytest.mark.parametrize("minimum", [-0.1, 1.1, math.nan])
def test_the_minimum_has_a_range(tmp_path: Path, minimum: float) -> None:
    """A minimum outside 0 to 1 is an invalid option."""
    with pytest.raises(InvalidOption):
        verify(scene(16, 16), tmp_path / "v.mp4", minimum=minimum)


def test_the_line_of_a_match() -> None:
    """A match is one line with both measures and what the video holds."""
    assert (
        str(receipt())
        == "first frame matches what was sent: SSIM 0.983, PSNR 38.1 dB (720x1280, 96 frames, 24 fps, 4.0 s)"
    )
    bare = receipt(psnr=math.inf, frames=None, fps=None, seconds=None)
    assert str(bare) == "first frame matches what was sent: SSIM 0.983, PSNR inf dB (720x1280)"


def test_the_line_of_a_mismatch() -> None:
    """A mismatch is one line that says so and names the measure that was too low, never rounded up."""
    assert "is NOT what was sent: SSIM 0.410 (wanted 0.9), PSNR 38.1 dB" in str(receipt(ssim=0.41))
    assert "SSIM 0.899 (wanted 0.9)" in str(receipt(ssim=0.8999))
    flat = receipt(ssim=0.95, psnr=11.0)
    assert not flat.ok
    assert "PSNR 11.0 dB (wanted 15)" in str(flat)


def test_as_dict_is_json() -> None:
    """The receipt can be written as strict JSON, an infinite PSNR as null."""
    for psnr in (38.14, math.inf):
        told = json.loads(json.dumps(receipt(psnr=psnr).as_dict(), allow_nan=False))
        assert told["psnr"] == (38.14 if psnr < math.inf else None)
        assert told["ok"] is True
        assert told["size"] == told["reference_size"] == "720x1280"
