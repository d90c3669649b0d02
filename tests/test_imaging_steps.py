"""Every step of the pixel pipeline, alone."""

import io

import numpy as np
import pytest
from PIL import Image

import framefit
from framefit.errors import PictureBroken
from framefit.imaging.compose import compose
from framefit.imaging.decode import decode
from framefit.imaging.encode import encode
from framefit.imaging.flatten import flatten
from framefit.imaging.frame import Frame
from framefit.imaging.pipeline import STEPS, render
from framefit.imaging.plain_mode import PLAIN_MODES, plain_mode
from framefit.imaging.resize import resize
from framefit.imaging.to_srgb import to_srgb
from framefit.imaging.turn import turn
from framefit.sources import Source
from pictures import STORE, encoded, scene, stored_with, with_orientation
from profiles import DISPLAY_P3, rgb_profile


def plan_for(image, **wishes):
    return framefit.plan(image, **({"size": "64x64"} | wishes))


def test_the_steps_stand_in_a_list():
    """The pipeline between decoding and encoding is a list of named steps, each name its function's."""
    assert [name for name, _ in STEPS] == [step.__name__ for _, step in STEPS]
    assert [name for name, _ in STEPS] == ["plain_mode", "resize", "to_srgb", "turn", "flatten", "compose"]


@pytest.mark.parametrize(("name", "step"), STEPS)
def test_a_step_changes_nothing_it_is_given(name, step):
    """Every step returns a new frame and leaves the pixels it was given as they were."""
    image = scene(80, 60).convert("RGBA")
    image.info["icc_profile"] = rgb_profile("Display P3", DISPLAY_P3)
    before = image.tobytes()
    frame = Frame(image=image, orientation=6, profile=image.info["icc_profile"])
    step(frame, plan_for(image, mode="pad"))
    assert image.tobytes() == before and image.mode == "RGBA" and image.size == (80, 60)


@pytest.mark.parametrize(
    "mode", ["1", "L", "P", "LA", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I", "F"]
)
def test_plain_mode_leaves_four_layouts(mode):
    """Whatever the layout, four are left, and the size stays."""
    frame = plain_mode(Frame(image=Image.new(mode, (9, 7))), plan_for(Image.new(mode, (9, 7))))
    assert frame.image.mode in PLAIN_MODES and frame.image.size == (9, 7)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_resize_works_on_the_stored_picture(orientation):
    """Scaling the stored picture and turning it later gives what scaling the upright one gives."""
    upright = scene(90, 60)
    plan = plan_for(upright, size="40x50", focus="0.1,0.9")
    straight = resize(Frame(image=upright), plan).image
    frame = resize(Frame(image=stored_with(upright, orientation), orientation=orientation), plan)
    assert frame.image.size == ((50, 40) if orientation > 4 else (40, 50))
    turned = turn(frame, plan).image
    assert np.abs(np.asarray(turned, float) - np.asarray(straight, float)).max() <= 2


def test_resize_is_a_lanczos_of_the_exact_box():
    """The scaled part is Pillow's Lanczos-3 of the placement's box, fractions of pixels included."""
    image = scene(100, 99)
    plan = plan_for(image, size="64x36")
    wanted = image.resize((64, 36), Image.Resampling.LANCZOS, box=tuple(plan.placement.source))
    assert plan.placement.source.top % 1 != 0
    assert resize(Frame(image=image), plan).image.tobytes() == wanted.tobytes()


def test_resize_counts_what_the_reader_has_shrunk():
    """A picture that its reader has halved already is scaled from half the box."""
    image = scene(200, 100)
    plan = plan_for(image, size="40x40", focus="0.8,0.5", crop=(0.1, 0, 1, 1))
    whole = resize(Frame(image=image), plan).image
    half = resize(Frame(image=image.reduce(2), shrunk=2), plan).image
    assert half.size == (40, 40)
    assert np.abs(np.asarray(whole, float) - np.asarray(half, float)).mean() < 3


def test_resize_leaves_a_fitting_picture_alone():
    """A picture that has the right size is not filtered at all."""
    image = scene(64, 64)
    assert resize(Frame(image=image), plan_for(image)).image is image


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turn_undoes_what_the_camera_stored(orientation):
    """Turning brings a picture stored with any orientation back, pixel for pixel."""
    upright = scene(30, 20)
    frame = Frame(image=stored_with(upright, orientation), orientation=orientation)
    assert turn(frame, plan_for(upright)).image.tobytes() == upright.tobytes()
    assert set(STORE) == set(range(1, 9))


def test_to_srgb_leaves_srgb_alone():
    """A frame without a profile keeps its very pixels."""
    image = scene(30, 20)
    assert to_srgb(Frame(image=image), plan_for(image)).image is image


def test_to_srgb_converts_what_a_profile_says():
    """A saturated Display P3 red leaves the range of sRGB and is clipped to its reddest red."""
    image = Image.new("RGB", (8, 8), (255, 0, 0))
    image.info["icc_profile"] = rgb_profile("Display P3", DISPLAY_P3)
    converted = to_srgb(Frame(image=image, profile=image.info["icc_profile"]), plan_for(image)).image
    assert converted.getpixel((4, 4)) == (255, 0, 0)
    image.paste((128, 64, 64), (0, 0, 8, 8))
    red, green, blue = to_srgb(
        Frame(image=image, profile=image.info["icc_profile"]), plan_for(image)
    ).image.getpixel((4, 4))
    assert red > 130 and green < 62 and abs(blue - 62) <= 2


def test_flatten_mixes_by_the_alpha_channel():
    """Half transparent white on a black backdrop is a middle grey."""
    image = Image.new("RGBA", (4, 4), (255, 255, 255, 128))
    assert flatten(Frame(image=image), plan_for(image)).image.getpixel((0, 0)) == (128, 128, 128)
    assert flatten(Frame(image=Image.new("L", (4, 4), 7)), plan_for(image)).image.getpixel((0, 0)) == (
        7,
        7,
        7,
    )


@pytest.mark.parametrize("size", [(64, 32), (32, 64), (64, 31), (31, 64)])
def test_compose_puts_the_picture_where_the_plan_says(size):
    """The picture lies on the canvas at the placement's box, the rest is the backdrop, odd rests included."""
    image = Image.new("RGB", size, "white")
    plan = plan_for(image, mode="pad", backdrop="#010203")
    found = np.asarray(compose(Frame(image=image), plan).image)
    left, top, right, bottom = map(int, plan.placement.target)
    assert found.shape == (64, 64, 3) and (found[top:bottom, left:right] == 255).all()
    assert (found == 255).all(axis=-1).sum() == image.width * image.height
    assert ((found == 255).all(axis=-1) | (found == (1, 2, 3)).all(axis=-1)).all()


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
def test_encode_writes_nothing_but_the_picture(format):
    """What a frame's image carries in its notes does not get into the file."""
    image = scene(64, 64)
    image.info = {
        "exif": with_orientation(6).tobytes(), "icc_profile": rgb_profile("x", DISPLAY_P3), "comment": b"secret",
        "xmp": b"<x:xmpmeta/>", "dpi": (300, 300), "transparency": 3, "Author": "secret",
    }  # fmt: skip
    data = encode(Frame(image=image), plan_for(image, format=format))
    info = framefit.probe(data)
    assert (info.metadata, info.profile, info.orientation, info.alpha) == ((), None, 1, False)
    assert b"secret" not in data and b"xmpmeta" not in data
    assert image.info["comment"] == b"secret"


def test_decode_reads_pixels_as_stored():
    """Decoding leaves the turning to its step and hands over the profile."""
    profile = rgb_profile("Display P3", DISPLAY_P3)
    data = encoded(stored_with(scene(64, 48), 6), "PNG", exif=with_orientation(6), icc_profile=profile)
    frame = decode(Source.of(data), plan_for(data))
    assert (frame.image.size, frame.orientation, frame.profile, frame.shrunk) == ((48, 64), 6, profile, 1)


@pytest.mark.parametrize("mode", ["keep", "strip", "convert"])
def test_a_plan_is_not_carried_out_on_another_picture(tmp_path, mode):
    """A file that has changed since it was planned gives a typed error and not a picture nobody decided on."""
    size = {"keep": "64x48", "strip": "64x48", "convert": "32x32"}[mode]
    options = {"comment": b"x"} if mode == "strip" else {}
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded(scene(64, 48), **options))
    plan = framefit.plan(path, size=size)
    assert plan.action == mode
    for other in (encoded(scene(60, 48)), encoded(scene(64, 48), "PNG")):
        path.write_bytes(other)
        with pytest.raises(PictureBroken) as caught:
            render(plan, path)
        assert caught.value.fix == "plan again"
    if mode != "convert":
        path.write_bytes(encoded(scene(64, 48), exif=with_orientation(3)))
        with pytest.raises(PictureBroken):
            render(plan, path)


def test_a_file_keeps_its_name_in_errors():
    """Errors name the file that the caller gave."""
    stream = io.BytesIO(encoded(scene(64, 48))[:700])
    stream.name = "/some/where/photo.jpg"
    with pytest.raises(PictureBroken, match=r"photo\.jpg"):
        framefit.fit(stream, size="32x32")
