import dataclasses
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framefit.errors import InvalidOption
from framefit.options import (
    CHROMAS,
    FORMATS,
    MODES,
    SCENES,
    Options,
    read_backdrop,
    read_crop,
    read_focus,
    read_mode,
    read_options,
)


def test_the_defaults_are_those_of_the_contract():
    """Without a wish: cover, centre, the whole picture, black, JPEG quality 95 with 4:2:0, 200 megapixels."""
    options = read_options()
    assert options == Options()
    assert (options.mode, options.focus, options.crop, options.backdrop) == (
        "cover",
        None,
        (0, 0, 1, 1),
        (0, 0, 0),
    )
    assert (options.quality, options.chroma, options.max_pixels, options.max_loss) == (
        95,
        "4:2:0",
        200_000_000,
        0.15,
    )


@pytest.mark.parametrize(
    ("scene", "mode"),
    [
        ("portrait", "cover"),
        ("landscape", "auto"),
        ("product", "pad"),
        ("art", "pad"),
        ("screenshot", "cover"),
    ],
)
def test_a_scene_picks_the_mode(scene, mode):
    """Each scene stands for one mode, which may be repeated beside it."""
    assert read_mode(None, scene) == mode == read_mode(mode, scene)


@pytest.mark.parametrize(
    ("scene", "mode"),
    [(scene, mode) for scene, own in SCENES.items() for mode in MODES if mode != own],
)
def test_a_mode_against_the_scene_is_refused(scene, mode):
    """A mode that contradicts the scene is an error that names both."""
    with pytest.raises(InvalidOption) as caught:
        read_mode(mode, scene)
    assert scene in caught.value.message and mode in caught.value.seen


@pytest.mark.parametrize(("mode", "scene"), [("fill", None), ("", None), (None, "sunset"), (["cover"], None)])
def test_unknown_words_are_refused_with_the_known_ones(mode, scene):
    """An unknown mode or scene is an error that lists the known ones."""
    with pytest.raises(InvalidOption) as caught:
        read_mode(mode, scene)
    assert "cover" in caught.value.wanted or "portrait" in caught.value.wanted


@pytest.mark.parametrize(
    "written", ["0.25,0.75", " 0.25 , 0.75 ", (0.25, 0.75), [0.25, 0.75], ("0.25", "0.75")]
)
def test_focus_is_read_however_it_is_written(written):
    """A focus is read from text and from pairs of numbers."""
    assert read_focus(written) == (0.25, 0.75)


def test_centre_is_no_point():
    """The word center and nothing at all leave the focus in the middle."""
    assert read_focus("center") is None and read_focus(None) is None


@pytest.mark.parametrize(
    "written",
    ["", "middle", "0.5", "0.5,0.5,0.5", "1.1,0.5", "-0.1,0", "nan,0", "inf,0", (2, 0), 0.5, object(), {}],
)
def test_what_is_no_focus_is_refused(written):
    """Whatever is not two fractions 0 to 1 is an invalid_option error."""
    with pytest.raises(InvalidOption):
        read_focus(written)


@pytest.mark.parametrize(
    "written",
    [
        "0.1,0,1,0.9",
        (0.1, 0, 1, 0.9),
        {"left_fraction": 0.1, "top_fraction": 0, "right_fraction": 1, "bottom_fraction": 0.9},
        {"left_fraction": 0.1, "bottom_fraction": 0.9},
    ],
)
def test_crop_is_read_however_it_is_written(written):
    """A crop is read from text, numbers and the crop_bounds dictionary, whose missing edges are the picture's."""
    assert read_crop(written) == (0.1, 0.0, 1.0, 0.9)


@pytest.mark.parametrize(
    "written",
    [
        "", "0,0,1", "0,0,1,1,1", "0.5,0,0.5,1", "1,0,0,1", "-0.1,0,1,1", "0,0,1,1.1", "nan,0,1,1", 5, object(),
        {"left": 0}, {"left_fraction": "x"}, (0, 0, 1e-300, 1), (0.5, 0, 0.5 + 1e-9, 1),
    ],
)  # fmt: skip
def test_what_is_no_crop_is_refused(written):
    """Whatever is not a part of the picture is an invalid_option error."""
    with pytest.raises(InvalidOption):
        read_crop(written)


@pytest.mark.parametrize(
    "written",
    [
        "orange",
        "#ffa500",
        "#FFA500",
        "rgb(255,165,0)",
        "255,165,0",
        "255, 165, 0",
        (255, 165, 0),
        [255, 165, 0],
    ],
)
def test_backdrop_is_read_however_it_is_written(written):
    """A backdrop colour is read from a name, from hexadecimal digits and from numbers."""
    assert read_backdrop(written) == (255, 165, 0)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "nocolour",
        "#12",
        "#gggggg",
        "256,0,0",
        "0.5,0,0",
        "1,2",
        (256, 0, 0),
        (-1, 0, 0),
        (0.5, 0, 0),
        (0, 0),
        (math.nan, 0, 0),
        7,
        None,
    ],
)
def test_what_is_no_colour_is_refused(written):
    """Whatever is no colour is an invalid_option error."""
    with pytest.raises(InvalidOption):
        read_backdrop(written)


@pytest.mark.parametrize(
    "wrong",
    [
        {"quality": 0}, {"quality": 101}, {"quality": 95.5}, {"quality": "95"}, {"quality": True}, {"quality": None},
        {"max_loss": -0.1}, {"max_loss": 1.1}, {"max_loss": math.nan}, {"max_loss": "0.1"},
        {"max_pixels": 0}, {"max_pixels": 1.5}, {"max_pixels": None}, {"max_bytes": 0}, {"max_bytes": "10"},
        {"format": "gif"}, {"format": "JPEG"}, {"format": ["jpeg"]}, {"mode": "fit"}, {"chroma": "4:1:1"},
    ],
)  # fmt: skip
def test_values_outside_their_range_are_refused(wrong):
    """Every option with a range refuses what is outside it and names the flag to change."""
    with pytest.raises(InvalidOption) as caught:
        Options(**wrong)
    assert next(iter(wrong)).replace("_", "-") in caught.value.fix


@settings(deadline=None)
@given(st.text(max_size=30))
def test_no_text_breaks_the_readers(text):
    """Any text is either read or refused with invalid_option by every reader."""
    for read in (read_focus, read_crop, read_backdrop, lambda word: read_mode(word, None)):
        try:
            read(text)
        except InvalidOption as error:
            assert error.fix


def test_options_cannot_be_changed():
    """Options are frozen, so that a plan stays what was decided."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        Options().mode = "pad"


@pytest.mark.parametrize("value", [*FORMATS, *CHROMAS, *MODES])
def test_every_listed_word_is_accepted(value):
    """Every format, chroma and mode that is listed can be asked for."""
    field = "format" if value in FORMATS else "chroma" if value in CHROMAS else "mode"
    assert getattr(Options(**{field: value}), field) == value
