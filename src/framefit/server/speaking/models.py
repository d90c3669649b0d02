"""Lists of models, in the words of several servers, and the models that one server serves."""

from __future__ import annotations

import time
from typing import Any

from framefit.catalog import builtin
from framefit.server.parsing import models_offered

WAN = "Wan-AI/Wan2.2-I2V-A14B-Diffusers"
"""What servers that serve one model are taken to serve here; the engine renders the same for every name."""


def served_models() -> tuple[str, ...]:
    """Return every name the mimicked one-model servers answer to, the model's own first."""
    return (WAN, *models_offered(builtin()))


def listed_models(
    *names: str, owned_by: str, created: int | None = None, kind: str = "model"
) -> dict[str, Any]:
    """Return a list of models as ``GET /models`` has it.

    Args:
        names: the models.
        owned_by: who is said to own them.
        created: unix seconds; None is now.
        kind: what each says it is.
    """
    moment = int(time.time()) if created is None else created
    rows = [{"id": name, "object": kind, "created": moment, "owned_by": owned_by} for name in names]
    return {"object": "list", "data": rows}
