"""Step: convert the colours to sRGB."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING

from framefit.imaging.frame import Frame
from framefit.planning import Plan
from framefit.probing import DAMAGE

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageCms import ImageCmsTransform


_GREY_MODES = ("1", "L", "LA", "La", "I;16", "I;16B")


def to_srgb(frame: Frame, plan: Plan) -> Frame:
    """Return the frame in sRGB: L, RGB or RGBA.

    The picture's own profile is used, with relative colorimetric intent and black point compensation.
    A picture without a profile, or with one that cannot be read, counts as sRGB; CMYK without a
    profile is converted by the plain formula, since its inks are not known.
    """
    image = frame.image
    if frame.profile is not None and not (plan.info.srgb and image.mode != "CMYK"):
        for mode in _layouts(image, plan):
            transform = _transform(frame.profile, mode)
            if transform is not None:
                return frame.with_image(_apply(image, mode, transform))
    return frame.with_image(image.convert("RGB") if image.mode == "CMYK" else image)


def _layouts(image: Image, plan: Plan) -> tuple[str, ...]:
    """Return the layouts a profile may be for: grey with transparency has become RGBA by now."""
    if image.mode == "RGBA":
        return ("L", "RGB") if plan.info.mode in _GREY_MODES else ("RGB",)
    return (image.mode,)


def _apply(image: Image, mode: str, transform: ImageCmsTransform) -> Image:
    from PIL import ImageCms

    opaque = image if image.mode == mode else image.convert(mode)
    converted = ImageCms.applyTransform(opaque, transform)
    assert converted is not None  # only an in-place conversion returns nothing
    if image.mode == "RGBA":
        converted.putalpha(image.getchannel("A"))
    return converted


@lru_cache(maxsize=32)
def _transform(profile: bytes, mode: str) -> ImageCmsTransform | None:
    """Return the conversion to sRGB, or None for a profile that is damaged or does not fit the pixels."""
    from PIL import ImageCms

    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.buildTransform(
            opened,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (*DAMAGE, ImageCms.PyCMSError):
        return None
