"""Which rule a request falls under, and whether it asks for something that is not on offer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from framefit.canvases import size_not_offered
from framefit.catalog import Catalog, Rule, read_catalog
from framefit.errors import InvalidOption, SecondsNotOffered, SizeNotOffered, UnknownModel
from framefit.geometry import Size

_HOSTS = {
    "openai.azure.com": "azure",
    "services.ai.azure.com": "azure",
    "cognitiveservices.azure.com": "azure",
    "api.openai.com": "openai",
}
"""The catalogue's names of servers that are known by the end of their host."""

_WHOLE_SECONDS = re.compile(r"0*[1-9]\d{0,5}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What is known about a model on the server that a request goes to.

    Args:
        rule: the rule to fit by; None when nothing is known.
        certain: whether the rule is that server's own, and not another server's with the same model.
    """

    rule: Rule | None
    certain: bool


def offer_for(
    model: str,
    *,
    server: str | None,
    base_url: str | None,
    size: Size | None,
    catalog: Catalog | None = None,
) -> Offer:
    """Find the rule for a request, and refuse a size that nobody renders with that model.

    Args:
        model: the model's name.
        server: the server's name, when the caller says it.
        base_url: the address the request goes to; None is the embedded engine.
        size: the size asked for; None leaves it open.
        catalog: the catalogue to ask; None is the usual one, with the files of `FRAMEFIT_CATALOG`.

    Returns:
        The rule of the named server or of the one the address belongs to. For any other address the
        first rule of the model that fits the size; relays give a model many names, so a model
        that is not known there is no error.

    Raises:
        UnknownModel, UnknownServer: the caller's words, or the embedded engine, are not in the
            catalogue; or a model is not known and no size was given either.
        SizeNotOffered: the model does not render that size.
    """
    known = read_catalog(catalog)
    named = server or ("embedded" if base_url is None else None)
    try:
        rules = known.of_model(model)
    except UnknownModel as error:
        if named is not None:
            raise
        if size is None:
            raise _sizes_unknown(model, error) from error
        return Offer(rule=None, certain=False)
    place = named or _server_at(base_url or "")
    rule = next((rule for rule in rules if rule.server == place), None)
    if rule is None:
        if named is not None:
            known.find(model, server=named)  # says which servers there are
        return Offer(rule=_by_size(rules, size), certain=False)
    if size is not None and rule.sizes and size not in rule.sizes:
        raise size_not_offered(rule, size)
    return Offer(rule=rule, certain=True)


def read_seconds(seconds: str | int | None, offer: Offer) -> str | None:
    """Read a length, and refuse one that the server is known not to render.

    Args:
        seconds: whole seconds, as a number or as text; None takes the server's default.
        offer: what is known about the server.

    Returns:
        The length as it is sent; None leaves it to the server.

    Raises:
        InvalidOption: not whole seconds.
        SecondsNotOffered: the model does not render that length on that server.
    """
    rule = offer.rule if offer.certain else None
    if seconds is None:
        return None if rule is None or rule.default_seconds is None else str(rule.default_seconds)
    text = str(seconds).strip()
    if _WHOLE_SECONDS.fullmatch(text) is None:
        raise InvalidOption(
            "the length is not in whole seconds", seen=text, wanted="a number such as 4", fix="--seconds 4"
        )
    text = str(int(text))
    if rule is not None and rule.seconds and int(text) not in rule.seconds:
        nearest = min(rule.seconds, key=lambda offered: abs(offered - int(text)))
        raise SecondsNotOffered(
            f"{rule.key} does not render {text} seconds",
            seen=text,
            wanted=", ".join(map(str, rule.seconds)),
            fix=f"--seconds {nearest}",
        )
    return text


def _server_at(base_url: str) -> str | None:
    host = (urlsplit(base_url).hostname or "").rstrip(".")
    return next((name for end, name in _HOSTS.items() if host == end or host.endswith(f".{end}")), None)


def _sizes_unknown(model: str, error: UnknownModel) -> UnknownModel:
    return UnknownModel(
        f"no model of the catalogue is called {model!r}, so its sizes are not known",
        seen=model,
        wanted=f"a size, or {error.wanted}",
        fix="--size WxH",
    )


def _by_size(rules: tuple[Rule, ...], size: Size | None) -> Rule | None:
    """Return the first rule that has the size; None when one of them is known to take sizes freely."""
    listing = [rule for rule in rules if rule.sizes]
    if size is None:
        return listing[0] if listing else rules[0]
    found = next((rule for rule in listing if size in rule.sizes), None)
    free = any(not rule.sizes and rule.kind != "unknown" for rule in rules)
    if found is not None or free or not listing:
        return found
    raise _nowhere(listing, size)


def _nowhere(rules: list[Rule], size: Size) -> SizeNotOffered:
    error = size_not_offered(max(rules, key=lambda rule: len(rule.sizes)), size)
    known = dict.fromkeys(str(offered) for rule in rules for offered in rule.sizes)
    return SizeNotOffered(
        f"{rules[0].model} does not render {size} on any server that is known",
        seen=str(size),
        wanted=", ".join(known),
        fix=error.fix,
    )
