"""fit(): probe, plan, render. The one way from a picture to a picture that fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from framefit.catalog import Catalog
from framefit.focus import resolve
from framefit.imaging import Fitted, render
from framefit.options import MAX_PIXELS, Chroma, Format, Options, read_options
from framefit.planning import Plan, Target, decide, read_target
from framefit.probing import PictureInfo, probe
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
    face_model: str | Path | None = None,
    chroma: Chroma = "4:2:0",
    best: bool = False,
    lossless: bool = False,
    allow_truncated: bool = False,
) -> Fitted:
    """Make a picture fit a size or a model, exactly.

    Args:
        source: a path, bytes, a binary file object, a PIL image or a NumPy array (H, W, 3 or 4; uint8).
        size: the canvas, for instance ``"1280x720"``; ``"auto"`` or None with a model takes the
            model's size that loses least of this picture.
        model: a model of the catalogue; needed when no size is given.
        server: the server the model runs on; None takes the first where it is live.
        mode: ``cover`` (default), ``pad``, ``stretch`` or ``auto``.
        focus: ``"center"``, ``"x,y"`` or a pair of fractions 0 to 1 of the upright picture, or what is
            to be found in it: ``"face"``, ``"attention"``, or ``"auto"``, the first of the two that finds
            something.
        crop: left, top, right, bottom as fractions 0 to 1, or a ``crop_bounds`` dictionary.
        backdrop: what fills a pad and lies under transparency: a colour name, ``#rrggbb``, three numbers,
            ``"auto"`` (the border's own colour), ``"blur"``, ``"mirror"`` or ``"edge"``.
        scene: ``portrait``, ``landscape``, ``product``, ``art`` or ``screenshot``: picks the mode.
        max_loss: the share, 0 to 1, that mode ``auto`` lets cover cut away; 0.15 by default.
        format: ``jpeg``, ``png`` or ``webp``; None keeps a conforming file, else JPEG where allowed.
        quality: JPEG and WebP quality 1 to 100; 95 by default.
        max_bytes: the largest result in bytes; None takes the rule's limit, if it has one.
        max_pixels: the largest picture that may be decoded, in pixels; 200 million by default. A JPEG
            that is decoded smaller counts with the pixels that are left.
        catalog: a catalogue, or a catalogue file whose entries come over the built-in ones.
        face_model: a YuNet ONNX file to find faces with; None takes what is installed.
        chroma: JPEG chroma subsampling: ``4:2:0`` (default), ``4:2:2`` or ``4:4:4``.
        best: True decodes every JPEG at its full size: about 1.7 times slower, a little sharper.
        lossless: True writes a WebP without loss; needs ``format="webp"`` (a PNG always is).
        allow_truncated: True fits what is there of a JPEG or PNG cut short, instead of refusing it.

    Returns:
        The fitted picture: exactly the canvas, upright, sRGB, opaque, without metadata.

    Raises:
        UsageError: an option is wrong, the model does not render that size, or what finds the focus is
            not installed.
        PictureError: the picture cannot be read, is damaged or too large, or the byte budget cannot be met.
        OutputUnwritable: there is no room in memory to encode the result in.
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
        face_model=face_model,
        chroma=chroma,
        best=best,
        lossless=lossless,
        allow_truncated=allow_truncated,
    )
    return render(made, source)


def plan(
    source: PictureSource | PictureInfo,
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
    face_model: str | Path | None = None,
    chroma: Chroma = "4:2:0",
    best: bool = False,
    lossless: bool = False,
    allow_truncated: bool = False,
) -> Plan:
    """Decide how a picture will be fitted, from its header alone.

    Only a focus that depends on what is in the picture (``face``, ``attention``, ``auto``) has it decoded,
    reduced, and only where something is cut away.

    Args:
        source: the picture, or its facts when it has been probed already.
        size: as `fit` takes it.
        model: as `fit` takes it.
        server: as `fit` takes it.
        mode: as `fit` takes it.
        focus: as `fit` takes it.
        crop: as `fit` takes it.
        backdrop: as `fit` takes it.
        scene: as `fit` takes it.
        max_loss: as `fit` takes it.
        format: as `fit` takes it.
        quality: as `fit` takes it.
        max_bytes: as `fit` takes it.
        max_pixels: as `fit` takes it.
        catalog: as `fit` takes it.
        face_model: as `fit` takes it.
        chroma: as `fit` takes it.
        best: as `fit` takes it.
        lossless: as `fit` takes it.
        allow_truncated: as `fit` takes it.

    Returns:
        The plan.

    Raises:
        UsageError: an option is wrong, the model does not render that size, or what finds the focus is
            not installed.
        PictureError: the picture cannot be read or is too large.
    """
    wish = read_options(
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
        face_model=face_model,
        chroma=chroma,
        best=best,
        lossless=lossless,
        allow_truncated=allow_truncated,
    )
    target = read_target(size=size, model=model, server=server, catalog=catalog)
    if isinstance(source, PictureInfo):
        return decide(source, target, wish)
    return plan_one(source, target, wish)


def plan_one(source: PictureSource, target: Target, options: Options) -> Plan:
    """Make the plan for one picture whose target and options have been read.

    Args:
        source: the picture.
        target: what it is fitted to.
        options: how it is fitted.

    Raises:
        UsageError: the target or an option does not fit the picture, or what finds the focus is not
            installed.
        PictureError: the picture cannot be read or is too large.
    """
    source = Source.of(source)
    info = probe(source)
    if not isinstance(options.focus, str):
        return decide(info, target, options)
    centered = decide(info, target, replace(options, focus=None))
    found = resolve(source, centered, options.focus)
    return decide(info, target, replace(options, focus=found.focus), focus_from=found.reason)
