"""Generating: from a picture and a prompt, or many, to videos that are paid for once."""

from __future__ import annotations

from framefit.generating.engines import EMBEDDED_ENGINE
from framefit.generating.single import generate, make
from framefit.generating.video import GeneratedVideo
from framefit.generating.wish import Wish

__all__ = ["EMBEDDED_ENGINE", "GeneratedVideo", "Wish", "generate", "make"]
