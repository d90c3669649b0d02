"""Files of every structure become the right picture, or a typed error."""

from __future__ import annotations

import base64
import io
import struct

import numpy as np
import pillow_heif
import pytest
from PIL import Image

import framefit
from colour_spaces import (
    ADOBE_RGB,
    DISPLAY_P3,
    PROPHOTO,
    SRGB,
    delta_e2000,
    lab,
    matrix_profile,
    to_srgb,
)
from framefit.errors import NotAPicture, PictureBroken
from pictures import encoded, scene, stored_with, with_orientation


def pixels(data: bytes) -> np.ndarray:
    """The pixels of a file in RGB, as floats."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"), float)


def fitted(data: bytes, size: str = "160x120", **options) -> np.ndarray:
    """The pixels of a fitted picture, written without loss."""
    return pixels(framefit.fit(data, size=size, format="png", **options).data)


def wanted(image: Image.Image, size: tuple[int, int] = (160, 120)) -> np.ndarray:
    """The pixels a picture of the same shape must get."""
    return np.asarray(image.convert("RGB").resize(size, Image.Resampling.LANCZOS), float)


UPRIGHT = scene(640, 480)
ORIENTED = {
    "jpeg": lambda image, exif: encoded(image, "JPEG", quality=95, exif=exif),
    "png": lambda image, exif: encoded(image, "PNG", exif=exif),
    "webp": lambda image, exif: encoded(image, "WEBP", quality=95, exif=exif),
    "tiff": lambda image, exif: encoded(image, "TIFF", exif=exif),
    "avif": lambda image, exif: encoded(image, "AVIF", quality=95, exif=exif.tobytes()),
    "heic": lambda image, exif: heic(image, exif=exif.tobytes()),
}


def heic(image: Image.Image, **options) -> bytes:
    """The bytes of a HEIC file; an orientation becomes the container's own rotation."""
    buffer = io.BytesIO()
    pillow_heif.from_pillow(image).save(buffer, quality=95, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ORIENTED)
@pytest.mark.parametrize("size", ["160x120", "120x160"])
def test_every_orientation_of_every_format_comes_out_upright(kind, orientation, size):
    """Whatever way a camera stored it, the picture is upright and the right part of it is used."""
    data = ORIENTED[kind](stored_with(UPRIGHT, orientation), with_orientation(orientation))
    info = framefit.probe(data)
    assert info.size == (640, 480)
    plain = fitted(encoded(UPRIGHT, "PNG"), size)
    assert np.abs(fitted(data, size) - plain).mean() < (1 if kind in ("png", "tiff") else 6)


def test_the_exif_tag_of_a_heic_does_not_turn_it():
    """A HEIC whose EXIF data say "turn" but whose container does not stays as stored."""
    data = heic(UPRIGHT, exif=with_orientation(1).tobytes())
    entry = struct.pack(">HHIH", 0x0112, 3, 1, 1)
    little = struct.pack("<HHIH", 0x0112, 3, 1, 1)
    assert (entry in data) or (little in data)
    turned = data.replace(entry, struct.pack(">HHIH", 0x0112, 3, 1, 6))
    turned = turned.replace(little, struct.pack("<HHIH", 0x0112, 3, 1, 6))
    assert turned != data
    assert np.array_equal(fitted(turned), fitted(data))


def chart() -> np.ndarray:
    """A nine-step colour cube, 0 to 255, of shape (27, 27, 3)."""
    steps = np.linspace(0, 255, 9).round().astype(np.uint8)
    return np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), -1).reshape(27, 27, 3)


@pytest.mark.parametrize("space", [DISPLAY_P3, ADOBE_RGB, PROPHOTO], ids=lambda space: space.name)
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_wide_gamut_colours_become_the_srgb_colours_they_are(kind, space):
    """The mean difference from floating-point conversion is under 1 in CIEDE2000, over the whole cube."""
    patches = np.repeat(np.repeat(chart(), 16, 0), 16, 1)
    options = {"quality": 98, "subsampling": 0} if kind == "JPEG" else {}
    data = encoded(Image.fromarray(patches), kind, icc_profile=matrix_profile(space), **options)
    plan = framefit.plan(data, size="432x432")
    assert plan.action == "convert" and any(space.name in reason for reason in plan.reasons)
    found = fitted(data, "432x432")[8::16, 8::16] / 255
    difference = delta_e2000(lab(found), lab(to_srgb(chart() / 255, space)))
    assert difference.mean() < 1
    untouched = delta_e2000(lab(chart() / 255), lab(to_srgb(chart() / 255, space)))
    assert untouched.mean() > 2


def test_the_colour_difference_is_that_of_its_authors():
    """CIEDE2000 gives the published values for published pairs (Sharma, Wu and Dalal, table 1)."""
    one = np.array(
        [[50, 2.6772, -79.7751], [50, 2.5, 0], [60.2574, -34.0099, 36.2677], [2.0776, 0.0795, -1.135]]
    )
    other = np.array(
        [[50, 0, -82.7485], [73, 25, -18], [60.4626, -34.1751, 39.4387], [0.9033, -0.0636, -0.5514]]
    )
    assert np.allclose(delta_e2000(one, other), [2.0425, 27.1492, 1.2644, 0.9082], atol=1e-4)


@pytest.mark.parametrize("profile", [b"nonsense", matrix_profile(DISPLAY_P3)[:200]])
def test_a_broken_profile_is_ignored_with_a_finding(profile):
    """A profile that cannot be read changes no colour, and the result says that it was ignored."""
    data = encoded(UPRIGHT, "PNG", icc_profile=profile)
    result = framefit.fit(data, size="160x120", format="png")
    assert [finding.code for finding in result.findings] == ["profile_ignored"]
    assert np.array_equal(pixels(result.data), fitted(encoded(UPRIGHT, "PNG")))


def test_a_sound_profile_is_no_finding():
    """Nothing is said about pictures there is nothing to say about."""
    for profile in (None, matrix_profile(SRGB), matrix_profile(DISPLAY_P3)):
        assert framefit.fit(encoded(UPRIGHT, "PNG", icc_profile=profile), size="160x120").findings == ()


SAMPLING = {
    "4:4:4": {"subsampling": "4:4:4"},
    "4:2:2": {"subsampling": "4:2:2"},
    "4:2:0": {"subsampling": "4:2:0"},
    "progressive": {"progressive": True},
    "progressive 4:4:4": {"progressive": True, "subsampling": "4:4:4"},
    "optimised": {"optimize": True},
    "restart every 3 blocks": {"restart_marker_blocks": 3},
    "restart every row": {"restart_marker_rows": 1},
    "stored as RGB": {"keep_rgb": True},
}


@pytest.mark.parametrize("best", [False, True])
@pytest.mark.parametrize("name", SAMPLING)
@pytest.mark.parametrize("size", [(640, 480), (639, 481), (1281, 963)])
def test_every_way_to_store_a_jpeg_is_read(name, size, best):
    """Progressive, restart markers, odd sizes and every subsampling give the picture, shrunk or not."""
    image = scene(*size)
    data = encoded(image, "JPEG", quality=96, **SAMPLING[name])
    assert framefit.probe(data).progressive == name.startswith("progressive")
    found = fitted(data, "160x120", best=best)
    exact = fitted(encoded(image, "PNG"), "160x120")
    assert np.abs(found - exact).mean() < 2.5


@pytest.mark.parametrize(("common", "rare"), [("4:2:2", 0x12), ("4:2:0", 0x41), ("4:2:0", 0x14)])
def test_rare_subsamplings_are_read(common, rare):
    """4:4:0, 4:1:1 and its upright twin give the colour they hold."""
    plain = Image.new("RGB", (640, 480), (200, 120, 40))
    data = bytearray(encoded(plain, "JPEG", quality=95, subsampling=common))
    frame = data.index(b"\xff\xc0")
    # With as many luma blocks to a unit the same coefficients fill it, here all of one colour.
    data[frame + 11] = rare
    with Image.open(io.BytesIO(data)) as image:
        assert image.layer[0][1:3] == (rare >> 4, rare & 15)
    assert np.abs(fitted(bytes(data)) - (200, 120, 40)).max() <= 3


ARITHMETIC = base64.b85decode(
    b"|JeWF01!$>Nk#wx0RR9200961|JwjV01XKW3knDg3knMk4h;_zAQcl55)&sJ9v2`kDKRiEDJ?8BI!Zn>HbyrrEkIX6ModmpQ"
    b"&KWMT47pHU`kO^PygEhLjevB4iga*CKVMXPc<zyPft%zPft%zPft%zPft%zPft%zPft%zPft%zPft%zPft%zPft%zPft%zPf"
    b"t%zPf!2J01*fPFaSUU0U`hb5di}c0sqVZ3IGrg1pyEd1^?Or3<CiG0ucid06zf#06Kjdpefqi{))COI@M}^zP~RvS#o}o><Z"
    b"D<FzS!#^QM!_N4D^0b?_X~cr3G-BQafrS_Y-O(n`{7m^wzM3`4)w;bgB?In#5>OuMEzBy%NEKDn!vB+uLJ;6enmRIknE-6tT"
    b"Tu;y=;5VUt)w}3b!mj^8hUnDHn_{g}`<A4mGH;~dL5YVSFOoyr6yt>;>IB)KGIA+Z$7H@Ga^0`isX3<29#1kXiOQ)uOqpe1W"
    b"@pLJ&L{T+VVO<F_fnwU@ivx;Qf9*X|xGG1ocTXzzj-97rKP{?Wha~zXa#{)S{{WQaZLUyZqW=JzrPvzp`<IQXgC>_N=zyT+6"
    b"eZm@HHx!c{Z8rY0Zq3>(Oi~$m$Cl<L1_z!&;sbOV+rz`@vG9&9@lDf`$M7){2Qy-fLmB=rI5(Jf<`i{(rEBt)IZ`BU?qpub7"
    b"=qB"
)
"""`scene(64, 48)` at quality 60, with arithmetic coding, which no writer at hand can do."""


def test_an_arithmetic_coded_jpeg_is_right_or_refused():
    """Arithmetic coding gives the picture where the decoder has it, else a typed error; never noise."""
    assert b"\xff\xc9" in ARITHMETIC
    try:
        found = fitted(ARITHMETIC, "64x48")
    except PictureBroken:
        return
    assert np.abs(found - pixels(encoded(scene(64, 48), "JPEG", quality=60))).max() <= 1


def test_a_baseline_jpeg_in_several_scans_counts_whole():
    """A JPEG whose first scan holds one of three components is known to be held whole while decoding."""
    data = encoded(UPRIGHT, "JPEG")
    scan = data.index(b"\xff\xda\x00\x0c\x03")
    one = b"\xff\xda\x00\x08\x01" + data[scan + 5 : scan + 7] + data[scan + 11 : scan + 14]
    assert framefit.probe(data[:scan] + one + data[scan + 14 :]).progressive
    assert not framefit.probe(data).progressive


def test_the_first_picture_of_an_mpo_is_taken():
    """Stereo and panorama files, several JPEG pictures in one, give their first."""
    buffer = io.BytesIO()
    UPRIGHT.save(
        buffer, "MPO", quality=95, save_all=True, append_images=[Image.new("RGB", (640, 480), "red")]
    )
    assert framefit.probe(buffer.getvalue()).format == "jpeg"
    assert np.abs(fitted(buffer.getvalue()) - fitted(encoded(UPRIGHT, "PNG"))).mean() < 2.5


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".txt", ""])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_the_suffix_says_nothing(tmp_path, kind, suffix):
    """A picture is what its bytes are, whatever it is called."""
    path = tmp_path / f"picture{suffix}"
    path.write_bytes(encoded(UPRIGHT, kind))
    assert framefit.probe(path).format == kind.lower()
    assert framefit.fit(path, size="160x120").size == (160, 120)


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04" + bytes(60), b"just words, long enough to read", b"%PDF-1.7 " * 9]
)
def test_other_files_are_no_pictures(tmp_path, content):
    """A zip, a text and a PDF that are called pictures are refused by name."""
    path = tmp_path / "picture.jpg"
    path.write_bytes(content)
    with pytest.raises(NotAPicture):
        framefit.fit(path, size="160x120")


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "AVIF", "PNG"])
def test_the_first_frame_of_every_animation_is_taken(kind):
    """An animation becomes its first frame."""
    buffer = io.BytesIO()
    options = {"lossless": True} if kind == "WEBP" else {}
    rest = [Image.new("RGB", (640, 480), "red")] * 2
    UPRIGHT.save(buffer, kind, save_all=True, append_images=rest, duration=50, **options)
    assert np.abs(fitted(buffer.getvalue()) - fitted(encoded(UPRIGHT, "PNG"))).mean() < 8


@pytest.mark.parametrize("backdrop", ["white", "black", "#00ff00"])
@pytest.mark.parametrize("hidden", [(0, 0, 0), (255, 255, 255), (255, 0, 255)])
def test_transparency_leaves_no_fringe(backdrop, hidden):
    """Along a soft edge every colour is a mix of picture and backdrop, whatever lies hidden."""
    alpha = Image.radial_gradient("L").resize((640, 480)).point(lambda value: 255 - 2 * max(0, value - 60))
    image = Image.new("RGB", (640, 480), hidden)
    image.paste((200, 120, 40), mask=alpha.point(lambda value: 255 if value else 0))
    image.putalpha(alpha)
    found = fitted(encoded(image, "PNG"), "97x71", backdrop=backdrop)
    ground = np.array(Image.new("RGB", (1, 1), backdrop).getpixel((0, 0)), float)
    line = np.array((200, 120, 40), float) - ground
    along = ((found - ground) @ line / (line @ line))[..., None]
    assert np.abs(found - ground - along * line).max() <= 3
    assert along.min() >= -0.02 and along.max() <= 1.02


@pytest.mark.parametrize("mode", ["I;16", "F", "1", "LA", "P", "CMYK"])
def test_odd_pixel_layouts_keep_the_picture(mode):
    """16-bit, float, one-bit, transparent grey, palette and ink pictures look like the picture they hold."""
    grey = UPRIGHT.convert("L")
    if mode == "I;16":
        data = encoded(Image.fromarray(np.asarray(grey, np.uint16) * 257), "PNG")
    elif mode == "F":
        data = encoded(Image.fromarray(np.asarray(grey, np.float32) / 255), "TIFF")
    elif mode in ("1", "LA"):
        grey = grey.convert("1") if mode == "1" else grey
        data = encoded(grey.convert(mode), "PNG")
    elif mode == "P":
        grey = UPRIGHT.quantize(64)
        data = encoded(grey, "PNG", transparency=bytes([255] * 64))
    else:
        grey = UPRIGHT
        data = encoded(UPRIGHT.convert("CMYK"), "TIFF")
    assert np.abs(fitted(data) - fitted(encoded(grey.convert("RGB"), "PNG"))).mean() < 1.5


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_metadata_are_removed_without_touching_the_pixels(kind):
    """What goes is listed in the plan, and the pixels stay as they are to the bit."""
    image = scene(160, 120)
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(image, kind, exif=with_orientation(1), xmp=b"<x:xmpmeta/>", **options)
    result = framefit.fit(data, size="160x120")
    assert result.plan.action == "strip" and "exif" in result.plan.removes
    assert b"Exif" not in result.data and b"xmpmeta" not in result.data and len(result.data) < len(data)
    assert np.array_equal(pixels(result.data), pixels(data))
    assert framefit.fit(result.data, size="160x120").data == result.data
