"""fit(): probe, plan, render. The one way from a picture to a picture that fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from framefit.catalog import Catalog
from framefit.imaging import Fitted, render
from framefit.options import MAX_PIXELS, Format
from framefit.planning import plan
from framefit.sources import PictureSource, Source


def fit(
    source: PictureSource,
    *,
    size: str | tuple[int, int] | None = None,
    model: str | None = None,
    server: str | None = None,
    mode: str | None = None,
    focus: str | Sequence[float] | None = "center",
    crop: str | Sequence[float] | Mapping[str, float] | None = None,
    backdrop: str | Sequence[int] = "black",
    scene: str | None = None,
    max_loss: float = 0.15,
    format: Format | None = None,
    quality: int = 95,
    max_bytes: int | None = None,
    max_pixels: int = MAX_PIXELS,
    catalog: str | Path | Catalog | None = None,
) -> Fitted:
    """Make a picture fit a size or a model, exactly.

    Args:
        source: a path, bytes, a binary file object, a PIL image or a NumPy array (H, W, 3 or 4; uint8).
        size: the canvas, for instance ``"1280x720"``; ``"auto"`` or None with a model takes the
            model's size that loses least of this picture.
        model: a model of the catalogue; needed when no size is given.
        server: the server the model runs on; None takes the first where it is live.
        mode: ``cover`` (default), ``pad``, ``stretch`` or ``auto``.
        focus: ``"center"``, ``"x,y"`` or a pair of fractions 0 to 1 of the upright picture.
        crop: left, top, right, bottom as fractions 0 to 1, or a ``crop_bounds`` dictionary.
        backdrop: colour of the pad and under transparency: a name, ``#rrggbb`` or three numbers.
        scene: ``portrait``, ``landscape``, ``product``, ``art`` or ``screenshot``: picks the mode.
        max_loss: the share, 0 to 1, that mode ``auto`` lets cover cut away; 0.15 by default.
        format: ``jpeg``, ``png`` or ``webp``; None keeps a conforming file, else JPEG where allowed.
        quality: JPEG and WebP quality 1 to 100; 95 by default.
        max_bytes: the largest result in bytes; None takes the rule's limit, if it has one.
        max_pixels: the largest picture that may be decoded, in pixels; 200 million by default.
        catalog: a catalogue, or a catalogue file whose entries come over the built-in ones.

    Returns:
        The fitted picture: exactly the canvas, upright, sRGB, opaque, without metadata.

    Raises:
        UsageError: an option is wrong, or the model does not render that size.
        PictureError: the picture cannot be read, is damaged or too large, or the byte budget cannot be met.
    """
    source = Source.of(source)
    made = plan(
        source,
        size=size,
        model=model,
        server=server,
        mode=mode,
        focus=focus,
        crop=crop,
        backdrop=backdrop,
        scene=scene,
        max_loss=max_loss,
        format=format,
        quality=quality,
        max_bytes=max_bytes,
        max_pixels=max_pixels,
        catalog=catalog,
    )
    return render(made, source)
