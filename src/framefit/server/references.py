"""The reference picture of a request: recognised, measured and decoded before a job starts."""

from __future__ import annotations

import base64
import binascii
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from framefit.catalog import Rule
from framefit.errors import NotAPicture, PictureBroken
from framefit.geometry import Size
from framefit.probing import DAMAGE, open_header, sniff
from framefit.server.body import Upload
from framefit.server.envelope import ApiError, invalid_type, listed, unknown_parameter

if TYPE_CHECKING:
    from PIL.Image import Image

PARAM = "input_reference"
MISMATCH = "Inpaint image must match the requested width and height"


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A picture that has been found good.

    Args:
        data: the bytes of its file.
        format: ``jpeg``, ``png`` or ``webp``.
        sent: the bytes as they came, when the server made another picture of them; None otherwise.
    """

    data: bytes
    format: str
    sent: bytes | None = None


def read_reference(value: Any, *, size: Size, rule: Rule) -> Reference:
    """Check a reference picture as the strictest server does.

    Args:
        value: the field: an `Upload`, or the object ``{"image_url": "data:..."}``.
        size: the size of the video; the stored pixels must equal it, EXIF orientation does not count.
        rule: the model's rule, for its formats and its words.

    Raises:
        ApiError: 400, whatever is wrong with it.
    """
    data = value.data if isinstance(value, Upload) else _from_object(value)
    kind = _format_of(data, rule.formats)
    try:
        image = open_header(io.BytesIO(data), kind, PARAM)
        # The size stands in the header: a picture that claims to be huge is refused before a pixel is read.
        if image.size != size:
            raise ApiError(400, rule.error_text or MISMATCH)
        image.load()
    except (PictureBroken, *DAMAGE) as error:
        raise _unreadable("the file is damaged or truncated") from error
    return Reference(data=data, format=kind)


def load_reference(path: Path) -> Image:
    """Decode a stored reference picture as it is stored: orientation ignored, transparency dropped.

    Args:
        path: a file that `read_reference` has accepted.

    Returns:
        The picture in RGB.

    Raises:
        PictureBroken, NotAPicture, OSError: the file has changed since.
    """
    data = path.read_bytes()
    image = open_header(io.BytesIO(data), sniff(data[:32], path.name), path.name)
    if image.mode.startswith("I"):
        # Pillow's own conversion of 16-bit grey clips at 255; 65535 / 255 is 257.
        return image.convert("I").point(lambda value: value * (1 / 257) + 0.5).convert("L").convert("RGB")
    return image.convert("RGB")


def _format_of(data: bytes, formats: tuple[str, ...]) -> str:
    try:
        kind = sniff(data[:32], PARAM)
    except NotAPicture:
        kind = ""
    if kind in formats:
        return kind
    seen = f"image/{kind}" if kind else "application/octet-stream"
    supported = listed([f"image/{name}" for name in formats])
    raise ApiError(
        400,
        f"Invalid file '{PARAM}': unsupported mimetype ('{seen}'). Supported file formats are {supported}.",
        code="unsupported_file_mimetype",
        param=PARAM,
    )


def _from_object(value: Any) -> bytes:
    if not isinstance(value, dict):
        raise invalid_type(PARAM, "an object", value)
    unknown = value.keys() - {"image_url", "file_id"}
    if unknown:
        raise unknown_parameter(f"{PARAM}.{min(unknown)}")
    if len(value) != 1:
        raise ApiError(
            400,
            f"Invalid '{PARAM}': give exactly one of 'image_url' and 'file_id'.",
            code="invalid_value",
            param=PARAM,
        )
    name, content = next(iter(value.items()))
    if not isinstance(content, str):
        raise invalid_type(f"{PARAM}.{name}", "a string", content)
    if name == "file_id":
        raise ApiError(
            400, "This server keeps no files: 'file_id' is not supported.", code="invalid_value", param=PARAM
        )
    return _from_data_url(content)


def _from_data_url(url: str) -> bytes:
    if url[:5].lower() != "data:":
        raise ApiError(
            400,
            "This server does not fetch addresses: 'image_url' must be a base64 data URL.",
            code="invalid_value",
            param=f"{PARAM}.image_url",
        )
    head, comma, body = url[5:].partition(",")
    if not comma or not head.lower().endswith(";base64"):
        raise _unreadable("'image_url' is no base64 data URL")
    try:
        return base64.b64decode(unquote_to_bytes(body), validate=True)
    except (binascii.Error, ValueError) as error:
        raise _unreadable("'image_url' holds invalid base64") from error


def _unreadable(reason: str) -> ApiError:
    return ApiError(400, f"Invalid file '{PARAM}': {reason}.", code="invalid_image", param=PARAM)
