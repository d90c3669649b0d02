"""The contact sheet: one picture on every live model, grouped by what would be sent."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from framefit.errors import UsageError
from framefit.fitting import plan_one
from framefit.options import Options
from framefit.planning import Plan, Target, decide
from framefit.server.studio.uploads import Upload
from framefit.server.studio.views import fitted_views
from framefit.server.studio.wishes import Limits, Wish
from framefit.surveying import Prospect, check_all

_LONGEST = 240
"""Longest side of a preview, in pixels."""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A picture on every live model.

    Args:
        groups: the models that would be sent the same picture, with the plan of it; those that keep most
            of the picture first.
        previews: a small JPEG file for each group.
        without: models for which no picture can be made, with the reason.
    """

    groups: tuple[tuple[Plan, tuple[Prospect, ...]], ...]
    previews: tuple[bytes, ...]
    without: tuple[tuple[Prospect, UsageError], ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the sheet as plain values for JSON; previews are data URLs."""
        return {
            "groups": [
                {
                    "canvas": str(plan.canvas),
                    "kept": round(1 - plan.placement.share_lost, 6),
                    "mode": plan.mode,
                    "preview": "data:image/jpeg;base64," + base64.b64encode(preview).decode(),
                    "targets": [row.as_dict() for row in rows],
                }
                for (plan, rows), preview in zip(self.groups, self.previews, strict=True)
            ],
            "without": [{**row.as_dict(), "reason": error.as_dict()} for row, error in self.without],
        }


def make_sheet(upload: Upload, wish: Wish, limits: Limits) -> Sheet:
    """Fit one picture to every live model, with one decode for all of them.

    Args:
        upload: the picture.
        wish: how to fit; its model, server and size are not looked at.
        limits: what the server allows.
    """
    groups: dict[tuple[object, ...], tuple[Plan, list[Prospect]]] = {}
    without = []
    options = wish.options(limits)
    for row in check_all(upload.source):
        try:
            plan = _plan(upload, Target(rule=row.rule), options)
        except UsageError as error:
            without.append((row, error))
            continue
        key = (plan.canvas, plan.placement)
        groups.setdefault(key, (plan, []))[1].append(row)
    ordered = sorted(groups.values(), key=lambda group: _order(group[0]))
    plans = [plan for plan, _ in ordered]
    views = fitted_views(plans, upload.source, _LONGEST) if plans else []
    return Sheet(
        groups=tuple((plan, tuple(rows)) for plan, rows in ordered),
        previews=tuple(view.data for view in views),
        without=tuple(without),
    )


def _plan(upload: Upload, target: Target, options: Options) -> Plan:
    if isinstance(options.focus, str):
        return plan_one(upload.source, target, options)
    return decide(upload.info, target, options)


def _order(plan: Plan) -> tuple[float, float, int]:
    return round(plan.placement.share_lost, 2), -round(plan.canvas.ratio, 3), -plan.canvas.pixels
