"""What a server did to a picture: every way it may have taken is rendered and compared with the first frame."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PIL import Image

from framefit.fitting import fit
from framefit.geometry import Size
from framefit.probing import probe
from framefit.sources import Source
from framefit.videos.similarity import psnr, ssim

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

Placed = Literal["as sent", "stretched", "centre-cropped", "padded"]

TURNS: dict[str, Image.Transpose | None] = {
    "": None,
    "turned 90° clockwise": Image.Transpose.ROTATE_270,
    "turned 180°": Image.Transpose.ROTATE_180,
    "turned 90° counter-clockwise": Image.Transpose.ROTATE_90,
    "mirrored": Image.Transpose.FLIP_LEFT_RIGHT,
    "mirrored top to bottom": Image.Transpose.FLIP_TOP_BOTTOM,
    "mirrored and turned 90° counter-clockwise": Image.Transpose.TRANSPOSE,
    "mirrored and turned 90° clockwise": Image.Transpose.TRANSVERSE,
}
"""The eight ways a picture can lie, by what Pillow calls them; its rotations go counter-clockwise."""

_PLACEMENTS: tuple[tuple[Placed, str, str], ...] = (
    ("stretched", "stretch", "black"),
    ("centre-cropped", "cover", "black"),
    ("padded", "pad", "black"),
    ("padded", "pad", "white"),
)
_SAME_RATIO = 0.005
"""Ratios closer than this need no placement: stretched, cropped and padded look alike."""

_SMALL = 256
"""The longer side, in pixels, at which every hypothesis is compared before the best is at full size."""

_CLEARLY = 0.01
"""By how much SSIM a hypothesis must beat the picture as it was sent."""


@dataclass(frozen=True, kw_only=True)
class Hypothesis:
    """One way in which the picture may have become the first frame.

    Args:
        turn: a key of `TURNS`; empty when upright.
        placed: how it was brought to the size of the video.
        mode: the mode of `framefit.fit` that does the same.
        backdrop: the colour of the pad.
        stretch: by how much one side is stretched against the other, 1 or more.
    """

    turn: str = ""
    placed: Placed = "as sent"
    mode: str = "cover"
    backdrop: str = "black"
    stretch: float = 1.0

    @property
    def is_plain(self) -> bool:
        """Whether this is the picture as it was sent."""
        return not self.turn and self.placed == "as sent"

    @property
    def words(self) -> str:
        """The hypothesis in words: ``stretched 1.33x``; ``mirrored and padded``."""
        placed = f"stretched {self.stretch:.2f}x" if self.placed == "stretched" else self.placed
        if not self.turn:
            return placed
        return self.turn if self.placed == "as sent" else f"{self.turn} and {placed}"


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A hypothesis with its likeness to the first frame, both at the same size.

    Args:
        hypothesis: the hypothesis.
        rendered: what the first frame would look like.
        ssim: structural similarity of the luma.
        psnr: peak signal-to-noise ratio in decibels.
    """

    hypothesis: Hypothesis
    rendered: Pixels
    ssim: float
    psnr: float


def best_hypothesis(source: Source, frame: Pixels, as_sent: Pixels) -> Scored:
    """Find what the first frame looks most like.

    Args:
        source: the picture.
        frame: the first frame, shape (H, W, 3), uint8.
        as_sent: the picture fitted to the frame's size with the options it was sent with.

    Returns:
        The best one at full size. The picture as it was sent is named unless another one is clearly
        more alike.
    """
    size = Size(frame.shape[1], frame.shape[0])
    small = _within(size, _SMALL)
    seen = _reduced(frame, small)
    picture = _upright(source, _within(probe(source).size, 2 * _SMALL))
    plain = _scored(Hypothesis(), _reduced(as_sent, small), seen)
    others = [
        _scored(hypothesis, _rendered(hypothesis, picture, small), seen)
        for hypothesis in _others(picture, small)
    ]
    best = max(others, key=lambda scored: (scored.ssim, scored.psnr))
    if not _is_clearer(best, plain):
        return _scored(Hypothesis(), as_sent, frame)
    whole = _upright(source, _within(probe(source).size, 2 * max(size)))
    return _scored(best.hypothesis, _rendered(best.hypothesis, whole, size), frame)


def reduced(pixels: Pixels, longest: int) -> Pixels:
    """Return a picture with its longer side brought down to a number of pixels, each an average.

    Args:
        pixels: shape (H, W, 3), uint8.
        longest: the longer side of the result; smaller pictures are returned as they are.
    """
    return _reduced(pixels, _within(Size(pixels.shape[1], pixels.shape[0]), longest))


def _is_clearer(other: Scored, plain: Scored) -> bool:
    if other.ssim > plain.ssim + _CLEARLY:
        return True
    # Smooth pictures are alike in structure whatever is done to them; their errors still tell.
    return other.ssim > plain.ssim - _CLEARLY and other.psnr > plain.psnr + 6


def _others(picture: Image.Image, size: Size) -> Iterator[Hypothesis]:
    """Yield every hypothesis but the plain one."""
    for turn, (placed, mode, backdrop) in itertools.product(TURNS, _PLACEMENTS):
        lying = _turned(picture, turn)
        stretch = size.ratio / (lying.width / lying.height)
        if abs(stretch - 1) > _SAME_RATIO:
            factor = max(stretch, 1 / stretch) if placed == "stretched" else 1.0
            yield Hypothesis(turn=turn, placed=placed, mode=mode, backdrop=backdrop, stretch=factor)
        elif turn and placed == "stretched":
            yield Hypothesis(turn=turn, mode=mode)


def _scored(hypothesis: Hypothesis, rendered: Pixels, seen: Pixels) -> Scored:
    return Scored(
        hypothesis=hypothesis, rendered=rendered, ssim=ssim(rendered, seen), psnr=psnr(rendered, seen)
    )


def _rendered(hypothesis: Hypothesis, picture: Image.Image, size: Size) -> Pixels:
    import numpy as np

    turned = _turned(picture, hypothesis.turn)
    fitted = fit(turned, size=str(size), mode=hypothesis.mode, backdrop=hypothesis.backdrop, format="png")
    return np.asarray(fitted.to_pil().convert("RGB"))


def _turned(picture: Image.Image, turn: str) -> Image.Image:
    way = TURNS[turn]
    return picture if way is None else picture.transpose(way)


def _upright(source: Source, size: Size) -> Image.Image:
    """Return the whole picture as it is meant to be seen."""
    return fit(source, size=str(size), mode="stretch", format="png").to_pil().convert("RGB")


def _within(size: Size, longest: int) -> Size:
    scale = min(1.0, longest / max(size))
    return Size(max(1, round(size.width * scale)), max(1, round(size.height * scale)))


def _reduced(pixels: Pixels, size: Size) -> Pixels:
    import numpy as np

    if pixels.shape[:2] == (size.height, size.width):
        return pixels
    resized = Image.fromarray(pixels).resize((size.width, size.height), Image.Resampling.LANCZOS)
    return np.asarray(resized)
