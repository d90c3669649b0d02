"""Renders several plans of one picture, each of which may fail for itself."""

from __future__ import annotations

from collections.abc import Sequence

from framefit.errors import FramefitError, OverByteBudget
from framefit.imaging import Fitted, render, render_many
from framefit.planning import Plan
from framefit.sources import Source


def render_each(plans: Sequence[Plan], source: Source) -> list[Fitted | FramefitError]:
    """Return the result of each plan, or the error that stands in its way.

    Args:
        plans: the plans.
        source: the picture they were made for; it is decoded once, unless a plan's byte budget cannot
            be met: then each is rendered for itself, so that the others have their results.
    """
    try:
        return [*render_many(plans, source)]
    except OverByteBudget as error:
        return [error] if len(plans) == 1 else [_rendered(plan, source) for plan in plans]
    except FramefitError as error:
        return [error] * len(plans)


def _rendered(plan: Plan, source: Source) -> Fitted | FramefitError:
    try:
        return render(plan, source)
    except FramefitError as error:
        return error
