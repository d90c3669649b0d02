"""Wish: what the page asks of one picture, and what the spine makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from framefit.checking import Forecast, check
from framefit.fitting import plan as make_plan
from framefit.geometry import Size
from framefit.options import MAX_PIXELS, Options, read_options
from framefit.planning import Plan
from framefit.sources import Source


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What the server allows and has, whatever is wished for.

    Args:
        max_pixels: the largest picture that is decoded, in pixels.
        face_model: a YuNet ONNX file to find faces with; None takes what is installed.
    """

    max_pixels: int = MAX_PIXELS
    face_model: Path | None = None


class Wish(BaseModel):
    """The same words as the flags of ``framefit fit``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str | None = Field(default=None, max_length=200, description="A model of the catalogue.")
    server: str | None = Field(default=None, max_length=200, description="The server it runs on.")
    size: str | None = Field(
        default=None, max_length=20, description="The canvas, width then height, or auto."
    )
    mode: Literal["cover", "pad", "stretch", "auto"] | None = Field(
        default=None, description="How the picture is put on the canvas; cover by default."
    )
    focus: str = Field(
        default="center",
        max_length=60,
        description="center, x,y as fractions 0 to 1, face, attention or auto.",
    )
    crop: str | None = Field(
        default=None, max_length=120, description="left,top,right,bottom as fractions 0 to 1."
    )
    backdrop: str = Field(
        default="black", max_length=40, description="What fills a pad: a colour, auto, blur, mirror or edge."
    )

    @property
    def asked_size(self) -> Size | None:
        """The canvas asked for; None leaves the choice to the plan.

        Raises:
            InvalidSize: it cannot be read.
        """
        return None if self.size is None or self.size == "auto" else Size.parse(self.size)

    def plan(self, source: Source, limits: Limits) -> Plan:
        """Return what `framefit.plan` decides for a picture.

        Args:
            source: the picture.
            limits: what the server allows.

        Raises:
            FramefitError: whatever `framefit.plan` raises.
        """
        return make_plan(
            source,
            size=self.size,
            model=self.model,
            server=self.server,
            mode=self.mode,
            focus=self.focus,
            crop=self.crop,
            backdrop=self.backdrop,
            max_pixels=limits.max_pixels,
            face_model=limits.face_model,
        )

    def options(self, limits: Limits) -> Options:
        """Return how to fit, without what to fit to.

        Args:
            limits: what the server allows.

        Raises:
            InvalidOption: a word that cannot be read.
        """
        return read_options(
            mode=self.mode,
            focus=self.focus,
            crop=self.crop,
            backdrop=self.backdrop,
            max_pixels=limits.max_pixels,
            face_model=limits.face_model,
        )

    def forecast(self, source: Source, limits: Limits) -> Forecast | None:
        """Return what the server would do with the picture as it is; None without a model."""
        if self.model is None:
            return None
        return check(
            source,
            model=self.model,
            server=self.server,
            size=self.asked_size,
            face_model=limits.face_model,
        )
