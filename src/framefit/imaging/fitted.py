"""Fitted: the finished picture and the plan it came from."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from framefit.errors import InvalidOption, OutputIsInput
from framefit.findings import Finding
from framefit.geometry import Size
from framefit.options import Format
from framefit.planning import Plan
from framefit.saving import same_file, write_whole

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES: dict[str, Format] = {
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".jpe": "jpeg",
    ".png": "png",
    ".webp": "webp",
}
"""The format that each file suffix stands for."""

ONLY_READ = frozenset({".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".heif"})
"""The suffixes of formats that are read and never written."""

OF_RESULTS = ("truncated", "profile_ignored", "quality_lowered")
"""The codes of findings about a result; all others are about the picture as it was."""

ENDINGS: dict[Format, str] = {"jpeg": ".jpg", "png": ".png", "webp": ".webp"}
"""The suffix given to files of each format."""


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A picture that fits.

    Args:
        data: the bytes of the file.
        size: its size in pixels, exactly the canvas.
        format: ``jpeg``, ``png`` or ``webp``.
        plan: what was decided.
        source_path: where the picture came from, if from a file.
        quality: the quality it was written with, lower than asked for where a byte budget needed it;
            None for a file that was not written anew and for formats without loss.
        findings: what is worth knowing about the result: a damaged colour profile that was ignored, how
            much of a truncated file is missing, what a byte budget cost.
    """

    data: bytes = field(repr=False)
    size: Size
    format: Format
    plan: Plan
    source_path: Path | None = None
    quality: int | None = None
    findings: tuple[Finding, ...] = ()

    def save(self, path: str | Path) -> Path:
        """Write the file, whole or not at all.

        Args:
            path: where to; missing folders are created; a suffix of a picture must fit the format.

        Returns:
            The path.

        Raises:
            OutputIsInput: the path is the original picture.
            InvalidOption: the suffix stands for another format.
            OutputUnwritable: the file cannot be written there.
        """
        target = Path(path)
        if self.source_path is not None and same_file(target, self.source_path):
            raise OutputIsInput(
                f"{target.name!r} is the original picture and would be overwritten",
                seen=str(target),
                wanted="another file",
                fix="-o OTHER_NAME",
            )
        suffix = target.suffix.lower()
        named = SUFFIXES.get(suffix)
        if suffix in ONLY_READ or (named is not None and named != self.format):
            raise InvalidOption(
                f"{target.name!r} would hold {self.format}, not {named or suffix.removeprefix('.')}",
                seen=target.suffix,
                wanted=ENDINGS[self.format],
                fix=f"--format {named}" if named else f"-o NAME{ENDINGS[self.format]}",
            )
        return write_whole(target, self.data)

    def to_pil(self) -> Image:
        """Return the pixels of the file as a PIL image, loaded."""
        from PIL import Image

        image = Image.open(
            io.BytesIO(self.data), formats=[{"jpeg": "JPEG", "png": "PNG", "webp": "WEBP"}[self.format]]
        )
        image.load()
        return image

    @property
    def filename(self) -> str:
        """A file name with the right suffix, from the name of the picture."""
        return f"{Path(self.plan.info.name).stem or 'picture'}{ENDINGS[self.format]}"

    def upload(self) -> tuple[str, bytes, str]:
        """Return file name, bytes and media type, as every HTTP client and SDK takes a file part."""
        return self.filename, self.data, f"image/{self.format}"
