"""Frames sit where they should, to a fraction of a pixel, by either way of scaling."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import framefit
from framefit.geometry import Box, Size
from framefit.imaging import lanczos, render_many
from framefit.planning import Plan
from pictures import encoded, stored_with, with_orientation


def texture(width: int, height: int) -> Image.Image:
    """Smooth noise, in which a shift of a tenth of a pixel can be measured."""
    random = np.random.default_rng(width * height)
    coarse = random.normal(0, 28, (height // 12 + 2, width // 12 + 2)).astype(np.float32)
    field = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)) + 128
    return Image.fromarray(np.stack([field, field[::-1], field[:, ::-1]], -1).clip(0, 255).astype(np.uint8))


def truth(upright: Image.Image, plan: Plan, across: float, down: float) -> np.ndarray:
    """A float Lanczos-3 of the plan's own box, moved by some canvas pixels; grey."""
    box, target = plan.placement.source, plan.placement.target_size
    step_x, step_y = box.width / target.width, box.height / target.height
    margin = 8
    plane = np.pad(np.asarray(upright.convert("L"), np.float32), margin, mode="edge")
    moved = (
        box.left + margin + across * step_x,
        box.top + margin + down * step_y,
        box.right + margin + across * step_x,
        box.bottom + margin + down * step_y,
    )
    return np.asarray(Image.fromarray(plane).resize(target, Image.Resampling.LANCZOS, box=moved))


def best_shift(found: np.ndarray, upright: Image.Image, plan: Plan) -> tuple[float, float]:
    """The shift in canvas pixels at which the truth matches best, by a parabola through three errors."""
    inner = (slice(6, -6), slice(6, -6))
    best = []
    for axis in (0, 1):
        errors = []
        for shift in (-0.5, 0.0, 0.5):
            wanted = truth(upright, plan, *((shift, 0.0) if axis == 0 else (0.0, shift)))
            errors.append(float(np.mean((found - wanted)[inner] ** 2)))
        left, middle, right = errors
        best.append(0.25 * (left - right) / (left - 2 * middle + right))
    return best[0], best[1]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("mode", ["cover", "pad", "stretch"])
@pytest.mark.parametrize("best", [False, True])
def test_no_frame_is_shifted(mode, best, orientation):
    """On a 3:2 picture the best-matching shift is 0.0 within 0.1 pixel, shrunk or not, however stored."""
    upright = texture(1500, 1000)
    data = encoded(
        stored_with(upright, orientation),
        "JPEG",
        quality=97,
        subsampling=0,
        exif=with_orientation(orientation),
    )
    result = framefit.fit(data, size="320x180", mode=mode, format="png", best=best)
    assert result.plan.shrink == (1 if best else 2)
    box = result.plan.placement.target
    found = result.to_pil().convert("L").crop(tuple(map(int, box)))
    shift = best_shift(np.asarray(found, np.float32), upright, result.plan)
    assert abs(shift[0]) < 0.1 and abs(shift[1]) < 0.1


def test_the_measure_of_shift_sees_a_tenth_of_a_pixel():
    """A frame moved by a fraction of a pixel is found to be moved by that fraction."""
    upright = texture(1500, 1000)
    plan = framefit.plan(encoded(upright, "PNG"), size="320x180")
    moved = truth(upright, plan, 0.3, -0.2)
    assert np.allclose(best_shift(moved, upright, plan), (0.3, -0.2), atol=0.05)


MODES = ["L", "RGB", "RGBA", "CMYK"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("size", "box"),
    [
        (Size(320, 180), Box(0.25, 30.5, 959.75, 569.5)),
        (Size(641, 360), Box(0, 0, 960, 640)),
        (Size(1200, 700), Box(100.1, 50.2, 500.3, 283.4)),
        (Size(7, 300), Box(3.3, 0.7, 640.9, 639.1)),
    ],
)
def test_both_ways_of_scaling_give_the_same_pixels(mode, size, box):
    """SIMD and Pillow differ by at most 2 levels, 3 under transparency: which is installed cannot be seen."""
    if lanczos.simd_module() is None:
        pytest.skip("cykooz.resizer has no wheel for this platform, or is untested with this Pillow")
    image = texture(960, 640).convert(mode)
    if mode == "RGBA":
        image.putalpha(
            texture(640, 960).convert("L").resize(image.size).point(lambda value: 55 + value * 200 // 255)
        )
    one, other = (
        np.asarray(lanczos.scaled(image, size, box, way), int) for way in (lanczos.by_simd, lanczos.by_pillow)
    )
    if mode == "RGBA":
        # What is seen is colour times transparency; the fainter a pixel, the coarser its stored colour.
        one, other = (pixels[..., :3] * pixels[..., 3:] / 255 for pixels in (one, other))
    assert np.abs(one - other).max() <= (3 if mode == "RGBA" else 2)


def test_pillow_alone_gives_the_same_frame(monkeypatch):
    """Without the SIMD package a picture is fitted all the same, within 2 levels."""
    data = encoded(texture(1500, 1000), "JPEG", quality=95)
    with_simd = framefit.fit(data, size="320x180", format="png").to_pil()
    monkeypatch.setattr(lanczos, "simd_module", lambda: None)
    without = framefit.fit(data, size="320x180", format="png").to_pil()
    assert np.abs(np.asarray(with_simd, int) - np.asarray(without, int)).max() <= 2


@pytest.mark.parametrize("orientation", [1, 3, 4, 6])
@pytest.mark.parametrize("best", [False, True])
@pytest.mark.parametrize(
    "wish",
    [
        {"size": "640x200"},
        {"size": "320x400", "focus": "0.5,0.1"},
        {"size": "300x300", "crop": "0,0,1,0.4"},
        {"size": "400x300", "crop": "0,0.6,1,1", "mode": "pad"},
    ],
    ids=str,
)
def test_rows_that_are_not_used_do_not_matter(monkeypatch, wish, best, orientation):
    """Decoding only as far down as a JPEG is used gives the same file as decoding all of it."""
    for subsampling in ("4:2:0", "4:4:4"):
        image = stored_with(texture(1300, 1900), orientation)
        data = encoded(image, "JPEG", quality=90, subsampling=subsampling, exif=with_orientation(orientation))
        short = framefit.fit(data, best=best, **wish).data
        # With bytes behind its end a file is always decoded whole.
        assert framefit.fit(data + b"\0", best=best, **wish).data == short


@pytest.mark.parametrize("missing", [1, 2, 200, 5000])
def test_a_file_cut_below_what_is_used_is_still_refused(missing):
    """A JPEG cut short is an error even where the missing rows would not be used."""
    data = encoded(texture(1300, 1900), "JPEG", quality=90)
    assert framefit.fit(data, size="640x200", focus="0.5,0").size == (640, 200)
    with pytest.raises(framefit.FramefitError) as caught:
        framefit.fit(data[:-missing], size="640x200", focus="0.5,0")
    assert caught.value.code == "picture_broken"


def test_one_decode_serves_many_targets():
    """Several plans give the pictures they give alone, the largest need deciding the scale."""
    data = encoded(texture(1600, 1200), "JPEG", quality=95)
    wishes = [{"size": "640x360"}, {"size": "360x640", "mode": "pad"}, {"size": "320x180", "format": "png"}]
    plans = [framefit.plan(data, **wish) for wish in wishes]
    assert [plan.shrink for plan in plans] == [1, 2, 2]
    together = render_many(plans, data)
    assert [fitted.size for fitted in together] == [(640, 360), (360, 640), (320, 180)]
    for fitted, wish in zip(together, wishes, strict=True):
        alone = framefit.fit(data, best=True, **wish)
        assert fitted.data == alone.data


@pytest.mark.parametrize(
    ("size", "shrink"),
    [
        ("640x480", 1),
        ("534x400", 1),
        ("533x400", 2),
        ("267x200", 2),
        ("266x200", 4),
        ("133x100", 8),
        ("8x8", 8),
    ],
)
def test_a_jpeg_shrinks_while_half_as_many_again_remain(size, shrink):
    """The scale is the smallest that leaves 1.5 times the wanted pixels, and `best` never shrinks."""
    data = encoded(texture(1600, 1200), "JPEG")
    assert framefit.plan(data, size=size).shrink == shrink
    assert framefit.plan(data, size=size, best=True).shrink == 1
    assert framefit.plan(encoded(texture(1600, 1200), "PNG"), size=size).shrink == 1
    assert framefit.fit(data, size=size).size == Size.parse(size)


def test_a_shrunk_decode_is_near_the_full_one():
    """What shrinking costs stays under the noise of the coding: 40 dB from the full decode's frame."""
    data = encoded(texture(1600, 1200), "JPEG", quality=92)
    shrunk = np.asarray(framefit.fit(data, size="533x400", format="png").to_pil(), float)
    full = np.asarray(framefit.fit(data, size="533x400", format="png", best=True).to_pil(), float)
    assert 10 * np.log10(255**2 / np.mean((shrunk - full) ** 2)) > 40
