"""Which canvas a rule allows loses least of a picture, and what the server makes of it."""

from __future__ import annotations

from framefit.canvases import bounds, derived, listed, multiple
from framefit.canvases.choice import Choice
from framefit.canvases.derived import picture_for, video_size
from framefit.canvases.refusing import refusal, size_not_offered, takes, takes_ratio
from framefit.catalog import Rule
from framefit.errors import InvalidOption
from framefit.geometry import Size
from framefit.options import Options

__all__ = [
    "Choice",
    "choose",
    "picture_for",
    "refusal",
    "size_not_offered",
    "takes",
    "takes_ratio",
    "video_size",
]


def choose(rule: Rule, picture: Size, asked: Size | None, options: Options) -> Choice:
    """Choose the canvas for a picture on a model.

    Args:
        rule: the rule of the model on the server.
        picture: the size of the upright picture.
        asked: the size asked for; None chooses the one that loses least among those the rule allows.
        options: the crop to start from, and the mode, which says how a picture outside limits is
            brought inside.

    Returns:
        The canvas, the size the video will have, and why.

    Raises:
        SizeNotOffered: the model does not render the size asked for.
        InvalidOption: no size is asked for and the sizes of the model are not known.
    """
    if asked is not None:
        error = refusal(rule, asked)
        if error is not None:
            raise error
        made = derived.choose(rule, picture, asked, options) if rule.size_means != "canvas" else None
        return made or Choice(canvas=asked, video=_video(rule, asked), because="it is the size asked for")
    found = _automatic(rule, picture, options)
    if found is None:
        raise InvalidOption(
            "the sizes of this model are not known", seen=rule.key, wanted="a size", fix="--size WxH"
        )
    return found


def _automatic(rule: Rule, picture: Size, options: Options) -> Choice | None:
    if rule.kind == "multiple":
        return multiple.choose(rule, picture, options)
    if rule.kind == "bounds":
        return bounds.choose(rule, picture, options)
    if rule.kind == "derived":
        return derived.choose(rule, picture, None, options) or bounds.choose(rule, picture, options)
    return listed.choose(rule, picture, options)


def _video(rule: Rule, asked: Size) -> Size | None:
    """Return the size of the video when a picture of the size asked for is sent with that size."""
    return asked if rule.size_means == "canvas" or asked in rule.sizes else None
