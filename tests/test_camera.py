"""The camera: which move words choose, and what it sees."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framefit.geometry import Size
from framefit.videos.camera import Move, box_at, move_for, stage_box

moves = st.sampled_from(list(Move))
moments = st.floats(0, 1)
sizes = st.builds(Size, st.integers(2, 4000), st.integers(2, 4000))


@pytest.mark.parametrize(
    ("prompt", "move"),
    [
        ("A fox. Zoom in.", Move.ZOOM_IN),
        ("the camera zooms slowly in on her face", Move.ZOOM_IN),
        ("slow zoom-in", Move.ZOOM_IN),
        ("dolly in", Move.ZOOM_IN),
        ("Push in gently", Move.PUSH_IN),
        ("ZOOM OUT to reveal the valley", Move.ZOOM_OUT),
        ("pull back from the table", Move.ZOOM_OUT),
        ("zooming out", Move.ZOOM_OUT),
        ("pan left", Move.PAN_LEFT),
        ("panning to the right across the street", Move.PAN_RIGHT),
        ("pan upwards", Move.PAN_UP),
        ("tilt up", Move.PAN_UP),
        ("it tilts down", Move.PAN_DOWN),
        ("pan down\nthen zoom in", Move.PAN_DOWN),
        ("zoom out, then pan left", Move.ZOOM_OUT),
    ],
)
def test_words_choose_the_move(prompt: str, move: Move) -> None:
    """The first camera words of a prompt decide, in any case and inflection."""
    assert move_for(prompt) is move


@pytest.mark.parametrize("prompt", ["", "gentle wind", "Japan up", "a pan on the left", "he pushes a cart"])
def test_without_camera_words_it_pushes_in(prompt: str) -> None:
    """A prompt without camera words gives the gentle push in."""
    assert move_for(prompt) is Move.PUSH_IN


@given(st.text())
def test_any_text_chooses_a_move(prompt: str) -> None:
    """Every text gives a move, without an error."""
    assert move_for(prompt) in Move


@given(moves, sizes)
def test_first_frame_is_the_whole_picture(move: Move, size: Size) -> None:
    """At moment 0 every move sees exactly the whole picture."""
    assert box_at(move, 0.0, size) == (0, 0, size.width, size.height)


@given(moves, moments, sizes)
def test_the_box_stays_on_the_stage_and_keeps_the_ratio(move: Move, t: float, size: Size) -> None:
    """At every moment the box lies inside the stage and has the ratio of the picture."""
    box, stage = box_at(move, t, size), stage_box(move, size)
    assert stage.left <= box.left < box.right <= stage.right
    assert stage.top <= box.top < box.bottom <= stage.bottom
    assert box.width / size.width == pytest.approx(box.height / size.height, rel=1e-9)


@given(moves.filter(lambda move: move is not Move.ZOOM_OUT), moments, sizes)
def test_only_a_zoom_out_leaves_the_picture(move: Move, t: float, size: Size) -> None:
    """Every other move shows nothing beyond the picture's edges."""
    box = box_at(move, t, size)
    assert box.left >= 0
    assert box.top >= 0
    assert box.right <= size.width
    assert box.bottom <= size.height


@given(moves, st.integers(0, 95), sizes)
def test_the_camera_moves_smoothly(move: Move, number: int, size: Size) -> None:
    """From one of 96 frames to the next no edge moves by more than a fiftieth of the side."""
    before, after = (box_at(move, moment / 95, size) for moment in (number, min(number + 1, 95)))
    for edge, (one, other) in enumerate(zip(before, after, strict=True)):
        assert abs(one - other) <= (size.width, size.height)[edge % 2] / 50


@pytest.mark.parametrize(
    ("move", "edge"),
    [(Move.PAN_LEFT, 0), (Move.PAN_UP, 1), (Move.PAN_RIGHT, 2), (Move.PAN_DOWN, 3)],
)
def test_a_pan_ends_at_its_side(move: Move, edge: int) -> None:
    """A pan ends with its box at the edge it is named after, and away from the opposite one."""
    size = Size(1280, 720)
    box = box_at(move, 1.0, size)
    whole = (0, 0, size.width, size.height)
    assert box[edge] == pytest.approx(whole[edge])
    opposite = (edge + 2) % 4
    assert abs(box[opposite] - whole[opposite]) > 100
