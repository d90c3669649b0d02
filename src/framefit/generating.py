"""generate(): fit, submit, wait, download, verify."""

from __future__ import annotations

import contextlib
import stat
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from framefit.checking import check
from framefit.errors import (
    InvalidOption,
    InvalidSize,
    OutputIsInput,
    OutputUnwritable,
    ReceiptMismatch,
)
from framefit.extras import require
from framefit.fitting import fit
from framefit.geometry import Size
from framefit.imaging import Fitted
from framefit.probing import probe
from framefit.saving import same_file
from framefit.sources import PictureSource, Source
from framefit.videos.client import CREATE_SECONDS, ServerAddress, connect, submit
from framefit.videos.dialects import AUTO, Dialect, dialect_named
from framefit.videos.dialects.recognising import USUAL, recognised
from framefit.videos.download import save_content
from framefit.videos.job import Job
from framefit.videos.offers import Offer, offer_for, read_seconds
from framefit.videos.receipt import LEAST_PSNR, MINIMUM, Receipt
from framefit.videos.receipt import verify as compare
from framefit.videos.waiting import OnProgress, ended, wait

if TYPE_CHECKING:
    from openai import OpenAI

EMBEDDED_ENGINE = "framefit embedded engine (camera move, not a generative model)"

_SHORTEST_CREATE = 30.0
"""Seconds a create is given even under a shorter timeout: cut short, nobody knows what it cost."""

_THE_SERVER_DECIDES = frozenset({"model_retired"})
"""Findings that are no fault of the picture; a server may have kept a model beyond its announced end."""


@dataclass(frozen=True, kw_only=True)
class GeneratedVideo:
    """A video that was made, and everything known about how.

    Args:
        path: the file.
        video_id: the server's name for it.
        model: the model that was asked for.
        size: the size that was asked for, in pixels; the server's own choice when none was.
        seconds: the length that was asked for, as it was sent; the server's own when none was.
        engine: who rendered it: the embedded engine, or the host of the server.
        fitted: the picture that was sent; None for a video from text.
        receipt: the comparison of the first frame with the picture; None when it was not made.
        dialect: how the server was spoken to.
    """

    path: Path
    video_id: str
    model: str
    size: Size | None
    seconds: str | None
    engine: str
    fitted: Fitted | None
    receipt: Receipt | None
    dialect: str = USUAL

    def as_dict(self) -> dict[str, Any]:
        """Return the video as plain values for JSON."""
        return {
            "path": str(self.path),
            "video_id": self.video_id,
            "model": self.model,
            "size": None if self.size is None else str(self.size),
            "seconds": self.seconds,
            "engine": self.engine,
            "dialect": self.dialect,
            "plan": None if self.fitted is None else self.fitted.plan.as_dict(),
            "receipt": None if self.receipt is None else self.receipt.as_dict(),
        }


@dataclass(frozen=True, kw_only=True)
class _Request:
    """What is sent, settled before anything costs money."""

    model: str
    prompt: str
    size: Size | None
    seconds: str | None
    fitted: Fitted | None


def generate(
    source: PictureSource | None,
    prompt: str,
    *,
    model: str = "sora-2",
    server: str | None = None,
    size: str | tuple[int, int] | None = None,
    seconds: str | int | None = None,
    mode: str | None = None,
    focus: str | Sequence[float] | None = "center",
    crop: str | Sequence[float] | Mapping[str, float] | None = None,
    backdrop: str | Sequence[int] = "black",
    output: str | Path | None = None,
    base_url: str | None = None,
    api_key: str | None = None,
    dialect: str = AUTO,
    timeout_seconds: float = 1800.0,
    verify: bool = True,
    minimum: float = MINIMUM,
    on_progress: OnProgress | None = None,
    on_submitted: Callable[[str], None] | None = None,
) -> GeneratedVideo:
    """Fit a picture, have a video made of it, fetch the video, and check its first frame.

    Args:
        source: the picture, in any shape `framefit.fit` takes; None makes a video from text.
        prompt: what is to happen.
        model: the model's name on the server; ``sora-2`` by default.
        server: the catalogue's name of the server, whose rule holds; None tells it from the address.
        size: the size of the video, ``"1280x720"``; None or ``"auto"`` takes the model's size that
            loses least of the picture.
        seconds: the length, whole seconds; None takes the server's default.
        mode: ``cover`` (default), ``pad``, ``stretch`` or ``auto``.
        focus: ``"center"``, ``"x,y"`` or a pair of fractions 0 to 1.
        crop: left, top, right, bottom as fractions 0 to 1, or a ``crop_bounds`` dictionary.
        backdrop: colour of the pad and under transparency.
        output: the file to appear, replacing one that is there; None takes the picture's name with
            ``.mp4`` in the current folder, with a number where that name is taken.
        base_url: the server; None takes ``FRAMEFIT_BASE_URL`` or ``OPENAI_BASE_URL``, else the
            embedded engine, which renders a camera move and is no generative model.
        api_key: the key; None takes ``FRAMEFIT_API_KEY`` or ``OPENAI_API_KEY``.
        dialect: how the server speaks: ``auto`` (default) tells it from the server's answers; else
            ``openai``, ``azure``, ``vllm-omni``, ``sglang``, ``litellm``, ``dynamo`` or ``relay``.
        timeout_seconds: how long submitting and waiting may take together, above 0; 1800 by default.
        verify: compare the first frame with what was sent.
        minimum: the least SSIM, 0 to 1, that counts as the same picture; 0.90 by default.
        on_progress: called with the status and the progress, 0 to 100, of each reply.
        on_submitted: called once with the video's id, as soon as it is known.

    Returns:
        The video.

    Raises:
        UsageError: an option is wrong, or the model does not render that size or length; nothing
            was sent.
        PictureError: the picture cannot be used; nothing was sent.
        OutputUnwritable: the output cannot be written; found before anything is sent where it can be.
        ServerUnreachable, RequestRejected: nothing was started.
        OutcomeUnknown: the job may have been started, and billed.
        GenerationFailed, GenerationTimeout, DownloadFailed: there is no video here; each names the job.
        ReceiptMismatch: the first frame is not the picture; the video is kept, and named.
        NotAVideo: what came is no video; it is kept, and named.
    """
    _check_options(prompt, timeout_seconds, minimum)
    named = None if dialect == AUTO else dialect_named(dialect)
    if verify and source is not None:
        require("av", "video")
        require("numpy", "video")
    picture = None if source is None else Source.of(source)
    target = _output(output, picture)
    address = ServerAddress.from_environment(base_url, api_key)
    request = _prepare(
        picture,
        prompt,
        model=model,
        server=server,
        base_url=address.base_url,
        size=None if size is None or size == "auto" else Size.parse(size),
        seconds=seconds,
        mode=mode,
        focus=focus,
        crop=crop,
        backdrop=backdrop,
    )
    with _engine(address) as (reached, engine), connect(reached) as client:
        spoken = named or (dialect_named(USUAL) if address.base_url is None else recognised(client))
        job = _make(client, spoken, request, timeout_seconds, on_progress, on_submitted)
        save_content(client, job, target, dialect=spoken)
    return GeneratedVideo(
        path=target,
        video_id=job.id,
        model=model,
        size=request.size or _read_size(job.size),
        seconds=request.seconds or job.seconds,
        engine=engine,
        fitted=request.fitted,
        receipt=_receipt(request.fitted, target, minimum) if verify else None,
        dialect=spoken.name,
    )


def _check_options(prompt: str, timeout_seconds: float, minimum: float) -> None:
    if not prompt.strip():
        raise InvalidOption("the prompt is empty", wanted="what is to happen", fix="--prompt TEXT")
    if not timeout_seconds > 0:
        raise InvalidOption(
            "the timeout is out of range",
            seen=f"{timeout_seconds:g}",
            wanted="above 0 s",
            fix="--timeout 1800",
        )
    if not 0.0 <= minimum <= 1.0:
        raise InvalidOption(
            "the minimum is out of range", seen=f"{minimum:g}", wanted="0 to 1", fix=f"--minimum {MINIMUM}"
        )


def _output(output: str | Path | None, picture: Source | None) -> Path:
    """Settle where the video goes, and find out now whether it can: afterwards it is paid for."""
    target = _free_name("video" if picture is None else picture.stem) if output is None else Path(output)
    if picture is not None and picture.path is not None and same_file(target, picture.path):
        raise OutputIsInput(
            f"{target.name!r} is the picture and would be overwritten",
            seen=str(target),
            wanted="another file",
            fix="-o OTHER_NAME.mp4",
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            if stat.S_ISDIR(target.stat().st_mode):  # a name that no file can have fails here, too
                raise IsADirectoryError(None, "it is a folder")
        tempfile.TemporaryFile(dir=target.parent).close()
    except (OSError, ValueError) as error:
        raise OutputUnwritable(
            f"{target.name!r} cannot be written: {(getattr(error, 'strerror', None) or str(error)).lower()}",
            seen=str(target),
            wanted="a file in a folder that can be written to",
            fix="-o OTHER_FOLDER/NAME.mp4",
        ) from error
    return target


def _free_name(stem: str) -> Path:
    """Return a name in the current folder that is not taken: an earlier video may have cost money."""
    path, number = Path(f"{stem}.mp4"), 1
    while path.exists():
        number += 1
        path = Path(f"{stem}-{number}.mp4")
    return path


def _prepare(
    picture: Source | None,
    prompt: str,
    *,
    model: str,
    server: str | None,
    base_url: str | None,
    size: Size | None,
    seconds: str | int | None,
    mode: str | None,
    focus: str | Sequence[float] | None,
    crop: str | Sequence[float] | Mapping[str, float] | None,
    backdrop: str | Sequence[int],
) -> _Request:
    """Fit the picture and settle the request; nothing is sent."""
    offer = offer_for(model, server=server, base_url=base_url, size=size)
    length = read_seconds(seconds, offer)
    rule = offer.rule
    if picture is None:
        chosen = size or (rule.default_size if rule is not None else None)
        return _Request(model=model, prompt=prompt, size=chosen, seconds=length, fitted=None)
    fitted = fit(
        picture,
        size=size,
        model=None if rule is None else rule.model,
        server=None if rule is None else rule.server,
        mode=mode,
        focus=focus,
        crop=crop,
        backdrop=backdrop,
    )
    _check_fitted(fitted, offer)
    return _Request(model=model, prompt=prompt, size=fitted.size, seconds=length, fitted=fitted)


def _check_fitted(fitted: Fitted, offer: Offer) -> None:
    """Read the bytes as a server will, and refuse to send what it would refuse."""
    info = probe(fitted.data)
    if info.stored_size != fitted.size or info.orientation != 1:
        raise InvalidSize(
            "the fitted picture has not the size of the video",
            seen=f"{info.stored_size} with EXIF orientation {info.orientation}",
            wanted=str(fitted.size),
            fix="please report this picture",
        )
    if offer.rule is None:
        return
    forecast = check(fitted.data, model=offer.rule.model, server=offer.rule.server, size=fitted.size)
    for finding in forecast.findings:
        if finding.level == "reject" and finding.code not in _THE_SERVER_DECIDES:
            raise InvalidOption(finding.message, seen=finding.seen, wanted=finding.wanted, fix=finding.fix)


@contextlib.contextmanager
def _engine(address: ServerAddress) -> Iterator[tuple[ServerAddress, str]]:
    """Give the address of the server, running the embedded engine for as long when there is none."""
    if address.base_url is not None:
        yield address, urlsplit(address.base_url).hostname or address.base_url
        return
    from framefit.server.running import running

    with running() as engine:
        yield ServerAddress(base_url=engine.base_url), EMBEDDED_ENGINE


def _make(
    client: OpenAI,
    dialect: Dialect,
    request: _Request,
    timeout_seconds: float,
    on_progress: OnProgress | None,
    on_submitted: Callable[[str], None] | None,
) -> Job:
    deadline = time.monotonic() + timeout_seconds
    job = submit(
        client,
        model=request.model,
        prompt=request.prompt,
        size=None if request.size is None else str(request.size),
        seconds=request.seconds,
        upload=None if request.fitted is None else request.fitted.upload(),
        timeout_seconds=_create_seconds(dialect, timeout_seconds),
        dialect=dialect,
    )
    if on_submitted is not None:
        on_submitted(job.id)
    if not dialect.retrieves:
        return ended(client, job)
    left = max(0.0, deadline - time.monotonic())
    return wait(client, job.id, timeout_seconds=left, on_progress=on_progress, dialect=dialect)


def _create_seconds(dialect: Dialect, timeout_seconds: float) -> float:
    """Return how long a create may take; one that waits for the video may take as long as the video."""
    return max(
        _SHORTEST_CREATE, timeout_seconds if dialect.create_waits else min(CREATE_SECONDS, timeout_seconds)
    )


def _receipt(fitted: Fitted | None, video: Path, minimum: float) -> Receipt | None:
    if fitted is None:
        return None
    receipt = compare(fitted.data, video, minimum=minimum)
    if not receipt.ok:
        raise ReceiptMismatch(
            f"the first frame of {video} is not the picture that was sent",
            seen=str(receipt),
            wanted=f"SSIM {minimum:g} and PSNR {LEAST_PSNR:g} dB or more",
            fix="look at the video, which is kept; --no-verify does without the comparison",
        )
    return receipt


def _read_size(text: str | None) -> Size | None:
    try:
        return None if text is None else Size.parse(text)
    except InvalidSize:
        return None
