"""The canvas of every kind of rule, against worked examples of the servers' own arithmetic."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from framefit.canvases import choose, picture_for, refusal, video_size
from framefit.canvases.bounds import outside
from framefit.canvases.formulas import FORMULAS, best_fit, buckets
from framefit.catalog import Rule, builtin
from framefit.catalog.rule import Formula
from framefit.errors import InvalidOption, SizeNotOffered
from framefit.fitting import plan
from framefit.geometry import Crop, Size, cover_loss
from framefit.options import Options
from pictures import scene

SHAPES = [
    "1280x720",
    "720x1280",
    "1024x1024",
    "4032x3024",
    "3024x4032",
    "1920x1080",
    "1170x2532",
    "3000x2000",
    "2560x1080",
    "640x480",
    "640x320",
    "854x480",
]
# Worked out with the formula of the cited source on paper, a row a formula, a column a shape.
WORKED = [
    (
        ("area_floor", 921600, 16),
        "1280x720 720x1280 960x960 1104x816 816x1104 1280x720 640x1408 1168x784 1472x624 1104x816 1344x672 1280x720",
    ),
    (
        ("area_floor", 399360, 16),
        "832x464 464x832 624x624 720x544 544x720 832x464 416x928 768x512 960x400 720x544 880x432 832x464",
    ),
    (
        ("latent_floor", 921600, 16),
        "1280x720 720x1280 960x960 1104x816 816x1104 1280x720 640x1408 1168x768 1472x608 1104x816 1344x672 1280x704",
    ),
    (
        ("latent_floor", 399360, 16),
        "832x464 464x832 624x624 720x544 544x720 832x464 416x928 768x512 960x400 720x544 880x432 832x464",
    ),
    (
        ("area_ceil", 399360, 16),
        "848x480 480x848 640x640 736x560 560x736 848x480 432x944 784x528 976x416 736x560 896x448 848x480",
    ),
    (
        ("best_fit", 901120, 32),
        "1248x704 704x1248 960x928 1088x800 800x1088 1248x704 640x1376 1152x768 1440x608 1088x800 1312x672 1248x704",
    ),
    (
        ("bucket", 409600, 16),
        "848x480 480x848 640x640 720x544 544x720 848x480 432x928 768x512 976x416 720x544 896x448 848x480",
    ),
    (
        ("bucket_strict", 409600, 16),
        "848x480 480x848 640x640 720x544 544x720 848x480 432x928 768x512 976x416 720x544 880x448 848x480",
    ),
    (
        ("bucket_strict", 921600, 32),
        "1248x704 704x1248 960x960 1088x832 832x1088 1248x704 640x1376 1152x768 1440x608 1088x832 1312x672 1248x704",
    ),
]
EXAMPLES = [
    (formula, shape, size)
    for formula, sizes in WORKED
    for shape, size in zip(SHAPES, sizes.split(" "), strict=True)
]
DERIVED = [
    ("Wan2.2-I2V-A14B", "sglang"),
    ("Wan2.1-I2V-14B-480P", "sglang"),
    ("Wan2.2-TI2V-5B", "sglang"),
    ("Wan2.2-I2V-A14B", "wan-reference"),
    ("Wan2.2-TI2V-5B", "wan-reference"),
    ("HunyuanVideo-1.5-I2V", "hunyuan-reference"),
    ("HunyuanVideo-I2V", "hunyuan-reference"),
    ("HunyuanVideo-1.5-I2V", "diffusers"),
]
untimed = settings(deadline=None, max_examples=60)
pictures = st.builds(Size, st.integers(200, 9000), st.integers(200, 9000))
common_pictures = pictures.filter(lambda size: 0.3 < size.ratio < 3.3)


def rule(model: str, server: str) -> Rule:
    return builtin().find(model, server=server)


@pytest.mark.parametrize(("formula", "shape", "size"), EXAMPLES)
def test_a_formula_gives_the_worked_example(formula: tuple[Formula, int, int], shape: str, size: str) -> None:
    """A server's arithmetic arrives at the size worked out by hand for the shape."""
    name, area, step = formula
    assert str(FORMULAS[name](Size.parse(shape), area, step)) == size


def test_every_named_formula_exists() -> None:
    """Each arithmetic a catalogue file may name can be carried out."""
    assert set(get_args(Formula)) == set(FORMULAS)


@untimed
@given(pictures)
def test_area_floor_is_the_largest_step_below_the_rounded_side(picture: Size) -> None:
    """A side is the largest multiple of 16 not above the exact side rounded to a pixel."""
    size = FORMULAS["area_floor"](picture, 921_600, 16)
    for side, exact in zip(size, (Fraction(*picture), Fraction(picture.height, picture.width)), strict=True):
        square = 921_600 * exact
        low, high = Fraction(2 * side - 1, 2) ** 2, Fraction(2 * side + 31, 2) ** 2
        assume(low != square and high != square)
        assert low < square < high


@untimed
@given(pictures)
def test_latent_floor_is_the_largest_step_below_the_exact_side(picture: Size) -> None:
    """A side is the largest multiple of 16 not above the exact side."""
    size = FORMULAS["latent_floor"](picture, 399_360, 16)
    for side, exact in zip(size, (Fraction(*picture), Fraction(picture.height, picture.width)), strict=True):
        square = 399_360 * exact
        assume(all(abs(square - edge**2) > square / 10**9 for edge in (side, side + 16)))
        assert side**2 < square < (side + 16) ** 2


@untimed
@given(common_pictures, st.sampled_from([16, 32]))
def test_best_fit_stays_in_the_area_and_on_the_grid(picture: Size, step: int) -> None:
    """A best fit lies on the grid and within the area, and no wider step fits beside its height."""
    size = best_fit(picture, 901_120, step)
    assert size.width % step == size.height % step == 0
    assert size.pixels <= 901_120
    assert (size.width + step) * (size.height + step) > 901_120


@pytest.mark.parametrize(("area", "step"), [(230_400, 16), (409_600, 16), (518_400, 32), (921_600, 32)])
def test_buckets_are_the_cells_along_the_edge_of_the_area(area: int, step: int) -> None:
    """The buckets are all rectangles of cells that fit and cannot grow in both directions at once."""
    cells = area // step**2
    edge = {
        Size(columns * step, rows * step)
        for rows in range(1, cells + 1)
        for columns in range(1, cells // rows + 1)
        if rows * columns <= cells < (rows + 1) * (columns + 1) and 1 / 4 <= rows / columns <= 4
    }
    listed = [size for _, size in buckets(area, step)]
    assert set(listed) == edge
    assert len(listed) == len(edge)


def test_a_very_long_picture_breaks_the_servers_arithmetic_not_ours() -> None:
    """Where a formula ends at a side of zero, the size of the video is not known."""
    assert video_size(rule("Wan2.2-TI2V-5B", "sglang"), Size(60_000, 20)) is None


@pytest.mark.parametrize(("model", "server"), DERIVED)
@untimed
@given(picture=pictures)
def test_the_servers_arithmetic_comes_out_at_the_chosen_video(model: str, server: str, picture: Size) -> None:
    """From the fitted picture the server makes exactly the video the plan states."""
    made = choose(rule(model, server), picture, None, Options())
    assert made.video is not None
    assert video_size(rule(model, server), made.canvas) == made.video
    assert cover_loss(made.canvas, made.video) <= 0.02 or not 1 / 4 < picture.ratio < 4


@pytest.mark.parametrize(("model", "server"), DERIVED)
@untimed
@given(picture=common_pictures)
def test_a_derived_canvas_loses_next_to_nothing(model: str, server: str, picture: Size) -> None:
    """A server that takes the picture's shape costs at most a step at the border."""
    made = choose(rule(model, server), picture, None, Options())
    assert cover_loss(picture, made.canvas) < 0.06


@pytest.mark.parametrize(
    ("model", "server", "asked", "canvas", "video"),
    [
        ("Wan2.2-I2V-A14B", "sglang", "1280x720", "1280x720", "1280x720"),
        ("Wan2.2-I2V-A14B", "sglang", "832x480", "832x480", "832x480"),
        ("Wan2.2-I2V-A14B", "sglang", "1920x1080", "1920x1080", "1280x720"),
        ("Wan2.1-I2V-14B-480P", "sglang", "1280x720", "1280x720", "832x464"),
        ("Wan2.2-I2V-A14B", "wan-reference", "1280x720", "1280x720", "1280x720"),
        ("Wan2.2-I2V-A14B", "wan-reference", "480x832", "480x832", "480x832"),
        ("Wan2.2-TI2V-5B", "sglang", "1280x704", "1280x704", "1280x704"),
        ("Wan2.2-TI2V-5B", "sglang", "1280x720", "1280x720", "1248x704"),
        ("HunyuanVideo-1.5-I2V", "diffusers", "848x480", "848x480", "848x480"),
        ("HunyuanVideo-1.5-I2V", "hunyuan-reference", "1280x720", "1281x720", "1280x720"),
    ],
)
def test_a_size_asked_of_a_deriving_server(
    model: str, server: str, asked: str, canvas: str, video: str
) -> None:
    """The picture gets the shape from which the asked size comes out, else the plan tells what will."""
    made = choose(rule(model, server), Size(4032, 3024), Size.parse(asked), Options())
    assert (str(made.canvas), str(made.video)) == (canvas, video)


def test_a_square_picture_shares_the_area_of_the_size_asked_for() -> None:
    """SGLang's own example: 1280x720 with a square picture renders 960x960 (PR 21390)."""
    wan = rule("Wan2.2-I2V-A14B", "sglang")
    assert video_size(wan, Size(512, 512), Size(1280, 720)) == (960, 960)
    assert video_size(wan, Size(512, 512), Size(832, 480)) == (624, 624)


def test_a_picture_for_an_impossible_video_does_not_exist() -> None:
    """A size off the server's grid comes out of no picture."""
    assert picture_for(rule("Wan2.2-I2V-A14B", "sglang"), Size(1290, 720)) is None


@pytest.mark.parametrize(
    ("model", "server", "picture", "canvas"),
    [
        ("sora-2", "openai", "4032x3024", "1280x720"),
        ("sora-2", "openai", "3024x4032", "720x1280"),
        ("sora-2-pro", "openai", "1536x1024", "1792x1024"),
        ("sora-2-pro", "openai", "1080x1920", "720x1280"),
        ("veo-3.1-generate-001", "vertex", "1000x999", "1280x720"),
        ("veo-3.1-generate-001", "vertex", "900x1600", "720x1280"),
        ("sora_video2", "laozhang", "900x1600", "704x1280"),
        ("sora", "azure", "500x500", "480x480"),
        ("grok-imagine-video", "xai", "3000x2000", "720x480"),
        ("grok-imagine-video", "xai", "3000x4000", "3000x4000"),
        ("gemini-omni-1.1-flash", "gemini", "4032x3024", "4032x2268"),
        ("ray-2", "luma", "2100x900", "2100x900"),
        ("CogVideoX-5b-I2V", "diffusers", "3600x2400", "720x480"),
        ("Wan-I2V", "diffusers", "832x480", "832x480"),
        ("LTX-2-two-stage", "ltx-reference", "3000x2000", "1536x1024"),
        ("MiniMax-H3", "comfyui", "1344x768", "1344x768"),
        ("Wan2.2-I2V-A14B", "vllm-omni", "640x640", "624x624"),
    ],
)
def test_the_automatic_canvas(model: str, server: str, picture: str, canvas: str) -> None:
    """Without a size the canvas is the one that loses least of the picture, the smallest among equals."""
    made = choose(rule(model, server), Size.parse(picture), None, Options())
    assert str(made.canvas) == canvas


@untimed
@given(
    picture=common_pictures,
    model=st.sampled_from(["seedance-1-0-pro-250528", "dreamina-seedance-2-0-260128"]),
)
def test_no_listed_size_loses_less_than_the_chosen_one(picture: Size, model: str) -> None:
    """Of the listed sizes none loses less of the picture than the one chosen for the video."""
    seedance = rule(model, "bytedance")
    assume(not outside(seedance, picture))
    made = choose(seedance, picture, None, Options())
    assert made.canvas == picture
    assert made.video is not None
    chosen = cover_loss(picture, made.video)
    assert all(cover_loss(picture, size) >= chosen - 1e-8 for size in seedance.sizes)


STEPS = [
    ("CogVideoX-5b-I2V", "diffusers", 8),
    ("Wan-I2V", "diffusers", 16),
    ("LTX-2", "ltx-reference", 32),
    ("LTX-2-two-stage", "ltx-reference", 64),
]


@pytest.mark.parametrize(("model", "server", "step"), STEPS)
@untimed
@given(picture=pictures)
def test_a_multiple_lies_on_its_grid(model: str, server: str, step: int, picture: Size) -> None:
    """Both sides are multiples of the step, never below one, and not above the usual number of pixels."""
    found = rule(model, server)
    made = choose(found, picture, None, Options())
    assert made.canvas.width % step == made.canvas.height % step == 0
    assert min(made.canvas) >= step
    assert found.default_size is not None
    assert made.canvas.pixels <= found.default_size.pixels
    assert made.video == made.canvas
    assert refusal(found, made.canvas) is None
    if 0.3 < picture.ratio < 3.3:
        assert cover_loss(picture, made.canvas) < 0.06


@pytest.mark.parametrize(("model", "server", "step"), STEPS)
def test_a_size_off_the_grid_is_refused_with_the_nearest(model: str, server: str, step: int) -> None:
    """A size that is no multiple of the step is an error that names the nearest one that is."""
    with pytest.raises(SizeNotOffered) as caught:
        choose(rule(model, server), Size(800, 600), Size(10 * step + 1, 5 * step), Options())
    assert caught.value.fix == f"--size {10 * step}x{5 * step}"
    assert f"multiples of {step}" in str(caught.value.wanted)


LIMITED = [
    ("gen4.5", "runway"),
    ("kling-v3", "kling"),
    ("MiniMax-H3", "minimax"),
    ("MiniMax-Hailuo-02", "minimax"),
    ("dreamina-seedance-2-0-260128", "bytedance"),
    ("wan2.6-i2v", "alibaba"),
    ("wan2.7-i2v", "alibaba"),
]


@pytest.mark.parametrize(("model", "server"), LIMITED)
@pytest.mark.parametrize("mode", ["cover", "pad", "stretch", "auto"])
@untimed
@given(picture=st.builds(Size, st.integers(20, 20_000), st.integers(20, 20_000)))
def test_a_picture_comes_inside_the_limits_or_is_left_alone(
    model: str, server: str, mode: str, picture: Size
) -> None:
    """A picture inside the limits keeps its size; one outside ends inside, whatever the mode."""
    found = rule(model, server)
    made = choose(found, picture, None, Options(mode=mode))  # type: ignore[arg-type]
    assert not outside(found, made.canvas)
    if not outside(found, picture):
        assert made.canvas == picture


def test_cover_cuts_to_the_limit_and_pad_widens_to_it() -> None:
    """A phone's 9:19.5 becomes 1:2 on Runway: shorter by cover, wider by pad."""
    runway, phone = rule("gen4.5", "runway"), Size(1170, 2532)
    assert choose(runway, phone, None, Options(mode="cover")).canvas == (1170, 2340)
    assert choose(runway, phone, None, Options(mode="pad")).canvas == (1266, 2532)
    assert choose(runway, phone, None, Options(mode="auto", max_loss=0.05)).canvas == (1266, 2532)


def test_a_small_picture_is_enlarged_to_the_shortest_side() -> None:
    """A picture below Kling's 300 pixels grows until its short side has them."""
    assert choose(rule("kling-v3", "kling"), Size(400, 200), None, Options()).canvas == (600, 300)


def test_only_the_cropped_part_counts() -> None:
    """The canvas is chosen for the part of the picture that is to be used."""
    left_half = Options(crop=Crop(0.0, 0.0, 0.5, 1.0))
    assert choose(rule("sora-2", "openai"), Size(1600, 1200), None, left_half).canvas == (720, 1280)
    assert choose(rule("kling-v3", "kling"), Size(1600, 1200), None, left_half).canvas == (800, 1200)


def test_a_model_without_sizes_needs_one() -> None:
    """Where nothing about sizes is known, a size has to be given, and is then taken."""
    unknown = rule("any-pipeline", "vllm-omni")
    with pytest.raises(InvalidOption) as caught:
        choose(unknown, Size(800, 600), None, Options())
    assert caught.value.fix == "--size WxH"
    assert choose(unknown, Size(800, 600), Size(832, 480), Options()).canvas == (832, 480)


@pytest.mark.parametrize(
    ("model", "server", "asked"),
    [
        ("sora-2", "openai", "1792x1024"),
        ("gen4.5", "runway", "1280x768"),
        ("kling-v3", "kling", "1280x200"),
        ("wan2.7-i2v", "alibaba", "9000x4000"),
        ("Wan2.2-I2V-A14B", "wan-reference", "960x960"),
        ("veo-3.1-lite-generate-001", "vertex", "3840x2160"),
    ],
)
def test_a_size_the_model_lacks_is_an_error_with_those_it_has(model: str, server: str, asked: str) -> None:
    """A size beyond what the rule allows is a usage error that says what is allowed."""
    with pytest.raises(SizeNotOffered) as caught:
        choose(rule(model, server), Size(800, 600), Size.parse(asked), Options())
    assert caught.value.wanted
    assert caught.value.fix is not None and caught.value.fix.startswith("--size ")


def test_every_rule_has_a_canvas_or_says_that_it_has_none() -> None:
    """Every entry of the catalogue gives a canvas for a common picture, or the error that asks for a size."""
    for found in builtin():
        try:
            made = choose(found, Size(4032, 3024), None, Options())
        except InvalidOption as error:
            assert error.fix == "--size WxH"
        else:
            names_an_area = found.size_means == "area"  # the sizes to ask for are names of areas there
            assert names_an_area or made.video is None or refusal(found, made.video) is None, found.key


def test_the_plan_says_why_and_what_video_comes_of_it() -> None:
    """A plan for a model names the reason for its canvas and the size of the video where it differs."""
    made = plan(scene(400, 300), model="Wan2.2-I2V-A14B", server="sglang", size="1920x1080")
    assert made.canvas == (1920, 1080)
    assert made.video == (1280, 720)
    assert made.as_dict()["video"] == "1280x720"
    text = made.explain()
    assert "does not render the size asked for" in text
    assert "1280x720" in text
    auto = plan(scene(400, 300), model="sora-2", server="openai", size="auto")
    assert auto.video == auto.canvas == (1280, 720)
    assert "loses least" in auto.explain()
    assert plan(scene(400, 300), size="640x480").video is None


def test_a_plan_takes_the_users_catalogue(tmp_path: Path) -> None:
    """An entry in a catalogue file of the user is planned for like any other."""
    path = tmp_path / "mine.toml"
    path.write_text(
        '[[entry]]\nmodel = "mine"\nserver = "here"\nkind = "exact"\nsizes = ["320x320"]\n'
        'sources = ["https://example.org"]\nchecked_on = 2026-11-20\n',
        "utf-8",
    )
    assert plan(scene(400, 300), model="mine", catalog=path).canvas == (320, 320)
