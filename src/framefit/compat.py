"""The names of the articles on "Inpaint image must match the requested width and height".

A program that copied an article's functions changes its import and nothing else. Every name is thin
over `framefit.fit`, the batch room or `framefit.generate`; new programs call those directly.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from framefit.catalog import builtin
from framefit.errors import (
    FramefitError,
    InvalidOption,
    InvalidSize,
    NotAPicture,
    OutputIsInput,
    PictureNotFound,
)
from framefit.fitting import fit
from framefit.geometry import Size
from framefit.imaging.fitted import ONLY_READ, SUFFIXES
from framefit.options import Format, Options, read_crop, read_mode
from framefit.planning import Target
from framefit.probing import probe, sniff
from framefit.saving import same_file
from framefit.sources import PictureSource, Source

if TYPE_CHECKING:
    from PIL.Image import Image

    from framefit.generating import GeneratedVideo

CropWish = str | Sequence[float] | Mapping[str, float] | None
"""Four fractions left, top, right, bottom, or the articles' dictionary of ``left_fraction`` and so on."""

Resolution = str | tuple[int, int]
"""A name of `SORA_RESOLUTIONS`, ``"1280x720"``, or width and height in pixels."""

SORA_RESOLUTIONS: Mapping[str, tuple[int, int]] = {
    "landscape_720p": (1280, 720),
    "portrait_720p": (720, 1280),
    "landscape_1080p": (1792, 1024),
    "portrait_1080p": (1024, 1792),
}
"""The articles' names of sizes. Their "1080p" is the 1024p tier, 7:4 and not 16:9."""

_PICTURE_SUFFIXES = {*SUFFIXES, *ONLY_READ, ".jfif"}


class SoraImagePreprocessor:
    """Fits pictures to one size of Sora 2.

    Every method takes any picture `framefit.fit` takes, and raises what it raises. The images it
    returns are exactly of the target size, upright, opaque and sRGB, and went through no lossy format.

    Args:
        target_resolution: a name of `RESOLUTIONS`, ``"1280x720"`` or a pair of width and height in pixels.

    Raises:
        InvalidSize: it is none of these.
    """

    RESOLUTIONS: ClassVar[Mapping[str, tuple[int, int]]] = SORA_RESOLUTIONS

    def __init__(self, target_resolution: Resolution = "landscape_720p") -> None:
        self.target_size = _size(target_resolution, self.RESOLUTIONS)
        self.target_width, self.target_height = self.target_size

    def pad(
        self, image_path: PictureSource, bg_color: str | Sequence[int] = (0, 0, 0), *, crop: CropWish = None
    ) -> Image:
        """Keep the whole picture and fill the rest with a colour.

        Args:
            image_path: the picture: a path, or any other source.
            bg_color: red, green, blue 0 to 255, a colour name or ``#rrggbb``; also under transparency.
            crop: the part of the picture to start from; None is the whole.

        Returns:
            The fitted pixels, RGB.
        """
        return self._pixels(image_path, mode="pad", crop=crop, backdrop=bg_color)

    def cover(self, image_path: PictureSource, *, crop: CropWish = None) -> Image:
        """Fill the target and cut evenly what sticks out.

        Args:
            image_path: the picture: a path, or any other source.
            crop: the part of the picture to start from; None is the whole.

        Returns:
            The fitted pixels, RGB.
        """
        return self._pixels(image_path, mode="cover", crop=crop)

    def stretch(self, image_path: PictureSource, *, crop: CropWish = None) -> Image:
        """Fill the target by changing the picture's shape.

        Args:
            image_path: the picture: a path, or any other source.
            crop: the part of the picture to start from; None is the whole.

        Returns:
            The fitted pixels, RGB.
        """
        return self._pixels(image_path, mode="stretch", crop=crop)

    def to_bytes(self, img: Image, format: str = "JPEG", quality: int = 95) -> io.BytesIO:
        """Write an image to memory as a file that an SDK uploads with the right content type.

        Args:
            img: an image of any layout; transparency is laid on black.
            format: ``JPEG``, ``PNG`` or ``WEBP``, in any case.
            quality: JPEG and WebP quality, 1 to 100.

        Returns:
            The file at its start. Its ``name`` ends in ``.jpg``, ``.png`` or ``.webp``: SDKs take the
            content type from that and call a file without a name ``application/octet-stream``.

        Raises:
            InvalidOption: another format, or a quality out of range.
        """
        fitted = fit(img, size=probe(img).size, format=_format(format), quality=quality)
        file = io.BytesIO(fitted.data)
        file.name = fitted.filename
        return file

    def process_and_save(
        self,
        image_path: PictureSource,
        mode: str = "cover",
        output_path: str | Path | None = None,
        *,
        crop: CropWish = None,
    ) -> str:
        """Fit a picture and save it; the original is never overwritten.

        Args:
            image_path: the picture: a path, or any other source.
            mode: ``cover``, ``pad``, ``stretch`` or ``auto``.
            output_path: the file to appear, whose suffix decides the format; None is a JPEG beside the
                picture, for instance ``photo_cover_1280x720.jpg``. A file that is there is replaced.
            crop: the part of the picture to start from; None is the whole.

        Returns:
            The path of the saved file.

        Raises:
            OutputIsInput: the output is the picture itself.
            InvalidOption: a suffix of no format framefit writes, or no path to save beside.
            FramefitError: as `framefit.fit` and `Fitted.save` do.
        """
        output = Path(output_path or _beside(image_path, f"_{mode}_{self.target_size}.jpg"))
        format = _format(output.suffix)
        fitted = fit(image_path, size=self.target_size, mode=mode, crop=crop, format=format)
        return str(fitted.save(output))

    def _pixels(
        self, source: PictureSource, *, mode: str, crop: CropWish, backdrop: str | Sequence[int] = "black"
    ) -> Image:
        fitted = fit(source, size=self.target_size, mode=mode, crop=crop, backdrop=backdrop, format="png")
        # A grey or palette PNG that conforms is kept as it is; the articles' callers draw on RGB.
        return fitted.to_pil().convert("RGB")


class ReadyFile(io.BytesIO):
    """A saved picture that serves as the path of its file and as the open file itself.

    The articles hand the result of ``preprocess_image_for_sora`` to ``open`` or ``Path``; an SDK takes
    it as it is.

    Args:
        path: where the picture was saved.
        data: the bytes of the file.
    """

    def __init__(self, path: Path, data: bytes) -> None:
        super().__init__(data)
        self.name = self._path = str(path)

    def __fspath__(self) -> str:
        return self._path


def preprocess_image_for_sora(
    image_path: str | Path, target_resolution: Resolution = "landscape_720p", *, crop: CropWish = None
) -> ReadyFile:
    """Pad a picture with black and save it beside the original as ``NAME_sora_ready.jpg``.

    Args:
        image_path: the picture file.
        target_resolution: a name of `SORA_RESOLUTIONS`, ``"1280x720"`` or a pair of width and height in pixels.
        crop: the part of the picture to start from; None is the whole.

    Returns:
        The saved JPEG, as a path and as an open file.

    Raises:
        FramefitError: as `framefit.fit` and `Fitted.save` do.
    """
    output = _beside(image_path, "_sora_ready.jpg")
    fitted = fit(image_path, size=_size(target_resolution), mode="pad", crop=crop, format="jpeg")
    return ReadyFile(fitted.save(output), fitted.data)


def center_crop_for_sora(
    image_path: PictureSource, width: int, height: int, *, crop: CropWish = None
) -> Image:
    """Fill a size with the middle of a picture.

    Args:
        image_path: the picture: a path, or any other source.
        width: of the result, in pixels.
        height: of the result, in pixels.
        crop: the part of the picture to start from; None is the whole.

    Returns:
        An RGB image of exactly that size, upright and sRGB.
    """
    return SoraImagePreprocessor((width, height)).cover(image_path, crop=crop)


@dataclass(frozen=True, kw_only=True)
class BatchItem:
    """What became of one picture of a batch: exactly one of output and error is set.

    Args:
        source: the picture.
        output: the file that was written.
        error: why there is none.
    """

    source: Path
    output: Path | None = None
    error: FramefitError | None = None


def batch_process(
    image_dir: str | Path,
    output_dir: str | Path,
    resolution: Resolution = "landscape_720p",
    *,
    mode: str = "cover",
    crop: CropWish = None,
) -> list[BatchItem]:
    """Fit every picture of a folder into another folder, as ``NAME.jpg``.

    A file is a picture by its content, whatever its suffix; one that has a picture's suffix and other
    content fails. Folders below and hidden files are left alone.

    Args:
        image_dir: the folder with the pictures.
        output_dir: the folder to fill; created when it does not exist.
        resolution: a name of `SORA_RESOLUTIONS`, ``"1280x720"`` or a pair of width and height in pixels.
        mode: ``cover``, ``pad``, ``stretch`` or ``auto``.
        crop: the part of every picture to start from; None is the whole.

    Returns:
        One item for each picture, by name, the failed ones among them; a bad picture raises nothing.

    Raises:
        PictureNotFound: there is no such folder.
        OutputIsInput: both folders are one. Nothing has been written then.
        OutputCollision: two pictures would write one file. Nothing has been written then either.
        UsageError: the resolution, the mode or the crop cannot be read.
    """
    from framefit.batch.items import Item
    from framefit.batch.running import fit_items
    from framefit.batch.wants import Wanted

    if same_file(Path(image_dir), Path(output_dir)):
        raise OutputIsInput(
            "pictures and results share a folder", seen=str(output_dir), wanted="two", fix="output_dir"
        )
    options = Options(mode=read_mode(mode, None), crop=read_crop(crop), format="jpeg")
    wanted = Wanted(
        models=(Target(),), sizes=(str(_size(resolution)),), options=options, root=str(output_dir)
    )
    items = [Item(address=str(path), relative=path.name) for path in _pictures_in(Path(image_dir))]
    return [
        BatchItem(
            source=Path(done.item.address),
            output=Path(row.output) if row.output else None,
            error=row.error.as_error() if row.error else None,
        )
        for done in fit_items(items, wanted)
        for row in done.rows
    ]


def generate_video_with_image(
    image_path: PictureSource,
    prompt: str,
    resolution: Resolution = "landscape_720p",
    *,
    seconds: str | int = "4",
    mode: str = "cover",
    crop: CropWish = None,
    output: str | Path | None = None,
    base_url: str | None = None,
    api_key: str | None = None,
) -> GeneratedVideo:
    """Fit a picture and have it turned into a video.

    The model is ``sora-2``, and ``sora-2-pro`` for the sizes that only that one renders. Everything else
    is as in `framefit.generate`.

    Args:
        image_path: the picture: a path, or any other source.
        prompt: what is to happen.
        resolution: a name of `SORA_RESOLUTIONS`, ``"1280x720"`` or a pair of width and height in pixels.
        seconds: the length; sent as text, which is what the API takes. It has no ``duration``.
        mode: ``cover``, ``pad``, ``stretch`` or ``auto``.
        crop: the part of the picture to start from; None is the whole.
        output: the file to appear; None leaves the name to `framefit.generate`.
        base_url: the server; None takes the environment's, else the embedded engine, which renders a
            camera move and is no generative model.
        api_key: the server's key; None takes the environment's.

    Returns:
        The video: its ``path`` and its ``video_id``.
    """
    from framefit.generating import generate

    size, rules = _size(resolution), builtin()
    only_pro = size in rules.find("sora-2-pro").sizes and size not in rules.find("sora-2").sizes
    return generate(
        image_path,
        prompt,
        model="sora-2-pro" if only_pro else "sora-2",
        size=size,
        seconds=str(seconds),
        mode=mode,
        crop=crop,
        output=output,
        base_url=base_url,
        api_key=api_key,
    )


def _size(wish: Resolution, names: Mapping[str, tuple[int, int]] = SORA_RESOLUTIONS) -> Size:
    if isinstance(wish, str) and wish in names:
        return Size(*names[wish])
    try:
        return Size.parse(wish)
    except InvalidSize as error:
        raise InvalidSize(
            f"{str(wish)!r} is no resolution",
            seen=str(wish),
            wanted=f"{', '.join(names)}, or WIDTHxHEIGHT in whole pixels",
            fix='target_resolution="landscape_720p"',
        ) from error


def _format(wish: str) -> Format:
    format = SUFFIXES.get(f".{wish.lower().removeprefix('.')}")
    if format is None:
        raise InvalidOption(
            f"{wish!r} is no format framefit writes", seen=wish, wanted="JPEG, PNG or WEBP", fix="JPEG"
        )
    return format


def _beside(image_path: PictureSource, ending: str) -> Path:
    source = Source.of(image_path)
    if source.path is None:
        raise InvalidOption(
            "there is no folder to save in", wanted="the path of a picture", fix='output_path="NAME.jpg"'
        )
    return source.path.with_name(f"{source.stem}{ending}")


def _pictures_in(folder: Path) -> list[Path]:
    try:
        paths = sorted(folder.iterdir())
    except (OSError, ValueError) as error:
        raise PictureNotFound(
            f"{folder.name!r} is no readable folder", seen=str(folder), wanted="a folder", fix="image_dir"
        ) from error
    shown = (path for path in paths if not path.name.startswith(".") and path.is_file())
    return [path for path in shown if _may_be_picture(path)]


def _may_be_picture(path: Path) -> bool:
    """Tell whether a file is a picture by its content, or claims to be one by its suffix."""
    if path.suffix.lower() in _PICTURE_SUFFIXES:
        return True
    try:
        with path.open("rb") as file:
            sniff(file.read(32), path.name)
    except NotAPicture:
        return False
    except OSError:
        return True  # fitting it says why it cannot be read
    return True
