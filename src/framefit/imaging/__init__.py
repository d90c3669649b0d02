"""Pixels: an ordered list of named steps, one file each."""

from framefit.imaging.fitted import Fitted
from framefit.imaging.pipeline import render, render_many

__all__ = ["Fitted", "render", "render_many"]
