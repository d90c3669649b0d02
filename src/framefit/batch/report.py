"""Draws the report of a run: one HTML page that needs nothing else, to be looked at before paying."""

from __future__ import annotations

import base64
import heapq
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from string import Template

from framefit.batch import stores
from framefit.batch.addresses import name_of
from framefit.batch.manifest import read_manifest
from framefit.batch.rows import Row
from framefit.errors import FramefitError
from framefit.fitting import fit
from framefit.geometry import Size
from framefit.probing import probe

WORST = 24
"""How many pictures the contact sheet shows."""

_BINS = 20
_THUMB = Size(320, 240)


@dataclass(kw_only=True)
class _Tally:
    """What is counted while rows go by, so that a manifest of any length fits."""

    statuses: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    bins: list[int] = field(default_factory=lambda: [0] * _BINS)
    bytes_in: int = 0
    bytes_out: int = 0
    worst: list[tuple[float, int, Row]] = field(default_factory=list)

    def add(self, rows: Iterable[Row]) -> None:
        """Count rows."""
        for number, row in enumerate(rows):
            self.statuses[row.status] += 1
            if row.error is not None:
                self.codes[row.error.code] += 1
                self.examples.setdefault(row.error.code, f"{row.input}: {row.error.message}")
            if row.status == "fitted":
                lost = row.share_lost or 0.0
                self.bins[min(_BINS - 1, int(lost * _BINS))] += 1
                self.bytes_in += row.source_bytes or 0
                self.bytes_out += row.bytes or 0
                # Among equals the earlier row stays.
                heapq.heappush(self.worst, (lost, -number, row))
                if len(self.worst) > WORST:
                    heapq.heappop(self.worst)


def report(manifest: str) -> str:
    """Draw the report of a manifest.

    Args:
        manifest: the address of a manifest, JSON Lines or Parquet, of a run that has ended or not.

    Returns:
        An HTML page with counts, failures by code, a histogram of the share that is cut away, and
        the pictures that lose most beside their results. It loads nothing from anywhere.

    Raises:
        InvalidOption: there is no manifest.
    """
    tally = _Tally()
    tally.add(read_manifest(manifest))
    worst = [row for _, _, row in sorted(tally.worst, key=lambda entry: entry[:2], reverse=True)]
    page = Template(files("framefit.batch").joinpath("report.html").read_text(encoding="utf-8"))
    return page.substitute(
        title=escape(f"Report of {name_of(manifest)}"),
        counts=_counts(tally),
        failures=_failures(tally),
        histogram=_histogram(tally.bins),
        worst_count=len(worst),
        sheet="\n".join(map(_pair, worst)),
    )


def _counts(tally: _Tally) -> str:
    lines = [(status, f"{tally.statuses[status]:,}") for status in ("fitted", "failed", "skipped")]
    lines += [("read", f"{tally.bytes_in / 1e6:,.1f} MB"), ("written", f"{tally.bytes_out / 1e6:,.1f} MB")]
    return "".join(f"<tr><td>{name}</td><td class=number>{value}</td></tr>" for name, value in lines)


def _failures(tally: _Tally) -> str:
    if not tally.codes:
        return "<p>None.</p>"
    rows = (
        f"<tr><td><code>{escape(code)}</code></td><td class=number>{count:,}</td>"
        f"<td>{escape(tally.examples[code])}</td></tr>"
        for code, count in sorted(tally.codes.items(), key=lambda pair: (-pair[1], pair[0]))
    )
    return f"<table><tr><th>code</th><th>count</th><th>for instance</th></tr>{''.join(rows)}</table>"


def _histogram(bins: list[int]) -> str:
    width, height, highest = 30, 120, max(*bins, 1)
    parts = []
    for index, count in enumerate(bins):
        tall = round(count / highest * height, 1)
        low, high = index * 100 // _BINS, (index + 1) * 100 // _BINS
        parts.append(
            f'<rect class="bar" x="{index * width}" y="{height - tall}" width="{width - 3}" height="{tall}">'
            f"<title>{low} to {high} %: {count:,}</title></rect>"
        )
        if index % 4 == 0:
            parts.append(f'<text x="{index * width}" y="{height + 14}">{low} %</text>')
    return (
        f'<svg viewBox="0 0 {width * _BINS} {height + 18}" width="{width * _BINS}" role="img" '
        f'aria-label="histogram of the share lost">{"".join(parts)}</svg>'
    )


def _pair(row: Row) -> str:
    before, after = _before(row), _thumb(row.output or "")
    return (
        f'<figure><div class="pair"><div class="before">{before}</div><div class="after">{after}</div></div>'
        f"<figcaption>{escape(row.input)}<br>{row.share_lost or 0:.1%} lost, {escape(str(row.mode))}, "
        f"{row.source_size} to {row.canvas}</figcaption></figure>"
    )


def _before(row: Row) -> str:
    picture = _thumb(row.input)
    if row.source_box is None or row.source_size is None:
        return picture
    size = Size.parse(row.source_size)
    left, top, right, bottom = row.source_box
    frame = {
        "left": left / size.width,
        "top": top / size.height,
        "width": (right - left) / size.width,
        "height": (bottom - top) / size.height,
    }
    style = ";".join(f"{name}:{share:.2%}" for name, share in frame.items())
    return f'{picture}<div class="used" style="{style}"></div>'


def _thumb(address: str) -> str:
    """Return a small picture as an image of the page, or the words why there is none."""
    facts = stores.facts_of(address)
    try:
        source = stores.read(address, byte_count=facts.byte_count if facts else None, retries=2)
        size = probe(source).size
        share = min(1.0, _THUMB.width / size.width, _THUMB.height / size.height)
        small = Size(max(1, round(size.width * share)), max(1, round(size.height * share)))
        fitted = fit(source, size=str(small), mode="stretch", format="jpeg", quality=80)
    except FramefitError as error:
        return f"<p>{escape(error.message)}</p>"
    data = base64.b64encode(fitted.data).decode()
    return f'<img src="data:image/jpeg;base64,{data}" width="{small.width}" height="{small.height}" alt="">'
