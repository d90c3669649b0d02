"""Where a server keeps its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from framefit.errors import OutputUnwritable
from framefit.videos.objects import Variant

_SUFFIXES: dict[Variant, str] = {"video": ".mp4", "thumbnail": ".webp", "spritesheet": ".jpg"}


@dataclass(frozen=True, kw_only=True)
class DataFolder:
    """The files of a server: ``jobs.db``, ``references/`` and ``videos/``.

    Args:
        path: the folder; `create` makes it.
    """

    path: Path

    @property
    def database(self) -> Path:
        """The file in which the jobs stand."""
        return self.path / "jobs.db"

    @property
    def videos(self) -> Path:
        """The folder of finished videos and their stills."""
        return self.path / "videos"

    @property
    def references(self) -> Path:
        """The folder of reference pictures, as they were sent."""
        return self.path / "references"

    def reference(self, name: str) -> Path:
        """Return the path of a reference picture by its file name."""
        return self.references / name

    def content(self, video_id: str, variant: Variant) -> Path:
        """Return the path of a video or of one of its stills."""
        return self.videos / f"{video_id}{_SUFFIXES[variant]}"

    def create(self) -> None:
        """Make the folder and those in it.

        Raises:
            OutputUnwritable: a folder cannot be made.
        """
        try:
            for folder in (self.videos, self.references):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputUnwritable(
                "the data folder cannot be made",
                seen=f"{self.path}: {error.strerror or error}",
                wanted="a folder that can be written to",
                fix="--data OTHER_FOLDER",
            ) from error

    def remove(self, video_id: str, reference: str | None) -> None:
        """Remove every file of a job, as far as it is there."""
        for variant in _SUFFIXES:
            self.content(video_id, variant).unlink(missing_ok=True)
        if reference is not None:
            self.reference(reference).unlink(missing_ok=True)
