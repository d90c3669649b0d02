"""Speaking: the embedded engine with the ways of another server, one module each."""

from __future__ import annotations

from framefit.server.speaking import azure, dynamo, litellm, openai, relay, sglang, vllm_omni
from framefit.server.speaking.speech import Speech

__all__ = ["Speech", "speech_named"]

_ALL: tuple[Speech, ...] = (
    openai.SPEECH,
    azure.SPEECH,
    vllm_omni.SPEECH,
    sglang.SPEECH,
    litellm.SPEECH,
    dynamo.SPEECH,
    relay.SPEECH,
)
_SPEECHES = {speech.name: speech for speech in _ALL}


def speech_named(name: str) -> Speech:
    """Return the ways of a server.

    Args:
        name: one of `framefit.videos.dialects.NAMES`.
    """
    return _SPEECHES[name]
