"""The names of the articles keep their signatures and none of their faults."""

from __future__ import annotations

import email
import email.policy
import inspect
import io
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai import OpenAI
from PIL import Image, ImageChops, ImageCms, ImageStat
from pillow_heif import from_pillow

from framefit import verify
from framefit.compat import (
    SORA_RESOLUTIONS,
    SoraImagePreprocessor,
    batch_process,
    center_crop_for_sora,
    generate_video_with_image,
    preprocess_image_for_sora,
)
from framefit.errors import (
    InvalidOption,
    InvalidSize,
    NotAPicture,
    OutputCollision,
    OutputIsInput,
    PictureBroken,
    PictureNotFound,
    RequestRejected,
    SecondsNotOffered,
    SizeNotOffered,
    UsageError,
)
from pictures import CORNERS, encoded, scene, stored_with, with_orientation, write

LEFT_TOP = {"left_fraction": 0.0, "top_fraction": 0.0, "right_fraction": 0.2, "bottom_fraction": 0.2}
RED = CORNERS["red"]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return write(tmp_path / "photo.jpg", scene(1600, 1200))


def mean(image: Image.Image) -> tuple[float, ...]:
    return tuple(ImageStat.Stat(image).mean)


def near(color: tuple[float, ...], wanted: tuple[int, ...], tolerance: float = 8) -> bool:
    return all(abs(seen - right) <= tolerance for seen, right in zip(color, wanted, strict=True))


def corner_colors(image: Image.Image) -> list[tuple[int, ...]]:
    """The colours near the corners, clockwise from the top left."""
    right, bottom = image.width - 6, image.height - 6
    return [image.getpixel(point) for point in ((5, 5), (right, 5), (right, bottom), (5, bottom))]  # type: ignore[misc]


def test_signatures_are_those_of_the_articles() -> None:
    """Every positional parameter of the articles has its place, its name and its default."""
    wanted: dict[Callable[..., Any], str] = {
        SoraImagePreprocessor: "target_resolution='landscape_720p'",
        SoraImagePreprocessor.pad: "self, image_path, bg_color=(0, 0, 0)",
        SoraImagePreprocessor.cover: "self, image_path",
        SoraImagePreprocessor.stretch: "self, image_path",
        SoraImagePreprocessor.to_bytes: "self, img, format='JPEG', quality=95",
        SoraImagePreprocessor.process_and_save: "self, image_path, mode='cover', output_path=None",
        preprocess_image_for_sora: "image_path, target_resolution='landscape_720p'",
        center_crop_for_sora: "image_path, width, height",
        batch_process: "image_dir, output_dir, resolution='landscape_720p'",
        generate_video_with_image: "image_path, prompt, resolution='landscape_720p'",
    }
    for function, expected in wanted.items():
        positional = [
            parameter.replace(annotation=inspect.Parameter.empty)
            for parameter in inspect.signature(function).parameters.values()
            if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        ]
        assert ", ".join(str(parameter) for parameter in positional) == expected


@pytest.mark.parametrize("name", SORA_RESOLUTIONS)
def test_every_resolution_name_gives_its_size_exactly(name: str, photo: Path) -> None:
    """Each of the four names makes pad, cover and stretch return RGB images of the articles' size."""
    processor = SoraImagePreprocessor(name)
    size = SoraImagePreprocessor.RESOLUTIONS[name]
    assert (processor.target_width, processor.target_height) == processor.target_size == size
    for image in (processor.pad(photo), processor.cover(str(photo)), processor.stretch(photo)):
        assert (image.mode, image.size) == ("RGB", size)


def test_the_1080p_names_are_seven_to_four(tmp_path: Path) -> None:
    """The articles' 1080p sizes are 7:4: a 7:4 picture fills them without a bar, a 16:9 picture does not."""
    assert Fraction(*SORA_RESOLUTIONS["landscape_1080p"]) == Fraction(7, 4) != Fraction(16, 9)
    assert Fraction(*SORA_RESOLUTIONS["portrait_1080p"]) == Fraction(4, 7)
    processor = SoraImagePreprocessor("landscape_1080p")
    seven_to_four = write(tmp_path / "a.png", Image.new("RGB", (700, 400), "white"), "PNG")
    sixteen_to_nine = write(tmp_path / "b.png", Image.new("RGB", (1600, 900), "white"), "PNG")
    assert processor.pad(seven_to_four).getextrema() == ((255, 255),) * 3
    assert processor.pad(sixteen_to_nine).getpixel((896, 0)) == (0, 0, 0)


@pytest.mark.parametrize("wish", ["1280x720", "1280×720", "1280*720", (1280, 720)])
def test_sizes_are_taken_as_people_write_them_and_kept_as_numbers(wish: Any) -> None:
    """A size or a pair is as good as a name, and the × sign never leaves framefit."""
    size = SoraImagePreprocessor(wish).target_size
    assert size == (1280, 720)
    assert str(size) == "1280x720"


@pytest.mark.parametrize("wish", ["landscape_4k", "720p", "", None, (1280,)])
def test_an_unknown_resolution_names_the_known_ones(wish: Any) -> None:
    """A resolution that cannot be read is refused at once, with the four names in the error."""
    with pytest.raises(InvalidSize) as caught:
        SoraImagePreprocessor(wish)
    assert all(name in (caught.value.wanted or "") for name in SORA_RESOLUTIONS)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_stand_upright(orientation: int, tmp_path: Path) -> None:
    """A picture stored with any EXIF orientation comes out upright from every mode and function."""
    stored = stored_with(scene(1600, 900), orientation)
    path = write(tmp_path / "phone.jpg", stored, quality=95, exif=with_orientation(orientation))
    processor = SoraImagePreprocessor()
    images = [processor.pad(path), processor.cover(path), processor.stretch(path)]
    images.append(center_crop_for_sora(path, 1280, 720))
    with Image.open(preprocess_image_for_sora(path)) as ready:
        images.append(ready.copy())
    with Image.open(path) as as_stored:
        upright = Image.open(processor.to_bytes(as_stored))
    assert upright.size == (1600, 900)
    for image in (*images, upright):
        for seen, wanted in zip(corner_colors(image), CORNERS.values(), strict=True):
            assert near(seen, wanted, 20)


MODES = ("RGBA", "LA", "P", "PA", "L", "1", "CMYK", "I;16", "F")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("format", "ending", "kind"),
    [("JPEG", ".jpg", "JPEG"), ("png", ".png", "PNG"), ("WebP", ".webp", "WEBP")],
)
def test_to_bytes_takes_every_layout(mode: str, format: str, ending: str, kind: str) -> None:
    """An image of any layout becomes an opaque file of the named format, at the image's size."""
    file = SoraImagePreprocessor().to_bytes(Image.new(mode, (321, 123)), format)
    assert isinstance(file, io.BytesIO)
    assert Path(file.name).suffix == ending
    with Image.open(file) as image:
        assert (image.format, image.size) == (kind, (321, 123))
        assert "A" not in image.getbands()
        assert "transparency" not in image.info


def test_to_bytes_obeys_quality_and_starts_at_its_start() -> None:
    """A lower quality gives a smaller file, and reading begins at the first byte."""
    processor = SoraImagePreprocessor()
    fine, coarse = processor.to_bytes(scene(640, 360)), processor.to_bytes(scene(640, 360), "JPEG", 50)
    assert len(coarse.read()) < len(fine.read())
    assert fine.getvalue()[:2] == b"\xff\xd8"


def test_to_bytes_refuses_what_it_cannot_write() -> None:
    """A format framefit does not write and a quality out of range are usage errors."""
    for options in ({"format": "GIF"}, {"format": ""}, {"quality": 0}):
        with pytest.raises(InvalidOption):
            SoraImagePreprocessor().to_bytes(scene(64, 36), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["RGBA", "P"])
def test_transparent_pictures_are_saved_as_jpeg(mode: str, tmp_path: Path) -> None:
    """A transparent or palette PNG is saved as JPEG, its transparency laid on the backdrop."""
    clear = Image.new("RGBA", (640, 360), (255, 255, 255, 0))
    image = clear if mode == "RGBA" else clear.quantize(4)
    path = write(tmp_path / "logo.png", image, "PNG")
    with Image.open(SoraImagePreprocessor().process_and_save(str(path))) as saved:
        assert (saved.format, saved.mode, saved.size) == ("JPEG", "RGB", (1280, 720))
        assert near(mean(saved), (0, 0, 0), 2)
    assert near(mean(SoraImagePreprocessor().pad(path, bg_color=(10, 200, 90))), (10, 200, 90), 0.5)


@pytest.mark.parametrize("name", ["photo.jpg", "photo.JPG", "photo.jpeg", "photo.png", "photo.webp", "photo"])
def test_originals_are_never_overwritten(name: str, tmp_path: Path) -> None:
    """Whatever the suffix, the result is another file and the original keeps its bytes."""
    kind = {".png": "PNG", ".webp": "WEBP"}.get(Path(name).suffix, "JPEG")
    path = write(tmp_path / name, scene(800, 600), kind)
    before = path.read_bytes()
    saved = SoraImagePreprocessor().process_and_save(str(path))
    ready = preprocess_image_for_sora(str(path))
    assert saved == str(tmp_path / "photo_cover_1280x720.jpg")
    assert Path(ready) == tmp_path / "photo_sora_ready.jpg"
    assert path.read_bytes() == before
    for result in (saved, ready):
        with Image.open(result) as image:
            assert (image.format, image.size) == ("JPEG", (1280, 720))


def test_saving_onto_the_original_is_refused(photo: Path, tmp_path: Path) -> None:
    """An output that is the picture itself, also through a link, is refused and nothing changes."""
    before = photo.read_bytes()
    link = tmp_path / "link.jpg"
    link.symlink_to(photo)
    for output in (photo, str(photo), link):
        with pytest.raises(OutputIsInput):
            SoraImagePreprocessor().process_and_save(photo, "cover", output)
    assert photo.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "kind"), [("a.jpg", "JPEG"), ("a.JPEG", "JPEG"), ("a.png", "PNG"), ("a.webp", "WEBP")]
)
def test_the_suffix_of_the_output_decides_the_format(name: str, kind: str, photo: Path) -> None:
    """A named output is written in the format its suffix stands for, in a folder made for it."""
    output = photo.parent / "new" / name
    assert SoraImagePreprocessor("portrait_720p").process_and_save(photo, "pad", output) == str(output)
    with Image.open(output) as image:
        assert (image.format, image.size) == (kind, (720, 1280))


def test_outputs_that_mean_nothing_are_refused(photo: Path) -> None:
    """A suffix of no writable format, and pixels without a folder to save beside, are usage errors."""
    processor = SoraImagePreprocessor()
    for source, output in ((photo, "a.gif"), (photo, "a"), (photo.read_bytes(), None)):
        with pytest.raises(InvalidOption):
            processor.process_and_save(source, "cover", output)


@settings(max_examples=150, deadline=None)
@given(
    source=st.tuples(st.integers(1, 400), st.integers(1, 400)),
    target=st.tuples(st.integers(1, 200), st.integers(1, 200)),
)
def test_a_centre_crop_has_no_black_line(source: tuple[int, int], target: tuple[int, int]) -> None:
    """A white picture of any size stays white to its last row and column when it fills any size."""
    filled = center_crop_for_sora(Image.new("RGB", source, "white"), *target)
    assert filled.size == target
    assert filled.getextrema() == ((255, 255),) * 3


def swapped_profile() -> bytes:
    """A colour profile that is sRGB with red and green exchanged."""
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = data.replace("sRGB".encode("utf-16-be"), "Swap".encode("utf-16-be"))
    return data.replace(b"rXYZ", b"????").replace(b"gXYZ", b"rXYZ").replace(b"????", b"gXYZ")


def test_colour_profiles_are_honoured(tmp_path: Path) -> None:
    """What a profile calls red comes out as the colour it means, in every function."""
    options = {"icc_profile": swapped_profile(), "quality": 95}
    path = write(tmp_path / "wide.jpg", Image.new("RGB", (640, 360), RED), **options)
    wanted = (RED[1], RED[0], RED[2])
    processor = SoraImagePreprocessor()
    images = [processor.pad(path), processor.cover(path), processor.stretch(path)]
    with Image.open(path) as image:
        images.append(Image.open(processor.to_bytes(image)))
    for image in images:
        assert near(mean(image), wanted, 5)


def test_pixels_go_through_no_lossy_format(tmp_path: Path) -> None:
    """A picture of the target size comes back with exactly its pixels, grey ones as RGB."""
    exact = scene(1280, 720)
    colour = write(tmp_path / "c.png", exact, "PNG")
    grey = write(tmp_path / "g.png", exact.convert("L"), "PNG")
    processor = SoraImagePreprocessor()
    for mode in (processor.pad, processor.cover, processor.stretch):
        assert ImageChops.difference(mode(colour), exact).getbbox() is None
        assert ImageChops.difference(mode(grey), exact.convert("L").convert("RGB")).getbbox() is None


def test_pad_fills_with_the_colour_asked_for(photo: Path) -> None:
    """The bars of a padded picture have exactly bg_color, black by default."""
    processor = SoraImagePreprocessor()
    assert processor.pad(photo).getpixel((0, 360)) == (0, 0, 0)
    assert processor.pad(photo, (12, 34, 56)).getpixel((0, 360)) == (12, 34, 56)
    with Image.open(preprocess_image_for_sora(photo)) as ready:
        assert near(ready.getpixel((5, 360)), (0, 0, 0))  # type: ignore[arg-type]


@pytest.mark.parametrize("crop", [LEFT_TOP, (0, 0, 0.2, 0.2), [0, 0, 0.2, 0.2], "0,0,0.2,0.2"])
def test_crop_is_done_here_and_in_every_function(crop: Any, photo: Path) -> None:
    """The articles' dictionary and four numbers cut the same part, in every function that takes a picture."""
    processor = SoraImagePreprocessor((320, 240))
    images = [processor.pad(photo, crop=crop), processor.cover(photo, crop=crop)]
    images += [processor.stretch(photo, crop=crop), center_crop_for_sora(photo, 320, 240, crop=crop)]
    (photo.parent / "in").mkdir()
    photo.rename(photo.parent / "in" / "photo.jpg")
    [item] = batch_process(photo.parent / "in", photo.parent / "out", "320x240", crop=crop)
    assert item.output is not None
    saved = processor.process_and_save(item.source, crop=crop)
    ready = preprocess_image_for_sora(item.source, "320x240", crop=crop)
    for path in (item.output, saved, ready):
        with Image.open(path) as image:
            images.append(image.convert("RGB"))
    for image in images:
        assert near(mean(image), RED)


def test_a_crop_that_is_no_part_is_refused(photo: Path) -> None:
    """A crop with unknown keys, or with edges in the wrong order, is a usage error."""
    for crop in ({"left": 0.1}, (0.5, 0, 0.4, 1)):
        with pytest.raises(InvalidOption):
            SoraImagePreprocessor().cover(photo, crop=crop)


def fill_folder(folder: Path) -> None:
    """Pictures of many suffixes, two of them bad, and files that are none."""
    folder.mkdir()
    picture = scene(640, 480)
    for name, kind in (
        ("a.jpg", "JPEG"),
        ("b.JPEG", "JPEG"),
        ("c.webp", "WEBP"),
        ("e.PNG", "PNG"),
        ("f", "PNG"),
        ("g.dat", "TIFF"),
    ):
        write(folder / name, picture, kind)
    from_pillow(picture).save(folder / "d.heic", quality=80)
    (folder / "cut.jpg").write_bytes(encoded(picture)[:2000])
    (folder / "page.jpg").write_text("<html>not found</html>", encoding="utf-8")
    (folder / "empty.png").touch()
    (folder / "notes.txt").write_text("to do", encoding="utf-8")
    (folder / ".hidden.jpg").write_bytes(encoded(picture))
    (folder / "below").mkdir()
    write(folder / "below" / "z.jpg", picture)


def test_a_batch_takes_every_picture_and_survives_the_bad_ones(tmp_path: Path) -> None:
    """Pictures are found by content, bad ones are listed with their reason, and all others are fitted."""
    fill_folder(tmp_path / "in")
    items = batch_process(str(tmp_path / "in"), str(tmp_path / "out"), "portrait_720p")
    assert [item.source.name for item in items] == sorted(item.source.name for item in items)
    done = {item.source.name: item.output for item in items if item.output is not None}
    assert {name: path.name for name, path in done.items()} == {
        "a.jpg": "a.jpg",
        "b.JPEG": "b.jpg",
        "c.webp": "c.jpg",
        "d.heic": "d.jpg",
        "e.PNG": "e.jpg",
        "f": "f.jpg",
        "g.dat": "g.jpg",
    }
    failed = {item.source.name: type(item.error) for item in items if item.output is None}
    assert failed.pop("empty.png").__name__ == "PictureEmpty"
    assert failed == {"cut.jpg": PictureBroken, "page.jpg": NotAPicture}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {path.name for path in done.values()}
    for path in done.values():
        with Image.open(path) as image:
            assert (image.format, image.size) == ("JPEG", (720, 1280))


def test_a_batch_refuses_two_pictures_for_one_file(tmp_path: Path) -> None:
    """Two pictures of one name and different suffixes are refused before anything is written."""
    (tmp_path / "in").mkdir()
    write(tmp_path / "in" / "a.jpg", scene(64, 48))
    write(tmp_path / "in" / "a.png", scene(64, 48), "PNG")
    with pytest.raises(OutputCollision):
        batch_process(tmp_path / "in", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_batch_refuses_to_write_among_its_pictures(tmp_path: Path) -> None:
    """One folder for pictures and results is refused: not even a damaged picture is overwritten."""
    (tmp_path / "in").mkdir()
    write(tmp_path / "in" / "a.png", scene(64, 48), "PNG")
    (tmp_path / "in" / "a.jpg").write_bytes(b"damaged")
    (tmp_path / "link").symlink_to(tmp_path / "in")
    for out in (tmp_path / "in", tmp_path / "in" / ".." / "in", tmp_path / "link"):
        with pytest.raises(OutputIsInput):
            batch_process(tmp_path / "in", out)
    assert (tmp_path / "in" / "a.jpg").read_bytes() == b"damaged"


def test_a_batch_with_a_wrong_call_writes_nothing(photo: Path, tmp_path: Path) -> None:
    """A folder that is none, an unknown resolution and an unknown mode raise instead of failing item by item."""
    out = tmp_path / "out"
    for folder in (tmp_path / "absent", photo):
        with pytest.raises(PictureNotFound):
            batch_process(folder, out)
    with pytest.raises(InvalidSize):
        batch_process(tmp_path, out, "landscape_4k")
    with pytest.raises(UsageError):
        batch_process(tmp_path, out, mode="fill")
    assert not out.exists()


@dataclass(frozen=True, kw_only=True)
class Part:
    filename: str | None
    content_type: str
    data: bytes


class Recorder(ThreadingHTTPServer):
    """A server that keeps the form of every POST and answers with one status and one body."""

    def __init__(self, status: int, answer: dict[str, Any]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.answer = status, answer
        self.forms: list[dict[str, Part]] = []

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: Recorder

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        message = email.message_from_bytes(head + body, policy=email.policy.HTTP)
        assert isinstance(message, EmailMessage)
        self.server.forms.append(
            {
                str(part.get_param("name", header="content-disposition")): Part(
                    filename=part.get_filename(),
                    content_type=part.get_content_type(),
                    data=part.get_payload(decode=True),  # type: ignore[arg-type]
                )
                for part in message.iter_parts()
            }
        )
        answer = json.dumps(self.server.answer).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def recorder(request: pytest.FixtureRequest) -> Iterator[Recorder]:
    status, answer = getattr(
        request, "param", (200, {"id": "video_1", "object": "video", "status": "queued"})
    )
    with Recorder(status, answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


SDK_SAYS_SORA_ENDED = pytest.mark.filterwarnings("ignore:The Sora API:DeprecationWarning")


@SDK_SAYS_SORA_ENDED
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_bytes_upload_with_the_right_content_type(format: str, recorder: Recorder, photo: Path) -> None:
    """The OpenAI SDK sends the result of to_bytes as a file of the format's name and content type."""
    processor = SoraImagePreprocessor()
    file = processor.to_bytes(processor.cover(photo), format)
    with OpenAI(base_url=recorder.base_url, api_key="none", max_retries=0) as client:
        client.videos.create(prompt="wind", size="1280x720", seconds="4", input_reference=file)
    part = recorder.forms[0]["input_reference"]
    endings = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}
    assert part.filename is not None
    assert Path(part.filename).suffix == endings[format]
    assert part.content_type == f"image/{format.lower()}"
    assert part.data == file.getvalue()


@SDK_SAYS_SORA_ENDED
def test_the_ready_file_is_a_path_and_an_upload(recorder: Recorder, photo: Path) -> None:
    """The result of preprocess_image_for_sora opens as a path, reads as a file and uploads as it is."""
    ready = preprocess_image_for_sora(str(photo))
    with open(ready, "rb") as file:  # noqa: PTH123 - the articles open it like this
        saved = file.read()
    assert saved == ready.read() == Path(ready).read_bytes()
    with OpenAI(base_url=recorder.base_url, api_key="none", max_retries=0) as client:
        client.videos.create(prompt="wind", size="1280x720", seconds="4", input_reference=ready)
    part = recorder.forms[0]["input_reference"]
    assert (part.filename, part.content_type) == ("photo_sora_ready.jpg", "image/jpeg")
    assert part.data == saved


REFUSAL = (400, {"error": {"message": "no", "type": "invalid_request_error", "param": None, "code": None}})


@pytest.mark.parametrize("recorder", [REFUSAL], indirect=True)
@pytest.mark.parametrize(
    ("resolution", "model", "size"),
    [
        ("landscape_720p", "sora-2", "1280x720"),
        ("portrait_720p", "sora-2", "720x1280"),
        ("1280×720", "sora-2", "1280x720"),
        ("landscape_1080p", "sora-2-pro", "1792x1024"),
        ("portrait_1080p", "sora-2-pro", "1024x1792"),
        ((1920, 1080), "sora-2-pro", "1920x1080"),
    ],
)
def test_the_request_is_what_the_api_takes(
    resolution: Any, model: str, size: str, recorder: Recorder, photo: Path
) -> None:
    """The wire carries text seconds, no duration, a plain x, the right model and a picture of that size."""
    with pytest.raises(RequestRejected):
        generate_video_with_image(
            photo,
            "wind",
            resolution,
            output=photo.parent / "a.mp4",
            base_url=recorder.base_url,
            api_key="none",
        )
    [form] = recorder.forms
    picture = form.pop("input_reference")
    assert {name: part.data.decode("ascii") for name, part in form.items()} == {
        "prompt": "wind",
        "model": model,
        "seconds": "4",
        "size": size,
    }
    assert picture.content_type == "image/jpeg"
    with Image.open(io.BytesIO(picture.data)) as image:
        assert f"{image.width}x{image.height}" == size


@pytest.mark.parametrize("recorder", [REFUSAL], indirect=True)
def test_a_length_the_api_does_not_know_is_refused_here(recorder: Recorder, photo: Path) -> None:
    """Five seconds, a keyword called duration, and a size of no Sora model end before anything is sent."""
    output = photo.parent / "a.mp4"
    with pytest.raises(SecondsNotOffered):
        generate_video_with_image(photo, "wind", seconds=5, output=output)
    with pytest.raises(TypeError, match="duration"):
        generate_video_with_image(photo, "wind", output=output, duration=5)  # type: ignore[call-arg]
    with pytest.raises(SizeNotOffered):
        generate_video_with_image(
            photo, "wind", "640x480", output=output, base_url=recorder.base_url, api_key="none"
        )
    assert not recorder.forms
    assert not output.exists()


@pytest.mark.parametrize(
    ("resolution", "model"), [("landscape_720p", "sora-2"), ("landscape_1080p", "sora-2-pro")]
)
def test_a_sideways_photo_becomes_a_video(
    resolution: str, model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a server the embedded engine makes a video whose first frame is the upright picture."""
    for name in ("FRAMEFIT_BASE_URL", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    path = write(
        tmp_path / "phone.jpg", stored_with(scene(1600, 900), 6), quality=95, exif=with_orientation(6)
    )
    video = generate_video_with_image(str(path), "gentle wind", resolution, output=tmp_path / "a.mp4")
    assert (video.model, video.size, video.seconds) == (model, SORA_RESOLUTIONS[resolution], "4")
    receipt = verify(scene(1600, 900), video.path)
    assert receipt.size == SORA_RESOLUTIONS[resolution]
    assert receipt.ok
