import io
import sys
from pathlib import Path

import pytest
from PIL import Image

import framefit
from framefit.errors import InvalidOption, OutputIsInput, OutputUnwritable
from pictures import encoded, scene


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(encoded(scene(60, 40)))
    return path


def test_save_writes_the_bytes(path):
    """Saving writes exactly the fitted bytes and returns the path."""
    fitted = framefit.fit(path, size="32x32")
    target = fitted.save(str(path.parent / "out" / "a.jpeg"))
    assert isinstance(target, Path) and target.read_bytes() == fitted.data


def test_the_input_is_never_overwritten(path):
    """Saving to the input is refused by its name, through links, and through other spellings."""
    before = path.read_bytes()
    (path.parent / "soft.jpg").symlink_to(path)
    (path.parent / "hard.jpg").hardlink_to(path)
    (path.parent / "sub").mkdir()
    fitted = framefit.fit(path, size="32x32")
    for target in (
        path,
        path.parent / "soft.jpg",
        path.parent / "hard.jpg",
        path.parent / "sub" / ".." / "photo.jpg",
    ):
        with pytest.raises(OutputIsInput):
            fitted.save(target)
    assert path.read_bytes() == before and (path.parent / "hard.jpg").read_bytes() == before


def test_an_input_given_through_a_link_is_kept_too(path):
    """When the input was named through a link, the file behind it is not overwritten either."""
    before = path.read_bytes()
    link = path.parent / "link.jpg"
    link.symlink_to(path)
    with pytest.raises(OutputIsInput):
        framefit.fit(link, size="32x32").save(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("format", "good", "bad"),
    [("jpeg", ("a.jpg", "a.JPG", "a.jpeg", "a.jpe", "a", "a.tmp"), ("a.png", "a.webp", "a.PNG", "a.gif", "a.HEIC", "a.tif")),
     ("png", ("a.png", "a.PNG"), ("a.jpg", "a.webp")), ("webp", ("a.webp",), ("a.jpeg", "a.png"))],
)  # fmt: skip
def test_a_suffix_never_lies(tmp_path, format, good, bad):
    """A suffix that stands for another format is refused, any other is taken."""
    fitted = framefit.fit(scene(20, 20), size="10x10", format=format)
    for name in good:
        assert fitted.save(tmp_path / name).read_bytes() == fitted.data
    for name in bad:
        with pytest.raises(InvalidOption):
            fitted.save(tmp_path / name)
        assert not (tmp_path / name).exists() or name.lower() in {other.lower() for other in good}


def test_a_failing_save_leaves_nothing(path):
    """A result that cannot be saved there leaves no file behind."""
    fitted = framefit.fit(path, size="32x32")
    before = sorted(path.parent.rglob("*"))
    with pytest.raises(OutputUnwritable):
        fitted.save(path / "below.jpg")
    assert sorted(path.parent.rglob("*")) == before


@pytest.mark.skipif(sys.platform != "linux", reason="files in memory have no limit elsewhere")
@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
def test_a_result_that_has_no_room_is_an_error_of_its_own(format):
    """Where there is no room to encode a result, that is output_unwritable and nothing else."""
    import resource

    noise = Image.effect_noise((400, 400), 90)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OutputUnwritable):
            framefit.fit(noise, size="300x300", format=format)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
def test_to_pil_gives_the_pixels_of_the_file(format):
    """The PIL image holds the pixels that anybody who opens the file sees."""
    fitted = framefit.fit(scene(60, 40), size="32x32", format=format)
    with Image.open(io.BytesIO(fitted.data)) as image:
        assert fitted.to_pil().tobytes() == image.tobytes() and fitted.to_pil().format == format.upper()


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("photo.HEIC", "photo.jpg"),
        ("사진 1.png", "사진 1.jpg"),
        ("a.b.c.webp", "a.b.c.jpg"),
        ("plain", "plain.jpg"),
    ],
)
def test_upload_has_a_name_and_a_type(name, wanted):
    """An upload carries a file name with the right suffix, the bytes, and the media type, whatever the input was called."""
    stream = io.BytesIO(encoded(scene(60, 40), "TIFF"))
    stream.name = name
    fitted = framefit.fit(stream, size="32x32")
    assert fitted.upload() == (wanted, fitted.data, "image/jpeg")


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
def test_upload_tells_the_true_type(format):
    """The media type and the suffix are those of the bytes, also for pictures without a name."""
    name, data, mime = framefit.fit(scene(60, 40), size="32x32", format=format).upload()
    assert mime == f"image/{format}" == f"image/{framefit.probe(data).format}"
    assert name == {"jpeg": "picture.jpg", "png": "picture.png", "webp": "picture.webp"}[format]
