"""Whatever is wrong with an input has its own typed error, and nothing is written."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

import framefit
from framefit.errors import FramefitError
from pictures import encoded, one_colour_png, png_chunk, scene, with_png_chunks

WHOLE = {
    "jpeg": encoded(scene(600, 400), "JPEG", quality=95),
    "progressive": encoded(scene(600, 400), "JPEG", quality=95, progressive=True),
    "png": encoded(scene(600, 400), "PNG"),
    "webp": encoded(scene(600, 400), "WEBP"),
    "lossless webp": encoded(scene(600, 400), "WEBP", lossless=True),
    "gif": encoded(scene(600, 400), "GIF"),
    "tiff": encoded(scene(600, 400), "TIFF"),
    "packed tiff": encoded(scene(600, 400), "TIFF", compression="tiff_lzw"),
    "bmp": encoded(scene(600, 400), "BMP"),
    "avif": encoded(scene(600, 400), "AVIF"),
}


def code_of(given, **wishes):
    """The code of the error that fitting gives."""
    with pytest.raises(FramefitError) as caught:
        framefit.fit(given, **({"size": "64x64"} | wishes))
    error = caught.value
    assert error.message and error.wanted and (error.seen is None or isinstance(error.seen, str))
    return error.code


@pytest.mark.parametrize("size", ["64x64", "600x400"])
@pytest.mark.parametrize("kept", [0.02, 0.5, 0.9, -200, -20])
@pytest.mark.parametrize("kind", WHOLE)
def test_a_truncated_picture_is_broken(kind, kept, size):
    """A picture cut in half, near its start or shortly before its end is picture_broken, whatever its format."""
    data = WHOLE[kind]
    cut = data[: int(len(data) * kept)] if kept > 0 else data[:kept]
    assert code_of(cut, size=size) == "picture_broken"


@pytest.mark.parametrize("missing", [1, 2, 4, 8, 12])
def test_a_png_without_its_end_is_broken(missing):
    """A PNG whose last chunk is cut is picture_broken, even where all its pixels are there."""
    assert code_of(WHOLE["png"][:-missing]) == "picture_broken"


@pytest.mark.parametrize("missing", [1, 2])
def test_a_jpeg_without_its_end_marker_is_never_kept(missing):
    """A JPEG that lacks its end marker is never handed on as it is."""
    cut = WHOLE["jpeg"][:-missing]
    try:
        data = framefit.fit(cut, size="600x400").data
    except FramefitError as error:
        assert error.code == "picture_broken"
    else:
        assert data != cut and data.endswith(b"\xff\xd9")


def test_an_empty_file_is_empty(tmp_path):
    """Zero bytes are picture_empty as a file, as bytes and as a stream."""
    path = tmp_path / "empty.jpg"
    path.touch()
    assert code_of(path) == code_of(b"") == code_of(bytearray()) == code_of(io.BytesIO()) == "picture_empty"


@pytest.mark.parametrize(
    "content",
    [
        b"hello, this is text\n" * 9,
        b"x",
        b"BMW is no bitmap, though it begins like one",
        b"%PDF-1.7\n",
        b"GIF",
        b"RIFF\0\0\0\0WAVE",
        b"\0" * 500,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
    ],
)
def test_what_is_no_picture_is_not_a_picture(tmp_path, content):
    """Text, sound, documents and videos are not_a_picture, whatever their suffix."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    assert code_of(path) == "not_a_picture" and path.read_bytes() == content


@pytest.mark.parametrize("kind", WHOLE)
def test_a_wrong_suffix_does_not_matter(tmp_path, kind):
    """A picture is known by its content, not by its name."""
    path = tmp_path / "picture.txt"
    path.write_bytes(WHOLE[kind])
    assert framefit.fit(path, size="64x64").size == (64, 64)


def test_paths_that_lead_nowhere(tmp_path):
    """Nothing at the path, a folder, and a path that cannot be read each have their own code."""
    (tmp_path / "file.jpg").write_bytes(WHOLE["jpeg"])
    assert (
        code_of(tmp_path / "nothing.jpg")
        == code_of(str(tmp_path / "no" / "thing.jpg"))
        == "picture_not_found"
    )
    assert code_of(tmp_path) == code_of(".") == "picture_is_folder"
    assert code_of("") == "picture_not_found"
    with pytest.raises(FramefitError, match=r"'\.' is a folder"):
        framefit.fit(".", size="64x64")
    assert code_of(tmp_path / "file.jpg" / "below.jpg") == "picture_unreadable"
    assert code_of(tmp_path / ("n" * 300 + ".jpg")) == "picture_unreadable"
    assert code_of(str(tmp_path / "a\0b.jpg")) == "picture_unreadable"
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    assert code_of(tmp_path / "loop.jpg") == "picture_unreadable"
    (tmp_path / "dangling.jpg").symlink_to(tmp_path / "gone.jpg")
    assert code_of(tmp_path / "dangling.jpg") == "picture_not_found"


@pytest.mark.parametrize(
    "name", ["my photo.jpg", "사진 (1).jpg", "ünï.jpeg", "noending", "-o.jpg", "a'b\"c.jpg", "new\nline.jpg"]
)
def test_names_of_all_kinds_are_read(tmp_path, name):
    """Names with spaces, Korean letters, quotes or dashes are read and named in the result."""
    path = tmp_path / name
    path.write_bytes(WHOLE["jpeg"])
    fitted = framefit.fit(path, size="64x64")
    assert fitted.plan.info.name == name and fitted.filename.startswith(path.stem)


@pytest.mark.parametrize(
    "given",
    [
        io.StringIO("text"),
        None,
        5,
        3.5,
        object(),
        [1, 2],
        {"a": 1},
        np.zeros((4, 4), "uint8"),
        np.zeros((4, 4, 2), "uint8"),
        np.zeros((4, 4, 5), "uint8"),
        np.zeros((4, 4, 3), "float32"),
        np.zeros((4, 4, 3), "int64"),
        np.zeros((0, 4, 3), "uint8"),
        np.zeros((4, 4, 4, 3), "uint8"),
        np.zeros(0, "uint8"),
        np.array(None),
    ],
)
def test_what_is_no_source_is_an_invalid_option(given):
    """A source of the wrong kind, a text stream and an array of the wrong shape or type are invalid_option."""
    assert code_of(given) == "invalid_option"


def test_a_text_file_object_is_an_invalid_option(tmp_path):
    """A picture file opened as text is refused for being opened as text."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(WHOLE["jpeg"])
    with path.open(encoding="latin-1") as file:
        assert code_of(file) == "invalid_option"


def test_a_stream_that_fails_is_unreadable(tmp_path):
    """A closed file and a stream whose reading fails are picture_unreadable."""

    class Failing(io.RawIOBase):
        def readable(self):
            return True

        def read(self, size=-1):
            raise OSError(5, "Input/output error")

    with io.BytesIO(WHOLE["jpeg"]) as closed:
        pass
    assert code_of(closed) == code_of(Failing()) == "picture_unreadable"


def png_header(width, height, depth=8):
    return struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)


def huge_headers():
    """Files that say they are huge and hold next to nothing."""
    start = b"\x89PNG\r\n\x1a\n"
    png = start + b"".join(
        png_chunk(*chunk)
        for chunk in ((b"IHDR", png_header(65_000, 65_000)), (b"IDAT", b"x"), (b"IEND", b""))
    )
    bmp = (
        b"BM"
        + struct.pack("<IHHI", 1000, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, 60_000, 60_000, 1, 24, 0, 0, 1, 1, 0, 0)
    )
    gif = (
        b"GIF89a"
        + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0)
        + b"\x2c"
        + struct.pack("<HHHHB", 0, 0, 65_535, 65_535, 0)
    )
    vp8x = b"VP8X" + struct.pack("<I", 10) + bytes(4) + b"\xff\xff\x00\xff\xff\x00"
    webp = b"RIFF" + struct.pack("<I", 4 + len(vp8x)) + b"WEBP" + vp8x
    jpeg = WHOLE["jpeg"]
    frame = jpeg.index(b"\xff\xc0")
    return {
        "png": png, "bmp": bmp + bytes(2000), "gif": gif + b"\x02\x02\x44\x01\x00\x3b", "webp": webp,
        "jpeg": jpeg[: frame + 5] + struct.pack(">HH", 65_000, 65_000) + jpeg[frame + 9 :],
        "tiff": one_pixel_tiff_saying(60_000),
    }  # fmt: skip


def one_pixel_tiff_saying(side):
    data = encoded(Image.new("L", (1, 1)), "TIFF")
    for tag in (256, 257):
        place = data.index(struct.pack("<HHI", tag, 4, 1)) if struct.pack("<HHI", tag, 4, 1) in data else None
        if place is None:
            place = data.index(struct.pack("<HHI", tag, 3, 1))
        data = data[:place] + struct.pack("<HHII", tag, 4, 1, side) + data[place + 12 :]
    return data


@pytest.mark.parametrize("kind", huge_headers())
def test_a_huge_header_is_refused_in_time(kind):
    """A small file that says it is huge is picture_too_large before anything of that size is made."""
    assert code_of(huge_headers()[kind]) == "picture_too_large"


@pytest.mark.parametrize(("width", "height"), [(0, 10), (10, 0), (0, 0)])
def test_a_picture_without_pixels_is_broken(width, height):
    """A picture with a side of zero pixels is picture_broken."""
    data = (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", png_header(width, height))
        + png_chunk(b"IDAT", b"")
        + png_chunk(b"IEND", b"")
    )
    assert code_of(data) == "picture_broken"


def test_a_truncated_pil_image_is_broken():
    """A PIL image whose file turns out to be cut when it is loaded is picture_broken as well."""
    with Image.open(io.BytesIO(WHOLE["jpeg"][:5000])) as image:
        assert code_of(image) == "picture_broken"


def test_a_closed_pil_image_is_broken(tmp_path):
    """A PIL image whose file has been closed before it was loaded is picture_broken."""
    path = tmp_path / "a.jpg"
    path.write_bytes(WHOLE["jpeg"])
    image = Image.open(path)
    image.close()
    assert code_of(image) == "picture_broken"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0",
        b"Exif\0\0garbage",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40,
    ],
)
def test_broken_exif_does_not_break_the_picture(exif):
    """A picture with damaged EXIF data is fitted as if it had none, and loses them."""
    for kind in ("JPEG", "PNG", "WEBP"):
        data = encoded(scene(600, 400), kind, exif=exif)
        for size in ("64x64", "600x400"):
            fitted = framefit.fit(data, size=size)
            assert framefit.probe(fitted.data).metadata == () and b"garbage" not in fitted.data


def test_noise_behind_a_good_start_is_broken():
    """A file that begins as a picture and goes on as noise is picture_broken."""
    noise = np.random.default_rng(1).integers(0, 256, 20_000, "uint8").tobytes()
    for kind in ("png", "webp", "gif", "packed tiff"):
        assert code_of(WHOLE[kind][:200] + noise) in ("picture_broken", "picture_too_large")


def test_a_wrong_checksum_is_broken():
    """A PNG whose pixels have been changed behind its checksum's back is picture_broken."""
    data = bytearray(WHOLE["png"])
    data[len(data) // 2] ^= 0xFF
    assert code_of(bytes(data)) == "picture_broken"


def test_a_bomb_in_a_text_chunk_does_no_harm():
    """A compressed text that would unpack to hundreds of megabytes is never unpacked into the result."""
    import zlib

    bomb = b"a\0\0" + zlib.compress(bytes(50_000_000), 9)
    data = with_png_chunks(encoded(scene(64, 64), "PNG"), (b"zTXt", bomb))
    try:
        fitted = framefit.fit(data, size="64x64")
    except FramefitError as error:
        assert error.code == "picture_broken"
    else:
        assert len(fitted.data) < 20_000


def test_one_pixel_is_a_picture():
    """The smallest picture there is can be fitted to anything."""
    assert framefit.fit(one_colour_png(1, 1), size="1280x720").size == (1280, 720)
