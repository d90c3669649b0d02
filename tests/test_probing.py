import io
import json

import pillow_heif
import pytest
from PIL import Image

import framefit
from framefit.carried import carried
from framefit.errors import NotAPicture, PictureBroken
from framefit.probing import DECODERS, sniff
from pictures import encoded, scene, with_jpeg_segments, with_orientation, with_png_chunks
from profiles import DISPLAY_P3, SRGB, rgb_profile


def test_the_facts_of_a_jpeg():
    """Probing tells format, size, layout, profile, metadata and length of a file."""
    data = encoded(
        scene(60, 40),
        exif=with_orientation(6),
        progressive=True,
        icc_profile=rgb_profile("Display P3", DISPLAY_P3),
        comment=b"hello",
    )
    info = framefit.probe(data)
    assert (info.format, info.size, info.stored_size, info.orientation, info.sideways) == (
        "jpeg",
        (40, 60),
        (60, 40),
        6,
        True,
    )
    assert (info.mode, info.bits, info.alpha, info.animated, info.progressive) == (
        "RGB",
        8,
        False,
        False,
        True,
    )
    assert (info.profile, info.srgb, info.metadata, info.byte_count) == (
        "Display P3",
        False,
        ("comment", "exif"),
        len(data),
    )


def test_facts_are_plain_values_for_json():
    """The facts of a picture go through JSON, sizes written with an x."""
    facts = json.loads(json.dumps(framefit.probe(encoded(scene(60, 40), exif=with_orientation(8))).as_dict()))
    assert (facts["size"], facts["stored_size"], facts["format"]) == ("40x60", "60x40", "jpeg")


def test_facts_of_decoded_pixels():
    """A PIL image has no format and no byte count, but a size and a layout."""
    info = framefit.probe(Image.new("LA", (5, 4)))
    assert (info.format, info.byte_count, info.size, info.mode, info.alpha) == (
        None,
        None,
        (5, 4),
        "LA",
        True,
    )


@pytest.mark.parametrize(
    ("mode", "kind", "bits"),
    [
        ("1", "PNG", 1),
        ("L", "JPEG", 8),
        ("RGB", "WEBP", 8),
        ("I;16", "PNG", 16),
        ("I;16", "TIFF", 16),
        ("F", "TIFF", 32),
        ("I", "TIFF", 32),
    ],
)
def test_bits_of_a_channel(mode, kind, bits):
    """The depth of a channel is told from the header."""
    assert framefit.probe(encoded(Image.new(mode, (8, 8)), kind)).bits == bits


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF"])
def test_animations_are_noticed(kind):
    """A file with more than one frame is animated, one with a single frame is not."""
    frames = [scene(16, 12), scene(16, 12).rotate(180)]
    assert framefit.probe(
        encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)
    ).animated
    assert not framefit.probe(encoded(frames[0], kind)).animated


def test_a_name_alone_does_not_make_a_profile_srgb():
    """A profile counts as sRGB when its name says so and its primaries agree."""
    image = scene(8, 8)
    for name, primaries, srgb in (
        ("sRGB IEC61966-2.1", SRGB, True),
        ("sRGB", DISPLAY_P3, False),
        ("Display P3", DISPLAY_P3, False),
    ):
        assert framefit.probe(encoded(image, icc_profile=rgb_profile(name, primaries))).srgb is srgb


def test_every_decoder_is_told_by_its_first_bytes():
    """Each format that framefit reads is recognised from the first 32 bytes of a real file."""
    heif = io.BytesIO()
    pillow_heif.from_pillow(scene(32, 32)).save(heif)
    files = {kind: encoded(scene(32, 32), kind.upper()) for kind in DECODERS if kind != "heic"} | {
        "heic": heif.getvalue()
    }
    assert {kind: sniff(data[:32], "a") for kind, data in files.items()} == {kind: kind for kind in DECODERS}


@pytest.mark.parametrize(
    "head", [b"", b"\xff", b"\x89PN", b"RIFF....WAVE", b"BM", b"II*", b"\0\0\0\x18ftypisom"]
)
def test_what_begins_otherwise_is_no_picture(head):
    """A beginning that belongs to no known format is not_a_picture, with the formats that are."""
    with pytest.raises(NotAPicture) as caught:
        sniff(head, "a.jpg")
    assert "jpeg" in caught.value.wanted and "heic" in caught.value.wanted


def test_what_a_jpeg_carries():
    """Every kind of JPEG segment is named, and those of the picture are not."""
    data = with_jpeg_segments(
        encoded(scene(16, 16)), (0xFE, b"c"), (0xE1, b"Exif\0\0MM"), (0xED, b"Photoshop 3.0\0"), (0xE5, b"?")
    )
    assert carried(io.BytesIO(data), "jpeg") == ("comment", "exif", "iptc", "other")
    assert carried(io.BytesIO(encoded(scene(16, 16), icc_profile=b"p" * 70_000)), "jpeg") == ()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "AVIF"])
@pytest.mark.parametrize("options", [{}, {"exif": with_orientation(6)}])
def test_probing_decodes_nothing(kind, options):
    """Probing a picture that Pillow has opened leaves its pixels unread, with EXIF data or without."""
    with Image.open(io.BytesIO(encoded(scene(60, 40), kind, **options))) as image:
        waiting = list(image.tile)
        framefit.probe(image)
        assert image.tile == waiting
        assert image.getexif().get(0x0112) == (6 if options and kind not in ("GIF", "BMP") else None)


def in_parts(kind, count):
    """A picture with so many more parts that hold nothing."""
    data = encoded(scene(60, 40), kind if kind in ("PNG", "WEBP") else "JPEG")
    if kind == "PNG":
        return with_png_chunks(data, *[(b"abCd", b"")] * count)
    if kind == "WEBP":
        body = data[12:] + b"abcd\0\0\0\0" * count
        return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body
    parts = {"segments": b"\xff\xe7\0\2", "junk": b"\0", "fill": b"\xff"}[kind] * count
    return data[:20] + parts + data[20:]


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "segments", "junk", "fill"])
def test_a_file_of_countless_parts_is_broken(kind, monkeypatch):
    """A file whose readers would go through countless tiny parts is picture_broken; one with many is read."""
    monkeypatch.setattr("framefit.carried.MOST_PARTS", 200)
    assert framefit.probe(in_parts(kind, 150)).size == (60, 40)
    with pytest.raises(PictureBroken) as caught:
        framefit.probe(in_parts(kind, 300))
    assert "200 parts" in caught.value.seen
