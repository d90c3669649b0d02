"""Test videos, made by code from one picture."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from PIL import Image

MATRICES = {
    "bt709": (1, Colorspace.ITU709),
    "bt601": (6, Colorspace.ITU601),
    "unsaid": (2, Colorspace.ITU601),
}


def movie(
    path: Path,
    first: Image.Image,
    *,
    frames: int = 3,
    fps: int = 24,
    matrix: str = "bt709",
    full: bool = False,
    pixels: str = "yuv420p",
    crf: int = 12,
) -> Path:
    """A short H.264 video that shows a picture, converted with the matrix and range that it names."""
    number, space = MATRICES[matrix]
    chosen = ColorRange.JPEG if full else ColorRange.MPEG
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=fps, options={"crf": str(crf), "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = *first.size, pixels
        stream.codec_context.colorspace, stream.codec_context.color_range = number, chosen
        converter = VideoReformatter()
        for index in range(frames):
            frame = converter.reformat(
                VideoFrame.from_image(first.convert("RGB")),
                format=pixels,
                src_color_range=ColorRange.JPEG,
                dst_colorspace=space,
                dst_color_range=chosen,
            )
            frame.colorspace, frame.color_range = number, chosen
            frame.pts, frame.time_base = index, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def turned_by_player(path: Path, *, clockwise: bool) -> Path:
    """Write into an MP4 that players must turn it by 90 degrees, as phones do (ISO 14496-12, 8.3.2)."""
    data = bytearray(path.read_bytes())
    matrix = data.index(b"tkhd") + 4 + 40
    one = 0x10000
    turn = (
        (0, one, 0, -one, 0, 0, 0, 0, 0x40000000) if clockwise else (0, -one, 0, one, 0, 0, 0, 0, 0x40000000)
    )
    data[matrix : matrix + 36] = struct.pack(">9i", *turn)
    path.write_bytes(data)
    return path
