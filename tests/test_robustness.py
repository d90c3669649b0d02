"""Broken files end in the exact size or a typed error, quickly and in little memory; never in anything else."""

from __future__ import annotations

import importlib.util
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

import broken_pictures
import framefit
import framefit.errors
from pictures import encoded, scene, stored_with, with_orientation

HERE = Path(__file__).resolve().parent

CHILD = """
import json, resource, signal, sys, time
from pathlib import Path
import framefit
import framefit.errors
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
for number, path in enumerate(sorted(Path(sys.argv[1]).iterdir())):
    print(json.dumps({"begins": path.name}), flush=True)
    signal.alarm(10)  # its default action ends the process
    start = time.perf_counter()
    size = "160x120" if number % 2 else "96x64"
    try:
        fitted = framefit.fit(path, size=size, allow_truncated=number % 3 == 0)
        outcome = str(framefit.Size(*fitted.to_pil().size)) if str(fitted.size) == size else "wrong size"
    except framefit.FramefitError as error:
        outcome = error.code
    except Exception as error:
        outcome = f"UNTYPED {type(error).__name__}: {error}"
    signal.alarm(0)
    ended = {"name": path.name, "outcome": outcome, "wanted": size, "seconds": time.perf_counter() - start}
    print(json.dumps(ended), flush=True)
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(json.dumps({"peak": int(peak.split()[1]) * 1024}))
"""

ALLOWED = {"picture_broken", "not_a_picture", "picture_too_large", "picture_empty"}


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limits are Linux's")
def test_broken_files_end_exact_or_in_a_typed_error(tmp_path):
    """Over 400 broken files: exact size or typed error, none over 10 seconds, all in under 1 GiB."""
    folder = tmp_path / "broken"
    folder.mkdir()
    count = broken_pictures.write_all(folder)
    assert count >= 400
    command = [sys.executable, "-c", CHILD, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, (lines[-1], done.stderr[-600:])
    ended = [line for line in lines if "outcome" in line]
    assert len(ended) == count
    wrong = [line for line in ended if line["outcome"] not in {line["wanted"], *ALLOWED}]
    assert wrong == []
    assert max(line["seconds"] for line in ended) < 10
    assert lines[-1]["peak"] < 1 << 30
    kinds = {line["outcome"] for line in ended}
    assert {"160x120", "96x64", "picture_broken", "not_a_picture", "picture_too_large"} <= kinds


def test_a_picture_without_its_metadata_can_still_be_read():
    """A file whose segments hide its picture among junk is refused, not passed on as something unreadable."""
    with pytest.raises(framefit.errors.PictureBroken):
        framefit.fit(HERE / "data" / "junk-between-segments.jpg", size="160x120", allow_truncated=True)


@pytest.mark.slow
def test_the_fuzzer_finds_nothing_in_a_minute(tmp_path):
    """A minute of coverage-guided fuzzing of `probe` and `fit` ends without a crash, a hang or an untyped error."""
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris is not installed; it has wheels for some Pythons on Linux only")
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    for name, data in broken_pictures.whole_files().items():
        (seeds / name).write_bytes(data)
    target = HERE.parent / "fuzz" / "fuzz_picture.py"
    limits = [
        "-max_total_time=60",
        "-runs=30000",
        "-timeout=10",
        "-rss_limit_mb=1024",
        "-max_len=20000",
        "-seed=1",
    ]
    # Linux counts the memory of the process that starts another into the other's peak; a shell in between is small.
    through_a_shell = ["sh", "-c", '"$@"; exit $?', "sh"]
    done = subprocess.run(
        [*through_a_shell, sys.executable, str(target), *limits, f"-artifact_prefix={tmp_path}/", str(seeds)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Done" in done.stderr


MODES = ("RGB", "L", "RGBA", "CMYK", "P", "1", "LA", "I;16")
HOLDS = {
    "JPEG": {"RGB", "L", "CMYK"},
    "PNG": {"RGB", "L", "RGBA", "P", "1", "LA", "I;16"},
    "WEBP": {"RGB", "RGBA", "L"},
    "TIFF": {"RGB", "L", "RGBA", "CMYK", "P", "1", "LA", "I;16"},
    "GIF": {"RGB", "L", "P", "1"},
    "BMP": {"RGB", "L", "P", "1"},
}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    kind=st.sampled_from(sorted(HOLDS)),
    mode=st.sampled_from(MODES),
    source=st.tuples(st.integers(1, 700), st.integers(1, 700)),
    canvas=st.tuples(st.integers(1, 400), st.integers(1, 400)),
    orientation=st.integers(1, 8),
    placed=st.sampled_from(["cover", "pad", "stretch", "auto"]),
    format=st.sampled_from(["jpeg", "png", "webp"]),
    focus=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    best=st.booleans(),
)
def test_whatever_comes_in_the_canvas_comes_out(
    kind, mode, source, canvas, orientation, placed, format, focus, best
):
    """For any size, mode, format and orientation the result is exactly the canvas, opaque, in the format asked."""
    mode = mode if mode in HOLDS[kind] else "RGB"
    image = stored_with(scene(max(source[0], 8), max(source[1], 8)).resize(source), orientation).convert(
        "L" if mode == "I;16" else mode
    )
    image = image.convert("I;16") if mode == "I;16" else image
    options = {} if kind in ("GIF", "BMP") else {"exif": with_orientation(orientation)}
    data = encoded(image, kind, **options)
    result = framefit.fit(data, size=canvas, mode=placed, format=format, focus=focus, best=best)
    with Image.open(io.BytesIO(result.data)) as made:
        made.load()
        assert made.size == canvas == result.size
        assert made.format == format.upper() and made.mode in ("RGB", "L", "P", "1")
        assert not {"exif", "icc_profile", "transparency"} & set(made.info)
    assert (
        framefit.fit(data, size=canvas, mode=placed, format=format, focus=focus, best=best).data
        == result.data
    )


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_what_is_there_of_a_file_cut_short_is_fitted_on_request(kind, share):
    """A cut file is an error, and on request its whole rows are fitted and the missing share is said."""
    image = scene(640, 480)
    random_rows = Image.effect_noise((640, 480), 60)
    image = Image.blend(image, random_rows.convert("RGB"), 0.3)
    data = encoded(image, kind, **({"quality": 95} if kind == "JPEG" else {}))
    cut = data[: int(len(data) * share)]
    with pytest.raises(framefit.FramefitError) as caught:
        framefit.fit(cut, size="64x48")
    assert caught.value.code == "picture_broken"
    result = framefit.fit(cut, size="64x48", mode="stretch", format="png", allow_truncated=True)
    (finding,) = result.findings
    rows = int(finding.seen.split()[0])
    assert finding.code == "truncated" and abs(rows / 480 - share) < 0.15
    assert f"{1 - rows / 480:.1%}" in finding.message
    there = image.crop((0, 0, 640, rows))
    exact = framefit.fit(encoded(there, "PNG"), size="64x48", mode="stretch", format="png").to_pil()
    found = result.to_pil()
    errors = [abs(a - b) for a, b in zip(found.tobytes(), exact.tobytes(), strict=True)]
    assert sum(errors) / len(errors) < 4


def test_a_progressive_jpeg_cut_short_is_fitted_with_its_detail_missing():
    """Of a file in several scans the coarse picture is fitted, and the result says that detail is missing."""
    data = encoded(scene(640, 480), "JPEG", quality=95, progressive=True)
    result = framefit.fit(data[: len(data) * 2 // 3], size="64x48", allow_truncated=True)
    assert [finding.code for finding in result.findings] == ["truncated"]
    assert "detail" in result.findings[0].message and result.size == (64, 48)


@pytest.mark.parametrize("kind", ["WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_other_formats_cut_short_stay_errors(kind):
    """Where a reader gives nothing or all, a cut file is an error whatever is allowed."""
    data = encoded(scene(640, 480), kind)
    with pytest.raises(framefit.FramefitError) as caught:
        framefit.fit(data[: len(data) // 2], size="64x48", allow_truncated=True)
    assert caught.value.code == "picture_broken"


def test_allowing_truncated_files_changes_nothing_for_whole_ones():
    """A whole file gives the same bytes and no finding."""
    data = encoded(scene(640, 480))
    allowed = framefit.fit(data, size="64x48", allow_truncated=True)
    assert allowed.data == framefit.fit(data, size="64x48").data and allowed.findings == ()


def test_a_conforming_file_that_is_cut_is_not_passed_through():
    """A file that would be kept byte for byte is made anew of what is there when it is cut, never kept."""
    data = encoded(scene(160, 120), quality=95)
    cut = data[:-2]
    with pytest.raises(framefit.FramefitError):
        framefit.fit(cut, size="160x120")
    result = framefit.fit(cut, size="160x120", allow_truncated=True)
    assert result.data != cut and result.plan.action == "convert" and result.to_pil().size == (160, 120)


@pytest.mark.parametrize("kind", ["JPEG", "progressive", "PNG", "GIF", "BMP", "TIFF"])
def test_another_library_that_has_pillow_forgive_changes_nothing(kind, monkeypatch):
    """A cut file stays an error when Pillow was told, for the whole process, to load such files."""
    options = {"progressive": True} if kind == "progressive" else {}
    data = encoded(scene(640, 480), "JPEG" if options else kind, **options)
    whole = framefit.fit(data, size="64x48").data
    cut = data[: len(data) * 2 // 3]
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    assert framefit.fit(data, size="64x48").data == whole
    with pytest.raises(framefit.FramefitError) as caught:
        framefit.fit(cut, size="64x48")
    assert caught.value.code == "picture_broken"
    if kind in ("JPEG", "progressive", "PNG"):
        allowed = framefit.fit(cut, size="64x48", allow_truncated=True)
        assert [finding.code for finding in allowed.findings] == ["truncated"]
