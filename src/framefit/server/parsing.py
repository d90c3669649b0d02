"""Turns the fields of a request into what the engine works with, as strictly as the official service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from framefit.catalog import Catalog, Rule
from framefit.errors import UnknownModel, UnknownServer
from framefit.geometry import Size
from framefit.server.body import Fields
from framefit.server.envelope import (
    ApiError,
    invalid_type,
    invalid_value,
    listed,
    missing_parameter,
    unknown_parameter,
)
from framefit.server.references import PARAM, Reference, read_reference

SERVER = "embedded"
DEFAULT_MODEL = "sora-2"
_CREATE_FIELDS = ("prompt", "model", "seconds", "size", PARAM)
_LONGEST_PROMPT = 32_000


@dataclass(frozen=True, kw_only=True)
class CreateRequest:
    """A request to create a video, found good in every part.

    Args:
        prompt: what was written.
        model: the model as it was named.
        size: size of the video.
        seconds: length of the video.
        reference: its first frame; None without one.
    """

    prompt: str
    model: str
    size: Size
    seconds: int
    reference: Reference | None


def read_create(fields: Fields, catalog: Catalog) -> CreateRequest:
    """Check the fields of a create request; decodes the picture, so not for the event loop.

    Args:
        fields: the fields as sent.
        catalog: where the models' rules stand.

    Raises:
        ApiError: 400, with the official words where they are known.
    """
    _known(fields, _CREATE_FIELDS)
    prompt = _prompt(fields)
    model = _text(fields, "model", "a string", DEFAULT_MODEL)
    rule = _rule(model, catalog)
    lengths = [str(length) for length in rule.seconds]
    seconds = _choice(fields, "seconds", lengths, str(rule.default_seconds or rule.seconds[0]))
    sizes = [str(size) for size in rule.sizes]
    size = Size.parse(_choice(fields, "size", sizes, str(rule.default_size or rule.sizes[0])))
    reference = read_reference(fields[PARAM], size=size, rule=rule) if PARAM in fields else None
    return CreateRequest(prompt=prompt, model=model, size=size, seconds=int(seconds), reference=reference)


def read_remix(fields: Fields) -> str:
    """Check the fields of a remix request and return its prompt.

    Raises:
        ApiError: 400, a prompt that is missing or wrong, or an unknown field.
    """
    _known(fields, ("prompt",))
    return _prompt(fields)


def models_offered(catalog: Catalog) -> list[str]:
    """Return the names of every model this engine answers to, aliases included."""
    return [name for rule in catalog if rule.server == SERVER for name in rule.names]


def _known(fields: Fields, known: tuple[str, ...]) -> None:
    for name in fields:
        if name not in known:
            raise unknown_parameter(name)


def _text(fields: Fields, name: str, wanted: str, default: str | None = None) -> str:
    value: Any = fields.get(name, default)
    if not isinstance(value, str):
        raise invalid_type(name, wanted, value)
    return value


def _prompt(fields: Fields) -> str:
    if "prompt" not in fields:
        raise missing_parameter("prompt")
    prompt = _text(fields, "prompt", "a string")
    if not prompt:
        reason, code = "empty string. Expected a string with minimum length 1", "empty_string"
    elif len(prompt) > _LONGEST_PROMPT:
        reason = f"string too long. Expected a string with maximum length {_LONGEST_PROMPT}"
        code = "string_above_max_length"
    else:
        return prompt
    raise ApiError(400, f"Invalid 'prompt': {reason}.", code=code, param="prompt")


def _rule(model: str, catalog: Catalog) -> Rule:
    try:
        return catalog.find(model, server=SERVER)
    except (UnknownModel, UnknownServer) as error:
        raise invalid_value("model", model, models_offered(catalog)) from error


def _choice(fields: Fields, name: str, supported: list[str], default: str) -> str:
    value = _text(fields, name, f"one of {listed(supported, 'or')}", default)
    if value not in supported:
        raise invalid_value(name, value, supported)
    return value
