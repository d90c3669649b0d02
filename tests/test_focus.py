"""A focus is a point, or is found in the picture."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

import framefit
from framefit.errors import InvalidOption, MissingExtra, PictureBroken
from framefit.focus import faces as faces_module
from framefit.focus.glimpse import LONGEST_SIDE, glimpse, shrink_to_look
from framefit.geometry import stored_box
from framefit.options import Options, read_crop
from framefit.planning import Target, decide
from framefit.probing import probe
from framefit.sources import Source
from pictures import encoded, scene, stored_with, with_orientation, write


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    """An installation without the modules that the test names."""
    for name in request.param:
        monkeypatch.setitem(sys.modules, name, None)
    faces_module._detector.cache_clear()
    yield
    faces_module._detector.cache_clear()


def without_modules(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("without", [names], indirect=True, ids=lambda names: "+".join(names))


def flower(size: tuple[int, int], middle: tuple[int, int], radius: int) -> Image.Image:
    """A grey picture with one bright flower."""
    picture = Image.linear_gradient("L").resize(size).point(lambda value: 100 + value // 8).convert("RGB")
    draw = ImageDraw.Draw(picture)
    x, y = middle
    for number, color in enumerate(("red", "orange", "yellow", "magenta")):
        part = radius * (4 - number) // 4
        draw.ellipse((x - part, y - part, x + part, y + part), fill=color)
    return picture


def test_a_point_is_kept_in_the_middle() -> None:
    """A focus of fractions stands in the middle of what is kept, where the picture reaches that far."""
    source = framefit.plan(scene(1000, 400), size="400x400", focus="0.6,0.2").placement.source
    assert (source.left + source.right) / 2 == pytest.approx(600)
    assert framefit.plan(scene(1000, 400), size="400x400", focus=(1, 1)).placement.source.right == 1000


@pytest.mark.parametrize("focus", ["faces", "0.5", "2,0", "Auto", ""])
def test_an_unknown_focus_is_a_wrong_option(focus: str) -> None:
    """What is neither a word nor a point is refused, with the words there are."""
    with pytest.raises(InvalidOption) as caught:
        framefit.plan(scene(100, 100), size="50x100", focus=focus)
    assert "face, attention, auto" in (caught.value.wanted or "")


@pytest.mark.parametrize("focus", ["face", "attention", "auto"])
def test_facts_alone_hold_no_subject(focus: str) -> None:
    """A focus to be found cannot be planned from header facts."""
    info = probe(scene(200, 100))
    with pytest.raises(InvalidOption, match="only its header is known"):
        framefit.plan(info, size="100x100", focus=focus)
    with pytest.raises(InvalidOption, match="only its header is known"):
        decide(info, Target(size=framefit.Size(100, 100)), replace(Options(), focus=focus))


@pytest.mark.parametrize("orientation", [1, 4, 6, 7])
@pytest.mark.parametrize("focus", ["attention", "auto"])
def test_attention_keeps_what_draws_the_eye(tmp_path: Path, focus: str, orientation: int) -> None:
    """A bright flower at the side of a grey picture is whole in what is kept, however the file is stored."""
    pytest.importorskip("pyvips", reason="the extra attention is not installed")
    picture = flower((1600, 600), (1250, 350), 90)
    path = write(
        tmp_path / "flower.jpg", stored_with(picture, orientation), exif=with_orientation(orientation)
    )
    plan = framefit.plan(path, size="600x600", focus=focus)
    assert plan.focus_from is not None
    assert plan.focus_from.startswith("attention")
    assert plan.placement.source.left <= 1160
    assert plan.placement.source.right >= 1340
    assert framefit.fit(path, size="600x600", focus=focus).plan.placement == plan.placement


def test_attention_looks_only_at_the_crop() -> None:
    """What draws the eye outside the crop does not count."""
    pytest.importorskip("pyvips", reason="the extra attention is not installed")
    picture = flower((1600, 400), (200, 200), 90)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((1340, 140, 1460, 260), fill="red")
    plan = framefit.plan(picture, size="300x300", focus="attention", crop="0.5,0,1,1")
    assert plan.placement.source.left <= 1340
    assert plan.placement.source.right >= 1460


@pytest.mark.parametrize("options", [{"size": "500x250"}, {"size": "300x300", "mode": "pad"}])
def test_nothing_is_looked_for_where_nothing_is_cut(tmp_path: Path, options: dict[str, str]) -> None:
    """Where the whole picture is used no pixel is decoded, and the plan says that."""
    path = write(tmp_path / "cut.jpg", scene(1000, 500))
    path.write_bytes(path.read_bytes()[:2000])
    plan = framefit.plan(path, focus="auto", **options)
    assert plan.focus_from == "center: nothing is cut away, so nothing was looked for"
    if faces_module.can_find_faces():
        with pytest.raises(PictureBroken):
            framefit.plan(path, focus="auto", size="300x300")


@without_modules("cv2", "pyvips")
def test_auto_takes_the_middle_when_nothing_is_installed(without: None) -> None:
    """Without both extras auto is the middle, and the plan names them."""
    plan = framefit.plan(scene(1000, 400), size="400x400", focus="auto")
    assert plan.focus_from == "center: neither framefit[faces] nor framefit[attention] is installed"
    assert plan.placement == framefit.plan(scene(1000, 400), size="400x400").placement


@without_modules("cv2")
def test_auto_takes_attention_when_faces_are_not_installed(without: None) -> None:
    """Without the extra for faces auto is attention, and the plan says why."""
    pytest.importorskip("pyvips", reason="the extra attention is not installed")
    plan = framefit.plan(scene(1000, 400), size="400x400", focus="auto")
    assert plan.focus_from == "attention: framefit[faces] is not installed"


@without_modules("pyvips")
def test_auto_without_a_face_and_without_attention_is_the_middle(without: None) -> None:
    """Without a face and without the extra for attention auto is the middle, and the plan says both."""
    pytest.importorskip("cv2", reason="the extra faces is not installed")
    plan = framefit.plan(scene(1000, 400), size="400x400", focus="auto")
    assert plan.focus_from is not None
    assert plan.focus_from.startswith("center: no face found by ")
    assert plan.focus_from.endswith(", and framefit[attention] is not installed")


@without_modules("pyvips")
def test_attention_names_its_extra(without: None) -> None:
    """Asked for attention without the extra, the error holds the install command."""
    with pytest.raises(MissingExtra) as caught:
        framefit.plan(scene(1000, 400), size="400x400", focus="attention")
    assert caught.value.fix == "pip install 'framefit[attention]'"


@pytest.mark.parametrize("orientation", [1, 3, 6])
@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"kind": "PNG"}], ids=["jpeg", "scans", "png"]
)
def test_attention_looks_at_what_is_there_of_a_cut_file(options: dict[str, Any], orientation: int) -> None:
    """Where a file cut short is allowed, the focus is found in the rows that are there, and they are kept."""
    stored = flower((1000, 800), (700, 150), 90)
    data = encoded(stored, exif=with_orientation(orientation), **options)
    cut = data[: round(len(data) * 0.6)]
    wish = {"size": "300x300", "focus": "attention"}
    with pytest.raises(PictureBroken):
        framefit.plan(cut, **wish)
    plan = framefit.fit(cut, allow_truncated=True, **wish).plan
    assert plan.focus_from == "attention"
    assert plan.info.stored_size.height < 800 or options.get("progressive")
    box = stored_box(plan.placement.source, plan.info.size, orientation)
    # What is turned the other way round is stored where it was; the flower stands at 700, 150 as stored.
    assert box.left < 700 < box.right
    assert box.top < 150 < box.bottom


def test_what_only_the_missing_end_cuts_is_looked_at() -> None:
    """A picture of the canvas's shape that lost its end is looked at, since cover now cuts what is left."""
    data = encoded(flower((800, 800), (650, 150), 90))
    cut = data[: round(len(data) * 0.6)]
    whole = framefit.plan(data, size="300x300", focus="attention", allow_truncated=True)
    assert whole.focus_from is not None
    assert "nothing is cut away" in whole.focus_from
    plan = framefit.fit(cut, size="300x300", focus="attention", allow_truncated=True).plan
    assert plan.focus_from == "attention"
    assert plan.placement.source.right > 700


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_glimpse_shows_the_cropped_part_upright(kind: str, orientation: int) -> None:
    """The small copy is the same picture as the cropped part made small, in every format and orientation."""
    picture = scene(1600, 1000)
    data = encoded(stored_with(picture, orientation), kind, exif=with_orientation(orientation))
    source = Source.of(data)
    options = Options(crop=read_crop("0.25,0.1,1,0.9"))
    plan = decide(probe(source), Target(size=framefit.Size(64, 64)), options)
    seen = glimpse(source, plan)
    expected = picture.crop((400, 100, 1600, 900)).resize(seen.size, Image.Resampling.BILINEAR)
    assert max(seen.size) == LONGEST_SIDE
    for x in (0.05, 0.3, 0.6, 0.95):
        for y in (0.05, 0.5, 0.95):
            point = int(x * seen.width), int(y * seen.height)
            pairs = zip(seen.getpixel(point), expected.getpixel(point), strict=True)
            assert max(abs(a - b) for a, b in pairs) <= 12, point


@pytest.mark.parametrize(("most", "shrink"), [(10**6, 1), (10**5, 2), (30_000, 4), (13_000, 8)])
def test_a_glimpse_keeps_the_limit_on_pixels(most: int, shrink: int) -> None:
    """A small part of a large JPEG is looked at no larger than the limit on decoded pixels allows."""
    data = encoded(scene(800, 500))
    options = Options(crop=read_crop("0.4,0.4,0.6,0.6"), max_pixels=most)
    plan = decide(probe(data), Target(size=framefit.Size(8, 8)), options)
    assert shrink_to_look(plan) == shrink
    assert max(glimpse(Source.of(data), plan).size) == 160 // shrink


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "I;16", "CMYK", "1"])
def test_a_glimpse_is_plain_rgb(mode: str) -> None:
    """Whatever the pixels are, what is looked at is opaque RGB, never enlarged."""
    picture = (
        scene(300, 200).convert("L").convert("I;16") if mode == "I;16" else scene(300, 200).convert(mode)
    )
    plan = decide(probe(picture), Target(size=framefit.Size(64, 64)), Options())
    seen = glimpse(Source.of(picture), plan)
    assert (seen.mode, seen.size) == ("RGB", (300, 200))


def test_a_focus_needs_no_extra_to_import() -> None:
    """Planning with a point imports neither OpenCV nor libvips nor NumPy."""
    import subprocess

    code = (
        "import sys, framefit; from PIL import Image;"
        "framefit.plan(Image.new('RGB', (200, 100)), size='50x50', focus='0.2,0.2');"
        "sys.exit(bool({'cv2', 'pyvips', 'numpy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
