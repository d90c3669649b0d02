"""Wish: one video that a user wants, as it was written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from framefit.errors import InvalidOption
from framefit.sources import PictureSource


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One video that a user wants.

    Args:
        source: the picture, in any shape `framefit.fit` takes; None makes a video from text.
        prompt: what is to happen.
        model: the model's name on the server.
        server: the catalogue's name of the server, whose rule and price hold; None tells it from the
            address.
        size: the size of the video; None or ``"auto"`` takes the model's size that loses least.
        seconds: the length, whole seconds; None takes the server's default.
        mode: ``cover`` (default), ``pad``, ``stretch`` or ``auto``.
        focus: ``"center"``, ``"x,y"`` or a pair of fractions 0 to 1.
        crop: left, top, right, bottom as fractions 0 to 1, or a ``crop_bounds`` dictionary.
        backdrop: colour of the pad and under transparency.
        take: counts videos wanted of one and the same request, 1 to 1,000,000.

    Raises:
        InvalidOption: the prompt is empty, prompt or model is no text, or the take out of range.
    """

    source: PictureSource | None
    prompt: str
    model: str = "sora-2"
    server: str | None = None
    size: str | tuple[int, int] | None = None
    seconds: str | int | None = None
    mode: str | None = None
    focus: str | Sequence[float] | None = "center"
    crop: str | Sequence[float] | Mapping[str, float] | None = None
    backdrop: str | Sequence[int] = "black"
    take: int = 1

    def __post_init__(self) -> None:
        """Check what can be checked without looking at the picture."""
        if not self.prompt.strip():
            raise InvalidOption("the prompt is empty", wanted="what is to happen", fix="--prompt TEXT")
        for name, text in (("prompt", self.prompt), ("model", self.model)):
            if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
                raise InvalidOption(
                    f"the {name} holds something that is no text",
                    seen=ascii(text),
                    wanted="text in UTF-8",
                    fix=f"--{name} TEXT",
                )
        if not 1 <= self.take <= 1_000_000:
            raise InvalidOption(
                "the take is out of range", seen=str(self.take), wanted="1 to 1000000", fix="--take 2"
            )
