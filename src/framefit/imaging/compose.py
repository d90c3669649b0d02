"""Step: put the picture on the canvas."""

from __future__ import annotations

from PIL import Image

from framefit.imaging.frame import Frame
from framefit.planning import Plan


def compose(frame: Frame, plan: Plan) -> Frame:
    """Return the frame at exactly the canvas's size, the rest filled with the backdrop."""
    placement = plan.placement
    if placement.fills_canvas:
        return frame
    canvas = Image.new("RGB", placement.canvas, plan.options.backdrop)
    canvas.paste(frame.image, (int(placement.target.left), int(placement.target.top)))
    return frame.with_image(canvas)
