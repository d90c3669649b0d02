"""Dialect: how one server speaks `/v1/videos`, as data and pure functions over it."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal
from urllib.parse import quote

from framefit.geometry import Size
from framefit.videos.dialects.wire import CreateFields, JobPage, ServerWords, WireRequest
from framefit.videos.job import Job
from framefit.videos.replies import code_of, words_of

Encoding = Literal["multipart", "json"]
PictureForm = Literal["object", "string"]
Word = Literal["queued", "in_progress", "completed", "failed"]


@dataclass(frozen=True, kw_only=True)
class Signs:
    """By what a server is recognised; any one of them is enough.

    Args:
        hosts: ends of the server's host name.
        headers: names of headers that it alone sends, in lower case.
        owned_by: what its list of models says in ``owned_by``.
        model_created: what its list of models says in ``created``, for every model.
        detail_errors: whether it answers with FastAPI's ``{"detail": ...}``; the weakest sign.
    """

    hosts: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    owned_by: tuple[str, ...] = ()
    model_created: int | None = None
    detail_errors: bool = False


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How one server speaks. Every function here is pure: nothing is sent.

    Args:
        name: what ``--dialect`` takes.
        title: the server's own name.
        sources: addresses or files where its ways are written down.
        checked_on: the day the sources were read.
        with_picture: how a create with a picture is encoded.
        without_picture: how a create without one is encoded.
        picture_json: how a picture stands in JSON: ``{"image_url": ...}`` or the data URL itself.
        seconds_integer: whether the length is a number in JSON; a form holds text in any case.
        sends_sides: whether ``width`` and ``height`` go along with ``size``.
        renames: the protocol's field names that have another name here.
        drops: the protocol's fields that are not sent here.
        adds: fields that are always sent.
        create_waits: whether a create is answered only when the video is there, with the video in it.
        retrieves: whether a job can be asked for.
        lists: whether jobs can be listed.
        list_query: whether a list takes ``limit``, ``order`` and ``after``.
        list_trusted: whether a job that is not in the list is sure not to have been taken.
        deletes: whether a job can be deleted.
        variants: whether ``variant`` of the content is understood.
        statuses: the server's words for the four statuses, in lower case.
        signs: by what the server is recognised.
        notes: what does not fit above.
    """

    name: str
    title: str
    sources: tuple[str, ...]
    checked_on: date
    with_picture: Encoding = "multipart"
    without_picture: Encoding = "multipart"
    picture_json: PictureForm = "object"
    seconds_integer: bool = False
    sends_sides: bool = False
    renames: dict[str, str] = field(default_factory=dict)
    drops: tuple[str, ...] = ()
    adds: dict[str, str] = field(default_factory=dict)
    create_waits: bool = False
    retrieves: bool = True
    lists: bool = True
    list_query: bool = True
    list_trusted: bool = False
    deletes: bool = True
    variants: bool = False
    statuses: dict[str, Word] = field(default_factory=dict)
    signs: Signs = field(default_factory=Signs)
    notes: str = ""

    def create_request(self, wanted: CreateFields) -> WireRequest:
        """Return the request that asks for a video.

        Args:
            wanted: what is asked for.

        Raises:
            InvalidSize: the size is none, and this dialect sends its sides.
        """
        encoding = self.without_picture if wanted.upload is None else self.with_picture
        fields = self._fields(wanted, typed=encoding == "json")
        picture = self.renames.get("input_reference", "input_reference")
        if encoding == "multipart":
            form = {name: str(value) for name, value in fields.items()}
            files = {} if wanted.upload is None else {picture: wanted.upload}
            return WireRequest(method="POST", path="/videos", form=form, files=files)
        if wanted.upload is not None:
            _, data, media_type = wanted.upload
            url = f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"
            fields[picture] = {"image_url": url} if self.picture_json == "object" else url
        return WireRequest(method="POST", path="/videos", json=fields)

    def retrieve_request(self, video_id: str) -> WireRequest | None:
        """Return the request that asks for a job; None where jobs cannot be asked for."""
        return WireRequest(method="GET", path=video_path(video_id)) if self.retrieves else None

    def list_request(self, *, after: str | None = None, limit: int = 100) -> WireRequest | None:
        """Return the request for a page of jobs, the newest first; None where there is no list.

        Args:
            after: `JobPage.next_after` of the page before; None begins with the newest job.
            limit: number of jobs, 1 to 100; 100 by default.
        """
        if not self.lists:
            return None
        query = {"limit": str(limit), "order": "desc"} if self.list_query else {}
        if after is not None and self.list_query:
            query["after"] = after
        return WireRequest(method="GET", path="/videos", query=query)

    def delete_request(self, video_id: str) -> WireRequest | None:
        """Return the request that deletes a job; None where jobs cannot be deleted."""
        return WireRequest(method="DELETE", path=video_path(video_id)) if self.deletes else None

    def content_request(self, video_id: str, *, variant: str = "video") -> WireRequest | None:
        """Return the request for a finished video.

        Args:
            video_id: the job.
            variant: ``video``, ``thumbnail`` or ``spritesheet``; ``video`` is never spelt out, which
                one server takes for the index of an output.

        Returns:
            The request; None where the video comes with the create's answer, or where only the
            video itself can be had.
        """
        if not self.retrieves or (variant != "video" and not self.variants):
            return None
        query = {} if variant == "video" else {"variant": variant}
        return WireRequest(method="GET", path=f"{video_path(video_id)}/content", query=query)

    def job_from(self, status_code: int, body: object, *, video_id: str | None = None) -> Job | None:
        """Read a reply about one job, also a failed one that arrives as an HTTP error.

        Args:
            status_code: the reply's HTTP status.
            body: its decoded JSON, or its text.
            video_id: the id that was asked for, which some relays answer with another one.

        Returns:
            The job, its status among the four or, for a word that nobody knows, that word; None when
            the reply is no video.
        """
        if status_code < 400:
            return self._job(_with_id(body, video_id))
        job = self._job(body)
        if job is None or not job.failed:
            return None
        # An error that merely has a status is no job; a Video, or an object with the job's id, is one.
        is_it = job.id == video_id or (isinstance(body, Mapping) and body.get("object") == "video")
        return dataclasses.replace(job, id=video_id or job.id) if is_it else None

    def jobs_from_list(self, status_code: int, body: object) -> JobPage | None:
        """Read a page of jobs.

        Args:
            status_code: the reply's HTTP status.
            body: its decoded JSON, or its text.

        Returns:
            The page; None when the reply is no list.
        """
        rows = body.get("data") if isinstance(body, Mapping) else body
        if status_code >= 400 or not isinstance(rows, list):
            return None
        jobs = tuple(job for row in rows if (job := self._job(row)) is not None)
        last = body.get("last_id") if isinstance(body, Mapping) and body.get("has_more") is True else None
        # Without the query every page is the first one.
        more = isinstance(last, str) and bool(last) and bool(rows) and self.list_query
        return JobPage(jobs=jobs, next_after=str(last) if more else None)

    def error_from(self, status_code: int, body: object) -> ServerWords:
        """Read a refusal of any shape: the protocol's envelope, FastAPI's ``detail``, a flat object, text.

        Args:
            status_code: the reply's HTTP status.
            body: its decoded JSON, or its text.
        """
        code = code_of(body)
        return ServerWords(message=words_of(body), code=None if code == str(status_code) else code)

    def _job(self, body: object) -> Job | None:
        job = Job.read(body)
        return job and dataclasses.replace(job, status=self.statuses.get(job.status, job.status))

    def _fields(self, wanted: CreateFields, *, typed: bool) -> dict[str, Any]:
        """Return everything but the picture, under this server's names."""
        seconds: str | int | None = wanted.seconds
        if seconds is not None and typed and self.seconds_integer:
            seconds = int(seconds)
        fields: dict[str, Any] = {
            "prompt": wanted.prompt,
            "model": wanted.model,
            "size": wanted.size,
            "seconds": seconds,
        }
        if self.sends_sides and wanted.size is not None:
            size = Size.parse(wanted.size)
            fields |= {"width": size.width, "height": size.height}
        fields |= self.adds
        return {
            self.renames.get(name, name): value
            for name, value in fields.items()
            if value is not None and name not in self.drops
        }


def video_path(video_id: str) -> str:
    """Return the path of a video below the base URL; an id may hold anything."""
    return f"/videos/{quote(video_id, safe='')}"


def _with_id(body: object, video_id: str | None) -> object:
    """Return a Video with the id that was asked for: relays answer with another one, or with none."""
    if video_id is None or not isinstance(body, Mapping):
        return body
    is_video = isinstance(body.get("status"), str) or Job.read(body) is not None
    return {**body, "id": video_id} if is_video else body
