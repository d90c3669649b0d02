"""Renders several plans of one picture, each of which may fail for itself."""

from __future__ import annotations

from collections.abc import Sequence

from framefit.errors import FramefitError
from framefit.imaging import Fitted, render
from framefit.planning import Plan
from framefit.sources import Source


def render_each(plans: Sequence[Plan], source: Source) -> list[Fitted | FramefitError]:
    """Return the result of each plan, or the error that stands in its way.

    Args:
        plans: the plans.
        source: the picture they were made for.
    """
    return [_rendered(plan, source) for plan in plans]


def _rendered(plan: Plan, source: Source) -> Fitted | FramefitError:
    try:
        return render(plan, source)
    except FramefitError as error:
        return error
