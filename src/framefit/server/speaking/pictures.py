"""What servers do to a picture that is not of the video's size. None of this is how framefit fits.

These are the plain calls that the mimicked servers make, so that their results can be recognised.
"""

from __future__ import annotations

import base64
import binascii
import io
import math
from urllib.parse import unquote_to_bytes

from PIL import Image, ImageOps

from framefit.errors import NotAPicture, PictureBroken
from framefit.geometry import Size
from framefit.probing import DAMAGE, open_header, sniff
from framefit.server.envelope import ApiError
from framefit.server.references import PARAM, Reference

_MOST_PIXELS = 100_000_000
_STEP = 16
"""Sides of Wan's videos are multiples of the VAE's 8 pixels times a patch of 2."""


def decoded(data: bytes, *, upright: bool) -> Image.Image:
    """Decode a picture as these servers do: to RGB, with what transparency hides laid bare.

    Args:
        data: the file.
        upright: whether EXIF orientation is applied.

    Raises:
        ApiError: 400, no picture, or a broken one.
    """
    try:
        image = open_header(io.BytesIO(data), sniff(data[:32], PARAM), PARAM)
        if image.width * image.height > _MOST_PIXELS:
            raise ApiError(400, f"{PARAM}: {image.width}x{image.height} are too many pixels.", param=PARAM)
        image.load()
    except (NotAPicture, PictureBroken, *DAMAGE) as error:
        raise ApiError(400, f"{PARAM} could not be decoded as an image.", param=PARAM) from error
    turned = ImageOps.exif_transpose(image) if upright else image
    return turned.convert("RGB")


def stretched(
    image: Image.Image, size: Size, resample: Image.Resampling = Image.Resampling.LANCZOS
) -> Image.Image:
    """Scale straight to a size, whatever the ratio."""
    return image if image.size == size else image.resize((size.width, size.height), resample)


def size_by_area(image: Image.Image, area: int) -> Size:
    """Return the size of the picture's ratio that fills an area, in multiples of 16 pixels.

    Source:
        SGLang, `input_validation.py`, `_calculate_dimensions_from_area`; Wan 2.2 I2V has the same.
    """
    ratio = image.height / image.width
    height = round(math.sqrt(area * ratio)) // _STEP * _STEP
    width = round(math.sqrt(area / ratio)) // _STEP * _STEP
    return Size(max(width, _STEP), max(height, _STEP))


def as_reference(image: Image.Image, sent: bytes) -> Reference:
    """Return a picture as the engine takes it, with the bytes it was made of for the record."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return Reference(data=buffer.getvalue(), format="png", sent=sent)


def from_data_url(url: str) -> bytes:
    """Return the bytes of a base64 data URL; other addresses, and files of the server, are not read.

    Raises:
        ApiError: 400.
    """
    head, comma, body = url.partition(",")
    if not (head[:5].lower() == "data:" and comma and head.lower().endswith(";base64")):
        raise ApiError(400, f"{PARAM}: framefit's engine reads base64 data URLs only.", param=PARAM)
    try:
        return base64.b64decode(unquote_to_bytes(body), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ApiError(400, f"{PARAM} holds invalid base64.", param=PARAM) from error
