"""Want: what one picture is to be fitted to, how, and where the result goes."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from framefit.batch.addresses import is_remote, join
from framefit.batch.items import Item
from framefit.batch.rows import short_digest
from framefit.catalog import Rule
from framefit.errors import InvalidOption, PictureError
from framefit.geometry import Size
from framefit.imaging.fitted import SUFFIXES
from framefit.options import Format, Options, read_crop, read_focus, read_mode
from framefit.planning import Target, decide, read_target
from framefit.probing import PictureInfo


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a whole run wants. Picklable, so that it can be sent to other machines.

    Args:
        models: the targets without their sizes; one without a rule when no model was named.
        sizes: the canvases asked for, as written; None leaves the choice to the plan.
        options: how pictures are fitted.
        root: the folder results go to; None puts each beside its picture.
        retries: how often a store that fails is asked again.
        mark: what the names of temporary files begin with.
    """

    models: tuple[Target, ...]
    sizes: tuple[str | None, ...]
    options: Options
    root: str | None
    retries: int = 3
    mark: str = ".framefit-"


@dataclass(frozen=True, kw_only=True)
class Want:
    """One result.

    Args:
        id: the same for the same picture, target and place of the result.
        label: the model and the size asked for.
        base: the address of the result without its suffix, or with it where the list names it.
        target: the target without its size.
        size: the size asked for, as written.
    """

    id: str
    label: str
    base: str
    target: Target
    size: str | None


def read_wanted(
    *,
    sizes: Sequence[str],
    models: Sequence[str],
    server: str | None,
    catalog: str | None = None,
    options: Options,
    root: str | None,
    retries: int,
    mark: str,
) -> Wanted:
    """Look up what a run is to fit to.

    Args:
        sizes: the canvases; none leaves the choice to the plan. With several models each model gets each.
        models: models of the catalogue, all different.
        server: the server the models run on.
        catalog: a catalogue file whose entries come over the built-in ones.
        options: how pictures are fitted.
        root: the folder for results.
        retries: how often a store that fails is asked again.
        mark: what the names of temporary files begin with.

    Raises:
        UsageError: nothing to fit to, a target that fits no picture, or two that are the same.
    """
    written = tuple(_written(size) for size in sizes) or (None,)
    targets = tuple(
        replace(read_target(model=model, server=server, size=written[0], catalog=catalog), size=None)
        for model in models or (None,)
    )
    keys = [target.rule.key if target.rule else "" for target in targets]
    for words, flag in ((keys, "--model"), (written, "--size")):
        if len(set(words)) < len(words):
            raise InvalidOption(
                f"{flag} names one twice", seen=", ".join(map(str, words)), fix=f"{flag} once"
            )
    for target, size in itertools.product(targets, written):
        _refuse_impossible(replace(target, size=None if size is None else Size.parse(size)), options)
    return Wanted(models=targets, sizes=written, options=options, root=root, retries=retries, mark=mark)


def _refuse_impossible(target: Target, options: Options) -> None:
    """Plan a picture that does not exist, so that what fits none is refused before any is begun."""
    canvas = target.size or Size(1280, 720)
    info = PictureInfo(
        name="any picture",
        format=None,
        size=canvas,
        stored_size=canvas if canvas.pixels <= options.max_pixels else Size(1, 1),
        orientation=1,
        mode="RGB",
        bits=8,
        alpha=False,
        animated=False,
        progressive=False,
        profile=None,
        srgb=True,
        metadata=(),
        byte_count=None,
    )
    with contextlib.suppress(PictureError):  # what is wrong with that picture says nothing of others
        decide(info, target, replace(options, focus=None))


def _written(size: str) -> str | None:
    return None if size == "auto" else str(Size.parse(size))


def wants_of(item: Item, wanted: Wanted) -> Iterator[Want]:
    """Yield what is wanted of one picture: every model with the picture's own size, else every size.

    With several models or sizes in the run each has a folder of its own below the root.
    """
    sizes = wanted.sizes if item.size is None else (item.size,)
    for target, size in itertools.product(wanted.models, sizes):
        model = target.rule.model if target.rule else None
        label = " ".join(word for word in (target.rule.key if target.rule else None, size or "auto") if word)
        parts = [model] if len(wanted.models) > 1 and model else []
        parts += [size or "auto"] if len(wanted.sizes) > 1 else []
        folder = wanted.root
        if folder is not None and parts:
            folder = join(folder, "-".join(parts).replace("/", "-"))
        base = below(folder, item.place)
        yield Want(
            id=short_digest("\0".join((item.address, base, label))),
            label=label,
            base=base,
            target=target,
            size=size,
        )


def below(folder: str | None, place: str) -> str:
    """Return the address of a place below a folder; a URL or an absolute path stands for itself."""
    return place if folder is None or is_remote(place) or Path(place).is_absolute() else join(folder, place)


def one_target(
    *, sizes: Sequence[str], models: Sequence[str], server: str | None, catalog: str | None
) -> Target:
    """Look up the one target of a single result.

    Raises:
        InvalidOption: there are several, or none.
    """
    if len(sizes) > 1 or len(models) > 1:
        raise InvalidOption(
            "standard output can hold one picture",
            seen=f"{len(sizes)} sizes, {len(models)} models",
            wanted="one of each at most",
            fix="-o FOLDER",
        )
    return read_target(
        size=sizes[0] if sizes else None, model=models[0] if models else None, server=server, catalog=catalog
    )


def settled(
    options: Options, target: Target, size: str | None, mode: str | None, focus: str | None, crop: str | None
) -> tuple[Target, Options, str]:
    """Return target and options with a picture's own wishes in them, and what tells them from others.

    Raises:
        InvalidOption, InvalidSize: a wish of the list cannot be read.
    """
    target = replace(target, size=None if size in (None, "auto") else Size.parse(size))
    if mode is not None:
        options = replace(options, mode=read_mode(mode, None))
    if focus is not None:
        options = replace(options, focus=read_focus(focus))
    if crop is not None:
        options = replace(options, crop=read_crop(crop))
    return target, options, short_digest(f"{_rule_facts(target.rule)} {target.size} {options!r}")


def _rule_facts(rule: Rule | None) -> str:
    """Return the rule as text without what can change and leave every plan as it is."""
    if rule is None:
        return ""
    return repr(
        replace(
            rule, sources=(), notes="", aliases=(), price_per_second_usd={}, checked_on=rule.checked_on.min
        )
    )


def format_of(output: str) -> Format:
    """Return the format the name of a result stands for.

    Raises:
        InvalidOption: it stands for none that is written.
    """
    suffix = PurePath(output).suffix
    named = SUFFIXES.get(suffix.lower())
    if named is None:
        raise InvalidOption(
            f"{PurePath(output).name!r} has the suffix of another format",
            seen=suffix,
            wanted=", ".join(SUFFIXES),
            fix="NAME.jpg, NAME.png or NAME.webp",
        )
    return named
