"""GeneratedVideo: what was made, and whether it begins with the picture that was sent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framefit.errors import ReceiptMismatch
from framefit.geometry import Size
from framefit.imaging import Fitted
from framefit.videos.receipt import LEAST_PSNR, Receipt


@dataclass(frozen=True, kw_only=True)
class GeneratedVideo:
    """A video that was made, and everything known about how.

    Args:
        path: the file.
        video_id: the server's name for it.
        model: the model that was asked for.
        size: the size that was asked for, in pixels; the server's own choice when none was.
        seconds: the length that was asked for, as it was sent; the server's own when none was.
        engine: who rendered it: the embedded engine, or the host of the server.
        fitted: the picture that was sent; None for a video from text.
        receipt: the comparison of the first frame with the picture; None when it was not made.
        dialect: how the server was spoken to; None when nothing had to be asked.
        key: what names it in the ledger.
        cost_usd: what was, or may have been, billed for it so far; None when that is not known.
        earlier: whether an earlier call had asked for it already.
    """

    path: Path
    video_id: str
    model: str
    size: Size | None
    seconds: str | None
    engine: str
    fitted: Fitted | None
    receipt: Receipt | None
    dialect: str | None = None
    key: str = ""
    cost_usd: float | None = None
    earlier: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the video as plain values for JSON."""
        return {
            "path": str(self.path),
            "video_id": self.video_id,
            "model": self.model,
            "size": None if self.size is None else str(self.size),
            "seconds": self.seconds,
            "engine": self.engine,
            "dialect": self.dialect,
            "key": self.key,
            "cost_usd": self.cost_usd,
            "earlier": self.earlier,
            "plan": None if self.fitted is None else self.fitted.plan.as_dict(),
            "receipt": None if self.receipt is None else self.receipt.as_dict(),
        }


def require_match(receipt: Receipt, video: Path) -> None:
    """Raise when a video does not begin with the picture that was sent.

    Args:
        receipt: the comparison.
        video: the file.

    Raises:
        ReceiptMismatch: it does not; the video is kept, and named.
    """
    if receipt.ok:
        return
    raise ReceiptMismatch(
        f"the first frame of {video} is not the picture that was sent",
        seen=str(receipt),
        wanted=f"SSIM {receipt.minimum:g} and PSNR {LEAST_PSNR:g} dB or more",
        fix="look at the video, which is kept; --no-verify does without the comparison",
    )
