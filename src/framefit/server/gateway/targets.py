"""Settles the canvas of a request: from its size, its width and height, or what its model does by default."""

from __future__ import annotations

from dataclasses import dataclass

from framefit.catalog import Catalog
from framefit.errors import InvalidSize, SizeNotOffered, UnknownModel
from framefit.geometry import Size
from framefit.planning import Target
from framefit.server.envelope import ApiError
from framefit.server.gateway.reading import CreateBody
from framefit.server.parsing import DEFAULT_MODEL
from framefit.videos.dialects import Dialect
from framefit.videos.dialects.recognising import USUAL
from framefit.videos.offers import offer_for

_LIKE_OPENAI = frozenset({"openai", "azure", "litellm", "relay"})
"""Dialects in which a request without a model means the protocol's own default."""

_AUTO = "auto"
"""Not in the protocol: asks the gateway for the size that loses least of the picture."""


@dataclass(frozen=True, kw_only=True)
class Aim:
    """What the picture of a request is fitted to.

    Args:
        target: the rule, and the size; None when neither is known.
        asked: the size that the request itself asks for; None when it asks for none.
        certain: whether the rule is the upstream's own, and not another server's with the same model.
    """

    target: Target | None
    asked: Size | None
    certain: bool = False


def aim_of(body: CreateBody, *, dialect: Dialect, server: str | None, upstream: str, catalog: Catalog) -> Aim:
    """Find out what a request asks for.

    Args:
        body: what came in the request.
        dialect: how the upstream speaks.
        server: the upstream's name in the catalogue, if it was told.
        upstream: the upstream's base URL.
        catalog: the rules to go by.

    Raises:
        ApiError: 400, a size that cannot be read or that the model is known not to render.
    """
    asked = _asked(body)
    model = body.text("model") or (DEFAULT_MODEL if dialect.name in _LIKE_OPENAI else None)
    if model is None:
        return Aim(target=None if asked is None else Target(size=asked), asked=asked)
    model = _catalogued(model, catalog)
    place = _place(model, server, dialect, catalog)
    try:
        offer = offer_for(model, server=place, base_url=upstream, size=asked, catalog=catalog)
    except UnknownModel:
        # Relays give a model many names, so this is no error; there is nothing to go by but a size.
        return Aim(target=None, asked=None)
    except SizeNotOffered as error:
        if not offer_for(model, server=place, base_url=upstream, size=None, catalog=catalog).certain:
            # What other servers render says nothing sure about this one, which has the last word.
            return Aim(target=Target(size=asked), asked=asked)
        raise ApiError(
            400, f"{error.message}. Supported values are: {error.wanted}.", code=error.code, param="size"
        ) from error
    rule = offer.rule
    default = None if rule is None or body.text("size") == _AUTO else rule.default_size
    size = asked or default
    if rule is None and size is None:
        return Aim(target=None, asked=None)
    target = Target(rule=rule, size=size, seconds=body.text("seconds"))
    return Aim(target=target, asked=asked, certain=offer.certain)


def _asked(body: CreateBody) -> Size | None:
    text = body.text("size")
    try:
        if text is not None and text != _AUTO:
            return Size.parse(text)
        width, height = body.text("width"), body.text("height")
        return None if width is None or height is None else Size.parse(f"{width}x{height}")
    except InvalidSize as error:
        raise ApiError(
            400,
            f"Invalid value: '{error.seen}'. Expected a size such as '1280x720'.",
            code="invalid_value",
            param="size",
        ) from error


def _catalogued(model: str, catalog: Catalog) -> str:
    """Return the catalogue's name of a model that is called as model hubs do: ``ORGANISATION/NAME-Diffusers``."""
    known = {name for rule in catalog for name in rule.names}
    bare = model.rpartition("/")[2]
    return next((name for name in (model, bare, bare.removesuffix("-Diffusers")) if name in known), model)


def _place(model: str, server: str | None, dialect: Dialect, catalog: Catalog) -> str | None:
    """Return the catalogue's name of the upstream, if the catalogue knows this model there."""
    known = {rule.server for rule in catalog if model in rule.names and rule.role == "first_frame"}
    # Nearly every server speaks the protocol itself, so that tells nothing about who it is.
    told = dialect.name if dialect.name != USUAL else None
    return next((name for name in (server, told) if name in known), None)
