"""What design and README promise, each shown on real files."""

import hashlib
import io
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

import framefit
from framefit.errors import FramefitError, PictureTooLarge
from pictures import encoded, one_colour_png, scene, with_orientation
from profiles import DISPLAY_P3, SRGB, rgb_profile

SRGB_PROFILE = rgb_profile("sRGB IEC61966-2.1", SRGB)


def conforming():
    image = scene(128, 72)
    return {
        "jpeg": encoded(image, "JPEG"),
        "progressive jpeg": encoded(image, "JPEG", progressive=True, quality=70),
        "4:4:4 jpeg": encoded(image, "JPEG", subsampling=0),
        "grey jpeg": encoded(image.convert("L"), "JPEG"),
        "jpeg with an srgb profile": encoded(image, "JPEG", icc_profile=SRGB_PROFILE),
        "png": encoded(image, "PNG"),
        "palette png": encoded(image.convert("P"), "PNG"),
        "grey png": encoded(image.convert("L"), "PNG"),
        "png with a resolution": encoded(image, "PNG", dpi=(300, 300)),
        "webp": encoded(image, "WEBP"),
        "lossless webp": encoded(image, "WEBP", lossless=True),
    }


@pytest.mark.parametrize("mode", ["cover", "pad", "stretch", "auto"])
@pytest.mark.parametrize("name", conforming())
def test_a_picture_that_fits_comes_back_byte_for_byte(name, mode):
    """A file that is right already is returned as it is, whatever the mode."""
    data = conforming()[name]
    fitted = framefit.fit(data, size="128x72", mode=mode)
    assert fitted.data == data and fitted.plan.action == "keep" and fitted.plan.reasons == ()


def nearly_conforming():
    image = scene(128, 72)
    return {
        "another size": (encoded(scene(129, 72)), {}),
        "another format": (encoded(image), {"format": "png"}),
        "a crop": (encoded(image), {"crop": (0, 0, 0.5, 1)}),
        "turned": (encoded(image, exif=with_orientation(3)), {}),
        "mirrored": (encoded(image, "PNG", exif=with_orientation(2)), {}),
        "transparent": (encoded(image.convert("RGBA"), "PNG"), {}),
        "cmyk": (encoded(image.convert("CMYK"), "JPEG"), {}),
        "16 bits": (encoded(Image.new("I;16", (128, 72), 40_000), "PNG"), {}),
        "wide gamut": (encoded(image, "JPEG", icc_profile=rgb_profile("Display P3", DISPLAY_P3)), {}),
        "animated": (encoded(image, "WEBP", save_all=True, append_images=[scene(128, 72).rotate(180)]), {}),
        "too many bytes": (encoded(image, quality=100, subsampling=0), {"max_bytes": 6000}),
    }


@pytest.mark.parametrize("name", nearly_conforming())
def test_a_picture_that_nearly_fits_is_made_to_fit(name):
    """One thing that is not right is enough for a new file, and the plan says which."""
    data, wishes = nearly_conforming()[name]
    fitted = framefit.fit(data, size="128x72", **wishes)
    assert fitted.plan.action == "convert" and len(fitted.plan.reasons) >= 1 and fitted.data != data
    again = framefit.probe(fitted.data)
    assert (again.size, again.alpha, again.bits, again.orientation, again.srgb) == (
        (128, 72),
        False,
        8,
        1,
        True,
    )


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
def test_what_was_fitted_fits(format):
    """Fitting a fitted picture once more gives the same bytes."""
    once = framefit.fit(scene(90, 70), size="64x36", mode="pad", format=format).data
    assert framefit.fit(once, size="64x36", mode="pad", format=format).data == once


def inputs():
    image = scene(160, 120)
    return [
        encoded(image), encoded(image, exif=with_orientation(6)), encoded(image.convert("RGBA"), "PNG"),
        encoded(image, "WEBP"), encoded(image, "TIFF"), encoded(image, "AVIF"), encoded(image.convert("CMYK"), "JPEG"),
        encoded(image, icc_profile=rgb_profile("Display P3", DISPLAY_P3)),
    ]  # fmt: skip


def fingerprint():
    digest = hashlib.sha256()
    for data in inputs():
        for format in ("jpeg", "png", "webp"):
            digest.update(framefit.fit(data, size="100x100", format=format, backdrop="teal").data)
    return digest.hexdigest()


def test_same_in_same_out_across_processes():
    """The same bytes and options give the same bytes, in this process and in another."""
    code = "import sys; sys.path.insert(0, sys.argv[1]); import test_promises; print(test_promises.fingerprint())"
    ran = subprocess.run(
        [sys.executable, "-c", code, str(__import__("pathlib").Path(__file__).parent)],
        capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "7", "PATH": ""},
    )  # fmt: skip
    assert ran.stdout.strip() == fingerprint() == fingerprint()


def test_same_in_same_out_across_threads():
    """Eight threads at once give the bytes that one gives."""
    jobs = [(data, format) for data in inputs() for format in ("jpeg", "webp")] * 3

    def fitted(job):
        return framefit.fit(job[0], size="100x100", format=job[1], backdrop="teal").data

    alone = [fitted(job) for job in jobs]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(fitted, jobs)) == alone


def test_a_huge_picture_is_refused_from_its_header():
    """900 megapixels in a small file are refused by probe-and-plan, and can be allowed by an option."""
    data = one_colour_png(30_000, 30_000)
    assert len(data) < 2_000_000
    assert framefit.probe(data).size == (30_000, 30_000)
    for call in (framefit.plan, framefit.fit):
        with pytest.raises(PictureTooLarge) as caught:
            call(data, size="64x64")
        assert "30000x30000" in caught.value.seen and caught.value.fix == "--max-pixels 900000000"
    assert framefit.plan(data, size="64x64", max_pixels=900_000_000).action == "convert"


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux's here")
@pytest.mark.parametrize("kind", ["png", "png with exif at its end"])
def test_a_huge_picture_is_refused_without_decoding_it(tmp_path, kind):
    """With memory for a tenth of its pixels, a process still probes, plans, checks and refuses a huge picture."""
    from pictures import with_png_chunks

    data = one_colour_png(30_000, 30_000)
    if kind != "png":
        data = with_png_chunks(data, (b"eXIf", with_orientation(6).tobytes()[6:]), at_end=True)
    path = tmp_path / "huge.png"
    path.write_bytes(data)
    code = """
        import resource, sys
        import framefit, framefit.errors
        from PIL import Image, PngImagePlugin, TiffImagePlugin
        used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + 90_000_000,) * 2)
        print(framefit.probe(sys.argv[1]).size)
        print(len(framefit.check(sys.argv[1], model="sora-2", server="embedded").findings) > 0)
        for call in (framefit.plan, framefit.fit):
            try:
                call(sys.argv[1], size="64x64")
            except framefit.errors.PictureTooLarge as error:
                print(error.code)
        try:
            framefit.fit(sys.argv[1], size="64x64", max_pixels=10**9)
        except framefit.errors.PictureTooLarge as error:
            print(error.code)
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(path)], capture_output=True, text=True, check=False
    )
    assert ran.stdout.split("\n")[:5] == [
        "30000x30000", "True", "picture_too_large", "picture_too_large", "picture_too_large"
    ], ran.stderr  # fmt: skip


def test_the_limit_is_an_option():
    """The number of pixels that may be decoded can be lowered, to the pixel."""
    data = encoded(scene(100, 50))
    assert framefit.fit(data, size="10x10", max_pixels=5000).size == (10, 10)
    with pytest.raises(PictureTooLarge):
        framefit.fit(data, size="10x10", max_pixels=4999)


def test_a_caller_s_own_pixels_keep_the_limit_too():
    """A PIL image that is not loaded yet is refused by its size like a file."""
    with Image.open(io.BytesIO(encoded(scene(100, 50)))) as image, pytest.raises(PictureTooLarge):
        framefit.fit(image, size="10x10", max_pixels=4999)


def test_planning_reads_no_pixel():
    """A picture whose pixels are missing can be probed and planned, and only fitting finds out."""
    data = encoded(scene(600, 400), quality=95)[:3000]
    assert framefit.plan(data, size="64x64").action == "convert"
    with pytest.raises(FramefitError) as caught:
        framefit.fit(data, size="64x64")
    assert caught.value.code == "picture_broken"


@pytest.mark.parametrize("size", ["600x400", "64x64"])
def test_a_picture_cut_short_never_passes(size):
    """Even a file that would be kept as it is is decoded first, so that a cut one is found."""
    data = encoded(scene(600, 400), quality=95)
    with pytest.raises(FramefitError) as caught:
        framefit.fit(data[: len(data) // 2], size=size)
    assert caught.value.code == "picture_broken"


@pytest.mark.parametrize("model", ["sora-2", "sora-2-pro"])
@pytest.mark.parametrize("server", ["embedded", "openai"])
def test_a_model_s_rule_is_kept(model, server):
    """Fitted to a model, a picture has one of its sizes and formats, the size that loses least of it."""
    for width, height in ((300, 200), (200, 300), (175, 100), (100, 100)):
        fitted = framefit.fit(scene(width, height), model=model, server=server)
        rule = fitted.plan.target.rule
        assert fitted.size in rule.sizes and fitted.format in rule.formats and rule.server == server
        lost = fitted.plan.placement.share_lost
        assert all(
            lost <= framefit.plan(scene(width, height), size=size).placement.share_lost + 1e-9
            for size in rule.sizes
        )


def test_a_large_picture_gives_no_warning():
    """A picture under framefit's limit but over Pillow's own is fitted and cropped without a warning."""
    data = one_colour_png(10_000, 10_000)
    assert (
        framefit.fit(data, size="64x64").size == framefit.fit(data, size="64x64", crop=(0, 0, 1, 0.99)).size
    )
