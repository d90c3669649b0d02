"""Renders several plans of one picture, each of which may fail for itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from framefit.errors import FramefitError
from framefit.imaging import Fitted, render
from framefit.planning import Plan
from framefit.sources import Source


def render_many(plans: Sequence[Plan], source: Source) -> Iterator[Fitted | FramefitError]:
    """Yield the result of each plan, or the error that stands in its way.

    Args:
        plans: the plans.
        source: the picture they were made for.
    """
    for plan in plans:
        try:
            yield render(plan, source)
        except FramefitError as error:
            yield error
