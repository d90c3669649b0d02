"""What a server's reply says in words, whatever shape it has."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openai import APIStatusError, OpenAI

_LONGEST = 500
_SPEAKING_KEYS = ("error", "detail", "message", "msg", "error_description", "title")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_MISMATCH = "must match the requested width and height"


def one_line(text: str, longest: int = _LONGEST) -> str:
    """Return text on one line without control characters, shortened to ``longest`` letters."""
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


def words_of(body: object) -> str:
    """Return the sentence in a decoded reply: an ``error`` envelope, FastAPI's ``detail``, text, a page.

    Args:
        body: decoded JSON, or text.

    Returns:
        One line; empty when the reply says nothing.
    """
    if isinstance(body, str):
        text = body.strip()
        if not text.startswith("<"):
            return one_line(text)
        title = _TITLE.search(text)
        return f"a web page: {one_line(title[1])}" if title else "a web page"
    if isinstance(body, Mapping):
        if "msg" in body and isinstance(body.get("loc"), list):  # one finding of FastAPI
            place = ".".join(str(part) for part in body["loc"] if part != "body")
            return one_line(f"{place}: {body['msg']}")
        told = (words_of(body[key]) for key in _SPEAKING_KEYS if body.get(key))
        return next((words for words in told if words), one_line(json.dumps(body, default=str)))
    if isinstance(body, list):
        return one_line("; ".join(words_of(part) for part in body))
    return "" if body is None else one_line(str(body))


def code_of(body: object) -> str | None:
    """Return the stable word in a decoded reply: of an ``error`` envelope, or of a flat object.

    Args:
        body: decoded JSON, or text.

    Returns:
        The code as text, numbers too; None when there is none.
    """
    if not isinstance(body, Mapping):
        return None
    inner = body.get("error")
    code = body.get("code") if body.get("code") is not None or inner is None else code_of(inner)
    return one_line(str(code), 100) if isinstance(code, str | int) and not isinstance(code, bool) else None


def decoded(text: str) -> object:
    """Return the JSON in a text, or the text itself when it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def said(error: APIStatusError, client: OpenAI) -> str:
    """Return the HTTP status and the server's own words, without the key if the server repeats it."""
    words = words_of(decoded(error.response.text))
    if client.api_key:
        words = words.replace(client.api_key, "***")
    return f"HTTP {error.status_code}: {words}" if words else f"HTTP {error.status_code}"


def is_mismatch(words: str) -> bool:
    """Tell whether a server says that the picture has not the size of the video; relays wrap the words."""
    return _MISMATCH in words.lower()


def where(client: OpenAI) -> str:
    """Return the address of a client's server without user name, password and query."""
    return shown_address(str(client.base_url))


def shown_address(url: str) -> str:
    """Return an address without user name, password, query and fragment, which may be secret."""
    bare = re.split(r"[?#]", url, maxsplit=1)[0].rstrip("/")
    return re.sub(r"^([a-z][a-z0-9+.-]*://)[^/]*@", r"\1", bare, flags=re.IGNORECASE)


def transport_errors() -> tuple[type[Exception], ...]:
    """Return what a broken connection raises while a body is read: the SDK does not wrap it.

    The SDK has changed the HTTP package it is built on, so the one that is loaded is asked.
    """
    loaded = (sys.modules.get(name) for name in ("httpx2", "httpx"))
    return (OSError, *(module.RequestError for module in loaded if module is not None))
