from itertools import pairwise

import av
import av.filter
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

import framefit
from pictures import encoded, scene, stored_with, with_orientation


def filtered(image, filters, pixel_format="rgb24"):
    """A picture sent through ffmpeg's own filters."""
    frame = av.VideoFrame.from_ndarray(np.asarray(image.convert("RGB")), format="rgb24").reformat(
        format=pixel_format
    )
    graph = av.filter.Graph()
    steps = [graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base="1/25")]
    for text in filters.split(","):
        name, _, arguments = text.partition("=")
        steps.append(graph.add(name, arguments))
    steps.append(graph.add("buffersink"))
    for one, other in pairwise(steps):
        one.link_to(other)
    graph.configure()
    graph.push(frame)
    return graph.pull().to_ndarray(format="rgb24")


def psnr(one, other):
    error = np.mean((np.asarray(one, float) - np.asarray(other, float)) ** 2)
    return 99.0 if error == 0 else 10 * np.log10(255**2 / error)


def photo(width, height):
    """A picture as smooth as a photograph, with coloured corners."""
    return scene(width, height).filter(ImageFilter.GaussianBlur(max(width, height) / 100))


PART = (0.111, 0.222, 0.777, 0.888)
WISHES = [
    {}, {"mode": "pad"}, {"mode": "stretch"}, {"mode": "auto"}, {"focus": "0.13,0.91"},
    {"mode": "pad", "backdrop": "#c81e5a"}, {"crop": PART},
    {"crop": PART, "mode": "pad", "backdrop": "teal"}, {"crop": (0.3, 0, 0.9, 0.5), "mode": "stretch"},
]  # fmt: skip


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("size", ["320x180", "181x321", "1280x720", "720x1280", "601x401", "33x900"])
@pytest.mark.parametrize("source", [(601, 401), (233, 377)])
def test_ffmpeg_does_what_the_plan_says(source, size, wish):
    """The filter string, run by ffmpeg itself, gives framefit's own picture to within 30 dB, smaller or larger."""
    image = photo(*source)
    fitted = framefit.fit(image, size=size, format="png", **wish)
    assert psnr(filtered(image, fitted.plan.as_ffmpeg()), fitted.to_pil()) > 30


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuvj420p", "yuv422p", "gray"])
def test_ffmpeg_pads_at_odd_places_whatever_the_chroma(pixel_format):
    """A pad at an odd place stays there for pictures with halved chroma, as JPEG has it."""
    image = photo(301, 200)
    fitted = framefit.fit(image, size="200x139", mode="pad", format="png", backdrop="#808080")
    left, top, right, bottom = map(int, fitted.plan.placement.target)
    assert top % 2 == 1
    found = filtered(image, fitted.plan.as_ffmpeg(), pixel_format)
    assert (np.abs(found[:top].astype(int) - 128) <= 3).all() and (
        np.abs(found[bottom:].astype(int) - 128) <= 3
    ).all()
    assert np.abs(found[top, left:right].astype(int) - 128).mean() > 20


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(*[st.integers(1, 120)] * 4),
    st.sampled_from(["cover", "pad", "stretch"]),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_ffmpeg_gives_exactly_the_canvas(sides, mode, x, y):
    """For any source and canvas, ffmpeg accepts the filters and gives exactly the canvas."""
    width, height, wide, high = sides
    assume(max(wide / width, high / height) < 60)
    image = Image.new("RGB", (width, height), (200, 100, 50))
    plan = framefit.plan(image, size=(wide, high), mode=mode, focus=(x, y), backdrop=(200, 100, 50))
    found = filtered(image, plan.as_ffmpeg())
    assert found.shape == (high, wide, 3)
    assert np.abs(found.astype(int) - (200, 100, 50)).max() <= 3


def test_the_words_of_a_plan():
    """An explanation names picture, canvas, mode, what is used and lost, the result and what is removed."""
    data = encoded(stored_with(scene(300, 200), 6), exif=with_orientation(6))
    text = framefit.plan(data, model="sora-2", server="embedded", size="1280x720", focus="0.5,0").explain()
    for words in (
        "300x200 jpeg",
        "EXIF orientation 6",
        "1280x720 for sora-2 on embedded",
        "cover, focus 0.5,0",
        "at the bottom",
        "a new jpeg at quality 95",
        "exif",
        "# is used",
    ):
        assert words in text
    assert "at the top" not in text


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"mode": "stretch"}, "1.19 times wider"), ({"mode": "pad"}, "the rest is the backdrop (#000000)"),
        ({"mode": "auto", "max_loss": 0}, "pad, chosen by auto"), ({"format": "png"}, "a new png, because"),
        ({"format": "webp", "quality": 80}, "a new webp at quality 80, because"),
        ({"format": "webp", "lossless": True}, "a new webp without loss, because"),
    ],
)  # fmt: skip
def test_what_is_special_is_said(wish, words):
    """Distortion, backdrop, a mode that was chosen and the format of the new file are put in words."""
    assert words in framefit.plan(scene(300, 200), size="1280x720", **wish).explain()


def test_nothing_to_do_is_said():
    """A picture that is kept, and one that only loses its metadata, are explained as that."""
    assert "byte for byte" in framefit.plan(encoded(scene(64, 64)), size="64x64").explain()
    assert "pixels untouched" in framefit.plan(encoded(scene(64, 64), comment=b"x"), size="64x64").explain()


def test_the_drawing_shows_what_is_lost():
    """The drawing of a centre crop has lost columns on both sides, as many on the left as on the right."""
    drawn = [
        line.strip()
        for line in framefit.plan(scene(400, 100), size="200x100").explain().splitlines()
        if "#" in line
    ]
    rows = [line for line in drawn if set(line) <= {"#", "."}]
    assert rows and all(line == line[::-1] and line.startswith(".") and "#" in line for line in rows)
    assert all(abs(line.count("#") / len(line) - 0.5) < 0.05 for line in rows)


@pytest.mark.parametrize("source", [(1, 1), (20_000, 1), (1, 20_000), (20_000, 20_000)])
@pytest.mark.parametrize("size", ["1x1", "20000x1", "1x20000", "1280x720"])
@pytest.mark.parametrize("mode", ["cover", "pad", "stretch"])
def test_every_shape_can_be_explained(source, size, mode):
    """The most extreme shapes are explained and drawn within the width of a terminal."""
    facts = framefit.probe(encoded(scene(8, 8)))
    import dataclasses

    facts = dataclasses.replace(facts, size=framefit.Size(*source), stored_size=framefit.Size(*source))
    plan = framefit.plan(facts, size=size, mode=mode, max_pixels=10**9)
    drawn = [line for line in plan.explain().splitlines() if line.startswith("  ")]
    assert 1 < len(drawn) <= 17 and all(len(line) <= 50 for line in drawn)
    assert plan.as_ffmpeg().startswith("format=rgb24")
