"""Backdrops fill the canvas, without a seam, from whatever picture."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageStat

import framefit
from framefit.errors import InvalidOption
from framefit.geometry import Size, place
from framefit.imaging.backdrop import border_color, color_under, with_backdrop
from framefit.options import BACKDROPS, Backdrop, read_backdrop
from pictures import encoded, scene, write

CANVASES = ["1280x720", "720x1280"]


def textured(width: int, height: int) -> Image.Image:
    """Coloured noise, smooth over a few pixels: there is detail everywhere, also along the sides."""
    values = random.Random(4).randbytes(width * height * 3 // 16 + 3)
    small = Image.frombytes("RGB", (width // 4, height // 4), values[: (width // 4) * (height // 4) * 3])
    return small.resize((width, height), Image.Resampling.BICUBIC)


def step_across(image: Image.Image, x: int) -> float:
    """Mean difference between the columns left and right of ``x``."""
    left = image.crop((x - 1, 0, x, image.height))
    right = image.crop((x, 0, x + 1, image.height))
    return sum(ImageStat.Stat(ImageChops.difference(left, right)).mean) / 3


def fitted_pixels(picture: Image.Image, size: str, backdrop: str) -> Image.Image:
    return framefit.fit(picture, size=size, mode="pad", backdrop=backdrop, format="png").to_pil()


@pytest.mark.parametrize("backdrop", BACKDROPS)
@pytest.mark.parametrize("canvas", CANVASES)
@pytest.mark.parametrize("size", [(600, 600), (1600, 300), (300, 1600), (2, 1000), (1000, 2)])
def test_every_backdrop_leaves_the_picture_alone(backdrop: str, canvas: str, size: tuple[int, int]) -> None:
    """The canvas has its size and the picture on it is, pixel for pixel, what it is on black."""
    picture = textured(*size) if min(size) > 4 else Image.new("RGB", size, "teal")
    plan = framefit.plan(picture, size=canvas, mode="pad")
    box = tuple(map(int, plan.placement.target))
    on_black, on_it = fitted_pixels(picture, canvas, "black"), fitted_pixels(picture, canvas, backdrop)
    assert on_it.size == Size.parse(canvas)
    assert on_it.crop(box).tobytes() == on_black.crop(box).tobytes()


@pytest.mark.parametrize("backdrop", ["mirror", "edge"])
@pytest.mark.parametrize("turned", [False, True])
def test_there_is_no_seam(backdrop: str, turned: bool) -> None:
    """The step from picture to backdrop is no larger than the steps inside the picture."""
    picture = textured(600, 700)
    result = fitted_pixels(
        picture.transpose(Image.Transpose.ROTATE_90) if turned else picture,
        "720x1280" if turned else "1280x720",
        backdrop,
    )
    result = result.transpose(Image.Transpose.ROTATE_270) if turned else result
    placement = place(Size(600, 700), Size(1280, 720), mode="pad")
    left, right = int(placement.target.left), int(placement.target.right)
    inside = [step_across(result, x) for x in range(left + 2, right - 1)]
    assert max(step_across(result, left), step_across(result, right)) <= sum(inside) / len(inside)
    assert step_across(fitted_pixels(picture, "1280x720", "black"), left) > max(inside) or turned


@settings(max_examples=60, deadline=None)
@given(
    width=st.integers(1, 40),
    height=st.integers(1, 40),
    canvas=st.tuples(st.integers(1, 90), st.integers(1, 90)),
)
def test_mirror_is_a_reflection_over_and_over(width: int, height: int, canvas: tuple[int, int]) -> None:
    """Every pixel of a mirrored canvas is the picture's pixel that reflection at its sides leads to."""
    placement = place(Size(width, height), Size(*canvas), mode="pad")
    size = placement.target_size
    picture = Image.frombytes("RGB", size, random.Random(1).randbytes(size.pixels * 3))
    result = with_backdrop(picture, placement, "mirror")

    def reflected(position: int, start: float, length: int) -> int:
        inside = (position - int(start)) % (2 * length)
        return inside if inside < length else 2 * length - 1 - inside

    for x in range(canvas[0]):
        for y in range(canvas[1]):
            at = (
                reflected(x, placement.target.left, size.width),
                reflected(y, placement.target.top, size.height),
            )
            assert result.getpixel((x, y)) == picture.getpixel(at)


@settings(max_examples=60, deadline=None)
@given(
    width=st.integers(1, 40),
    height=st.integers(1, 40),
    canvas=st.tuples(st.integers(1, 90), st.integers(1, 90)),
)
def test_edge_repeats_the_outermost_pixels(width: int, height: int, canvas: tuple[int, int]) -> None:
    """Every pixel of the backdrop is the nearest pixel of the picture."""
    placement = place(Size(width, height), Size(*canvas), mode="pad")
    size = placement.target_size
    picture = Image.frombytes("RGB", size, random.Random(2).randbytes(size.pixels * 3))
    result = with_backdrop(picture, placement, "edge")
    for x in range(canvas[0]):
        for y in range(canvas[1]):
            at = (
                min(max(x - int(placement.target.left), 0), size.width - 1),
                min(max(y - int(placement.target.top), 0), size.height - 1),
            )
            assert result.getpixel((x, y)) == picture.getpixel(at)


def test_auto_is_the_colour_of_the_border() -> None:
    """On a photographed wall with noise, a shadow and a thing in the middle, auto is the wall's colour."""
    picture = Image.new("RGB", (400, 800), (201, 180, 140))
    ImageDraw.Draw(picture).ellipse((60, 200, 340, 600), fill="navy")
    ImageDraw.Draw(picture).rectangle((0, 650, 60, 800), fill=(90, 80, 60))
    noise = Image.effect_noise((400, 800), 12).convert("RGB")
    picture = ImageChops.add(picture, noise, offset=-128)
    color = fitted_pixels(picture, "1280x720", "auto").getpixel((5, 360))
    assert max(abs(a - b) for a, b in zip(color, (201, 180, 140), strict=True)) <= 5


def test_auto_asks_the_sides_that_touch_the_backdrop() -> None:
    """A picture padded at the left and right takes the colour of these sides, not of top and bottom."""
    picture = Image.new("RGB", (400, 800), "green")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((10, 0, 389, 20), fill="red")
    draw.rectangle((10, 779, 389, 799), fill="red")
    assert fitted_pixels(picture, "1280x720", "auto").getpixel((0, 0)) == (0, 128, 0)
    assert border_color(picture, ["top"]) == (255, 0, 0)


def test_blur_is_a_smooth_darker_copy() -> None:
    """The blurred backdrop has less detail and less light than the picture, and follows its colours."""
    picture = scene(600, 800)
    picture.paste(textured(600, 800).convert("L"), mask=Image.new("L", (600, 800), 60))
    result = fitted_pixels(picture, "1280x720", "blur")
    placement = place(Size(600, 800), Size(1280, 720), mode="pad")
    left = int(placement.target.left)
    bar = result.crop((0, 0, left, 720))
    inside = result.crop((left, 0, 2 * left, 720))
    edges = [
        ImageStat.Stat(part.convert("L").filter(ImageFilter.FIND_EDGES)).mean[0] for part in (bar, inside)
    ]
    assert edges[0] < edges[1] / 4
    assert ImageStat.Stat(bar.convert("L")).mean[0] < ImageStat.Stat(inside.convert("L")).mean[0]
    cover = framefit.fit(picture, size="1280x720", format="png").to_pil().crop((0, 0, left, 720))
    means = zip(ImageStat.Stat(bar).mean, ImageStat.Stat(cover).mean, strict=True)
    assert all(abs(seen - 0.8 * copied) < 4 for seen, copied in means)


def cut_out(color: str, size: tuple[int, int] = (400, 800)) -> Image.Image:
    """A disc of one colour on nothing."""
    picture = Image.new("RGBA", size, (0, 0, 0, 0))
    ImageDraw.Draw(picture).ellipse((60, 200, 340, 600), fill=color)
    return picture


@pytest.mark.parametrize("backdrop", BACKDROPS)
@pytest.mark.parametrize(("color", "under"), [("black", 255), ("navy", 255), ("white", 0), ("khaki", 0)])
def test_a_cut_out_stands_out(backdrop: str, color: str, under: int) -> None:
    """What is cut out lies on white if it is dark and on black if it is bright, under every made backdrop."""
    result = fitted_pixels(cut_out(color), "1280x720", backdrop)
    at_the_side = result.getpixel((464, 20))
    assert at_the_side == (under, under, under)
    expected = round(0.8 * under) if backdrop == "blur" else under
    assert max(abs(value - expected) for value in result.getpixel((5, 5))) <= 1


def test_a_hole_takes_the_colour_of_the_border() -> None:
    """An opaque border gives its colour to what is transparent inside it."""
    picture = Image.new("RGBA", (400, 800), (20, 120, 90, 255))
    picture.paste((0, 0, 0, 0), (100, 200, 300, 600))
    result = fitted_pixels(picture, "1280x720", "auto")
    wall = Image.new("RGB", result.size, (20, 120, 90))
    assert max(high for _, high in ImageChops.difference(result, wall).getextrema()) <= 1
    assert color_under(picture, "mirror") == (20, 120, 90)


def test_nothing_at_all_is_black() -> None:
    """A picture that is transparent all over comes out black."""
    assert fitted_pixels(Image.new("RGBA", (40, 80)), "1280x720", "edge").getcolors() == [
        (1280 * 720, (0, 0, 0))
    ]


@pytest.mark.parametrize("backdrop", BACKDROPS)
def test_transparency_is_laid_on_a_colour_without_a_pad_too(backdrop: str) -> None:
    """A transparent picture that fills its canvas is opaque and keeps its colours."""
    picture = cut_out("black", (400, 800))
    result = framefit.fit(picture, size="400x800", backdrop=backdrop, format="png").to_pil()
    assert (result.mode, result.getpixel((0, 0)), result.getpixel((200, 400))) == (
        "RGB",
        (255,) * 3,
        (0,) * 3,
    )


@pytest.mark.parametrize("backdrop", BACKDROPS)
def test_the_same_picture_gives_the_same_bytes(backdrop: str) -> None:
    """Backdrops leave nothing to chance."""
    data = encoded(textured(300, 400))
    first, second = (
        framefit.fit(data, size="1280x720", mode="pad", backdrop=backdrop).data for _ in range(2)
    )
    assert first == second


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("blur", "blur"),
        ("auto", "auto"),
        ("#102030", (16, 32, 48)),
        ([1, 2, 3], (1, 2, 3)),
        ("White", (255,) * 3),
    ],
)
def test_backdrops_are_read(written: str | list[int], read: Backdrop) -> None:
    """A backdrop is a word, a colour name, a hex colour or three numbers, and is written back the same."""
    assert read_backdrop(written) == read
    name = framefit.plan(scene(100, 100), size="50x80", backdrop=written).as_dict()["backdrop"]
    assert read_backdrop(name) == read


@pytest.mark.parametrize("written", ["blurred", "", "#12", [1, 2], [1, 2, 300]])
def test_an_unknown_backdrop_is_a_wrong_option(written: str | list[int]) -> None:
    """What is neither is refused, with the words there are."""
    with pytest.raises(InvalidOption) as caught:
        read_backdrop(written)
    assert "auto, blur, mirror, edge" in (caught.value.wanted or "")


@pytest.mark.parametrize("backdrop", BACKDROPS)
def test_explain_names_the_backdrop(backdrop: str) -> None:
    """A backdrop that is made from the picture is named."""
    text = framefit.plan(scene(300, 400), size="1280x720", mode="pad", backdrop=backdrop).explain()
    assert f"the rest is the backdrop ({backdrop})" in text


@pytest.mark.parametrize("backdrop", ["blur", "mirror", "edge", "#204060"])
@pytest.mark.parametrize("canvas", CANVASES)
def test_ffmpeg_makes_the_same_backdrop(tmp_path: Path, backdrop: str, canvas: str) -> None:
    """Given the plan's filter, ffmpeg makes nearly the picture that framefit makes."""
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        pytest.skip("ffmpeg is not installed")
    path = write(tmp_path / "in.png", scene(600, 620), "PNG")
    plan = framefit.plan(path, size=canvas, mode="pad", backdrop=backdrop)
    out = tmp_path / "out.png"
    command = [ffmpeg, "-v", "error", "-i", str(path), "-vf", plan.as_ffmpeg(), "-frames:v", "1", str(out)]
    subprocess.run(command, check=True)
    with Image.open(out) as made:
        difference = ImageChops.difference(
            made.convert("RGB"), fitted_pixels(scene(600, 620), canvas, backdrop)
        )
    assert max(ImageStat.Stat(difference).mean) < 3


def test_what_ffmpeg_cannot_make_is_said() -> None:
    """A colour that is found in the pixels, and mirroring more than once, are no filters of ffmpeg."""
    for size, backdrop in (((600, 620), "auto"), ((100, 600), "mirror")):
        plan = framefit.plan(scene(*size), size="1280x720", mode="pad", backdrop=backdrop)
        with pytest.raises(InvalidOption, match="ffmpeg"):
            plan.as_ffmpeg()
        assert plan.as_dict()["backdrop"] == backdrop
