import dataclasses
import json
from datetime import date

import pytest

import framefit
from framefit.errors import InvalidOption, PictureNotFound, UnknownModel
from framefit.planning import Target, read_target
from pictures import encoded, scene, with_orientation

MISMATCH = "Inpaint image must match the requested width and height"
EARLY = date(2026, 9, 23)


def found(forecast):
    return {finding.code: finding for finding in forecast.findings}


def right():
    return encoded(scene(1280, 720))


def test_a_right_picture_is_fine():
    """A picture of the requested size, in an allowed format, has no finding at all."""
    for size in ("1280x720", None):
        forecast = framefit.check(right(), model="sora-2", server="embedded", size=size, seconds="4")
        assert forecast.ok and forecast.findings == () and forecast.canvas == (1280, 720)


@pytest.mark.parametrize("server", ["embedded", "openai"])
def test_a_wrong_size_is_forecast_in_the_server_s_words(server):
    """A picture one pixel off is forecast to be refused, with the server's words, what was seen and wanted, and the fix."""
    data = encoded(scene(1279, 720))
    forecast = framefit.check(data, model="sora-2", server=server, size="1280x720", today=EARLY)
    finding = found(forecast)["size_mismatch"]
    assert MISMATCH in finding.message and "400" in finding.message
    assert (finding.level, finding.seen, finding.wanted) == ("reject", "1279x720", "1280x720")
    assert finding.fix == "framefit fit picture --size 1280x720" and not forecast.ok
    assert finding.source and finding.source in forecast.rule.sources
    again = framefit.check(
        framefit.fit(data, size="1280x720").data, model="sora-2", server=server, size="1280x720"
    )
    assert "size_mismatch" not in found(again)


def test_the_fix_can_be_pasted(tmp_path):
    """The command that mends a file names it, quoted for a shell where its name needs that."""
    path = tmp_path / "my photo.jpg"
    path.write_bytes(encoded(scene(60, 40)))
    finding = found(framefit.check(path, model="sora-2", server="embedded", size="1280x720"))["size_mismatch"]
    assert finding.fix == "framefit fit 'my photo.jpg' --size 1280x720"


def test_without_a_size_the_best_one_is_expected():
    """Without a requested size a picture is compared with the model's size that loses least of it."""
    forecast = framefit.check(encoded(scene(300, 500)), model="sora-2", server="embedded")
    assert forecast.canvas == (720, 1280) and found(forecast)["size_mismatch"].wanted == "720x1280"


def test_a_size_of_another_model_is_a_finding():
    """A size the model does not render is a finding that lists its sizes, and not also a mismatch."""
    forecast = framefit.check(right(), model="sora-2", server="embedded", size="1792x1024")
    assert list(found(forecast)) == ["size_not_offered"]
    finding = found(forecast)["size_not_offered"]
    assert (finding.level, finding.seen, finding.fix) == ("reject", "1792x1024", "--size 1280x720")
    assert "1280x720" in finding.wanted
    assert framefit.check(
        encoded(scene(1792, 1024)), model="sora-2-pro", server="embedded", size="1792x1024"
    ).ok


@pytest.mark.parametrize(
    ("seconds", "fix"), [("5", "4"), (7, "8"), ("60", "12"), ("", "4"), ("long", "4"), ("4.0", "4")]
)
def test_wrong_seconds_are_a_finding(seconds, fix):
    """A length that is not on offer is a finding that names the nearest one."""
    finding = found(framefit.check(right(), model="sora-2", server="embedded", seconds=seconds))[
        "seconds_not_offered"
    ]
    assert finding.level == "reject" and finding.wanted == "4, 8, 12" and finding.fix == f"--seconds {fix}"


@pytest.mark.parametrize("seconds", ["4", 8, "12", None])
def test_right_seconds_are_none(seconds):
    """Every length on offer, as text or number, is fine."""
    assert framefit.check(right(), model="sora-2", server="embedded", seconds=seconds).ok


@pytest.mark.parametrize("kind", ["TIFF", "GIF", "BMP", "AVIF"])
def test_a_format_that_is_not_allowed_is_a_finding(kind):
    """A picture in a format the server does not take is a finding that lists those it takes."""
    finding = found(framefit.check(encoded(scene(1280, 720), kind), model="sora-2", server="embedded"))[
        "format_not_allowed"
    ]
    assert (finding.level, finding.seen, finding.wanted) == ("reject", kind.lower(), "jpeg, png, webp")


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "picture_empty"), (b"text" * 20, "not_a_picture"), (b"\xff\xd8\xff\xe0", "picture_broken")],
)
def test_a_file_that_is_no_picture_is_a_finding(tmp_path, content, code):
    """An empty file, text and a broken picture are findings beside those of the request, and carry the file's name."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    for given in (path, str(path), content):
        forecast = framefit.check(given, model="sora-2", server="embedded", size="1792x1024", seconds="5")
        assert list(found(forecast)) == [code, "size_not_offered", "seconds_not_offered"]
        assert not forecast.ok and forecast.info is None
        assert forecast.name == ("picture" if given is content else "photo.jpg")


def test_an_ended_model_is_forecast():
    """OpenAI's own service is forecast to be gone from 2026-09-24 on, and not before."""
    target = Target(
        rule=dataclasses.replace(read_target(model="sora-2", server="openai").rule, status="live")
    )
    info = framefit.probe(right())
    assert "model_retired" not in found(framefit.forecast(info, target, today=EARLY))
    for today in (date(2026, 9, 24), date(2030, 1, 1)):
        finding = found(framefit.forecast(info, target, today=today))["model_retired"]
        assert finding.level == "reject" and "2026-09-24" in finding.message


def test_the_catalogue_says_what_has_ended():
    """A check against OpenAI's server says that sora-2 ended on 2026-09-24; the embedded server goes on."""
    finding = found(framefit.check(right(), model="sora-2", server="openai", today=date(2026, 11, 21)))[
        "model_retired"
    ]
    assert "2026-09-24" in finding.message and finding.level == "reject"
    assert framefit.check(right(), model="sora-2", server="embedded", today=date(2026, 11, 21)).ok


def test_a_picture_stored_turned_is_a_finding():
    """A server that ignores EXIF is forecast to use the picture as stored, sideways and of the wrong size."""
    turned = encoded(scene(720, 1280), exif=with_orientation(6))
    forecast = framefit.check(turned, model="sora-2", server="embedded", size="1280x720")
    assert found(forecast)["stored_turned"].level == "change"
    assert found(forecast)["size_mismatch"].seen == "720x1280"


def test_a_server_that_turns_sees_the_upright_size():
    """A server known to apply EXIF is forecast to compare the upright size."""
    info = framefit.probe(encoded(scene(720, 1280), exif=with_orientation(6)))
    rule = dataclasses.replace(read_target(model="sora-2").rule, exif="applied")
    for size in (framefit.Size(1280, 720), None):
        assert framefit.forecast(info, Target(rule=rule, size=size)).findings == ()
    assert (
        found(framefit.forecast(info, Target(rule=rule, size=framefit.Size(720, 1280))))["size_mismatch"].seen
        == "1280x720"
    )


def test_what_is_not_known_is_said_to_be_unknown():
    """Where a rule does not know what happens, the forecast is a note that says so, not a guess."""
    info = framefit.probe(encoded(scene(64, 64).convert("RGBA"), "PNG", exif=with_orientation(3)))
    rule = dataclasses.replace(
        read_target(model="sora-2").rule, exif="unknown", alpha="unknown", mismatch="unknown", error_text=None
    )
    forecast = framefit.forecast(info, Target(rule=rule))
    assert set(found(forecast)) == {"stored_turned", "has_transparency", "size_mismatch"}
    assert all(finding.level == "note" and "not known" in finding.message for finding in forecast.findings)
    bare = dataclasses.replace(rule, sizes=(), default_size=None, tiers={})
    assert "not known" in found(framefit.forecast(info, Target(rule=bare)))["canvas_unknown"].message


@pytest.mark.parametrize(
    ("mismatch", "level"),
    [
        ("reject", "reject"),
        ("stretch", "change"),
        ("crop", "change"),
        ("ignore", "change"),
        ("unknown", "note"),
    ],
)
def test_each_way_to_treat_a_mismatch_has_its_level(mismatch, level):
    """A refusal, a silent change and an unknown outcome of a wrong size are told apart."""
    rule = dataclasses.replace(read_target(model="sora-2").rule, mismatch=mismatch)
    finding = found(framefit.forecast(framefit.probe(encoded(scene(64, 64))), Target(rule=rule)))[
        "size_mismatch"
    ]
    assert finding.level == level


@pytest.mark.parametrize(
    ("alpha", "level"), [("rejected", "reject"), ("dropped", "change"), ("unknown", "note")]
)
def test_each_way_to_treat_transparency_has_its_level(alpha, level):
    """A server that refuses transparency, one that drops it and one of which it is not known are told apart."""
    info = framefit.probe(encoded(scene(1280, 720).convert("RGBA"), "PNG"))
    rule = dataclasses.replace(read_target(model="sora-2").rule, alpha=alpha)
    assert found(framefit.forecast(info, Target(rule=rule)))["has_transparency"].level == level
    assert framefit.forecast(info, Target(rule=dataclasses.replace(rule, alpha="flattened"))).findings == ()


def test_too_many_bytes_are_a_finding():
    """A file over the server's limit is a finding with both numbers."""
    info = framefit.probe(right())
    rule = dataclasses.replace(read_target(model="sora-2").rule, max_bytes=info.byte_count - 1)
    finding = found(framefit.forecast(info, Target(rule=rule)))["too_many_bytes"]
    assert str(info.byte_count) in finding.seen and str(info.byte_count - 1) in finding.wanted
    rule = dataclasses.replace(rule, max_bytes=info.byte_count)
    assert framefit.forecast(info, Target(rule=rule)).ok


def test_the_gravest_comes_first():
    """Findings are sorted from refusals over silent changes to notes."""
    data = encoded(scene(60, 40).convert("RGBA"), "PNG", exif=with_orientation(3))
    levels = [
        finding.level
        for finding in framefit.check(data, model="sora-2", server="embedded", seconds="5").findings
    ]
    assert levels == ["reject", "reject", "change", "change"]


def test_a_forecast_is_plain_values_for_json():
    """A forecast goes through JSON with its findings and every fact of them."""
    forecast = framefit.check(encoded(scene(60, 40)), model="sora-2", server="embedded", size="1280x720")
    row = json.loads(json.dumps(forecast.as_dict()))
    assert set(row["findings"][0]) == {
        "code", "level", "message", "seen", "wanted", "fix", "source", "checked_on", "known"
    }  # fmt: skip


def test_there_must_be_something_to_check(tmp_path):
    """A missing file, an unknown model and a missing model are errors and not findings."""
    with pytest.raises(PictureNotFound):
        framefit.check(tmp_path / "no.jpg", model="sora-2")
    with pytest.raises(UnknownModel):
        framefit.check(right(), model="sora-99")
    with pytest.raises(InvalidOption):
        framefit.forecast(framefit.probe(right()), Target(size=framefit.Size(1, 1)))


def test_a_fitted_picture_is_forecast_to_pass():
    """Whatever was fitted to a model's rule has no finding against it."""
    for mode in ("cover", "pad", "stretch"):
        fitted = framefit.fit(scene(333, 222).convert("RGBA"), model="sora-2", server="embedded", mode=mode)
        assert (
            framefit.check(fitted.data, model="sora-2", server="embedded", size=str(fitted.size)).findings
            == ()
        )
