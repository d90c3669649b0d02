"""The videos service of the embedded engine: what each call of the protocol does."""

from __future__ import annotations

import dataclasses
import shutil
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from framefit.catalog import Catalog
from framefit.geometry import Size
from framefit.saving import whole_file, write_whole
from framefit.server.body import Fields
from framefit.server.creates import Sent
from framefit.server.envelope import ApiError, invalid_value, video_not_found
from framefit.server.faults.held import HOLD, LAG
from framefit.server.folder import DataFolder
from framefit.server.parsing import CreateRequest, read_create, read_remix
from framefit.server.store import JobStore, NewJob
from framefit.videos.objects import ORDERS, VARIANTS, Order, Variant, Video, VideoPage

_LARGEST_PAGE = 100
_USUAL_PAGE = 20


class VideosService:
    """Carries out the calls of the protocol; every method may block, so none is for the event loop.

    Args:
        store: the record of jobs.
        folder: where references and videos are.
        catalog: the models' rules.
        wake: called when a job has been put on record.
    """

    def __init__(
        self, *, store: JobStore, folder: DataFolder, catalog: Catalog, wake: Callable[[], None]
    ) -> None:
        self._store = store
        self._folder = folder
        self._catalog = catalog
        self._wake = wake

    def create(self, fields: Fields) -> Video:
        """Check a create request and queue its job.

        Raises:
            ApiError: 400, whatever is wrong with it.
        """
        return self.submit(read_create(fields, self._catalog), fields)

    def submit(self, request: CreateRequest, fields: Fields, *, prefix: str = "video_") -> Video:
        """Queue the job of a request that has been found good.

        Args:
            request: what is to be rendered.
            fields: the fields as they came, for the record.
            prefix: how the job's id begins.
        """
        video_id = f"{prefix}{uuid.uuid4().hex}"
        name, picture = None, None
        if request.reference is not None:
            name = f"{video_id}.{request.reference.format}"
            write_whole(self._folder.reference(name), request.reference.data)
            picture = request.reference.sent or request.reference.data
        return self._queue(
            NewJob(
                id=video_id,
                model=request.model,
                prompt=request.prompt,
                size=request.size,
                seconds=request.seconds,
                reference=name,
                sent=Sent.of(fields, picture),
                hold=HOLD.get(),
            )
        )

    def sent(self, video_id: str) -> dict[str, Any]:
        """Return the fields that came with a job's request, but the picture; empty for an unknown id."""
        sent = self._store.sent(video_id)
        return {} if sent is None else sent.fields

    def retrieve(self, video_id: str) -> Video:
        """Return a job.

        Raises:
            ApiError: 404.
        """
        video = self._store.find(video_id)
        if video is None:
            raise video_not_found(video_id)
        return video

    def page(self, *, after: str | None, limit: str | None, order: str | None) -> VideoPage:
        """Return a page of jobs, from the query as it was sent.

        Args:
            after: the id to begin after.
            limit: 0 to 100; None is 20.
            order: ``asc`` or ``desc``; None is ``desc``.

        Raises:
            ApiError: 400, a value that is none of these.
        """
        try:
            return self._store.page(after=after, limit=_limit(limit), order=_order(order), lag=LAG.get())
        except KeyError as error:
            raise ApiError(
                400, f"Invalid value: '{after}'. No video has this id.", code="invalid_value", param="after"
            ) from error

    def delete(self, video_id: str) -> None:
        """Delete a job that has ended, and its files.

        Raises:
            ApiError: 404, or 409 for a job that has not ended.
        """
        video = self.retrieve(video_id)
        reference = self._store.reference_of(video_id)
        if not self._store.delete(video_id):
            raise ApiError(
                409,
                f"Only completed or failed videos can be deleted; this one is '{video.status}'.",
                code="video_not_ended",
                param="video_id",
                headers={"x-should-retry": "false"},
            )
        self._folder.remove(video_id, reference)

    def remove(self, video_id: str) -> Video:
        """Delete a job and its files whether it has ended or not, and return it as it was.

        Raises:
            ApiError: 404.
        """
        video = self.retrieve(video_id)
        reference = self._store.reference_of(video_id)
        if not self._store.delete(video_id, unfinished=True):
            raise video_not_found(video_id)
        self._folder.remove(video_id, reference)
        return video

    def content(self, video_id: str, variant: str | None) -> tuple[Path, Variant]:
        """Return the file of a video or of one of its stills.

        Args:
            video_id: the job.
            variant: ``video``, ``thumbnail`` or ``spritesheet``; None is ``video``.

        Raises:
            ApiError: 400 for an unknown variant; 404 while unfinished, when failed and when expired.
        """
        wanted: str = variant or "video"
        known = next((one for one in VARIANTS if one == wanted), None)
        if known is None:
            raise invalid_value("variant", wanted, VARIANTS)
        video = self.retrieve(video_id)
        _check_ready(video, status=404)
        path = self._folder.content(video_id, known)
        if not path.is_file():
            raise _expired(404)
        return path, known

    def remix(self, video_id: str, fields: Fields) -> Video:
        """Queue a job like a completed one, with another prompt.

        Raises:
            ApiError: 400 for a bad prompt or a source that is not completed, 404.
        """
        prompt = read_remix(fields)
        source = self.retrieve(video_id)
        _check_ready(source, status=400)
        new_id = f"video_{uuid.uuid4().hex}"
        return self._queue(
            NewJob(
                id=new_id,
                model=source.model,
                prompt=prompt,
                size=Size.parse(source.size),
                seconds=int(source.seconds),
                reference=self._copied_reference(video_id, new_id),
                remixed_from=video_id,
                sent=Sent.of(fields, None),
            )
        )

    def _queue(self, job: NewJob) -> Video:
        video = self._store.add(job)
        self._wake()
        # Whatever becomes of a job, the answer to its create calls it queued.
        return dataclasses.replace(video, status="queued", error=None)

    def _copied_reference(self, video_id: str, new_id: str) -> str | None:
        """Copy the reference, so that either job can be deleted without the other."""
        name = self._store.reference_of(video_id)
        if name is None:
            return None
        copy = f"{new_id}{Path(name).suffix}"
        source = self._folder.reference(name)
        if not source.is_file():
            raise video_not_found(video_id)
        with whole_file(self._folder.reference(copy)) as temporary:
            shutil.copyfile(source, temporary)
        return copy


def _check_ready(video: Video, *, status: int) -> None:
    if video.status == "failed":
        raise ApiError(
            status, "This video failed: there is no content.", code="video_failed", param="video_id"
        )
    if video.is_unfinished:
        raise ApiError(
            status,
            f"This video is not ready: its status is '{video.status}'.",
            code="video_not_ready",
            param="video_id",
        )
    if video.expires_at is not None and video.expires_at <= time.time():
        raise _expired(status)


def _expired(status: int) -> ApiError:
    return ApiError(status, "This video has expired.", code="video_expired", param="video_id")


def _limit(value: str | None) -> int:
    if value is None:
        return _USUAL_PAGE
    if value.isascii() and value.isdecimal() and len(value) < 4 and int(value) <= _LARGEST_PAGE:
        return int(value)
    raise ApiError(
        400,
        f"Invalid value: '{value}'. Expected an integer from 0 to {_LARGEST_PAGE}.",
        code="invalid_value",
        param="limit",
    )


def _order(value: str | None) -> Order:
    if value is None:
        return "desc"
    known = next((one for one in ORDERS if one == value), None)
    if known is None:
        raise invalid_value("order", value, ORDERS)
    return known
