"""Draws the sample picture of the demo: a portrait scene, stored sideways as a phone stores it."""

from __future__ import annotations

import random
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

UPRIGHT = (3024, 4032)


def draw() -> Image.Image:
    """Draw an evening by a lake, 3024 wide and 4032 high."""
    width, height = UPRIGHT
    sky = Image.linear_gradient("L").resize((width, height))
    image = Image.merge(
        "RGB",
        (
            sky.point(lambda value: 60 + value * 0.75),
            sky.point(lambda value: 90 + value * 0.35),
            sky.point(lambda value: 170 - value * 0.35),
        ),
    )
    pen = ImageDraw.Draw(image)
    pen.ellipse((1900, 700, 2500, 1300), fill=(255, 236, 190))
    _hills(pen, 2300, 420, (66, 74, 110), seed=1)
    _hills(pen, 2550, 300, (44, 60, 82), seed=2)
    pen.rectangle((0, 2800, width, height), fill=(52, 84, 112))
    chance = random.Random(3)
    for _ in range(900):
        x, y = chance.randrange(width), chance.randrange(2820, height)
        length = chance.randrange(40, 260)
        pen.line((x, y, x + length, y), fill=(96 + chance.randrange(90), 116, 130), width=5)
    _boat(pen)
    return image.filter(ImageFilter.GaussianBlur(2))


def _hills(pen: ImageDraw.ImageDraw, base: int, rise: int, color: tuple[int, int, int], *, seed: int) -> None:
    chance = random.Random(seed)
    points = [(x, base - chance.randrange(rise)) for x in range(-100, UPRIGHT[0] + 400, 280)]
    pen.polygon([*points, (UPRIGHT[0], 2900), (0, 2900)], fill=color)


def _boat(pen: ImageDraw.ImageDraw) -> None:
    pen.polygon([(1050, 3150), (1950, 3150), (1780, 3330), (1220, 3330)], fill=(120, 48, 40))
    pen.line((1500, 3150, 1500, 2350), fill=(70, 50, 40), width=28)
    pen.polygon([(1530, 2380), (1530, 3080), (2000, 3080)], fill=(244, 240, 230))
    pen.ellipse((1270, 2890, 1390, 3010), fill=(224, 178, 148))
    pen.polygon([(1230, 3150), (1330, 2990), (1430, 3150)], fill=(38, 96, 88))


def write(path: Path) -> Path:
    """Save the scene as a phone does: 4032x3024 pixels and an EXIF orientation of 6, "turn me right"."""
    exif = Image.Exif()
    exif[0x0112] = 6
    draw().transpose(Image.Transpose.ROTATE_90).save(path, quality=92, exif=exif)
    return path
