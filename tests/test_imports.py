"""Importing framefit costs next to nothing, and each job loads only what it needs."""

import json
import subprocess
import sys

import pytest

import framefit
from pictures import encoded, scene, with_orientation

HEAVY = {
    *("PIL", "numpy", "av", "openai", "fastapi", "starlette", "uvicorn", "typer", "rich", "msgspec"),
    *("sqlalchemy", "pillow_heif", "pydantic", "httpx", "ray", "tomllib"),
}
READERS = {
    "PIL.WebPImagePlugin",
    "PIL.AvifImagePlugin",
    "PIL.TiffImagePlugin",
    "PIL.MpoImagePlugin",
    "PIL.Jpeg2KImagePlugin",
}


def modules_after(code, *arguments):
    """The names of the modules that a fresh Python has loaded after some code."""
    code += "\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    ran = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, check=True
    )
    return set(json.loads(ran.stdout))


def test_importing_framefit_loads_nothing_heavy():
    """A bare import loads no pixels, no numbers, no network, no command line and no other room of the house."""
    loaded = modules_after("import framefit")
    assert not HEAVY & loaded
    assert {name for name in loaded if name.startswith("framefit.")} == set()


@pytest.mark.parametrize(
    "room", ["geometry", "errors", "options", "planning", "probing", "sources", "saving", "carried"]
)
def test_the_lower_rooms_load_no_pixels(room):
    """The rooms that touch no pixels load none of the packages that do."""
    assert not {"PIL", "numpy", "av", "openai"} & modules_after(f"import framefit.{room}")


def test_fitting_a_jpeg_loads_one_reader(tmp_path):
    """Fitting a JPEG file loads no numbers, no catalogue reader and no reader of another format."""
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded(scene(60, 40)))
    loaded = modules_after(
        "import sys, framefit; framefit.fit(sys.argv[1], size='32x32').save(sys.argv[2])",
        path,
        tmp_path / "b.jpg",
    )
    assert not (HEAVY - {"PIL"}) & loaded
    assert not READERS & loaded and "PIL.JpegImagePlugin" in loaded


def test_fitting_a_turned_jpeg_loads_no_more_readers_than_exif_needs(tmp_path):
    """A JPEG with EXIF data loads the TIFF directory reader that EXIF is written in, and nothing else."""
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded(scene(60, 40), exif=with_orientation(6)))
    loaded = modules_after("import sys, framefit; framefit.fit(sys.argv[1], size='32x32')", path)
    assert not (HEAVY - {"PIL"}) & loaded and not (READERS - {"PIL.TiffImagePlugin"}) & loaded


@pytest.mark.parametrize(
    ("format", "reader"), [("webp", "PIL.WebPImagePlugin"), ("png", "PIL.PngImagePlugin")]
)
def test_writing_a_format_loads_that_format_alone(tmp_path, format, reader):
    """Writing WebP or PNG does not make Pillow load every format it knows."""
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded(scene(60, 40)))
    code = "import sys, framefit; framefit.fit(sys.argv[1], size='32x32', format=sys.argv[2])"
    loaded = modules_after(code, path, format)
    assert reader in loaded and not (READERS - {reader}) & loaded


def test_every_public_name_is_there():
    """Each name of the package can be reached and has a docstring, and no other name can."""
    for name in framefit.__all__:
        if name not in ("__version__", "generate", "GeneratedVideo", "verify", "Receipt"):
            assert getattr(framefit, name).__doc__
    assert set(framefit.__all__) == set(dir(framefit))
    with pytest.raises(AttributeError):
        framefit.no_such_name  # noqa: B018
