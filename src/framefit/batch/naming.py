"""Decides where each result goes, and refuses before anything is written."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Literal

import xxhash

from framefit.batch.addresses import comparable, is_remote, without_suffix
from framefit.batch.inputs import is_picture
from framefit.batch.items import Item
from framefit.batch.stores import head
from framefit.batch.wants import Wanted, below, wants_of
from framefit.batch.workspace import Workspace
from framefit.errors import InvalidOption, OutputCollision, OutputIsInput
from framefit.imaging.fitted import ENDINGS, SUFFIXES
from framefit.options import Format

OnCollision = Literal["refuse", "suffix"]
_CHUNK = 512


def format_of_output(output: str | None, format: str | None, *, folder: bool) -> str | None:
    """Decide the format from what was asked for and the suffix of a single output file.

    Args:
        output: the output as given; None and ``-`` have no suffix.
        format: the format asked for; None leaves it to the suffix.
        folder: whether the output is a folder.

    Raises:
        InvalidOption: the suffix stands for another format than the one asked for, or for none.
    """
    if output is None or output == "-" or folder:
        return format
    suffix = PurePosixPath(output).suffix
    named = SUFFIXES.get(suffix.lower())
    if named is None or (format is not None and named != format):
        raise InvalidOption(
            f"{PurePosixPath(output).name!r} has the suffix of another format",
            seen=suffix,
            wanted=ENDINGS[_as_format(format)] if format in ENDINGS else ", ".join(SUFFIXES),
            fix="-o NAME.jpg, NAME.png or NAME.webp",
        )
    return named


def _as_format(format: str | None) -> Format:
    return next(known for known in ENDINGS if known == format)


def is_folder(output: str, *, several: bool) -> bool:
    """Tell whether an output as given means a folder: it is one, looks like one, or must be one."""
    if several or output.endswith(("/", "\\")):
        return True
    return not PurePosixPath(output).suffix or (not is_remote(output) and Path(output).is_dir())


def name_items(
    items: Iterable[Item], wanted: Wanted, workspace: Workspace, *, on_collision: OnCollision
) -> None:
    """Give every item its number and the place of its result, and keep it in the workspace.

    Names alone decide, so that nothing has to be opened: where the plan will choose the format, two
    pictures whose names differ in the suffix only count as colliding.

    Args:
        items: the items as found.
        wanted: what is wanted of them.
        workspace: where they are kept.
        on_collision: ``refuse``, or ``suffix`` to call the second of ``a.jpg`` and ``a.png`` ``a-png``.

    Raises:
        OutputCollision: two pictures would write one output.
        OutputIsInput: an output is one of the pictures.
    """
    numbered = (replace(item, number=number) for number, item in enumerate(items))
    with ThreadPoolExecutor(max_workers=16) as pool:
        while chunk := list(islice(numbered, _CHUNK)):
            colliding = [item for item in chunk if not _placed(item, wanted, workspace)]
            for item, picture in zip(colliding, pool.map(_is_picture, colliding), strict=True):
                _settle(item, wanted, workspace, picture=picture, on_collision=on_collision)
    _sized.cache_clear()
    _refuse_inputs(wanted, workspace)


def _placed(item: Item, wanted: Wanted, workspace: Workspace) -> bool:
    """Put the item in its place, or return False when that is taken."""
    place = item.output or without_suffix(item.relative)
    if item.output is None and wanted.root is None:
        place = without_suffix(item.relative if item.address == "-" else item.address)
    return _keep(replace(item, place=place), wanted, workspace)


def _keep(item: Item, wanted: Wanted, workspace: Workspace) -> bool:
    key, ending = _key(item, wanted)
    if workspace.item_at(key, ending) is not None:
        return False
    workspace.put_item(item, key=key, ending=ending, identity=_identity(item.address))
    return True


def _key(item: Item, wanted: Wanted) -> tuple[int, str]:
    """Return what stands for the place of a result, and its suffix, empty when the plan decides."""
    format = wanted.options.format
    place, ending = item.place, "" if format is None else ENDINGS[format]
    if item.output is not None:
        place = without_suffix(item.output)
        ending = item.output.removeprefix(place)
    elif wanted.root is None:
        place = f"{place}-{item.size or ''}"  # the canvas will be part of the name
    if item.size is not None and len(wanted.sizes) > 1:
        place = f"{item.size}/{place}"
    digest = xxhash.xxh3_64_intdigest(comparable(below(wanted.root, place)).encode("utf-8", "surrogatepass"))
    return digest - (1 << 63), ending  # SQLite's integers are signed


def _is_picture(item: Item) -> bool:
    return not item.found or is_picture(head(item.address))


def _settle(
    item: Item, wanted: Wanted, workspace: Workspace, *, picture: bool, on_collision: OnCollision
) -> None:
    identity = _identity(item.address)
    if not picture:
        workspace.put_item(item, key=None, ending="", identity=identity)
        return
    while not _placed(item, wanted, workspace):
        first = _first(item, wanted, workspace)
        if _is_picture(first):
            break
        workspace.put_item(first, key=None, ending="", identity=_identity(first.address))
    else:
        return
    if on_collision == "refuse" or item.output is not None:
        _refuse_input(first, wanted, workspace)  # which is the graver of the two
        raise OutputCollision(
            f"{first.name!r} and {item.name!r} would write one output",
            seen=first.place,
            wanted="one output for each picture",
            fix="--on-collision suffix, or rename one",
        )
    suffix = PurePosixPath(item.relative).suffix.removeprefix(".").lower()
    for count in range(1, 1_000_000):
        place = "-".join(part for part in (first.place, suffix, str(count) if count > 1 else "") if part)
        if _keep(replace(item, place=place), wanted, workspace):
            return


def _first(item: Item, wanted: Wanted, workspace: Workspace) -> Item:
    place = without_suffix(item.relative) if wanted.root is not None else without_suffix(item.address)
    first = workspace.item_at(*_key(replace(item, place=item.output or place), wanted))
    assert first is not None  # something stands there, or the item would have been placed
    return first


def _identity(address: str) -> str | None:
    """Return what two paths to one file have in common: device and inode; of a URL itself."""
    if is_remote(address):
        return address
    try:
        # Folders on the way that are still to be made are left out, as they will be when it is written.
        status = Path(os.path.realpath(address)).stat()
    except (OSError, ValueError):
        return None
    return f"{status.st_dev}:{status.st_ino}"


def _refuse_inputs(wanted: Wanted, workspace: Workspace) -> None:
    for item in workspace.items():
        _refuse_input(item, wanted, workspace)


def _refuse_input(item: Item, wanted: Wanted, workspace: Workspace) -> None:
    if item.place:
        for output in _possible_outputs(item, wanted):
            identity = _identity(output)
            hit = None if identity is None else workspace.item_of(identity)
            if hit is not None:
                raise OutputIsInput(
                    f"the result of {item.name!r} would overwrite the picture {hit.name!r}",
                    seen=output,
                    wanted="an output that is no input",
                    fix="-o OTHER_FOLDER",
                )


def _possible_outputs(item: Item, wanted: Wanted) -> Iterator[str]:
    """Yield every address the result may get; where the model's sizes are open, those that stand there."""
    format = wanted.options.format
    endings: Sequence[str] = list(ENDINGS.values()) if format is None else [ENDINGS[format]]
    for want in wants_of(item, wanted):
        if item.output is not None:
            yield want.base
        elif wanted.root is not None:
            yield from (want.base + ending for ending in endings)
        elif want.size is not None:
            yield from (f"{want.base}-{want.size}{ending}" for ending in endings)
        elif not is_remote(want.base):
            path = Path(want.base)
            yield from (str(path.parent / name) for name in _sized(str(path.parent)).get(path.name, ()))


@lru_cache(maxsize=1)
def _sized(folder: str) -> dict[str, list[str]]:
    """Return the names of the form ``NAME-WIDTHxHEIGHT.jpg`` in a folder, by their ``NAME``."""
    named: dict[str, list[str]] = {}
    for path in Path(folder).iterdir() if Path(folder).is_dir() else ():
        match = re.fullmatch(r"(.*)-\d+x\d+\.(jpg|png|webp)", path.name)
        if match:
            named.setdefault(match[1], []).append(path.name)
    return named
