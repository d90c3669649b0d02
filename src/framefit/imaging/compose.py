"""Step: put the picture on the canvas."""

from __future__ import annotations

from framefit.imaging.backdrop import with_backdrop
from framefit.imaging.frame import Frame
from framefit.planning import Plan


def compose(frame: Frame, plan: Plan) -> Frame:
    """Return the frame at exactly the canvas's size, the rest filled with the backdrop."""
    placement = plan.placement
    if placement.fills_canvas:
        return frame
    return frame.with_image(with_backdrop(frame.image, placement, plan.options.backdrop))
