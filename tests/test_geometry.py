import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framefit.errors import InvalidOption, InvalidSize
from framefit.geometry import WHOLE, Box, Crop, Focus, Size, cover_loss, is_sideways, place, stored_box
from pictures import STORE, scene, stored_with

SIDES = st.one_of(st.integers(1, 20_000), st.sampled_from([1, 2, 3, 719, 720, 1279, 1280, 19_999, 20_000]))
SIZES = st.builds(Size, SIDES, SIDES)
FRACTIONS = st.floats(0.0, 1.0)
FOCUSES = st.one_of(st.none(), st.builds(Focus, FRACTIONS, FRACTIONS))
MODES = st.sampled_from(["cover", "pad", "stretch"])


@st.composite
def crops(draw):
    if draw(st.booleans()):
        return WHOLE
    left, right = sorted(
        draw(st.tuples(FRACTIONS, FRACTIONS).filter(lambda pair: abs(pair[0] - pair[1]) > 2e-6))
    )
    top, bottom = sorted(
        draw(st.tuples(FRACTIONS, FRACTIONS).filter(lambda pair: abs(pair[0] - pair[1]) > 2e-6))
    )
    return Crop(left, top, right, bottom)


@settings(max_examples=400, deadline=None)
@given(SIZES, SIZES, MODES, FOCUSES, crops())
def test_placement_covers_the_canvas_and_stays_inside_the_source(source, canvas, mode, focus, crop):
    """Every placement fills its part of the canvas in whole pixels and samples only inside crop and source."""
    placed = place(source, canvas, mode=mode, focus=focus, crop=crop)
    box, part, target = placed.source, crop.box(source), placed.target
    assert placed.canvas == canvas
    assert 0 <= part.left <= box.left < box.right <= part.right <= source.width
    assert 0 <= part.top <= box.top < box.bottom <= part.bottom <= source.height
    assert all(edge == int(edge) for edge in target)
    assert 0 <= target.left < target.right <= canvas.width
    assert 0 <= target.top < target.bottom <= canvas.height
    assert 0.0 <= placed.share_lost < 1.0
    if mode == "pad":
        assert target.width == canvas.width or target.height == canvas.height
        assert abs((target.left + target.right) - canvas.width) <= 1
        assert abs((target.top + target.bottom) - canvas.height) <= 1
    else:
        assert placed.fills_canvas


@settings(max_examples=400, deadline=None)
@given(SIZES, SIZES, st.sampled_from(["cover", "pad"]), FOCUSES, crops())
def test_cover_and_pad_keep_the_shape(source, canvas, mode, focus, crop):
    """Cover and pad keep the aspect ratio to half a canvas pixel, but for a padded side of the least one pixel."""
    placed = place(source, canvas, mode=mode, focus=focus, crop=crop)
    box, width, height = placed.source, *placed.target_size
    one_scale = max(width / box.width, height / box.height) if mode == "cover" else None
    if mode == "cover":
        assert box.width * one_scale == pytest.approx(width, abs=0.5)
        assert box.height * one_scale == pytest.approx(height, abs=0.5)
        return
    scale = min(canvas.width / box.width, canvas.height / box.height)
    assert width == 1 or abs(box.width * scale - width) <= 0.5 + 1e-6
    assert height == 1 or abs(box.height * scale - height) <= 0.5 + 1e-6


@settings(deadline=None)
@given(SIZES, SIZES, st.builds(Focus, FRACTIONS, FRACTIONS), crops())
def test_cover_keeps_the_focus(source, canvas, focus, crop):
    """The focus, or the nearest point to it inside the crop, is inside the part that cover keeps."""
    box, part = place(source, canvas, focus=focus, crop=crop).source, crop.box(source)
    x = min(max(focus.x * source.width, part.left), part.right)
    y = min(max(focus.y * source.height, part.top), part.bottom)
    slack = 1e-9 * max(source)
    assert box.left - slack <= x <= box.right + slack
    assert box.top - slack <= y <= box.bottom + slack


@settings(deadline=None)
@given(SIZES, SIZES, FRACTIONS, FRACTIONS, FRACTIONS, crops())
def test_cover_follows_the_focus_without_turning_back(source, canvas, one, other, still, crop):
    """Moving the focus to the right or down never moves the kept part to the left or up."""
    low, high = sorted((one, other))
    before = place(source, canvas, focus=Focus(low, still), crop=crop).source
    after = place(source, canvas, focus=Focus(high, still), crop=crop).source
    assert before.left <= after.left and before.right <= after.right + 1e-9 * max(source)
    before = place(source, canvas, focus=Focus(still, low), crop=crop).source
    after = place(source, canvas, focus=Focus(still, high), crop=crop).source
    assert before.top <= after.top and before.bottom <= after.bottom + 1e-9 * max(source)


@settings(deadline=None)
@given(SIZES, SIZES, crops())
def test_cover_loses_as_little_as_any_box_of_that_shape(source, canvas, crop):
    """The part that cover keeps touches two opposite edges of the crop, so no larger part has its shape."""
    box, part = place(source, canvas, crop=crop).source, crop.box(source)
    assert box.width == pytest.approx(part.width) or box.height == pytest.approx(part.height)
    assert cover_loss(source, canvas, crop) == pytest.approx(1 - box.area / part.area, abs=1e-9)


@settings(deadline=None)
@given(SIZES)
def test_a_picture_of_the_canvas_s_size_is_used_whole(size):
    """In every mode a picture that already has the canvas's size is placed one to one, without rounding."""
    for mode in ("cover", "pad", "stretch"):
        placed = place(size, size, mode=mode)
        assert placed.source == (0, 0, *size) and placed.fills_canvas
        assert placed.share_lost == 0.0 and placed.scale == (1.0, 1.0)


def test_the_centre_is_cut_to_the_fraction_of_a_pixel():
    """A 3:2 picture keeps an exact 16:9 middle, where whole-pixel arithmetic would be off."""
    box = place(Size(6000, 4000), Size(1280, 720)).source
    assert box == (0, 312.5, 6000, 3687.5)


def test_stretch_tells_its_distortion():
    """Stretch uses the whole picture and says how much wider things become."""
    placed = place(Size(100, 100), Size(200, 100), mode="stretch")
    assert placed.source == (0, 0, 100, 100) and placed.distortion == 2.0


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("box", [(0, 0, 8, 6), (1, 2, 5, 3), (7, 5, 8, 6), (0, 0, 1, 6)])
def test_stored_box_cuts_the_same_pixels(orientation, box):
    """Cutting the stored pixels by the stored box and turning them gives the cut of the upright picture."""
    upright = scene(8, 6)
    upright.putdata([(x, y, 7) for y in range(6) for x in range(8)])
    stored = stored_with(upright, orientation)
    cut = stored.crop(tuple(int(edge) for edge in stored_box(Box(*box), Size(8, 6), orientation)))
    back = {6: 8, 8: 6}.get(orientation, orientation)
    turned = cut if orientation == 1 else cut.transpose(STORE[back])
    assert turned.size == (box[2] - box[0], box[3] - box[1])
    assert turned.tobytes() == upright.crop(box).tobytes()
    assert is_sideways(orientation) == (stored.size == (6, 8))


@settings(deadline=None)
@given(SIZES, st.integers(1, 8), crops())
def test_stored_box_stays_inside_the_stored_picture(upright, orientation, crop):
    """A box inside the upright picture is a box of the same area inside the stored one."""
    box = crop.box(upright)
    turned = stored_box(box, upright, orientation)
    stored = upright.turned if is_sideways(orientation) else upright
    assert 0 <= turned.left <= turned.right <= stored.width
    assert 0 <= turned.top <= turned.bottom <= stored.height
    assert turned.area == pytest.approx(box.area, rel=1e-6, abs=1e-6 * upright.pixels)


@pytest.mark.parametrize(
    "written",
    [
        "1280x720",
        "1280X720",
        "1280×720",
        "1280*720",
        " 1280 x 720 ",
        (1280, 720),
        [1280, 720],
        (1280.0, 720.0),
    ],
)
def test_size_is_read_however_it_is_written(written):
    """Every usual way to write a size is read, and written back with a plain x."""
    size = Size.parse(written)
    assert size == (1280, 720) and str(size) == "1280x720"
    assert type(size.width) is int and type(size.height) is int


@pytest.mark.parametrize(
    "written",
    [
        "", "x", "1280", "1280x", "x720", "0x720", "1280x0", "-1280x720", "1280x-720", "1000000000x720",
        "65536x1", "1280.5x720", "1e9x720", "1280x720x3", "1280:720", "1280 720", "wide", "１２８０x720", "1280ｘ720",
        "٣x٣", "1280x720\x00", "auto", (0, 720), (-1, 720), (10**9, 720), (True, True), (1280, True), (1280.5, 720),
        (math.nan, 720), (math.inf, 720), ("1280", "720"), (1280,), (1280, 720, 3), (None, None), None, 1280,
        1280.0, b"12", bytearray(b"12"), {1280, 720}, {1280: 1, 720: 2}, object(),
    ],
)  # fmt: skip
def test_size_refuses_what_is_none(written):
    """Whatever is not two whole sides of 1 to 65535 pixels is refused with a typed error that says how to write one."""
    with pytest.raises(InvalidSize) as caught:
        Size.parse(written)
    assert caught.value.code == "invalid_size" and "1280x720" in caught.value.wanted


@settings(deadline=None)
@given(st.text())
def test_size_never_fails_otherwise(text):
    """Any text is either a size or an invalid_size error."""
    try:
        size = Size.parse(text)
    except InvalidSize:
        return
    assert Size.parse(str(size)) == size


@pytest.mark.parametrize(
    "crop",
    [
        (0.5, 0, 0.5, 1), (0, 0.6, 1, 0.4), (-0.1, 0, 1, 1), (0, 0, 1.1, 1), (math.nan, 0, 1, 1),
        (0, 0, math.inf, 1), (0.5, 0, 0.5 + 1e-9, 1), (0, 0, 5e-324, 1),
    ],
)  # fmt: skip
def test_a_crop_that_is_no_part_of_the_picture_is_refused(crop):
    """An empty, turned-over, outlying or endlessly thin crop is an invalid_option error."""
    with pytest.raises(InvalidOption):
        place(Size(100, 100), Size(10, 10), crop=Crop(*crop))
    with pytest.raises(InvalidOption):
        cover_loss(Size(100, 100), Size(10, 10), Crop(*crop))


@pytest.mark.parametrize("focus", [(-0.01, 0.5), (0.5, 1.01), (math.nan, 0.5), (0.5, math.inf)])
def test_a_focus_outside_the_picture_is_refused(focus):
    """A focus that is not in the picture is an invalid_option error."""
    with pytest.raises(InvalidOption):
        place(Size(100, 100), Size(10, 10), focus=Focus(*focus))


def test_the_focus_travels_from_edge_to_edge():
    """A focus that moves across the picture moves the kept part from one edge to the other."""
    lefts = [
        place(Size(3000, 1000), Size(1000, 1000), focus=Focus(x / 10, 0.5)).source.left for x in range(11)
    ]
    assert lefts[0] == 0 and lefts[-1] == 2000
    assert all(a <= b for a, b in pairwise(lefts)) and lefts[5] == 1000
