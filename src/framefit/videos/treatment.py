"""Treatment: what a server did to a picture, in words and numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from framefit.sources import Source
from framefit.videos.colour import mean_colour_error
from framefit.videos.hypotheses import best_hypothesis, reduced
from framefit.videos.shifts import shift_between
from framefit.videos.similarity import psnr, ssim

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

_FAR = 1.5
"""Mean CIEDE2000 above which a cause of other colours is looked for; compression leaves 0.3 to 1."""

_FAR_WITHOUT_CAUSE = 8.0
"""Mean CIEDE2000 above which colours are called shifted although no known cause explains them."""

_EXPLAINS = 0.4
"""A cause counts when it leaves less than this share of the difference."""

_ROUNDED = 1.05
"""A stretch under this is what rounding a side to 16 or 32 pixels does."""

_COMPARED_AT = 256
"""The longer side, in pixels, at which colours are compared: averages, not the noise of compression."""


@dataclass(frozen=True, kw_only=True)
class Treatment:
    """What a server did to a picture before its first frame.

    Args:
        name: ``as sent``, ``stretched``, ``centre-cropped``, ``padded``, ``turned``, ``mirrored`` or
            ``colour-shifted``: the first that holds of turn, placement and colour.
        words: all of it in words: ``stretched 1.33x``, ``mirrored and padded``.
        sure: whether the first frame is that alike that this is what happened; otherwise it is only
            the nearest of the known ways.
        ssim: structural similarity of the first frame and the picture treated so.
        shift: pixels by which the first frame is moved to the right and down; None when the picture
            is too plain to tell, or not recognised.
        stretch: by how much one side is stretched against the other; 1.0 when not at all.
        colour_error: mean CIEDE2000 of the first frame against the picture placed so; about 1 is the
            least that an eye sees side by side.
    """

    name: str
    words: str
    sure: bool
    ssim: float
    shift: tuple[float, float] | None
    stretch: float
    colour_error: float

    @property
    def keeps_place(self) -> bool:
        """Whether nothing is known to have been turned, cropped, padded, or stretched by 5 % or more.

        Less comes about when a server rounds the size of the video to whole blocks.
        """
        rounded = self.name == "stretched" and self.stretch < _ROUNDED
        return not self.sure or rounded or self.name in ("as sent", "colour-shifted")

    def as_dict(self) -> dict[str, Any]:
        """Return the treatment as plain values for JSON."""
        return {
            "name": self.name,
            "words": self.words,
            "sure": self.sure,
            "ssim": round(self.ssim, 6),
            "shift": None if self.shift is None else list(self.shift),
            "stretch": round(self.stretch, 4),
            "colour_error": round(self.colour_error, 3),
        }

    def __str__(self) -> str:
        what = self.words if self.sure else f"none of the known ways, nearest is {self.words}"
        moved = "not known" if self.shift is None else f"{self.shift[0]:+.1f}, {self.shift[1]:+.1f} px"
        return f"{what} (SSIM {self.ssim:.3f}, shift {moved}, colour error ΔE2000 {self.colour_error:.1f})"


def treatment_of(
    source: Source, frame: Pixels, as_sent: Pixels, *, minimum: float, least_psnr: float
) -> Treatment:
    """Find out what became of a picture.

    Args:
        source: the picture.
        frame: the first frame, shape (H, W, 3), uint8.
        as_sent: the picture fitted to the frame's size with the options it was sent with.
        minimum: the least SSIM that counts as the same picture.
        least_psnr: the least PSNR in decibels that does.

    Returns:
        The treatment that explains the first frame best.
    """
    best = best_hypothesis(source, frame, as_sent)
    hypothesis = best.hypothesis
    small, seen = reduced(best.rendered, _COMPARED_AT), reduced(frame, _COMPARED_AT)
    error = mean_colour_error(small, seen)
    cause = _cause(small, seen, error)
    expected = best.rendered if cause is None else _CAUSES[cause](best.rendered)
    likeness = best.ssim if cause is None else ssim(expected, frame)
    alike = likeness >= minimum
    colour = cause or ("" if error < _FAR_WITHOUT_CAUSE or not alike else "for no known reason")
    sure = alike and (bool(colour) or psnr(expected, frame) >= least_psnr)
    shifted = f"colour-shifted ({colour})" if colour else ""
    words = hypothesis.words
    if shifted:
        words = shifted if hypothesis.is_plain else f"{words} and {shifted}"
    return Treatment(
        name=_name(hypothesis.turn, hypothesis.placed, colour),
        words=words,
        sure=sure,
        ssim=likeness,
        shift=shift_between(expected, frame) if sure else None,
        stretch=hypothesis.stretch,
        colour_error=error,
    )


def _name(turn: str, placed: str, colour: str) -> str:
    if turn:
        return turn.split()[0]
    return "colour-shifted" if placed == "as sent" and colour else placed


def _cause(small: Pixels, seen: Pixels, error: float) -> str | None:
    """Return the known mistake that explains other colours; None when they are right or it is none."""
    if error < _FAR:
        return None
    errors = {name: mean_colour_error(change(small), seen) for name, change in _CAUSES.items()}
    best = min(errors, key=lambda name: errors[name])
    return best if errors[best] < _EXPLAINS * error else None


def _bytes(values: NDArray[np.floating[Any]]) -> Pixels:
    import numpy as np

    result: Pixels = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return result


def _swapped(pixels: Pixels) -> Pixels:
    import numpy as np

    return np.ascontiguousarray(pixels[..., ::-1])


def _grey(pixels: Pixels) -> Pixels:
    import numpy as np

    luma = pixels @ np.array((0.299, 0.587, 0.114))
    return _bytes(np.stack((luma, luma, luma), axis=-1))


def _washed_out(pixels: Pixels) -> Pixels:
    return _bytes(16 + pixels * (219 / 255))


def _hardened(pixels: Pixels) -> Pixels:
    return _bytes((pixels - 16.0) * (255 / 219))


def _rematrixed(written: tuple[float, float], read: tuple[float, float]) -> Callable[[Pixels], Pixels]:
    """Return what happens to colours written with one matrix and read with another, by their Kr and Kb."""

    def change(pixels: Pixels) -> Pixels:
        import numpy as np

        kr, kb = written
        red, green, blue = (pixels[..., channel].astype(np.float64) for channel in range(3))
        luma = kr * red + (1 - kr - kb) * green + kb * blue
        cr, cb = (red - luma) / (1 - kr), (blue - luma) / (1 - kb)
        kr, kb = read
        red, blue = luma + cr * (1 - kr), luma + cb * (1 - kb)
        green = (luma - kr * red - kb * blue) / (1 - kr - kb)
        return _bytes(np.stack((red, green, blue), axis=-1))

    return change


_BT601, _BT709 = (0.299, 0.114), (0.2126, 0.0722)
"""Kr and Kb of ITU-R BT.601 and BT.709."""

_CAUSES: dict[str, Callable[[Pixels], Pixels]] = {
    "red and blue swapped": _swapped,
    "grey": _grey,
    "full range taken for limited": _hardened,
    "limited range taken for full": _washed_out,
    "written as BT.601, read as BT.709": _rematrixed(_BT601, _BT709),
    "written as BT.709, read as BT.601": _rematrixed(_BT709, _BT601),
}
