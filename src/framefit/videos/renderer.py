"""Renders a camera move over one picture as an MP4. No model is involved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from framefit.errors import InvalidOption, InvalidSize, VideoError
from framefit.extras import require
from framefit.geometry import Size
from framefit.saving import whole_file
from framefit.videos.camera import Move, box_at, move_for, stage_box
from framefit.videos.title_card import title_card

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from PIL.Image import Image

ENGINE = "framefit embedded engine"
CODEC: Final = "libx264"
_LONGEST = 120
"""Seconds of the longest video that is rendered."""
_TAG = "camera move over a still picture, not a generative model"
_BACKDROP_DARKNESS = 0.45


def render_video(
    *,
    reference: Image | None,
    prompt: str,
    size: Size,
    seconds: int,
    output: Path,
    on_progress: Callable[[int], None] | None = None,
    fps: int = 24,
) -> None:
    """Render a video whose frame 0 is the picture, followed by the camera move the prompt asks for.

    H.264, yuv420p, BT.709 in limited range, the index before the data. The file appears whole or
    not at all.

    Args:
        reference: a picture of exactly ``size``; None draws a title card of the prompt.
        prompt: chooses the move, see `framefit.videos.camera.move_for`.
        size: size of the video in pixels; both sides even.
        seconds: length, 1 to 120.
        output: where the MP4 appears.
        on_progress: called with whole percents that only rise, 0 first and 100 when the file is
            there; whatever it raises ends the rendering.
        fps: frames per second, 1 to 120.

    Raises:
        InvalidSize: the picture is not of that size, or a side is odd.
        InvalidOption: seconds or fps out of range.
        MissingExtra: PyAV is not installed.
        OutputUnwritable: the file cannot be written.
        VideoError: this build of PyAV has no H.264 encoder.
    """
    require("av", "video")
    _check(reference, size, seconds, fps)
    report = on_progress or (lambda _percent: None)
    picture = (title_card(prompt, size) if reference is None else reference).convert("RGB")
    with whole_file(output) as temporary:
        _encode(picture, move_for(prompt), size, seconds * fps, fps, temporary, report)
    report(100)


def _check(reference: Image | None, size: Size, seconds: int, fps: int) -> None:
    if reference is not None and reference.size != size:
        raise InvalidSize(
            "the picture does not have the size of the video",
            seen=f"{reference.width}x{reference.height}",
            wanted=str(size),
            fix="fit the picture first",
        )
    if size.width % 2 or size.height % 2:
        raise InvalidSize(
            "yuv420p needs even sides", seen=str(size), wanted="even width and height", fix="--size 1280x720"
        )
    for name, value, highest in (("seconds", seconds, _LONGEST), ("fps", fps, 120)):
        if not 1 <= value <= highest:
            raise InvalidOption(
                f"{name} is out of range",
                seen=str(value),
                wanted=f"1 to {highest}",
                fix=f"--{name} {highest}",
            )


def _encode(
    picture: Image, move: Move, size: Size, count: int, fps: int, path: Path, report: Callable[[int], None]
) -> None:
    import av

    if CODEC not in av.codecs_available:
        raise VideoError(
            "this build of PyAV cannot encode H.264",
            seen=f"PyAV {av.__version__} without {CODEC}",
            wanted=f"PyAV with {CODEC}, as its wheels have it",
            fix="pip install --force-reinstall --only-binary av av",
        )
    reported = -1
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        container.metadata["comment"] = f"{ENGINE}: {_TAG}"
        stream = container.add_stream(CODEC, rate=fps, options=_options(fps))
        _describe(stream, size)
        for number, frame in enumerate(_frames(picture, move, size, count)):
            percent = number * 99 // count
            if percent > reported:
                reported = percent
                report(percent)
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _options(fps: int) -> dict[str, str]:
    """Return x264's settings: one key frame each second, and no frame that is shown before it is sent."""
    return {
        "preset": "veryfast",
        "crf": "14",
        "bf": "0",
        "g": str(fps),
        "keyint_min": str(fps),
        "sc_threshold": "0",
    }


def _describe(stream: VideoStream, size: Size) -> None:
    from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.colorspace = Colorspace.ITU709
    context.color_primaries = ColorPrimaries.BT709
    context.color_trc = ColorTrc.BT709
    context.color_range = ColorRange.MPEG


def _frames(picture: Image, move: Move, size: Size, count: int) -> Iterator[VideoFrame]:
    """Yield the frames in yuv420p, converted with the matrix that the file names."""
    from av.video.frame import VideoFrame
    from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
    from PIL.Image import Resampling

    stage, origin = _stage(picture, move, size), stage_box(move, size)
    converter = VideoReformatter()
    for number in range(count):
        shown = picture
        if number:
            left, top, right, bottom = box_at(move, number / (count - 1), size)
            x, y = origin.left, origin.top
            box = (left - x, top - y, right - x, bottom - y)
            shown = stage.resize(size, Resampling.BICUBIC, box=box)
        yield converter.reformat(
            VideoFrame.from_image(shown),  # type: ignore[no-untyped-call]
            format="yuv420p",
            src_color_range=ColorRange.JPEG,
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            interpolation=Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INP,
        )


def _stage(picture: Image, move: Move, size: Size) -> Image:
    """Return everything the move shows: beyond the picture, a blurred, darker enlargement of itself."""
    from PIL import ImageEnhance, ImageFilter
    from PIL.Image import Resampling

    box = stage_box(move, size)
    if box == (0, 0, *size):
        return picture
    width, height = round(box.width), round(box.height)
    # Blurring a small copy and enlarging it looks the same and takes a fraction of the time.
    small = picture.resize((max(1, width // 8), max(1, height // 8)), Resampling.BOX)
    backdrop = small.filter(ImageFilter.GaussianBlur(3)).resize((width, height), Resampling.BICUBIC)
    stage = ImageEnhance.Brightness(backdrop).enhance(1 - _BACKDROP_DARKNESS)
    stage.paste(picture, (round(-box.left), round(-box.top)))
    return stage
