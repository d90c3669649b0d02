"""The first frame of a video, upright and in sRGB numbers, and what the container says of the rest."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from framefit.errors import NotAVideo
from framefit.extras import require
from framefit.geometry import Size
from framefit.options import MAX_PIXELS

if TYPE_CHECKING:
    import numpy as np
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

_CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,flv,asf,ogg,mpegts,mpeg,mpegvideo,h264,hevc,ivf,obu"
"""What is opened at all. Play lists are left out: they name other files and addresses."""

_MOST_PACKETS = 300
"""How far a decoder may read before it has given its first frame."""

_MATRICES = {1: "ITU709", 4: "FCC", 5: "ITU601", 6: "ITU601", 7: "SMPTE240M", 9: "BT2020", 10: "BT2020"}
"""PyAV's names of the matrices by the numbers of ITU-T H.273, table 4."""

_FULL_RANGE = 2


@dataclass(frozen=True, kw_only=True)
class FirstFrame:
    """What a video begins with.

    Args:
        pixels: shape (H, W, 3), uint8, red, green, blue, as a player shows them.
        frames: how many frames the container says there are; None when it does not.
        fps: frames per second; None when not said.
        seconds: length in seconds; None when not said.
    """

    pixels: NDArray[np.uint8]
    frames: int | None
    fps: float | None
    seconds: float | None

    @property
    def size(self) -> Size:
        """Width and height as shown, in pixels."""
        return Size(self.pixels.shape[1], self.pixels.shape[0])


def first_frame(video: str | os.PathLike[str]) -> FirstFrame:
    """Decode the first frame of a video.

    Args:
        video: the path of a file.

    Returns:
        The frame, turned as the container asks, converted with the matrix and the range that the
        stream names; a stream that names none is read as BT.601 in limited range, as FFmpeg does.

    Raises:
        NotAVideo: there is no such file, it is empty, or no frame can be decoded.
        MissingExtra: PyAV or NumPy is not installed.
    """
    require("numpy", "video")
    require("av", "video")
    import av

    path = Path(video)
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise _no_video(path, "0 bytes")
            # A file object, not a path: FFmpeg reads meaning into names such as "frame%03d.png".
            with _open(file) as container:
                return _read(container, path)
    except av.FFmpegError as error:
        reason = (error.strerror or str(error)).lower()
        raise _no_video(path, f"no container or no codec of a video ({reason})") from error
    except OSError as error:
        raise _no_video(path, (error.strerror or str(error)).lower()) from error
    except (IndexError, ValueError, MemoryError) as error:
        raise _no_video(path, str(error)) from error


def _open(file: BinaryIO) -> InputContainer:
    import av

    limits = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "", "max_streams": "64"}
    return av.open(file, "r", container_options=limits)


def _read(container: InputContainer, path: Path) -> FirstFrame:
    if not container.streams.video:
        raise _no_video(path, "no video stream")
    stream = container.streams.video[0]
    if stream.width * stream.height > MAX_PIXELS:
        raise _no_video(path, f"{stream.width}x{stream.height}, more than {MAX_PIXELS:,} pixels")
    frame = _decode(container, stream)
    if frame is None:
        raise _no_video(path, "a video stream without a frame that can be decoded")
    rate = stream.average_rate or stream.guessed_rate
    fps = float(rate) if rate else None
    frames = stream.frames or None
    return FirstFrame(pixels=_shown(frame), frames=frames, fps=fps, seconds=_seconds(container, stream))


def _decode(container: InputContainer, stream: VideoStream) -> VideoFrame | None:
    from av import InvalidDataError

    for number, packet in enumerate(container.demux(stream)):
        try:
            for frame in packet.decode():
                return frame
        except InvalidDataError:
            # A stream that was cut begins with packets that nothing can be made of.
            if number >= _MOST_PACKETS:
                raise
        if number >= _MOST_PACKETS:
            break
    return None


def _seconds(container: InputContainer, stream: VideoStream) -> float | None:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return container.duration / 1_000_000 if container.duration else None


def _shown(frame: VideoFrame) -> NDArray[np.uint8]:
    """Convert a frame to RGB as a player does, and turn it as its container asks."""
    import numpy as np
    from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

    matrix = Colorspace[_MATRICES.get(int(frame.colorspace), "ITU601")]
    full = int(frame.color_range) == _FULL_RANGE or frame.format.name.startswith("yuvj")
    # Said outright: how much of a stream's own tags is honoured differs between releases of PyAV.
    shown = VideoReformatter().reformat(
        frame,
        format="rgb24",
        src_colorspace=matrix,
        dst_colorspace=matrix,
        src_color_range=ColorRange.JPEG if full or frame.format.is_rgb else ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
        interpolation=Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT,
    )
    quarter_turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(shown.to_ndarray(), quarter_turns), dtype=np.uint8)


def _no_video(path: Path, seen: str) -> NotAVideo:
    return NotAVideo(
        f"{path.name!r} is no video that can be read",
        seen=f"{path}: {seen}",
        wanted="a video file whose first frame can be decoded",
        fix="check the path, and fetch the video again",
    )
