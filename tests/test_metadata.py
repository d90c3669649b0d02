"""Metadata are removed from a file that fits without touching its pixels."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

import framefit
from framefit.errors import FramefitError, PictureBroken
from framefit.imaging.metadata import without_metadata
from pictures import encoded, scene, with_jpeg_segments, with_orientation, with_png_chunks
from profiles import SRGB, rgb_profile

SECRET = b"N 37 33 59.4, E 126 58 40.8"
PROFILE = rgb_profile("sRGB IEC61966-2.1", SRGB)
SIZE = (200, 150)


def exif_with_place():
    """EXIF data with a place, a maker and a thumbnail's worth of bytes, upright."""
    exif = with_orientation(1)
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8825)[0x0002] = (37.0, 33.0, 59.4)
    return exif.tobytes()


XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">' + SECRET + b"</x:xmpmeta>"
SEGMENTS = (
    (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP),
    (0xE1, b"http://ns.adobe.com/xmp/extension/\0" + SECRET),
    (0xE2, b"FPXR\0" + SECRET),
    (0xEB, b"JP\0\0" + SECRET),
    (0xED, b"Photoshop 3.0\0" + SECRET),
    (0xFE, SECRET),
)


def jpegs():
    image = scene(*SIZE)
    noisy = Image.effect_noise(SIZE, 80).convert("RGB")
    return {
        "baseline": encoded(image, exif=exif_with_place(), icc_profile=PROFILE),
        "progressive": encoded(noisy, progressive=True, exif=exif_with_place(), icc_profile=PROFILE),
        "restart markers": encoded(
            noisy, restart_marker_blocks=1, exif=exif_with_place(), icc_profile=PROFILE
        ),
        "progressive with restart markers": encoded(
            noisy, progressive=True, restart_marker_rows=1, exif=exif_with_place(), icc_profile=PROFILE
        ),
        "grey": encoded(image.convert("L"), exif=exif_with_place()),
        "4:4:4 in rgb": encoded(image, keep_rgb=True, exif=exif_with_place(), icc_profile=PROFILE),
    }


def pixels(data):
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)


def stripped(data, **options):
    fitted = framefit.fit(data, size=SIZE, **options)
    assert fitted.plan.action == "strip"
    return fitted.data


def assert_clean(data):
    assert SECRET not in data
    info = framefit.probe(data)
    assert info.metadata == ()
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        assert not dict(image.getexif())
        assert not set(image.info) & {
            "exif",
            "xmp",
            "photoshop",
            "comment",
            "mp",
            "XML:com.adobe.xmp",
            "Title",
        }


@pytest.mark.parametrize("name", jpegs())
@pytest.mark.parametrize("trailer", [b"", b"\0" * 50, b"SEFT" + SECRET, encoded(scene(20, 10)) + SECRET])
def test_jpeg_metadata_go_and_pixels_stay(name, trailer):
    """A JPEG loses EXIF, XMP, IPTC, comments and what stands behind its end, and none of its pixels or colours."""
    data = with_jpeg_segments(jpegs()[name], *SEGMENTS) + trailer
    info = framefit.probe(data)
    wanted = {"exif", "xmp", "iptc", "comment", "other"} | ({"trailer"} if trailer else set())
    assert set(info.metadata) == wanted
    clean = stripped(data)
    assert_clean(clean)
    assert (pixels(clean) == pixels(data)).all()
    assert framefit.probe(clean).profile == info.profile
    assert clean.endswith(b"\xff\xd9") and len(clean) < len(data)


def test_a_hidden_trailer_alone_is_enough():
    """A JPEG whose only blemish is data behind its end is not kept as it is."""
    data = encoded(scene(*SIZE))
    assert framefit.plan(data, size=SIZE).action == "keep"
    assert framefit.plan(data + SECRET, size=SIZE).removes == ("trailer",)
    assert stripped(data + SECRET) == data


def test_a_second_picture_behind_the_first_goes():
    """A whole JPEG behind the end of a JPEG that fits is cut off, and the plan of the result says so."""
    data = encoded(scene(*SIZE))
    fitted = framefit.fit(data + encoded(scene(40, 30), comment=SECRET), size=SIZE)
    assert fitted.data == data
    assert (fitted.plan.action, fitted.plan.removes) == ("strip", ("trailer",))


def test_bytes_between_jpeg_segments_go_too():
    """What readers skip between two segments is found and removed."""
    data = encoded(scene(*SIZE), comment=b"x")
    behind = 4 + int.from_bytes(data[4:6])
    hidden = data[:behind] + b"\0\0" + SECRET + data[behind:]
    assert (pixels(hidden) == pixels(data)).all()
    clean = stripped(hidden)
    assert_clean(clean)
    assert (pixels(clean) == pixels(data)).all()


def test_the_second_picture_of_a_phone_s_file_goes():
    """A JPEG with a second picture appended, as phones store depth and light, is left with the first alone."""
    second = scene(40, 30)
    data = encoded(scene(*SIZE), "MPO", save_all=True, append_images=[second])
    assert "other" in framefit.plan(data, size=SIZE).removes
    clean = stripped(data)
    assert clean.count(b"\xff\xd8\xff") == 1 and (pixels(clean) == pixels(data)).all()


def png_with_everything(image, at_end):
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Title", SECRET.decode())
    texts.add_text("Description", SECRET.decode(), zip=True)
    texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
    data = encoded(image, "PNG", pnginfo=texts, icc_profile=PROFILE, dpi=(144, 144))
    chunks = (
        (b"eXIf", exif_with_place()[6:]),
        (b"tIME", bytes(7)),
        (b"prVt", SECRET),
        (b"tEXt", b"Title\0" + SECRET),
    )
    return with_png_chunks(data, *chunks, at_end=at_end)


@pytest.mark.parametrize("at_end", [False, True])
@pytest.mark.parametrize("mode", ["RGB", "L", "P", "1"])
@pytest.mark.parametrize("trailer", [b"", SECRET])
def test_png_metadata_go_and_pixels_stay(mode, at_end, trailer):
    """A PNG loses texts, EXIF, XMP and its date, wherever they stand, and keeps pixels, profile and resolution."""
    data = png_with_everything(scene(*SIZE).convert(mode), at_end) + trailer
    info = framefit.probe(data)
    assert set(info.metadata) == {"exif", "text", "xmp", "other"} | ({"trailer"} if trailer else set())
    clean = stripped(data)
    assert_clean(clean)
    assert (pixels(clean) == pixels(data)).all()
    assert b"pHYs" in clean and framefit.probe(clean).profile == info.profile


@pytest.mark.parametrize("chunk", [(b"gAMA", bytes(4)), (b"sRGB", b"\0"), (b"cICP", b"\x01\x0d\0\x01")])
def test_png_keeps_what_its_colours_hang_on(chunk):
    """Chunks that tell how the pixel values are meant survive the removal of metadata."""
    data = with_png_chunks(encoded(scene(*SIZE), "PNG"), chunk, (b"tEXt", b"a\0b"))
    assert chunk[0] in stripped(data)


@pytest.mark.parametrize(
    "options", [{"lossless": True}, {"quality": 80}, {"quality": 80, "icc_profile": PROFILE}]
)
@pytest.mark.parametrize("trailer", [b"", SECRET])
def test_webp_metadata_go_and_pixels_stay(options, trailer):
    """A lossy or lossless WebP loses EXIF, XMP and unknown chunks, and none of its pixels or colours."""
    data = encoded(scene(*SIZE), "WEBP", exif=exif_with_place(), xmp=XMP, **options)
    data += b"prVt" + len(SECRET).to_bytes(4, "little") + SECRET + b"\0" * (len(SECRET) % 2)
    data = data[:4] + (len(data) - 8).to_bytes(4, "little") + data[8:] + trailer
    info = framefit.probe(data)
    assert set(info.metadata) == {"exif", "xmp", "other"} | ({"trailer"} if trailer else set())
    clean = stripped(data)
    assert_clean(clean)
    assert (pixels(clean) == pixels(data)).all()
    assert framefit.probe(clean).profile == info.profile and len(clean) == 8 + int.from_bytes(
        clean[4:8], "little"
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_removing_from_a_clean_file_changes_nothing(kind):
    """A file that carries nothing comes out of the removal byte for byte."""
    options = {"icc_profile": PROFILE} if kind != "JPEG" else {}
    data = encoded(scene(*SIZE), kind, **options)
    assert without_metadata(data, kind.lower(), "a") == data


@pytest.mark.parametrize("size", [SIZE, (64, 64)])
@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_no_output_carries_metadata(kind, format, size):
    """Whatever comes in and whatever goes out, nothing but the picture comes through."""
    options = {"exif": exif_with_place(), "icc_profile": PROFILE}
    if kind != "TIFF":
        options["xmp"] = XMP
    if kind == "JPEG":
        options["comment"] = SECRET
    data = encoded(scene(*SIZE), kind, **options)
    assert SECRET in data
    assert_clean(framefit.fit(data, size=size, format=format).data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_structure_never_gets_through(kind, data):
    """A file with bytes changed or cut gives a whole picture of the right size, or a typed error."""
    extra = {"exif": exif_with_place()} | ({"comment": b"c"} if kind == "JPEG" else {})
    whole = bytearray(encoded(scene(48, 32), kind, **extra))
    for _ in range(data.draw(st.integers(0, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(1, len(whole)))])
    try:
        fitted = framefit.fit(cut, size=(48, 32))
    except FramefitError as error:
        assert error.code in ("picture_broken", "not_a_picture", "picture_too_large")
    else:
        image = fitted.to_pil()
        assert image.size == (48, 32) and image.mode in ("RGB", "L", "P", "1")


@pytest.mark.parametrize(
    ("format", "data"),
    [("jpeg", b"\xff\xd8\xff\xe1\0\x08abcdef"), ("png", b"\x89PNG\r\n\x1a\n\0\0\0\x09tEXt"),
                                             ("webp", b"RIFF\x40\0\0\0WEBPVP8 \x90\0\0\0")])  # fmt: skip
def test_a_file_that_ends_too_early_is_broken(format, data):
    """A file whose structure stops short is picture_broken, not half a file."""
    with pytest.raises(PictureBroken):
        without_metadata(data, format, "a")
