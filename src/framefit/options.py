"""What a user can wish for, read from the ways people write it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NoReturn

from framefit.errors import InvalidOption
from framefit.geometry import WHOLE, Crop, Focus

ModeWish = Literal["cover", "pad", "stretch", "auto"]
Scene = Literal["portrait", "landscape", "product", "art", "screenshot"]
Format = Literal["jpeg", "png", "webp"]
Chroma = Literal["4:2:0", "4:2:2", "4:4:4"]
FocusWish = Literal["face", "attention", "auto"]
BackdropWish = Literal["auto", "blur", "mirror", "edge"]
Backdrop = tuple[int, int, int] | BackdropWish

MODES: tuple[ModeWish, ...] = ("cover", "pad", "stretch", "auto")
FORMATS: tuple[Format, ...] = ("jpeg", "png", "webp")
CHROMAS: tuple[Chroma, ...] = ("4:2:0", "4:2:2", "4:4:4")
FOCUSES: tuple[FocusWish, ...] = ("face", "attention", "auto")
"""Focuses that depend on what is in the picture."""

BACKDROPS: tuple[BackdropWish, ...] = ("auto", "blur", "mirror", "edge")
"""Backdrops that are made from the picture."""

BACKDROP_BLUR = 0.016
"""Standard deviation of the ``blur`` backdrop's blur, as a part of the longer side of the canvas."""

BACKDROP_BRIGHTNESS = 0.8
"""How bright the ``blur`` backdrop is beside the picture, so that the picture stands out from it."""

SCENES: dict[Scene, ModeWish] = {
    "portrait": "cover",
    "landscape": "auto",
    "product": "pad",
    "art": "pad",
    "screenshot": "cover",
}
"""The mode each scene asks for; a landscape is covered while little is lost and padded otherwise."""

MAX_PIXELS = 200_000_000
_CROP_KEYS = ("left_fraction", "top_fraction", "right_fraction", "bottom_fraction")


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a picture is to be fitted.

    Args:
        mode: ``cover``, ``pad``, ``stretch`` or ``auto`` (cover while little is lost, else pad).
        focus: the point to keep, or a way to find it in the picture; None is the middle.
        crop: the part of the picture to start from.
        backdrop: what fills a pad and lies under transparency: red, green, blue 0 to 255, or one of
            `BACKDROPS`, which are made from the picture.
        max_loss: the share of the picture, 0 to 1, that ``auto`` lets cover cut away.
        format: the output format; None keeps what conforms and otherwise takes JPEG where allowed.
        quality: JPEG and WebP quality, 1 to 100.
        chroma: JPEG chroma subsampling.
        max_bytes: the largest output, in bytes; None is no limit.
        max_pixels: the largest picture that is decoded, in pixels; a JPEG that is decoded smaller
            counts with the pixels that are left.
        face_model: a YuNet ONNX file to find faces with; None takes what is installed.
        best: whether a JPEG is always decoded at its full size: slower, a little sharper.
        lossless: whether a WebP is written without loss.
        allow_truncated: whether what is there of a file cut short is fitted, instead of refused.
    """

    mode: ModeWish = "cover"
    focus: Focus | FocusWish | None = None
    crop: Crop = WHOLE
    backdrop: Backdrop = (0, 0, 0)
    max_loss: float = 0.15
    format: Format | None = None
    quality: int = 95
    chroma: Chroma = "4:2:0"
    max_bytes: int | None = None
    max_pixels: int = MAX_PIXELS
    face_model: Path | None = None
    best: bool = False
    lossless: bool = False
    allow_truncated: bool = False

    @property
    def backdrop_name(self) -> str:
        """The backdrop as it is written: a word of `BACKDROPS` or ``#rrggbb``."""
        if isinstance(self.backdrop, str):
            return self.backdrop
        return "#{:02x}{:02x}{:02x}".format(*self.backdrop)

    def __post_init__(self) -> None:
        """Check every value that has a range.

        Raises:
            InvalidOption: a value outside its range.
        """
        one_of("mode", self.mode, MODES)
        one_of("chroma", self.chroma, CHROMAS)
        if self.format is not None:
            one_of("format", self.format, FORMATS)
        _whole("quality", self.quality, 1, 100)
        within("max_loss", self.max_loss, 0, 1)
        _whole("max_pixels", self.max_pixels, 1, 10**10)
        if self.max_bytes is not None:
            _whole("max_bytes", self.max_bytes, 1, 10**12)
        if self.lossless and self.format not in ("webp", "png"):
            raise InvalidOption(
                "a lossless result needs a format that can be",
                seen=self.format or "no format",
                wanted="webp or png",
                fix="--format webp",
            )


def read_options(
    *,
    mode: str | None = None,
    focus: str | Sequence[float] | None = "center",
    crop: str | Sequence[float] | Mapping[str, float] | None = None,
    backdrop: str | Sequence[int] = "black",
    scene: str | None = None,
    max_loss: float = 0.15,
    format: str | None = None,
    quality: int = 95,
    max_bytes: int | None = None,
    max_pixels: int = MAX_PIXELS,
    face_model: str | Path | None = None,
    chroma: str = "4:2:0",
    best: bool = False,
    lossless: bool = False,
    allow_truncated: bool = False,
) -> Options:
    """Read options from the ways people write them.

    Args:
        mode: one of `MODES`; None is ``cover``, or what the scene asks for.
        focus: as `read_focus` takes it.
        crop: as `read_crop` takes it.
        backdrop: as `read_backdrop` takes it.
        scene: one of `SCENES`, or None.
        max_loss: see `Options`.
        format: one of `FORMATS`, or None.
        quality: see `Options`.
        max_bytes: see `Options`.
        max_pixels: see `Options`.
        face_model: see `Options`.
        chroma: one of `CHROMAS`.
        best: see `Options`.
        lossless: see `Options`.
        allow_truncated: see `Options`.

    Raises:
        InvalidOption: a value cannot be read or is outside its range.
    """
    return Options(
        mode=read_mode(mode, scene),
        focus=read_focus(focus),
        crop=read_crop(crop),
        backdrop=read_backdrop(backdrop),
        max_loss=max_loss,
        format=format,  # type: ignore[arg-type]
        quality=quality,
        max_bytes=max_bytes,
        max_pixels=max_pixels,
        face_model=None if face_model is None else Path(face_model),
        chroma=chroma,  # type: ignore[arg-type]
        best=best,
        lossless=lossless,
        allow_truncated=allow_truncated,
    )


def read_mode(mode: str | None, scene: str | None) -> ModeWish:
    """Decide the mode from a mode and a scene, of which at most one says something.

    Args:
        mode: one of `MODES`, or None.
        scene: one of `SCENES`, or None.

    Raises:
        InvalidOption: an unknown word, or a mode that contradicts the scene.
    """
    if scene is not None:
        one_of("scene", scene, tuple(SCENES))
        wish = SCENES[scene]  # type: ignore[index]
        if mode is not None and mode != wish:
            raise InvalidOption(
                f"scene {scene!r} asks for mode {wish!r}",
                seen=f"mode {mode!r}",
                wanted="a mode or a scene, not both",
                fix=f"leave out --scene or --mode {mode}",
            )
        return wish
    if mode is None:
        return "cover"
    one_of("mode", mode, MODES)
    return mode  # type: ignore[return-value]


def read_focus(focus: str | Sequence[float] | None) -> Focus | FocusWish | None:
    """Read a focus from ``"center"``, ``"0.3,0.7"``, a pair of fractions, or one of `FOCUSES`.

    Args:
        focus: fractions 0 to 1 from the left and the top; None and ``"center"`` are the middle.

    Returns:
        The focus, the way to find it, or None for the middle.

    Raises:
        InvalidOption: it cannot be read or lies outside the picture.
    """
    if focus is None or focus == "center":
        return None
    if isinstance(focus, str) and focus in FOCUSES:
        return focus
    numbers = _numbers(focus, 2)
    if numbers is None or not all(0.0 <= number <= 1.0 for number in numbers):
        raise InvalidOption(
            "the focus cannot be read",
            seen=str(focus),
            wanted=f"center, {', '.join(FOCUSES)}, or x,y as fractions 0 to 1 from the left and the top",
            fix="--focus 0.5,0.5",
        )
    return Focus(*numbers)


def read_crop(crop: str | Sequence[float] | Mapping[str, float] | None) -> Crop:
    """Read a crop from ``"0,0.1,1,0.9"``, four fractions, or the ``crop_bounds`` dictionary.

    Args:
        crop: the edges left, top, right, bottom as fractions 0 to 1; a dictionary has the keys
            ``left_fraction``, ``top_fraction``, ``right_fraction`` and ``bottom_fraction``; None is
            the whole picture.

    Raises:
        InvalidOption: it cannot be read or is no part of the picture.
    """
    if crop is None:
        return WHOLE
    if isinstance(crop, Mapping):
        unknown = set(crop) - set(_CROP_KEYS)
        values = [crop.get(key, edge) for key, edge in zip(_CROP_KEYS, WHOLE, strict=True)]
        numbers = None if unknown else _numbers(values, 4)
    else:
        numbers = _numbers(crop, 4)
    if numbers is not None and Crop(*numbers).is_part:
        return Crop(*numbers)
    raise InvalidOption(
        "the crop cannot be read",
        seen=str(crop),
        wanted="left,top,right,bottom as fractions 0 to 1, left < right and top < bottom",
        fix="--crop 0,0,1,1",
    )


def read_backdrop(backdrop: str | Sequence[int]) -> Backdrop:
    """Read a backdrop from one of `BACKDROPS`, a colour name, ``"#rrggbb"``, ``"255,128,0"`` or three numbers.

    Args:
        backdrop: numbers are red, green and blue, 0 to 255.

    Raises:
        InvalidOption: no such backdrop.
    """
    if isinstance(backdrop, str) and backdrop in BACKDROPS:
        return backdrop
    numbers = _numbers(backdrop, 3)
    if numbers is not None and all(0 <= number <= 255 and number == int(number) for number in numbers):
        return int(numbers[0]), int(numbers[1]), int(numbers[2])
    if isinstance(backdrop, str):
        from PIL import ImageColor

        with contextlib.suppress(ValueError):
            red, green, blue = ImageColor.getrgb(backdrop)[:3]
            return red, green, blue
    raise InvalidOption(
        "the backdrop is not known",
        seen=str(backdrop),
        wanted=f"{', '.join(BACKDROPS)}, a colour name, #rrggbb or red,green,blue, each 0 to 255",
        fix="--backdrop black",
    )


def _numbers(given: str | Sequence[Any], count: int) -> list[float] | None:
    try:
        parts = given.split(",") if isinstance(given, str) else list(given)
        numbers = [float(part) for part in parts]
    except (TypeError, ValueError):
        return None
    return numbers if len(numbers) == count else None


def one_of(name: str, value: object, known: Sequence[str]) -> None:
    """Check that an option is one of the words it can be.

    Args:
        name: of the option, as its flag is called.
        value: what was given.
        known: the words; the first is named as the fix.

    Raises:
        InvalidOption: it is none of them.
    """
    if value not in known:
        raise InvalidOption(
            f"{name} {value!r} is not known",
            seen=str(value),
            wanted=", ".join(known),
            fix=f"--{name} {known[0]}",
        )


def _whole(name: str, value: int, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        _out_of_range(name, value, f"a whole number, {low} to {high}", high)
    within(name, value, low, high)


def within(name: str, value: float, low: float, high: float) -> None:
    """Check that an option is a number within its range.

    Args:
        name: of the option, as the library calls it.
        value: what was given.
        low: the least that is allowed.
        high: the most that is allowed.

    Raises:
        InvalidOption: it is no number, or outside.
    """
    if not isinstance(value, int | float) or not low <= value <= high:
        _out_of_range(name, value, f"{low} to {high}", high)


def _out_of_range(name: str, value: object, wanted: str, high: float) -> NoReturn:
    flag = name.replace("_", "-")
    raise InvalidOption(f"{flag} is out of range", seen=str(value), wanted=wanted, fix=f"--{flag} {high}")
