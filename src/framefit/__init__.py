"""framefit makes any picture fit any image-to-video model, exactly.

Everything is reached from here; each name is imported when it is first used, so that
``import framefit`` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from framefit.catalog import Catalog, Rule
    from framefit.checking import Forecast, check, forecast
    from framefit.errors import FramefitError
    from framefit.fitting import fit, plan
    from framefit.forecasting.findings import Finding
    from framefit.generating import GeneratedVideo, generate
    from framefit.geometry import Size
    from framefit.imaging import Fitted, render
    from framefit.planning import Plan, Target
    from framefit.probing import PictureInfo, probe
    from framefit.surveying import Prospect, check_all
    from framefit.videos.receipt import Receipt, verify

_HOMES = {
    "Catalog": "framefit.catalog",
    "Finding": "framefit.forecasting.findings",
    "Fitted": "framefit.imaging",
    "Forecast": "framefit.checking",
    "FramefitError": "framefit.errors",
    "GeneratedVideo": "framefit.generating",
    "PictureInfo": "framefit.probing",
    "Plan": "framefit.planning",
    "Prospect": "framefit.surveying",
    "Receipt": "framefit.videos.receipt",
    "Rule": "framefit.catalog",
    "Size": "framefit.geometry",
    "Target": "framefit.planning",
    "check": "framefit.checking",
    "check_all": "framefit.surveying",
    "fit": "framefit.fitting",
    "forecast": "framefit.checking",
    "generate": "framefit.generating",
    "plan": "framefit.fitting",
    "probe": "framefit.probing",
    "render": "framefit.imaging",
    "verify": "framefit.videos.receipt",
}

__all__ = [
    "Catalog",
    "Finding",
    "Fitted",
    "Forecast",
    "FramefitError",
    "GeneratedVideo",
    "PictureInfo",
    "Plan",
    "Prospect",
    "Receipt",
    "Rule",
    "Size",
    "Target",
    "__version__",
    "check",
    "check_all",
    "fit",
    "forecast",
    "generate",
    "plan",
    "probe",
    "render",
    "verify",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'framefit' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
