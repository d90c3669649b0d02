"""Faces drawn by code, plain enough to need no model and shaded enough to be found by detectors."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFilter

from framefit.geometry import Box

_SKIN, _SHADE, _DARK = (224, 172, 140), (202, 155, 126), (175, 134, 109)
_HAIR, _LIPS = (60, 40, 30), (170, 75, 75)
_TALL = 1.35  # height of a drawn head, in widths


def head(width: int) -> Image.Image:
    """A head with its hair, RGBA, ``width`` pixels wide and 1.35 times as high."""
    w, h = width * 4, round(width * _TALL) * 4
    image = Image.new("RGBA", (w, h), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)

    def oval(x: float, y: float, across: float, down: float, fill: tuple[int, int, int]) -> None:
        draw.ellipse((w * (x - across), h * (y - down), w * (x + across), h * (y + down)), fill=fill)

    oval(0.5, 0.42, 0.48, 0.42, _HAIR)
    for left in (0.02, 0.84):
        draw.rectangle((w * left, h * 0.42, w * (left + 0.14), h * 0.7), fill=_HAIR)
    draw.rectangle((w * 0.36, h * 0.8, w * 0.64, h), fill=_SHADE)
    oval(0.5, 0.55, 0.38, 0.40, _SHADE)
    oval(0.5, 0.54, 0.355, 0.385, _SKIN)
    for x in (0.34, 0.66):
        oval(x, 0.47, 0.115, 0.045, _DARK)
        oval(x, 0.475, 0.085, 0.03, (245, 245, 245))
        oval(x, 0.475, 0.04, 0.03, (50, 35, 25))
        brow = [(w * (x - 0.11), h * 0.415), (w * x, h * 0.39), (w * (x + 0.11), h * 0.415)]
        draw.line(brow, fill=_HAIR, width=round(h * 0.02))
        oval(x, 0.66, 0.09, 0.05, _SHADE)
    nose = [(w * 0.47, h * 0.47), (w * 0.53, h * 0.47), (w * 0.58, h * 0.65), (w * 0.42, h * 0.65)]
    draw.polygon(nose, fill=_SHADE)
    oval(0.5, 0.65, 0.085, 0.022, _DARK)
    oval(0.5, 0.765, 0.15, 0.03, _LIPS)
    draw.line([(w * 0.36, h * 0.762), (w * 0.64, h * 0.762)], fill=(100, 40, 40), width=round(h * 0.008))
    return image.filter(ImageFilter.GaussianBlur(width / 40)).resize(
        (w // 4, h // 4), Image.Resampling.LANCZOS
    )


def people(size: tuple[int, int], heads: Sequence[tuple[int, int, int]]) -> Image.Image:
    """A bright wall with heads before it, each given by left, top and width in pixels."""
    shade = Image.linear_gradient("L").resize(size).point(lambda value: 190 + value // 12)
    picture = Image.merge(
        "RGB", (shade, shade.point(lambda value: value + 8), shade.point(lambda value: value + 16))
    )
    for left, top, width in heads:
        drawn = head(width)
        picture.paste(drawn, (left, top), drawn)
    return picture


def head_box(left: int, top: int, width: int) -> Box:
    """Where a drawn head is, hair included, neck not."""
    return Box(left, top, left + width, top + 0.94 * _TALL * width)
