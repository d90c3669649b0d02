"""Addresses: where files stand, as paths of this machine or as URLs of a store, always as text."""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+://")
_MAGIC = re.compile(r"[*?\[]")


def is_remote(address: str) -> bool:
    """Tell whether an address is a URL of a store, like ``s3://bucket/a.jpg``; a path is not."""
    return _REMOTE.match(address) is not None


def plain(address: str) -> str:
    """Return a ``file://`` URL as the path it stands for, and every other address as it is."""
    if not address.lower().startswith("file://"):
        return address
    from urllib.request import url2pathname  # slow to import

    return url2pathname(urlsplit(address).path)


def is_folder(path: str) -> bool:
    """Tell whether a path of this machine is a folder; one behind a closed folder is none, and no error."""
    return os.path.isdir(path)  # noqa: PTH112 - pathlib's raises before Python 3.14


def is_pattern(address: str) -> bool:
    """Tell whether an address has the signs of a pattern; the ``?`` of a web address is none."""
    return not address.startswith(("http://", "https://")) and _MAGIC.search(address) is not None


def join(folder: str, relative: str) -> str:
    """Return the address of something below a folder.

    Args:
        folder: a path or a URL.
        relative: what is below it, with ``/`` between its parts.
    """
    return f"{folder.rstrip('/')}/{relative}" if is_remote(folder) else str(Path(folder, relative))


def folder_of(address: str) -> str:
    """Return the address of the folder something stands in."""
    return address.rsplit("/", 1)[0] if is_remote(address) else str(Path(address).parent)


def name_of(address: str) -> str:
    """Return the name at the end of an address, without a query."""
    return PurePosixPath(path_in_store(address)).name if is_remote(address) else Path(address).name


def path_in_store(address: str) -> str:
    """Return the part of an address that can be kept below another folder.

    That is the path without the bucket or host, the drive, the root and every ``..``.
    """
    if is_remote(address):
        web = address.startswith(("http://", "https://"))
        text = unquote(urlsplit(address).path) if web else address.split("://", 1)[1].partition("/")[2]
        parts: tuple[str, ...] = PurePosixPath(text).parts
    else:
        path = Path(address)
        parts = path.parts[1:] if path.anchor else path.parts
    return "/".join(part for part in parts if part not in ("/", "..", "."))


def without_suffix(address: str) -> str:
    """Return an address without the suffix of its name."""
    suffix = PurePosixPath(address).suffix if is_remote(address) else Path(address).suffix
    return address.removesuffix(suffix)


def comparable(address: str) -> str:
    """Return what two spellings of one address have in common, as far as names can tell."""
    if is_remote(address):
        return address
    text = os.path.normcase(str(Path(address).absolute()))
    if sys.platform == "darwin":
        # The usual file system there takes names that differ in case or composition for one.
        text = unicodedata.normalize("NFC", text).casefold()
    return text
