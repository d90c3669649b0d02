"""The first frame of a video without a picture: its prompt on a plain gradient."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from framefit.geometry import Size

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

SIGNATURE = "framefit embedded engine (no generative model)"
_MISSING_NOTE = "(some letters of the prompt are not in the built-in font)"
_TOP, _BOTTOM = (38, 50, 74), (14, 18, 28)
_INK, _FAINT = (240, 240, 235), (150, 160, 175)
_LONGEST = 600
"""Letters of the prompt that are drawn; a card is no page."""
_PLAIN = str.maketrans({"–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"'})


def title_card(prompt: str, size: Size) -> Image:
    """Draw a prompt on a gradient, with a line that says which engine made it.

    Args:
        prompt: any text; shortened when it does not fit. Pillow's built-in font has plain Latin
            letters only: accents are left out, and other letters, Korean ones for instance, appear as
            boxes, and the card says so.
        size: size of the card in pixels.

    Returns:
        An RGB picture of exactly that size.
    """
    from PIL import Image, ImageDraw

    gradient = Image.linear_gradient("L").resize(size)
    card = Image.composite(Image.new("RGB", size, _BOTTOM), Image.new("RGB", size, _TOP), gradient)
    draw = ImageDraw.Draw(card)
    words = " ".join(prompt.translate(_PLAIN).split())
    shown = "".join(map(_without_accent, words[:_LONGEST])) + ("…" if len(words) > _LONGEST else "")
    text, font = _fitted(draw, shown, size.width * 0.84, size.height * 0.66)
    middle = (size.width / 2, size.height * 0.46)
    draw.multiline_text(middle, text, _INK, font, anchor="mm", align="center", spacing=_gap(font))
    small = _font(max(8, round(min(size) / 40)))
    lines = SIGNATURE if all(map(_is_in_font, set(shown))) else f"{_MISSING_NOTE}\n{SIGNATURE}"
    foot = (size.width / 2, size.height * 0.95)
    draw.multiline_text(foot, lines, _FAINT, small, anchor="md", align="center", spacing=_gap(small))
    return card


def _font(pixels: int) -> FreeTypeFont:
    from PIL import ImageFont

    font = ImageFont.load_default(size=pixels)
    assert isinstance(font, ImageFont.FreeTypeFont)  # what Pillow returns whenever a size is given
    return font


def _gap(font: FreeTypeFont) -> float:
    return font.size * 0.35


def _fitted(draw: ImageDraw, words: str, width: float, height: float) -> tuple[str, FreeTypeFont]:
    """Return the words broken into lines, with the largest font in which they fit."""
    pixels = max(8, round(width / 11))
    while True:
        font = _font(pixels)
        text = "\n".join(_lines(words, font, width))
        box = draw.multiline_textbbox((0, 0), text, font, spacing=_gap(font))
        if box[3] - box[1] <= height or pixels <= 8:
            return text, font
        pixels = max(8, pixels * 9 // 10)


def _lines(words: str, font: FreeTypeFont, width: float) -> list[str]:
    lines = [""]
    for word in words.split():
        joined = f"{lines[-1]} {word}".strip()
        if font.getlength(joined) <= width:
            lines[-1] = joined
            continue
        pieces = _pieces(word, font, width)
        lines.extend(pieces if lines[-1] else pieces[1:])
        if not lines[0]:
            lines[0] = pieces[0]
    return lines


def _pieces(word: str, font: FreeTypeFont, width: float) -> list[str]:
    """Cut a word that is wider than a line, as text without blanks is."""
    pieces = [""]
    for letter in word:
        if pieces[-1] and font.getlength(pieces[-1] + letter) > width:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _without_accent(letter: str) -> str:
    plain = unicodedata.normalize("NFKD", letter)[0]
    return plain if plain.isascii() else letter


def _is_in_font(letter: str) -> bool:
    """Tell whether the built-in font has a letter; a missing one is drawn like a letter nobody has."""
    if letter.isascii():
        return True
    font = _font(16)
    return bytes(font.getmask(letter)) != bytes(font.getmask("\U0010fffe"))
