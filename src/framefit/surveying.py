"""check_all(): one picture against every live model, as a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from framefit.canvases import Choice, choose
from framefit.catalog import Catalog, Rule, read_catalog
from framefit.checking import Forecast, forecast
from framefit.errors import InvalidOption
from framefit.geometry import Size, cover_loss, place
from framefit.options import Options
from framefit.planning import Target
from framefit.probing import PictureInfo, probe
from framefit.sources import PictureSource


@dataclass(frozen=True, kw_only=True)
class Prospect:
    """One row of the table: a picture on one model.

    Args:
        rule: the rule of the model on the server.
        forecast: what the server would do with the picture as it is, without a size in the request.
        choice: the canvas that `fit` would choose; None when the model's sizes are not known.
        kept_cover: the share of the picture that is in the video after ``cover``, 0 to 1.
        kept_pad: the share of the picture that is in the video after ``pad``; ``pad`` cuts nothing.
        filled_pad: the share of the video the picture fills after ``pad``, the rest is backdrop.
        price_usd: the price of the shortest clip in US dollars; None when not known.
    """

    rule: Rule
    forecast: Forecast
    choice: Choice | None
    kept_cover: float | None
    kept_pad: float | None
    filled_pad: float | None
    price_usd: float | None

    @property
    def verdict(self) -> str:
        """The forecast in one word."""
        return self.forecast.verdict

    @property
    def canvas(self) -> Size | None:
        """The size `fit` would give the picture."""
        return self.choice.canvas if self.choice else None

    @property
    def video(self) -> Size | None:
        """The size the video would have."""
        return self.choice.video if self.choice else None

    def as_dict(self) -> dict[str, Any]:
        """Return the row as plain values for JSON."""
        return {
            "model": self.rule.model,
            "server": self.rule.server,
            "verdict": self.verdict,
            "codes": [finding.code for finding in self.forecast.findings],
            "canvas": str(self.canvas) if self.canvas else None,
            "video": str(self.video) if self.video else None,
            "because": self.choice.because if self.choice else None,
            "kept_cover": _rounded(self.kept_cover),
            "kept_pad": _rounded(self.kept_pad),
            "filled_pad": _rounded(self.filled_pad),
            "price_usd": _rounded(self.price_usd),
            "seconds": min(self.rule.seconds, default=None),
        }


def check_all(
    source: PictureSource,
    *,
    today: date | None = None,
    catalog: str | Path | Catalog | None = None,
    strict: bool = False,
) -> tuple[Prospect, ...]:
    """Forecast a picture on every live model, from its header alone.

    Args:
        source: a path, bytes, a binary file object, a PIL image or a NumPy array.
        today: the day to judge end dates by; None is today.
        catalog: a catalogue, or a catalogue file whose entries come over the built-in ones.
        strict: whether what is not known, and may decide about this request, counts against the picture.

    Returns:
        A row for every model that is live, the ones that keep most of the picture first; models whose
        canvas is not known come last.

    Raises:
        PictureError: the picture cannot be read.
    """
    rules = read_catalog(catalog)
    day = today or date.today()
    info = probe(source)
    rows = [
        _prospect(info, rule, day, rules, strict=strict)
        for rule in rules
        if rule.status == "live" and rule.role == "first_frame" and not rule.has_ended(day)
    ]
    return tuple(sorted(rows, key=_order))


def _prospect(info: PictureInfo, rule: Rule, today: date, catalog: Catalog, *, strict: bool) -> Prospect:
    target = Target(rule=rule)
    told = forecast(info, target, today=today, catalog=catalog, strict=strict)
    try:
        choice = choose(rule, info.size, None, Options())
    except InvalidOption:
        choice = None
    shown = (choice.video or choice.canvas) if choice else None
    padded = place(info.size, shown, mode="pad") if shown else None
    return Prospect(
        rule=rule,
        forecast=told,
        choice=choice,
        kept_cover=1 - cover_loss(info.size, shown) if shown else None,
        kept_pad=1 - padded.share_lost if padded else None,
        filled_pad=padded.target.area / padded.canvas.pixels if padded else None,
        price_usd=rule.shortest_price_usd(shown),
    )


def _order(row: Prospect) -> tuple[bool, float, float, str]:
    return (
        row.kept_cover is None,
        -round(row.kept_cover or 0.0, 4),
        -round(row.filled_pad or 0.0, 4),
        row.rule.key,
    )


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 6)
