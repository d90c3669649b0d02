import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import framefit
from framefit.errors import InvalidOption, InvalidSize, SizeNotOffered, UnknownModel, UnknownServer
from framefit.planning import choice_for, read_target
from framefit.probing import PictureInfo
from pictures import encoded, scene, with_orientation


def info(width, height, **facts):
    """The facts of a plain JPEG of that size."""
    plain = framefit.probe(encoded(scene(8, 8)))
    return dataclasses.replace(
        plain, size=framefit.Size(width, height), stored_size=framefit.Size(width, height), **facts
    )


def test_a_plan_is_made_from_facts_alone():
    """Facts are enough for a plan; the picture itself is not needed."""
    plan = framefit.plan(info(3000, 2000), size="1280x720")
    assert (plan.canvas, plan.mode, plan.format, plan.action) == ((1280, 720), "cover", "jpeg", "convert")


def test_the_model_s_size_that_loses_least_is_taken():
    """Without a size, or with auto, a model's size is chosen by the picture's own shape."""
    for size in (None, "auto"):
        assert framefit.plan(info(1600, 900), model="sora-2", size=size).canvas == (1280, 720)
        assert framefit.plan(info(900, 1600), model="sora-2", size=size).canvas == (720, 1280)
        assert framefit.plan(info(1750, 1000), model="sora-2-pro", size=size).canvas == (1792, 1024)


def test_among_equals_the_smallest_size_is_taken():
    """Sizes that lose the same share are decided by their number of pixels, the cheapest first."""
    assert framefit.plan(info(1920, 1080), model="sora-2-pro").canvas == (1280, 720)


@given(st.integers(1, 20_000), st.integers(1, 20_000))
@settings(max_examples=60, deadline=None)
def test_no_size_on_offer_loses_less(width, height):
    """No other size of the model would lose less of the picture than the one chosen."""
    target = read_target(model="sora-2-pro")
    picture = framefit.Size(width, height)
    options = framefit.plan(info(10, 10), size="10x10").options
    chosen = framefit.plan(
        info(width, height, byte_count=1), model="sora-2-pro", max_pixels=10**9
    ).placement.share_lost
    assert choice_for(picture, target, options).canvas in target.rule.sizes
    for size in target.rule.sizes:
        assert (
            chosen
            <= framefit.plan(info(width, height), size=size, max_pixels=10**9).placement.share_lost + 1e-8
        )


def test_a_size_the_model_does_not_render_is_refused():
    """A size that is not on offer is an error that lists the sizes and names the nearest in shape."""
    with pytest.raises(SizeNotOffered) as caught:
        framefit.plan(info(10, 10), model="sora-2", size="1792x1024")
    assert (
        caught.value.seen == "1792x1024"
        and "1280x720" in caught.value.wanted
        and caught.value.fix == "--size 1280x720"
    )


@pytest.mark.parametrize(
    ("wish", "error"),
    [
        ({}, InvalidOption), ({"server": "openai", "size": "10x10"}, InvalidOption), ({"size": "auto"}, InvalidOption),
        ({"size": "wide"}, InvalidSize), ({"size": np.array([10, 10])}, InvalidSize), ({"model": "sora-9"}, UnknownModel),
        ({"model": "sora-2", "server": "nowhere"}, UnknownServer),
        ({"size": "10x10", "scene": "portrait", "mode": "pad"}, InvalidOption),
        ({"size": "10x10", "format": "gif"}, InvalidOption),
        ({"size": "20000x20000"}, InvalidOption),
    ],
)  # fmt: skip
def test_a_target_that_makes_no_sense_is_refused(wish, error):
    """Missing, unknown and contradicting wishes each have their typed error with a fix, before the picture is read."""
    with pytest.raises(error) as caught:
        framefit.plan(info(10, 10), **wish)
    assert caught.value.fix and caught.value.exit_code == 2


def test_the_scene_decides_the_mode_of_the_plan():
    """A scene gives its mode; a landscape is covered only while little is lost."""
    wide, tall = info(1700, 1000), info(1000, 1700)
    scenes = ("portrait", "landscape", "product", "art", "screenshot")
    modes = {scene: framefit.plan(tall, size="1280x720", scene=scene).mode for scene in scenes}
    assert modes == {
        "portrait": "cover",
        "landscape": "pad",
        "product": "pad",
        "art": "pad",
        "screenshot": "cover",
    }
    assert framefit.plan(wide, size="1280x720", scene="landscape").mode == "cover"


def test_the_byte_limit_is_the_smaller_one():
    """The limit of a plan is the smaller of the option's and the rule's."""
    rule = dataclasses.replace(read_target(model="sora-2").rule, max_bytes=1000)
    plan = framefit.plan(info(10, 10), model="sora-2", max_bytes=5000)
    assert plan.byte_limit == 5000
    assert dataclasses.replace(plan, target=dataclasses.replace(plan.target, rule=rule)).byte_limit == 1000


def test_a_format_the_rule_does_not_take_is_not_written():
    """The format of a new file is one the rule allows, and another one asked for is an error."""
    from framefit.options import Options
    from framefit.planning import Target, decide

    rule = dataclasses.replace(read_target(model="sora-2").rule, formats=("png",), sizes=())
    target = Target(rule=rule, size=framefit.Size(8, 8))
    assert decide(info(8, 8), target, Options()).format == "png"
    with pytest.raises(InvalidOption):
        decide(info(8, 8), target, Options(format="jpeg"))
    with pytest.raises(InvalidOption):
        decide(
            info(8, 8),
            Target(rule=dataclasses.replace(rule, formats=("tiff",)), size=framefit.Size(8, 8)),
            Options(),
        )


def test_a_plan_is_plain_values_for_json():
    """A plan goes through JSON with sizes as text and boxes as numbers."""
    data = encoded(scene(90, 60), exif=with_orientation(6))
    plan = framefit.plan(
        data, model="sora-2", size="720x1280", mode="pad", backdrop="#0a0b0c", focus="0.1,0.2"
    )
    facts = json.loads(json.dumps(plan.as_dict()))
    assert (
        facts["canvas"] == "720x1280"
        and facts["picture"]["size"] == "60x90"
        and facts["backdrop"] == "#0a0b0c"
    )
    assert facts["canvas_box"] == [0, 100, 720, 1180] and facts["source_box"] == [0, 0, 60, 90]
    assert facts["focus"] == [0.1, 0.2] and facts["model"] == "sora-2" and facts["removes"] == ["exif"]


def test_facts_and_file_give_one_plan(tmp_path):
    """A plan from a probed picture is the plan from the picture."""
    path = tmp_path / "a.png"
    path.write_bytes(encoded(scene(90, 60), "PNG"))
    facts = framefit.probe(path)
    assert isinstance(facts, PictureInfo) and framefit.plan(facts, size="32x32") == framefit.plan(
        path, size="32x32"
    )
