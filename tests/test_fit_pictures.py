"""Every kind of picture comes out as the same upright, opaque sRGB picture."""

import io

import numpy as np
import pillow_heif
import pytest
from PIL import Image

import framefit
from framefit.errors import InvalidOption, OverByteBudget
from pictures import (
    encoded,
    jpeg_sampling,
    one_colour_png,
    scene,
    stored_with,
    with_orientation,
    with_png_chunks,
)
from profiles import (
    ADOBE_RGB,
    DISPLAY_P3,
    SRGB,
    cmyk_profile,
    grey_profile,
    in_srgb,
    lab_in_srgb,
    rgb_profile,
    srgb_curve,
    srgb_encode,
)

WIDTH, HEIGHT = 240, 160


def pixels(data):
    """The pixels of a file as floating-point numbers."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"), float)


def same(data, image, tolerance):
    """Whether a file shows a picture to within a mean error of so many levels."""
    return np.abs(pixels(data) - np.asarray(image.convert("RGB"), float)).mean() < tolerance


def heic(image, **options):
    buffer = io.BytesIO()
    pillow_heif.from_pillow(image).save(buffer, quality=95, **options)
    return buffer.getvalue()


WRITERS = {
    "jpeg": lambda image: encoded(image, "JPEG", quality=95),
    "png": lambda image: encoded(image, "PNG"),
    "webp": lambda image: encoded(image, "WEBP", quality=95),
    "heic": heic,
    "avif": lambda image: encoded(image, "AVIF", quality=95),
    "tiff": lambda image: encoded(image, "TIFF", compression="tiff_lzw"),
    "bmp": lambda image: encoded(image, "BMP"),
    "gif": lambda image: encoded(image, "GIF"),
}


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
@pytest.mark.parametrize("mode", ["cover", "pad", "stretch", "auto"])
@pytest.mark.parametrize("size", [(64, 64), (101, 57), (1, 1), (480, 320), (3, 400)])
def test_every_mode_and_format_gives_exactly_the_canvas(mode, format, size):
    """Whatever the mode and the format, the file has exactly the size and the format asked for, in plain RGB."""
    fitted = framefit.fit(encoded(scene(97, 61)), size=size, mode=mode, format=format)
    with Image.open(io.BytesIO(fitted.data)) as image:
        assert image.size == size == fitted.size and image.mode == "RGB"
        assert image.format == format.upper() and fitted.format == format
        assert not set(image.info) & {"exif", "xmp", "icc_profile", "comment", "photoshop"}


@pytest.mark.parametrize("kind", WRITERS)
def test_every_input_format_is_read(kind):
    """The same picture stored as any of the eight formats gives the same fitted picture."""
    image = scene(WIDTH, HEIGHT)
    data = WRITERS[kind](image)
    assert framefit.probe(data).format == kind
    fitted = framefit.fit(data, size=(120, 80), format="png")
    assert same(fitted.data, image.resize((120, 80), Image.Resampling.LANCZOS), 9 if kind == "gif" else 2.5)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "MPO"])
def test_the_orientation_is_applied(kind, orientation):
    """A picture stored with any of the eight EXIF orientations comes out upright, in every format that has EXIF."""
    image = scene(WIDTH, HEIGHT)
    options = (
        {"lossless": True} if kind == "WEBP" else {"quality": 95} if kind in ("JPEG", "AVIF", "MPO") else {}
    )
    data = encoded(stored_with(image, orientation), kind, exif=with_orientation(orientation), **options)
    info = framefit.probe(data)
    assert info.size == (WIDTH, HEIGHT)
    assert (
        info.stored_size == ((HEIGHT, WIDTH) if kind != "AVIF" and orientation > 4 else (WIDTH, HEIGHT))
        or kind == "AVIF"
    )
    fitted = framefit.fit(data, size=(WIDTH, HEIGHT), format="png")
    assert same(fitted.data, image, 2.5)
    cut = framefit.fit(data, size=(60, 60), format="png", crop=(0, 0, 0.25, 0.25))
    assert np.abs(pixels(cut.data) - (220, 30, 30)).mean() < 4


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_of_a_heic_is_its_container_s(orientation):
    """A HEIC whose container is turned comes out upright, its EXIF tag not applied a second time."""
    image = scene(WIDTH, HEIGHT)
    exif = with_orientation(orientation).tobytes()
    data = heic(stored_with(image, orientation), exif=exif)
    assert framefit.probe(data).size == (WIDTH, HEIGHT)
    assert same(framefit.fit(data, size=(WIDTH, HEIGHT), format="png").data, image, 3)


def test_exif_behind_the_pixels_of_a_png_counts():
    """A PNG whose EXIF data stand behind its pixels is turned like any other, and loses them."""
    image = scene(WIDTH, HEIGHT)
    exif = with_orientation(6).tobytes().removeprefix(b"Exif\0\0")
    data = with_png_chunks(encoded(stored_with(image, 6), "PNG"), (b"eXIf", exif), at_end=True)
    info = framefit.probe(data)
    assert (info.orientation, info.size, info.metadata) == (6, (WIDTH, HEIGHT), ("exif",))
    fitted = framefit.fit(data, size=(WIDTH, HEIGHT))
    assert same(fitted.data, image, 3) and framefit.probe(fitted.data).metadata == ()


def half_transparent(mode):
    """A red picture whose right half is transparent, in one of Pillow's layouts."""
    image = Image.new("RGBA", (40, 20), (200, 0, 0, 255))
    image.paste((0, 200, 0, 0), (20, 0, 40, 20))
    return image if mode == "RGBA" else image.convert(mode)


def transparent_files():
    palette = Image.new("P", (40, 20), 0)
    palette.putpalette([200, 0, 0, 0, 200, 0])
    palette.paste(1, (20, 0, 40, 20))
    keyed = Image.new("RGB", (40, 20), (200, 0, 0))
    keyed.paste((0, 200, 0), (20, 0, 40, 20))
    grey = Image.new("L", (40, 20), 90)
    grey.paste(200, (20, 0, 40, 20))
    deep = Image.new("I;16", (40, 20), 90 * 257)
    deep.paste(200 * 257, (20, 0, 40, 20))
    bit = Image.new("1", (40, 20), 0)
    bit.paste(1, (20, 0, 40, 20))
    red, dark, black = (200, 0, 0), (90, 90, 90), (0, 0, 0)
    return {
        "png rgba": (encoded(half_transparent("RGBA"), "PNG"), red),
        "png la": (encoded(Image.merge("LA", (grey, half_transparent("RGBA").getchannel("A"))), "PNG"), dark),
        "webp rgba": (encoded(half_transparent("RGBA"), "WEBP", lossless=True), red),
        "tiff rgba": (encoded(half_transparent("RGBA"), "TIFF"), red),
        "avif rgba": (encoded(half_transparent("RGBA"), "AVIF", quality=100), red),
        "heic rgba": (heic(half_transparent("RGBA"), chroma=444), red),
        "palette png, one colour": (encoded(palette, "PNG", transparency=1), red),
        "palette png, a list": (encoded(palette, "PNG", transparency=b"\xff\x00"), red),
        "palette gif": (encoded(palette, "GIF", transparency=1), red),
        "rgb png with a key": (encoded(keyed, "PNG", transparency=(0, 200, 0)), red),
        "grey png with a key": (encoded(grey, "PNG", transparency=200), dark),
        "16-bit grey png with a key": (encoded(deep, "PNG", transparency=200 * 257), dark),
        "1-bit png with a key": (encoded(bit, "PNG", transparency=255), black),
    }


TRANSPARENT = transparent_files()


@pytest.mark.parametrize("name", TRANSPARENT)
def test_transparency_is_laid_on_the_backdrop(name):
    """Each way to store transparency shows the backdrop where it is clear and the picture where it is not."""
    data, colour = TRANSPARENT[name]
    assert framefit.probe(data).alpha
    for size in ((40, 20), (80, 40)):
        fitted = framefit.fit(data, size=size, format="png", backdrop="#3264c8")
        found, width = pixels(fitted.data), size[0]
        assert np.abs(found[:, width * 5 // 8 :] - (0x32, 0x64, 0xC8)).max() <= 3
        assert np.abs(found[:, : width * 3 // 8] - colour).max() <= 4


def test_the_colour_under_transparency_does_not_shine_through():
    """Scaling a transparent picture mixes no hidden colour into its edges."""
    found = pixels(framefit.fit(half_transparent("RGBA"), size=(23, 11), backdrop="black", format="png").data)
    assert found[..., 1].max() <= 1


def test_a_transparent_png_of_the_canvas_s_size_is_flattened():
    """Having the right size does not save a picture with transparency from being flattened."""
    plan = framefit.plan(TRANSPARENT["png rgba"][0], size=(40, 20))
    assert plan.action == "convert" and "transparency" in " ".join(plan.reasons)


def grey_ramp():
    return np.linspace(0, 255, 256 * 4).reshape(4, 256)


def deep_files():
    ramp = grey_ramp()
    unit = (ramp / 255).astype("float32")
    deep = np.round(ramp * 257).astype("uint16")
    tiff = encoded(Image.fromarray(deep), "TIFF")
    return {
        "16-bit grey png": encoded(Image.fromarray(deep), "PNG"),
        "16-bit grey tiff": tiff,
        "32-bit float tiff, 0 to 1": encoded(Image.fromarray(unit), "TIFF"),
        "32-bit float tiff, 0 to 255": encoded(Image.fromarray(unit * 255), "TIFF"),
        "32-bit integer tiff, 0 to 65535": encoded(Image.fromarray(deep.astype("int32")), "TIFF"),
        "32-bit integer tiff, 0 to 255": encoded(Image.fromarray(np.round(ramp).astype("int32")), "TIFF"),
    }


@pytest.mark.parametrize("name", deep_files())
def test_deep_grey_is_scaled_and_not_clipped(name):
    """A grey ramp of 16 or 32 bits keeps its whole range in eight bits."""
    data = deep_files()[name]
    assert framefit.probe(data).bits in (16, 32)
    found = pixels(framefit.fit(data, size=(256, 4), format="png").data)
    assert np.abs(found - grey_ramp()[..., None]).max() <= 1


def test_floats_that_are_no_numbers_do_not_spoil_the_rest():
    """A float picture with infinite and undefined pixels is converted, or refused with a typed error."""
    values = np.full((8, 8), 0.5, "float32")
    values[0, 0], values[1, 1] = np.nan, np.inf
    try:
        found = pixels(framefit.fit(encoded(Image.fromarray(values), "TIFF"), size=(8, 8), format="png").data)
    except framefit.FramefitError as error:
        assert error.code == "picture_broken"
    else:
        assert found.shape == (8, 8, 3)


def test_16_bit_colour_is_brought_to_eight():
    """A PNG with 16 bits a channel is converted to one with eight and the same colours."""
    import struct
    import zlib

    from pictures import png_chunk

    ramp = np.round(grey_ramp() * 257)
    rows = np.stack([ramp, ramp[:, ::-1], ramp], axis=-1).astype(">u2")
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", 256, 4, 16, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(raw)), (b"IEND", b""))
    data = b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)
    assert framefit.probe(data).bits == 16
    fitted = framefit.fit(data, size=(256, 4), format="png")
    assert framefit.probe(fitted.data).bits == 8
    assert np.abs(pixels(fitted.data) - rows / 257).max() <= 1


@pytest.mark.parametrize("mode", ["L", "1", "P"])
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "GIF"])
def test_grey_bilevel_and_palette_pictures_are_converted(kind, mode):
    """Pictures of few colours come out as RGB with the same colours."""
    image = scene(WIDTH, HEIGHT).convert(mode)
    data = encoded(image, kind)
    assert same(framefit.fit(data, size=(WIDTH, HEIGHT), format="png").data, image, 0.01)
    assert framefit.fit(data, size=(60, 40)).to_pil().mode == "RGB"


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_without_a_profile_is_converted_by_the_plain_formula(kind):
    """A CMYK picture of exactly the canvas's size is converted, white staying white and red red."""
    image = Image.new("CMYK", (32, 16), (0, 0, 0, 0))
    image.paste((0, 255, 255, 0), (16, 0, 32, 16))
    data = encoded(image, kind, **({"quality": 100, "subsampling": 0} if kind == "JPEG" else {}))
    assert framefit.plan(data, size=(32, 16)).action == "convert"
    found = pixels(framefit.fit(data, size=(32, 16), format="png").data)
    assert np.abs(found[:, :14] - 255).max() <= 3 and np.abs(found[:, 18:] - (255, 0, 0)).max() <= 3


def inks(c, m, y, k):
    """A press whose inks are not those of the plain formula."""
    return (100 - 20 * (c + m + y) - 30 * k, 25 * (m - c), 25 * (y - m))


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_is_converted_through_its_profile(kind):
    """A CMYK picture with a profile gets the colours that the profile gives its inks."""
    profile = cmyk_profile("framefit press", inks)
    for ink in ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (1, 0, 1, 0)):
        image = Image.new("CMYK", (16, 16), tuple(255 * part for part in ink))
        options = {"quality": 100, "subsampling": 0} if kind == "JPEG" else {}
        data = encoded(image, kind, icc_profile=profile, **options)
        assert framefit.probe(data).profile == "framefit press"
        found = pixels(framefit.fit(data, size=(8, 8), format="png").data)
        assert np.abs(found - lab_in_srgb(*inks(*ink))).mean() < 4, ink


def colour_chart():
    """Every sixth of the RGB cube, one pixel each."""
    steps = np.linspace(0, 255, 6).round().astype("uint8")
    return np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(12, 18, 3)


@pytest.mark.parametrize(
    ("name", "primaries", "gamma"),
    [
        ("Display P3", DISPLAY_P3, None),
        ("Adobe RGB like", ADOBE_RGB, 563 / 256),
        ("sRGB, so it says", DISPLAY_P3, None),
    ],
)
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_profiles_are_converted_to_srgb(kind, name, primaries, gamma):
    """The colours of a wide-gamut picture are those that floating-point arithmetic gives, whatever its profile is called."""
    chart = colour_chart()
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(Image.fromarray(chart), kind, icc_profile=rgb_profile(name, primaries, gamma), **options)
    info = framefit.probe(data)
    assert info.profile == name and not info.srgb
    curve = srgb_curve if gamma is None else (lambda value: value**gamma)
    fitted = framefit.fit(data, size=(18, 12), format="png")
    error = np.abs(pixels(fitted.data) - in_srgb(chart, primaries, curve))
    assert error.mean() < 0.6 and error.max() <= 4
    assert np.abs(in_srgb(chart, primaries, curve) - chart).mean() > 3


def test_a_profile_counts_under_transparency_too():
    """The colours of a transparent picture are converted before it is laid on the backdrop."""
    image = Image.fromarray(colour_chart()).convert("RGBA")
    image.putalpha(254)
    data = encoded(image, "PNG", icc_profile=rgb_profile("Display P3", DISPLAY_P3))
    found = pixels(framefit.fit(data, size=(18, 12), format="png").data)
    assert np.abs(found - in_srgb(colour_chart(), DISPLAY_P3, srgb_curve)).mean() < 2


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_a_grey_profile_is_converted(mode):
    """Grey under a linear profile becomes as bright as the profile says, with transparency or without."""
    image = Image.new("L", (16, 16), 128).convert(mode)
    data = encoded(image, "PNG", icc_profile=grey_profile("linear grey", 1.0))
    found = pixels(framefit.fit(data, size=(16, 16), format="png").data)
    assert np.abs(found - 255 * srgb_encode(128 / 255)).max() <= 2


def test_an_srgb_profile_changes_nothing():
    """A picture with an sRGB profile keeps its values exactly and needs no conversion."""
    data = encoded(Image.fromarray(colour_chart()), "PNG", icc_profile=rgb_profile("sRGB IEC61966-2.1", SRGB))
    assert framefit.probe(data).srgb
    assert framefit.fit(data, size=(18, 12)).data == data


@pytest.mark.parametrize("broken", [b"not a profile", rgb_profile("cut", DISPLAY_P3)[:200], bytes(600)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_broken_profile_is_ignored_and_removed(kind, broken):
    """A picture with a damaged profile counts as sRGB and comes out without the profile."""
    image = scene(64, 48)
    data = encoded(image, kind, icc_profile=broken)
    fitted = framefit.fit(data, size=(64, 48), format="png" if kind == "PNG" else None)
    assert fitted.plan.action == "convert" and same(fitted.data, image, 1 if kind == "PNG" else 12)
    assert framefit.probe(fitted.data).profile is None


def test_a_profile_for_other_pixels_is_ignored():
    """A profile that does not fit the pixel layout does not break the picture."""
    data = encoded(scene(64, 48), "PNG", icc_profile=cmyk_profile("inks", inks))
    assert same(framefit.fit(data, size=(64, 48), format="png").data, scene(64, 48), 1)


def test_lab_pictures_are_converted():
    """A TIFF in L*a*b* comes out in the sRGB colours of its values."""
    lab = Image.new("LAB", (16, 16), (153, 128 + 40, 128 + 20))
    found = pixels(framefit.fit(encoded(lab, "TIFF"), size=(16, 16), format="png").data)
    assert np.abs(found - lab_in_srgb(60, 40, 20)).max() <= 3


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF", "TIFF"])
def test_the_first_frame_of_an_animation_is_taken(kind):
    """An animation comes out as its first frame, standing still, even at exactly the canvas's size."""
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("#c80000", "#00c800", "#0000c8")]
    options = {} if kind == "TIFF" else {"duration": 100}
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    fitted = framefit.fit(data, size=(64, 48))
    image = fitted.to_pil()
    assert getattr(image, "n_frames", 1) == 1 and fitted.plan.action == "convert"
    assert np.abs(np.asarray(image, float) - (200, 0, 0)).max() <= 6


@pytest.mark.parametrize(("chroma", "factors"), [("4:2:0", (2, 2)), ("4:2:2", (2, 1)), ("4:4:4", (1, 1))])
def test_jpegs_have_the_chroma_asked_for(chroma, factors):
    """The frame header of a JPEG shows the subsampling that was asked for, 4:2:0 unless told otherwise."""
    from framefit.imaging import render
    from framefit.options import Options
    from framefit.planning import decide, read_target

    data = encoded(scene(90, 70))
    made = decide(framefit.probe(data), read_target(size="64x64"), Options(chroma=chroma))
    assert jpeg_sampling(render(made, data).data) == [factors, (1, 1), (1, 1)]
    assert jpeg_sampling(framefit.fit(data, size="64x64").data) == [(2, 2), (1, 1), (1, 1)]


def test_jpegs_have_quality_95():
    """The quantization tables of a JPEG are those of quality 95 unless another is asked for."""
    with Image.open(io.BytesIO(encoded(scene(64, 64), quality=95))) as reference:
        wanted = reference.quantization
    assert framefit.fit(scene(90, 70), size="64x64").to_pil().quantization == wanted
    assert framefit.fit(scene(90, 70), size="64x64", quality=60).to_pil().quantization != wanted


@pytest.mark.parametrize("format", ["jpeg", "webp"])
def test_the_byte_budget_is_met_with_the_best_quality(format):
    """A byte budget is met by lowering the quality no further than it takes."""
    source = Image.effect_noise((200, 200), 60).convert("RGB")
    free = len(framefit.fit(source, size="200x200", format=format).data)
    fitted = framefit.fit(source, size="200x200", format=format, max_bytes=free * 2 // 3)
    assert free // 2 < len(fitted.data) <= free * 2 // 3


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
def test_a_byte_budget_that_cannot_be_met_is_an_error(format):
    """Where no acceptable quality meets the budget, no picture comes out but a typed error."""
    source = Image.effect_noise((200, 200), 60).convert("RGB")
    with pytest.raises(OverByteBudget) as caught:
        framefit.fit(source, size="200x200", format=format, max_bytes=500)
    assert "500" in caught.value.wanted


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I", "F", "LA", "PA", "La",
                                  "RGBa", "RGBX", "I;16"])  # fmt: skip
def test_every_pixel_layout_of_pillow_is_fitted(mode):
    """A PIL image in any layout is fitted, and stays as the caller had it."""
    image = Image.new(mode, (30, 20))
    before = (image.mode, image.size, image.tobytes(), dict(image.info))
    fitted = framefit.fit(image, size=(48, 48), mode="pad")
    assert fitted.to_pil().size == (48, 48) and fitted.to_pil().mode == "RGB"
    assert (image.mode, image.size, image.tobytes(), dict(image.info)) == before


@pytest.mark.parametrize("channels", [3, 4])
def test_arrays_are_fitted(channels):
    """A NumPy array gives the picture that its values are, also when it is a view in odd order."""
    array = np.zeros((20, 30, channels), "uint8")
    array[..., 0], array[:, :15, 1] = 200, 90
    array[..., channels - 1] = 255 if channels == 4 else 0
    for given, wanted in (
        (array, array),
        (array[:, ::-1], array[:, ::-1]),
        (np.asfortranarray(array), array),
    ):
        found = pixels(framefit.fit(given, size=(30, 20), format="png").data)
        assert (found == wanted[..., :3]).all()


def test_a_pil_image_with_an_orientation_is_turned():
    """A picture that Pillow has opened is turned by its EXIF data like the file it comes from."""
    data = encoded(stored_with(scene(WIDTH, HEIGHT), 6), "JPEG", quality=95, exif=with_orientation(6))
    for kind_data in (data, encoded(stored_with(scene(WIDTH, HEIGHT), 6), "TIFF", exif=with_orientation(6))):
        for load in (False, True):
            with Image.open(io.BytesIO(kind_data)) as image:
                if load:
                    image.load()
                assert framefit.probe(image).size == (WIDTH, HEIGHT)
                assert same(
                    framefit.fit(image, size=(WIDTH, HEIGHT), format="png").data, scene(WIDTH, HEIGHT), 3
                )


def test_what_is_cropped_away_does_not_shine_in():
    """An explicit crop leaves nothing of a dark border, not even what a scaling filter would pick up."""
    image = Image.new("RGB", (400, 300), "black")
    image.paste((128, 128, 128), (100, 60, 300, 240))
    for size in ((120, 108), (1000, 900)):
        found = pixels(framefit.fit(image, size=size, crop=(0.25, 0.2, 0.75, 0.8), format="png").data)
        assert np.abs(found - 128).max() <= 1


def test_the_crop_comes_before_the_mode():
    """The mode works on the cropped part, as if that were the whole picture."""
    image = scene(400, 300)
    part = image.crop((200, 150, 400, 300))
    for mode in ("cover", "pad", "stretch"):
        one = framefit.fit(image, size="160x160", crop=(0.5, 0.5, 1, 1), mode=mode, format="png").data
        assert one == framefit.fit(part, size="160x160", mode=mode, format="png").data


def test_the_focus_decides_what_is_kept():
    """Cover keeps the corner that the focus points to."""
    image = scene(400, 100)
    for focus, colour in (("0,0", (220, 30, 30)), ("1,0", (30, 180, 60))):
        corner = pixels(framefit.fit(image, size="100x100", focus=focus, format="png").data)
        assert np.abs(corner[2:20, 10:90] - colour).max() <= 1


def test_pad_keeps_everything_and_fills_the_rest():
    """Pad leaves bars of exactly the backdrop's colour and puts the whole picture between them."""
    found = pixels(
        framefit.fit(scene(200, 100), size="100x100", mode="pad", backdrop=(10, 20, 30), format="png").data
    )
    assert (found[:25] == (10, 20, 30)).all() and (found[75:] == (10, 20, 30)).all()
    assert np.abs(found[27:35, 2:20] - (220, 30, 30)).max() <= 12


@pytest.mark.parametrize(("size", "mode"), [((100, 85), "cover"), ((100, 84), "pad"), ((100, 100), "cover")])
def test_auto_covers_while_little_is_lost(size, mode):
    """Mode auto covers while at most 15 % are lost and pads otherwise."""
    assert framefit.plan(scene(100, 100), size=size, mode="auto").mode == mode


def test_the_limit_of_auto_is_an_option():
    """How much cover may lose under auto is the caller's choice."""
    assert framefit.plan(scene(100, 100), size=(100, 84), mode="auto", max_loss=0.16).mode == "cover"
    assert framefit.plan(scene(100, 100), size=(100, 99), mode="auto", max_loss=0).mode == "pad"


@pytest.mark.parametrize("size", [(1, 2000), (2000, 1), (16_383, 1), (1, 65_500)])
@pytest.mark.parametrize("mode", ["cover", "pad", "stretch"])
@pytest.mark.parametrize("source", [(1, 1), (20_000, 1), (1, 20_000)])
def test_extreme_shapes_come_out_exact(source, mode, size):
    """Even a line fitted to a line across it has exactly the size asked for."""
    data = one_colour_png(*source)
    assert framefit.fit(data, size=size, mode=mode, format="jpeg").size == size
    assert framefit.probe(framefit.fit(data, size=size, mode=mode, format="png").data).size == size


def test_a_format_that_cannot_hold_the_canvas_is_refused():
    """A canvas larger than the format can hold is an error before any pixel is touched."""
    with pytest.raises(InvalidOption):
        framefit.fit(scene(10, 10), size=(16_384, 1), format="webp")
    with pytest.raises(InvalidOption):
        framefit.fit(scene(10, 10), size=(65_501, 1), format="jpeg")


def test_a_grey_profile_on_a_colour_picture_takes_no_colour_away():
    """A grey profile in a colour picture does not fit it and is ignored."""
    for mode in ("RGB", "RGBA"):
        data = encoded(scene(64, 48).convert(mode), "PNG", icc_profile=grey_profile("linear grey", 1.0))
        assert same(framefit.fit(data, size=(64, 48), format="png").data, scene(64, 48), 0.01)
