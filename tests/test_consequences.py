"""What a server would make of a picture as it is: one test a consequence, on real files."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import framefit
from framefit.catalog import builtin
from framefit.checking import Forecast, forecast
from framefit.errors import SizeNotOffered, UnknownModel, UnknownServer
from framefit.forecasting.findings import Finding
from framefit.forecasting.outcomes import outcome
from framefit.geometry import Size
from framefit.planning import read_target
from pictures import encoded, facts, scene, with_orientation, write

TODAY = date(2026, 11, 20)
Tell = Callable[..., Forecast]


@pytest.fixture
def tell(tmp_path: Path) -> Tell:
    """Forecast for a picture of a size, on a day after the sources were read."""

    def told(
        shape: tuple[int, int], model: str, server: str, size: str | None = None, **more: object
    ) -> Forecast:
        path = write(tmp_path / "picture.jpg", scene(*shape))
        return framefit.check(path, model=model, server=server, size=size, today=TODAY, **more)  # type: ignore[arg-type]

    return told


def only(forecast: Forecast, code: str) -> Finding:
    """The one finding of that code."""
    found = [finding for finding in forecast.findings if finding.code == code]
    assert len(found) == 1, [finding.code for finding in forecast.findings]
    return found[0]


def test_a_fitting_picture_passes(tell: Tell) -> None:
    """A picture of exactly the size asked for passes, with nothing to say about its shape."""
    told = tell((1280, 720), "sora-2", "embedded", "1280x720")
    assert told.ok and told.verdict == "pass" and not told.findings
    assert told.outcome is not None and told.outcome.video == (1280, 720)


def test_a_rejection_has_the_servers_words_and_status(tell: Tell) -> None:
    """A picture one pixel off is refused with the server's own words and its HTTP status."""
    told = tell((1280, 721), "sora-2", "embedded", "1280x720")
    found = only(told, "size_mismatch")
    assert told.verdict == "reject" and found.level == "reject"
    assert found.message == "Inpaint image must match the requested width and height (HTTP 400)"
    assert (found.seen, found.wanted) == ("1280x721", "1280x720")
    assert found.fix == "framefit fit picture.jpg --size 1280x720"
    assert found.source and found.checked_on == "2026-11-21"


def test_a_stretch_has_its_factor(tell: Tell) -> None:
    """A 4:3 picture on a 16:9 canvas of vLLM-Omni becomes 1.33 times wider."""
    told = tell((1200, 900), "Wan2.2-I2V-A14B", "vllm-omni", "1280x720")
    found = only(told, "size_mismatch")
    assert told.verdict == "stretch" and not told.ok and found.level == "change"
    assert "faces 1.33 times wider" in found.message
    assert "--model Wan2.2-I2V-A14B --server vllm-omni" in str(found.fix)
    narrower = tell((1280, 720), "Wan2.2-I2V-A14B", "vllm-omni", "720x720")
    assert "faces 1.78 times narrower" in only(narrower, "size_mismatch").message


def test_a_centre_crop_has_its_share_and_box(tell: Tell) -> None:
    """Veo cuts a quarter of a 4:3 picture away, an eighth above and an eighth below."""
    told = tell((1600, 1200), "veo-3.1-generate-001", "vertex", "1280x720")
    found = only(told, "size_mismatch")
    assert told.verdict == "crop" and "25.0%" in found.message and "1600x900 at 0,150" in found.message
    assert told.outcome is not None and told.outcome.box == (0, 150, 1600, 1050)


def test_a_crop_at_an_unknown_place_has_no_box(tell: Tell) -> None:
    """Where Runway takes its crop is not known, and is said to be so."""
    told = tell((1000, 1000), "gen4.5", "runway", "1280x720")
    assert "where it cuts is not known" in only(told, "size_mismatch").message
    assert told.outcome is not None and told.outcome.box is None


def test_a_picture_of_the_right_shape_is_only_scaled(tell: Tell) -> None:
    """A larger picture of the canvas's ratio is scaled, which is a note and no change."""
    told = tell((2560, 1440), "veo-3.1-generate-001", "vertex", "1280x720")
    assert told.ok and told.verdict == "pass"
    assert only(told, "picture_scaled").level == "note"


def test_an_ignored_size_names_the_size_of_the_video(tell: Tell) -> None:
    """SGLang's Wan makes 960x960 of a square picture, whatever size of that area is asked for."""
    told = tell((1000, 1000), "Wan2.2-I2V-A14B", "sglang", "1280x720")
    found = only(told, "size_ignored")
    assert told.verdict == "derive" and "the video will be 960x960" in found.message
    assert told.outcome is not None and told.outcome.video == (960, 960)


def test_a_size_ignored_without_known_arithmetic_names_the_shape(tell: Tell) -> None:
    """Kling takes the picture's shape; its pixels are not known, so only the shape is named."""
    told = tell((1000, 1000), "kling-v3", "kling", "1280x720")
    assert "takes the shape of the picture" in only(told, "size_ignored").message
    assert told.outcome is not None and told.outcome.video is None
    free = tell((1000, 1000), "kling-v3", "kling")
    assert free.ok and only(free, "size_follows_picture").level == "note"


def test_a_few_pixels_cut_by_a_best_fit_are_told(tell: Tell) -> None:
    """Wan2.2-TI2V-5B makes 960x928 of a square and cuts what is over."""
    told = tell((1000, 1000), "Wan2.2-TI2V-5B", "sglang")
    assert told.outcome is not None and told.outcome.video == (960, 928)
    assert "3.3%" in only(told, "size_mismatch").message


def test_an_unknown_mismatch_is_said_to_be_unknown(tell: Tell) -> None:
    """Where nobody knows what happens, the forecast says so and does not fail the picture."""
    told = tell((1000, 1000), "ltx-2-pro", "lightricks", "1920x1080")
    found = only(told, "size_mismatch")
    assert told.verdict == "unknown" and told.ok and not found.known
    assert "not known" in found.message


def test_strict_counts_what_is_not_known(tell: Tell) -> None:
    """A strict check fails what a usual one leaves open, and names every open question."""
    mismatch = tell((1000, 1000), "ltx-2-pro", "lightricks", "1920x1080", strict=True)
    assert only(mismatch, "size_mismatch").level == "unknown"
    relay = tell((1280, 720), "sora-2-i2v", "aimlapi", "1280x720", strict=True, seconds=4)
    assert {finding.code: finding.level for finding in relay.findings} == {
        "status_unknown": "unknown",
        "formats_unknown": "note",
        "byte_limit_unknown": "note",
        "seconds_unknown": "unknown",
    }


@pytest.mark.parametrize(
    ("changes", "open_question"),
    [
        ({"byte_count": 300_000}, None),
        ({"byte_count": 30_000_000}, "byte_limit_unknown"),
        ({"format": "webp"}, "formats_unknown"),
    ],
)
def test_strict_asks_for_what_may_decide(changes: dict[str, Any], open_question: str | None) -> None:
    """A limit that is not known counts only where a known one, of any server, would refuse the picture."""
    target = read_target(model="pika-2.2", server="pika")
    info = dataclasses.replace(facts(Size(1920, 1080)), **changes)
    assert forecast(info, target, today=TODAY).ok
    strict = forecast(info, target, today=TODAY, strict=True)
    grave = [finding.code for finding in strict.findings if finding.level == "unknown"]
    assert grave == ([open_question] if open_question else [])
    assert strict.ok == (open_question is None)


@pytest.mark.parametrize(
    ("shape", "model", "server", "code", "words"),
    [
        (
            (200, 200),
            "kling-v3",
            "kling",
            "side_too_small",
            "accepted and fails later: Image pixel is invalid",
        ),
        ((300, 400), "MiniMax-Hailuo-02", "minimax", "side_too_small", "refused: 2013"),
        ((2400, 1200), "wan2.6-i2v", "alibaba", "side_too_large", "not known"),
        ((390, 844), "gen4.5", "runway", "ratio_out_of_range", "must be at least 0.5. Got 0.462. (HTTP 400)"),
        ((1000, 390), "dreamina-seedance-2-0-260128", "bytedance", "ratio_out_of_range", "(HTTP 400)"),
    ],
)
def test_a_picture_beyond_a_limit_is_refused(
    tell: Tell, shape: tuple[int, int], model: str, server: str, code: str, words: str
) -> None:
    """A picture beyond a limit of side or ratio is told to fail, with the server's answer and the limits."""
    told = tell(shape, model, server)
    found = only(told, code)
    assert told.verdict == "reject" and words in found.message
    assert found.wanted and "--server " + server in str(found.fix)


def test_limits_that_refuse_nothing_are_not_held_against_a_picture(tell: Tell) -> None:
    """The ratio limits of diffusers' bucket list make no rejection; such a picture is cut."""
    told = tell((1500, 300), "HunyuanVideo-1.5-I2V", "diffusers")
    assert told.verdict == "crop"


def test_a_size_off_the_grid_has_the_servers_words(tell: Tell) -> None:
    """A size that is no multiple of the step is a rejection with the error of the server."""
    told = tell((1280, 720), "Wan-I2V", "diffusers", "830x480")
    found = only(told, "size_not_offered")
    assert "have to be divisible by 16" in found.message and found.fix == "--size 832x480"


def test_an_explicit_ratio_is_refused_where_only_adaptive_is_taken(tell: Tell) -> None:
    """Seedance 2.5 answers 400 to a ratio that is not the picture's, and takes the picture without one."""
    assert tell((1000, 1000), "dreamina-seedance-2-5-260628", "bytedance", "1280x720").verdict == "reject"
    assert tell((1600, 900), "dreamina-seedance-2-5-260628", "bytedance", "1280x720").ok
    assert tell((1000, 1000), "dreamina-seedance-2-5-260628", "bytedance").ok


def test_transparency_is_dropped_or_refused(tmp_path: Path) -> None:
    """A picture with alpha goes black on vLLM-Omni and is refused by Alibaba."""
    path = write(tmp_path / "glass.png", scene(832, 480).convert("RGBA"), "PNG")
    dropped = framefit.check(path, model="Wan2.2-I2V-A14B", server="vllm-omni", size="832x480", today=TODAY)
    assert only(dropped, "has_transparency").level == "change" and dropped.verdict == "change"
    refused = framefit.check(path, model="wan2.6-i2v", server="alibaba", today=TODAY)
    assert only(refused, "has_transparency").level == "reject"
    unknown = framefit.check(path, model="pika-2.2", server="pika", today=TODAY)
    assert not only(unknown, "has_transparency").known


def test_a_stored_turn_counts_where_the_server_ignores_it(tmp_path: Path) -> None:
    """A sideways phone picture is judged as stored where EXIF is ignored, and upright where it is applied."""
    path = write(tmp_path / "phone.jpg", scene(1280, 720), exif=with_orientation(6))
    ignored = framefit.check(path, model="Wan2.2-I2V-A14B", server="vllm-omni", size="720x1280", today=TODAY)
    assert only(ignored, "stored_turned").level == "change"
    assert ignored.outcome is not None and ignored.outcome.kind == "stretch"
    applied = framefit.check(path, model="Wan2.2-I2V-A14B", server="sglang", size="720x1280", today=TODAY)
    assert applied.verdict == "pass"


def test_formats_and_bytes_are_judged_by_the_rule(tmp_path: Path) -> None:
    """A format or a file size the rule does not take is a rejection with the flag that mends it."""
    image = Image.effect_noise((3000, 2000), 90).convert("RGB")
    path = write(tmp_path / "big.png", image, "PNG")
    told = framefit.check(path, model="kling-v3", server="kling", today=TODAY)
    assert "--max-bytes 10000000" in str(only(told, "too_many_bytes").fix)
    webp = framefit.check(encoded(scene(600, 400), "WEBP"), model="kling-v3", server="kling", today=TODAY)
    assert "--format jpeg" in str(only(webp, "format_not_allowed").fix)


def test_a_retired_model_names_live_ones_that_take_the_size(tell: Tell) -> None:
    """A model that has ended is told with its end date and live models that accept the same size."""
    told = tell((1280, 720), "sora-2", "openai", "1280x720")
    found = only(told, "model_retired")
    assert "ended on 2026-09-24" in found.message
    names = str(found.wanted).split("for instance ")[1].split(", ")
    assert len(names) == 5
    for name in names:
        model, server = name.split(" on ")
        live = builtin().find(model, server=server)
        assert live.status == "live" and tell((1280, 720), model, server, "1280x720").verdict != "reject"
    assert str(found.fix).startswith("--model ")


def test_a_named_successor_is_told(tell: Tell) -> None:
    """The model its maker names as successor stands in the sentence about a model that has ended."""
    told = tell((1280, 720), "veo-3.1-generate-preview", "gemini", "1280x720")
    assert "its maker names gemini-omni-1.1-flash instead" in only(told, "model_retired").message


def test_before_its_end_date_a_model_is_not_held_to_have_ended(tmp_path: Path) -> None:
    """A planned end date counts from that day on, unless the status says it is over."""
    path = tmp_path / "mine.toml"
    path.write_text(
        '[[entry]]\nmodel = "mine"\nserver = "here"\nstatus = "live"\nended_on = 2027-01-01\nkind = "exact"\n'
        'sizes = ["320x320"]\nsources = ["https://example.org"]\nchecked_on = 2026-11-20\n',
        "utf-8",
    )
    picture = scene(320, 320)
    assert framefit.check(picture, model="mine", catalog=path, today=date(2026, 12, 31)).ok
    assert not framefit.check(picture, model="mine", catalog=path, today=date(2027, 1, 1)).ok


def test_what_cannot_be_checked_against_is_a_usage_error(tell: Tell) -> None:
    """An unknown model, an unknown server and, to plan for, a size the model lacks end in exit code 2."""
    for call, error in (
        (lambda: tell((10, 10), "sora-3", "openai"), UnknownModel),
        (lambda: tell((10, 10), "sora-2", "nowhere"), UnknownServer),
        (lambda: framefit.plan(scene(10, 10), model="sora-2", server="openai", size="10x10"), SizeNotOffered),
    ):
        with pytest.raises(error) as caught:
            call()
        assert caught.value.exit_code == 2 and caught.value.wanted


def test_every_finding_is_sourced_and_dated(tell: Tell) -> None:
    """Whatever is found, on every rule, has a code, a sentence, a source and the day it was read."""
    for rule in builtin():
        told = tell((399, 1001), rule.model, rule.server, strict=True, seconds=99)
        for finding in told.findings:
            assert finding.code and finding.message and finding.source and finding.checked_on, rule.key
        assert json.loads(json.dumps(told.as_dict()))["verdict"] == told.verdict


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(builtin().rules), st.integers(300, 4000), st.integers(300, 4000))
def test_a_fitted_picture_is_never_stretched_or_cut_visibly(
    rule: framefit.Rule, width: int, height: int
) -> None:
    """What fit() makes for a model is not refused, stretched or cut by more than two per cent there.

    Where a picture inside limits is left alone, the plan names what the server will cut instead.
    """
    try:
        made = framefit.plan(facts(Size(width, height)), model=rule.model, server=rule.server)
    except framefit.FramefitError as error:
        assert error.code == "invalid_option"
        return
    if rule.kind == "bounds" and rule.mismatch == "crop":
        assert made.canvas == (width, height) or "brought inside" in made.choice.because  # type: ignore[union-attr]
        return
    area_only = rule.size_means in ("area", "ignored")
    told = outcome(facts(made.canvas), rule, None if area_only else made.video)
    assert told.kind in ("pass", "scale", "unknown") or told.lost <= 0.02, (rule.key, told)
    assert abs(told.wider - 1) <= 0.02


def test_the_survey_lists_every_live_model_by_what_is_kept() -> None:
    """check_all has a row for each live model, sorted by what is kept, priced where that is known."""
    rows = framefit.check_all(scene(1200, 900), today=TODAY)
    live = {rule.key for rule in builtin() if rule.status == "live"}
    assert {row.rule.key for row in rows} == live
    kept = [row.kept_cover for row in rows if row.kept_cover is not None]
    assert all(first >= second - 1e-4 for first, second in pairwise(kept))
    assert all(row.kept_cover is None for row in rows[len(kept) :])
    by_key = {row.rule.key: row for row in rows}
    veo = by_key["veo-3.1-generate-001 on vertex"]
    assert (veo.canvas, veo.kept_cover, veo.filled_pad) == ((1280, 720), 0.75, 0.75)
    assert veo.price_usd == 0.8 and veo.kept_pad == 1.0 and veo.verdict == "crop"
    assert by_key["kling-v3 on kling"].price_usd == pytest.approx(0.252)
    assert by_key["MiniMax-H3 on vllm-omni"].canvas is None
    assert json.dumps([row.as_dict() for row in rows])
