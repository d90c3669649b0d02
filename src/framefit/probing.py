"""Facts of a picture that its header tells, without decoding a pixel."""

from __future__ import annotations

import importlib
import io
import struct
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from framefit.carried import carried, png_exif
from framefit.errors import NotAPicture, PictureBroken, PictureError, PictureTooLarge
from framefit.geometry import Size, is_sideways
from framefit.sources import PictureSource, Source

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageCms import ImageCmsProfile

DECODERS = {
    "jpeg": ("PIL.JpegImagePlugin", "JpegImageFile"),
    "png": ("PIL.PngImagePlugin", "PngImageFile"),
    "webp": ("PIL.WebPImagePlugin", "WebPImageFile"),
    "gif": ("PIL.GifImagePlugin", "GifImageFile"),
    "bmp": ("PIL.BmpImagePlugin", "BmpImageFile"),
    "tiff": ("PIL.TiffImagePlugin", "TiffImageFile"),
    "avif": ("PIL.AvifImagePlugin", "AvifImageFile"),
    "heic": ("pillow_heif", "HeifImageFile"),
}
"""Where the reader of each format lives; only the one that is needed is imported."""

FORMATS = ("jpeg", "png", "webp")
"""The formats whose structure is walked through: those a result can have."""

DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    ArithmeticError,
    EOFError,
    RuntimeError,
    MemoryError,
    Warning,
    struct.error,
)
"""What the readers raise on damaged files; warnings, where the caller turns them into exceptions."""

_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_ALPHA_MODES = {"RGBA", "LA", "PA", "La", "RGBa"}
_BMP_HEADERS = {12, 16, 40, 52, 56, 64, 108, 124}
_ORIENTATION = 0x0112


@dataclass(frozen=True, kw_only=True)
class PictureInfo:
    """What the header of a picture says.

    Args:
        name: what the picture is called in messages.
        format: ``jpeg``, ``png``, ``webp``, ``gif``, ``bmp``, ``tiff``, ``avif`` or ``heic``, decided
            by content; None for decoded pixels.
        size: upright size in pixels, the orientation applied.
        stored_size: size in pixels as stored.
        orientation: EXIF orientation 1 to 8; for AVIF and HEIC the container's own rotation counts.
        mode: Pillow's name of the pixel layout, for instance ``RGB``.
        bits: bits of one channel of one pixel as stored: 1, 8, 16 or 32.
        alpha: whether there is a transparency channel or a transparent colour.
        animated: whether there is more than one frame (not looked for in GIF and TIFF).
        progressive: whether a JPEG is stored in several scans.
        profile: description of the ICC profile; ``"unreadable"`` for a broken one; None without one.
        srgb: whether the colours are sRGB already (a picture without a profile counts as sRGB).
        metadata: what the file carries beside the picture: ``exif``, ``xmp``, ``iptc``, ``text`` ...
        byte_count: size of the file in bytes; None for decoded pixels.
    """

    name: str
    format: str | None
    size: Size
    stored_size: Size
    orientation: int
    mode: str
    bits: int
    alpha: bool
    animated: bool
    progressive: bool
    profile: str | None
    srgb: bool
    metadata: tuple[str, ...]
    byte_count: int | None

    @property
    def sideways(self) -> bool:
        """Whether the stored width is the upright height."""
        return is_sideways(self.orientation)

    def as_dict(self) -> dict[str, Any]:
        """Return the facts as plain values for JSON, sizes written ``"1280x720"``."""
        return {**asdict(self), "size": str(self.size), "stored_size": str(self.stored_size)}


def probe(source: PictureSource) -> PictureInfo:
    """Read the facts of a picture from its header.

    Args:
        source: a path, bytes, a binary file object, a PIL image or a NumPy array.

    Returns:
        The facts.

    Raises:
        NotAPicture: the bytes are of no format framefit reads.
        PictureBroken: the header is damaged.
        PictureNotFound, PictureIsFolder, PictureUnreadable, PictureEmpty: there is nothing to read.
    """
    source = Source.of(source)
    if source.image is not None:
        try:
            return _facts(source, source.image, None, None)
        except DAMAGE as error:
            raise broken(source.name, error) from error
    with source.open() as file:
        kind = sniff(file.read(32), source.name)
        try:
            words = carried(file, kind) if kind in FORMATS else None
            file.seek(0)
            image = open_header(file, kind, source.name)
            return _facts(source, image, kind, words)
        except DAMAGE as error:
            raise broken(source.name, error) from error


def sniff(head: bytes, name: str) -> str:
    """Tell the format from the first 32 bytes, whatever the suffix says.

    Args:
        head: the first bytes of the file.
        name: what to call the file in the error.

    Returns:
        One of the keys of `DECODERS`.

    Raises:
        NotAPicture: no format of the list begins like this.
    """
    if head[:3] == b"\xff\xd8\xff":
        return "jpeg"
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return "png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "gif"
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "tiff"
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return "bmp"
    if head[4:8] == b"ftyp":
        brands = {head[8:12], *(head[start : start + 4] for start in (16, 20, 24, 28))}
        if brands & {b"avif", b"avis"}:
            return "avif"
        if brands & _HEIC_BRANDS:
            return "heic"
    raise NotAPicture(
        f"{name!r} is not a picture",
        seen=f"a file that begins with {head[:8]!r}",
        wanted=f"one of {', '.join(DECODERS)}",
        fix="give a picture file",
    )


def open_header(file: BinaryIO, kind: str, name: str) -> Image:
    """Open a picture with the one reader its format needs; no pixel is decoded yet.

    Pillow's general ``open`` is not used: it imports every reader and applies a pixel limit that is
    global to the process, where framefit has a limit of its own for each call.

    Args:
        file: the open file, at its start.
        kind: the format, as `sniff` tells it.
        name: what to call the file in the error.

    Raises:
        PictureBroken: the header is damaged.
        PictureTooLarge: the reader of the format refuses that many pixels, whatever the limit.
    """
    module_name, class_name = DECODERS[kind]
    module = importlib.import_module(module_name)
    from PIL.Image import DecompressionBombError

    if kind == "heic":
        # One picture is one job; its decoder starting threads of its own only gets in the way.
        module.options.DECODE_THREADS = 1
    try:
        image: Image = getattr(module, class_name)(file)
        if kind == "png" and "exif" not in image.info:
            _add_late_exif(image, file)
    except DecompressionBombError as error:
        raise PictureTooLarge(
            f"{name!r} has more pixels than its reader takes",
            seen=str(error),
            wanted="a smaller picture",
            fix="make the picture smaller, or store it in another format",
        ) from error
    except DAMAGE as error:
        raise broken(name, error) from error
    if min(image.size) < 1:
        raise broken(name, ValueError("a side of zero pixels"))
    return image


def _add_late_exif(image: Image, file: BinaryIO) -> None:
    """Give a PNG the EXIF data that stand behind its pixels, which its reader has not come to yet."""
    position = file.tell()
    exif = png_exif(file)
    if exif is not None:
        image.info["exif"] = exif
    file.seek(position)


def broken(name: str, error: BaseException) -> PictureError:
    """Return the error for a picture that cannot be decoded, with the reader's own reason."""
    if isinstance(error, MemoryError):
        return PictureTooLarge(
            f"{name!r} does not fit into memory",
            seen="not enough memory to decode it",
            wanted="a smaller picture",
        )
    reason = str(error).strip().splitlines()
    return PictureBroken(
        f"{name!r} is damaged or truncated",
        seen=reason[0] if reason else type(error).__name__,
        wanted="a whole picture file",
        fix="fetch or export the picture again",
    )


def turn_to_apply(image: Image, kind: str | None) -> int:
    """Return the EXIF orientation, 1 to 8, that is still to be applied to the decoded pixels.

    Args:
        image: the opened picture.
        kind: its format; None for pixels that a caller decoded.

    TIFF is turned by its reader while loading. In HEIC the container's rotation counts, which the
    decoder applies; in AVIF the reader reports the container's rotation in the EXIF tag.
    """
    return 1 if _turned_by_reader(image, kind) else _tag(image)


def _turned_by_reader(image: Image, kind: str | None) -> bool:
    return kind in ("tiff", "heic") or (kind is None and getattr(image, "format", None) == "TIFF")


def _tag(image: Image) -> int:
    from PIL.Image import Image as AnyImage

    try:
        # Called by its class, since the PNG reader's own method decodes the pixels first.
        value = AnyImage.getexif(image).get(_ORIENTATION, 1)
    except DAMAGE:
        return 1  # damaged EXIF data tell nothing; the picture itself may be whole
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _facts(source: Source, image: Image, kind: str | None, words: tuple[str, ...] | None) -> PictureInfo:
    shown = Size(*image.size)
    orientation = 1 if kind == "heic" else _tag(image)
    if _turned_by_reader(image, kind):
        size, stored = shown, shown.turned if is_sideways(orientation) else shown
    else:
        size, stored = shown.turned if is_sideways(orientation) else shown, shown
    profile, srgb = _profile(image)
    return PictureInfo(
        name=source.name,
        format=kind,
        size=size,
        stored_size=stored,
        orientation=orientation,
        mode=image.mode,
        bits=_bits(image),
        alpha=image.mode in _ALPHA_MODES or "transparency" in image.info,
        animated=kind in ("png", "webp", "avif") and getattr(image, "n_frames", 1) > 1,
        progressive=bool(image.info.get("progressive")),
        profile=profile,
        srgb=srgb,
        metadata=_metadata(image) if words is None else words,
        byte_count=source.byte_count,
    )


def _bits(image: Image) -> int:
    """Return the bits of a channel, from the pixel layout the reader will unpack."""
    if image.mode in ("I", "F"):
        return 32
    if image.mode.startswith("I;16"):
        return 16
    tiles = getattr(image, "tile", None) or [(None, None, None, None)]
    layout = tiles[0][3]
    layout = layout[0] if isinstance(layout, tuple) and layout else layout
    if isinstance(layout, str) and ";16" in layout:
        return 16
    return 1 if image.mode == "1" else 8


def _profile(image: Image) -> tuple[str | None, bool]:
    """Return the profile's description and whether the colours are sRGB without conversion."""
    data = image.info.get("icc_profile")
    if not data:
        return None, image.mode not in ("CMYK", "LAB")
    from PIL import ImageCms

    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        text = ImageCms.getProfileDescription(profile).strip() or "unnamed"
        srgb = "srgb" in text.lower() and _has_srgb_primaries(profile)
    except (*DAMAGE, ImageCms.PyCMSError):
        return "unreadable", image.mode not in ("CMYK", "LAB")
    return text, image.mode != "CMYK" and srgb


def _has_srgb_primaries(profile: ImageCmsProfile) -> bool:
    """Tell whether the red, green and blue of a profile are those of sRGB; a name can say anything.

    Source:
        IEC 61966-2-1 primaries, adapted to the D50 white of ICC profiles (x and y of each).
    """
    wanted = ((0.6485, 0.3309), (0.3212, 0.5979), (0.1559, 0.0660))
    core = profile.profile
    for colorant, (x, y) in zip(
        (core.red_colorant, core.green_colorant, core.blue_colorant), wanted, strict=True
    ):
        if colorant is None or abs(colorant[1][0] - x) > 0.005 or abs(colorant[1][1] - y) > 0.005:
            return False
    return True


_TEXTS = {"exif": "exif", "xmp": "xmp", "XML:com.adobe.xmp": "xmp", "photoshop": "iptc", "comment": "comment"}


def _metadata(image: Image) -> tuple[str, ...]:
    return tuple(sorted({word for key, word in _TEXTS.items() if image.info.get(key)}))
