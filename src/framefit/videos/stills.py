"""Stills of a video: the thumbnail and the sprite sheet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from framefit.errors import NotAVideo
from framefit.extras import require
from framefit.saving import whole_file

if TYPE_CHECKING:
    from PIL.Image import Image

_TILE = 320
"""Longest side of a still on the sheet, in pixels."""
_COLUMNS = 4


def write_stills(video: Path, *, thumbnail: Path, spritesheet: Path) -> None:
    """Write the first frame as WebP, and one frame of each second as tiles of a JPEG.

    Args:
        video: an MP4 with one key frame each second, as the renderer writes it.
        thumbnail: where the WebP appears, in the size of the video.
        spritesheet: where the JPEG appears: four tiles a row, the longer side of a tile 320 pixels.

    Raises:
        NotAVideo: no frame can be decoded.
        MissingExtra: PyAV is not installed.
        OutputUnwritable: a file cannot be written.
    """
    require("av", "video")
    tiles: list[Image] = []
    for frame in _key_frames(video):
        if not tiles:
            with whole_file(thumbnail) as temporary:
                frame.save(temporary, "WEBP", quality=90)
        frame.thumbnail((_TILE, _TILE))
        tiles.append(frame)
    if not tiles:
        raise NotAVideo(
            f"{video.name!r} has no frame", seen=str(video), wanted="a video with one frame at least"
        )
    with whole_file(spritesheet) as temporary:
        _sheet(tiles).save(temporary, "JPEG", quality=90)


def _key_frames(video: Path) -> Iterator[Image]:
    import av

    try:
        with av.open(str(video)) as container:
            stream = container.streams.video[0]
            stream.codec_context.skip_frame = "NONKEY"
            for frame in container.decode(stream):
                yield frame.to_image()  # type: ignore[no-untyped-call]
    except (av.FFmpegError, IndexError) as error:
        raise NotAVideo(f"{video.name!r} cannot be decoded", seen=str(error), wanted="an MP4") from error


def _sheet(tiles: list[Image]) -> Image:
    from PIL import Image

    width, height = tiles[0].size
    columns = min(_COLUMNS, len(tiles))
    rows = -(-len(tiles) // columns)
    sheet = Image.new("RGB", (columns * width, rows * height))
    for number, tile in enumerate(tiles):
        sheet.paste(tile, (number % columns * width, number // columns * height))
    return sheet
