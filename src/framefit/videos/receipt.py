"""Receipt: is the first frame of a video the picture that was sent?"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from framefit.errors import InvalidOption
from framefit.fitting import fit
from framefit.geometry import Size
from framefit.sources import PictureSource, Source
from framefit.videos.first_frame import first_frame
from framefit.videos.similarity import psnr, ssim
from framefit.videos.treatment import Treatment, treatment_of

MINIMUM = 0.90
"""The least SSIM that counts as the same picture."""

LEAST_PSNR = 15.0
"""Decibels under which no frame counts as the same picture. SSIM alone is lenient with smooth pictures:
even grey shares 0.91 with a gradient that it replaces."""


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """The comparison of a video's first frame with a picture.

    Args:
        ssim: structural similarity of the luma; 1.0 is equal.
        psnr: peak signal-to-noise ratio in decibels; infinite for equal pictures.
        size: size of the video as shown, in pixels.
        reference_size: upright size of the picture as given, in pixels.
        frames: how many frames the video says it has; None when it does not.
        fps: frames per second; None when not said.
        seconds: length in seconds; None when not said.
        minimum: the least SSIM that counts as the same picture.
        treatment: what the server did to the picture; None when that was not looked into.
    """

    ssim: float
    psnr: float
    size: Size
    reference_size: Size
    frames: int | None
    fps: float | None
    seconds: float | None
    minimum: float
    treatment: Treatment | None = None

    @property
    def ok(self) -> bool:
        """Whether the first frame is the picture: its SSIM is at least the minimum, its PSNR 15 dB.

        A smooth picture can pass both although it was stretched; one that is better explained by
        having been turned, stretched, cropped or padded is not the picture that was sent.
        """
        alike = self.ssim >= self.minimum and self.psnr >= LEAST_PSNR
        return alike and (self.treatment is None or self.treatment.keeps_place)

    def as_dict(self) -> dict[str, Any]:
        """Return the receipt as plain values for JSON; an infinite PSNR, which JSON lacks, is None."""
        return {
            "ok": self.ok,
            "ssim": round(self.ssim, 6),
            "psnr": round(self.psnr, 3) if math.isfinite(self.psnr) else None,
            "minimum": self.minimum,
            "size": str(self.size),
            "reference_size": str(self.reference_size),
            "frames": self.frames,
            "fps": None if self.fps is None else round(self.fps, 3),
            "seconds": None if self.seconds is None else round(self.seconds, 3),
            "treatment": None if self.treatment is None else self.treatment.as_dict(),
        }

    def __str__(self) -> str:
        verdict = "matches what was sent" if self.ok else "is NOT what was sent"
        # Cut, not rounded: 0.8996 must not read as a 0.900 that was refused.
        likeness = f"SSIM {math.floor(self.ssim * 1000) / 1000:.3f}"
        if self.ssim < self.minimum:
            likeness += f" (wanted {self.minimum:g})"
        noise = (
            f"PSNR {math.floor(self.psnr * 10) / 10:.1f} dB" if math.isfinite(self.psnr) else "PSNR inf dB"
        )
        if self.psnr < LEAST_PSNR:
            noise += f" (wanted {LEAST_PSNR:g})"
        told = "" if self.ok or self.treatment is None else f"; the picture was {self._treated}"
        return f"first frame {verdict}: {likeness}, {noise} ({self._video}){told}"

    @property
    def _treated(self) -> str:
        known = self.treatment is not None and self.treatment.sure
        return self.treatment.words if known and self.treatment else "treated in no known way"

    @property
    def _video(self) -> str:
        other = self.reference_size != self.size
        parts = (
            f"{self.size}, picture {self.reference_size} fitted to it" if other else str(self.size),
            None if self.frames is None else f"{self.frames} frames",
            None if self.fps is None else f"{round(self.fps, 2):g} fps",
            None if self.seconds is None else f"{self.seconds:.1f} s",
        )
        return ", ".join(part for part in parts if part)


def verify(
    reference: PictureSource,
    video: str | os.PathLike[str],
    *,
    minimum: float = MINIMUM,
    mode: str | None = None,
    focus: str | Sequence[float] | None = "center",
    crop: str | Sequence[float] | Mapping[str, float] | None = None,
    backdrop: str | Sequence[int] = "black",
) -> Receipt:
    """Compare the first frame of a video with the picture it was made from.

    Args:
        reference: the picture that was sent, or the original; an original is fitted to the size of
            the video first, with the options below, which should be those it was sent with.
        video: the path of the video.
        minimum: the least SSIM, 0 to 1, that counts as the same picture; 0.90 by default.
        mode: ``cover`` (default), ``pad``, ``stretch`` or ``auto``, as `framefit.fit` takes it.
        focus: as `framefit.fit` takes it.
        crop: as `framefit.fit` takes it.
        backdrop: as `framefit.fit` takes it.

    Returns:
        The receipt, whether the two match or not.

    Raises:
        NotAVideo: there is no such video, or its first frame cannot be decoded.
        PictureError: the picture cannot be read.
        UsageError: an option is wrong, or an optional part is not installed.
    """
    if not 0.0 <= minimum <= 1.0:
        raise InvalidOption(
            "the minimum is out of range", seen=f"{minimum:g}", wanted="0 to 1", fix=f"--minimum {MINIMUM}"
        )
    source = Source.of(reference)
    shown = first_frame(video)
    fitted = fit(source, size=shown.size, mode=mode, focus=focus, crop=crop, backdrop=backdrop)
    import numpy as np

    wanted = np.asarray(fitted.to_pil().convert("RGB"))
    treatment = treatment_of(source, shown.pixels, wanted, minimum=minimum, least_psnr=LEAST_PSNR)
    return Receipt(
        ssim=ssim(wanted, shown.pixels),
        psnr=psnr(wanted, shown.pixels),
        size=shown.size,
        reference_size=fitted.plan.info.size,
        frames=shown.frames,
        fps=shown.fps,
        seconds=shown.seconds,
        minimum=minimum,
        treatment=treatment,
    )
