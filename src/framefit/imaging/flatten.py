"""Step: lay transparency on the backdrop."""

from __future__ import annotations

from PIL import Image

from framefit.imaging.backdrop import color_under
from framefit.imaging.frame import Frame
from framefit.planning import Plan


def flatten(frame: Frame, plan: Plan) -> Frame:
    """Return the frame as opaque RGB: a colour backdrop lies under it, else the colour that suits it."""
    image = frame.image
    if image.mode != "RGBA":
        return frame.with_image(image.convert("RGB"))
    flat = Image.new("RGB", image.size, color_under(image, plan.options.backdrop))
    flat.paste(image, mask=image.getchannel("A"))
    return frame.with_image(flat)
