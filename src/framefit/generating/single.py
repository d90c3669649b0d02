"""generate(): fit, submit, wait, download, verify."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from framefit.errors import InvalidOption, InvalidSize
from framefit.extras import require
from framefit.generating.budget import Budget, cost_usd
from framefit.generating.engines import engine_name, opened_ledger, patience_with, reached
from framefit.generating.outputs import settle_output
from framefit.generating.request import Request, prepare
from framefit.generating.video import GeneratedVideo, require_match
from framefit.generating.wish import Wish
from framefit.geometry import Size
from framefit.sources import PictureSource, Source
from framefit.videos.client import ServerAddress
from framefit.videos.dialects import AUTO, dialect_named
from framefit.videos.patience import SETTLE_SECONDS, Patience
from framefit.videos.receipt import MINIMUM, Receipt
from framefit.videos.receipt import verify as compare
from framefit.videos.waiting import OnProgress

if TYPE_CHECKING:
    from framefit.videos.carrying import Order
    from framefit.videos.ledger import Entry, Ledger


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """Under what conditions a video is made.

    Args:
        address: the server.
        dialect: how it speaks, or ``auto``.
        patience: how long to wait and how often to try.
        minimum: the least SSIM, 0 to 1, that counts as the same picture; None compares nothing.

    Raises:
        InvalidOption: the minimum is out of range, or there is no such dialect.
    """

    address: ServerAddress
    dialect: str
    patience: Patience
    minimum: float | None

    def __post_init__(self) -> None:
        """Check the minimum and the dialect."""
        if self.minimum is not None and not 0.0 <= self.minimum <= 1.0:
            raise InvalidOption(
                "the minimum is out of range",
                seen=f"{self.minimum:g}",
                wanted="0 to 1",
                fix=f"--minimum {MINIMUM}",
            )
        if self.dialect != AUTO:
            dialect_named(self.dialect)


@dataclass(frozen=True, kw_only=True)
class Callbacks:
    """Who is told how it goes on; see `generate`."""

    on_progress: OnProgress | None = None
    on_submitted: Callable[[str], None] | None = None


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
    take: int = 1,
    output: str | Path | None = None,
    base_url: str | None = None,
    api_key: str | None = None,
    dialect: str = AUTO,
    ledger: str | Path | None = None,
    max_cost: float | None = None,
    allow_unknown_price: bool = False,
    timeout_seconds: float = 1800.0,
    settle_seconds: float = SETTLE_SECONDS,
    verify: bool = True,
    minimum: float = MINIMUM,
    on_progress: OnProgress | None = None,
    on_submitted: Callable[[str], None] | None = None,
) -> GeneratedVideo:
    """Fit a picture, have a video made of it, fetch the video, and check its first frame.

    The same call made again, after whatever interrupted it, goes on where it stood: the ledger knows
    what was asked for, and nothing is asked for and paid twice.

    Args:
        source: the picture, in any shape `framefit.fit` takes; None makes a video from text.
        prompt: what is to happen.
        model: the model's name on the server; ``sora-2`` by default.
        server: the catalogue's name of the server, whose rule and price hold; None tells it from the
            address.
        size: the size of the video, ``"1280x720"``; None or ``"auto"`` takes the model's size that
            loses least of the picture.
        seconds: the length, whole seconds; None takes the server's default.
        mode: ``cover`` (default), ``pad``, ``stretch`` or ``auto``.
        focus: ``"center"``, ``"x,y"`` or a pair of fractions 0 to 1.
        crop: left, top, right, bottom as fractions 0 to 1, or a ``crop_bounds`` dictionary.
        backdrop: colour of the pad and under transparency.
        take: counts videos wanted of one and the same request: 1 (default) is the first, 2 another one.
        output: the file to appear, replacing one that is there; None takes the picture's name with
            ``.mp4`` in the current folder, with a number where that name is taken.
        base_url: the server; None takes ``FRAMEFIT_BASE_URL`` or ``OPENAI_BASE_URL``, else the
            embedded engine, which renders a camera move and is no generative model.
        api_key: the key; None takes ``FRAMEFIT_API_KEY`` or ``OPENAI_API_KEY``.
        dialect: how the server speaks: ``auto`` (default) tells it from the server's answers; else
            ``openai``, ``azure``, ``vllm-omni``, ``sglang``, ``litellm``, ``dynamo`` or ``relay``.
        ledger: where requests are kept on record: a path of a SQLite file, or an address of SQLite or
            PostgreSQL. None takes ``FRAMEFIT_LEDGER``, else ``framefit.db`` in the user's data folder;
            a video of the embedded engine, which costs nothing, is then not kept on record.
        max_cost: US dollars that this video may cost, earlier attempts included; None is no limit.
        allow_unknown_price: whether ``max_cost`` lets videos pass whose price is not known.
        timeout_seconds: how long submitting and waiting may take together, above 0; 1800 by default.
        settle_seconds: how long after a lost answer a list of jobs without the job is not believed, 0
            or more; 60 by default.
        verify: compare the first frame with what was sent.
        minimum: the least SSIM, 0 to 1, that counts as the same picture; 0.90 by default.
        on_progress: called with the status and the progress, 0 to 100, of each reply.
        on_submitted: called with the video's id, as soon as it is known.

    Returns:
        The video.

    Raises:
        UsageError: an option is wrong, the model does not render that size or length, or the video
            costs too much; nothing was sent.
        PictureError: the picture cannot be used; nothing was sent.
        OutputUnwritable: the output cannot be written; found before anything is sent where it can be.
        LedgerError: the ledger cannot be used, or somebody else decided about this video.
        ServerUnreachable, RequestRejected: nothing was started.
        OutcomeUnknown: the job may have been started, and billed; the message says how to decide.
        GenerationFailed, GenerationTimeout, DownloadFailed: there is no video here; each names the job.
        ReceiptMismatch: the first frame is not the picture; the video is kept, and named.
        NotAVideo: what came is no video; it is kept, and named.
    """
    wish = Wish(
        source=source,
        prompt=prompt,
        model=model,
        server=server,
        size=size,
        seconds=seconds,
        mode=mode,
        focus=focus,
        crop=crop,
        backdrop=backdrop,
        take=take,
    )
    conditions = Conditions(
        address=ServerAddress.from_environment(base_url, api_key),
        dialect=dialect,
        patience=Patience(timeout_seconds=timeout_seconds, settle_seconds=settle_seconds),
        minimum=minimum if verify else None,
    )
    return make(
        wish,
        output,
        conditions=conditions,
        budget=Budget(max_cost_usd=max_cost, allow_unknown_price=allow_unknown_price),
        ledger=ledger,
        on_progress=on_progress,
        on_submitted=on_submitted,
    )


def make(
    wish: Wish,
    output: str | Path | None,
    *,
    conditions: Conditions,
    budget: Budget,
    ledger: str | Path | None = None,
    on_progress: OnProgress | None = None,
    on_submitted: Callable[[str], None] | None = None,
) -> GeneratedVideo:
    """Do what `generate` does, for a wish.

    Args:
        wish: what is wanted.
        output: the file to appear; None names it after the picture.
        conditions: server, patience, and whether to compare the first frame.
        budget: what it may cost.
        ledger: where requests are kept on record; None is the usual place.
        on_progress: called with the status and the progress, 0 to 100, of each reply.
        on_submitted: called with the video's id, as soon as it is known.

    Raises:
        FramefitError: as `generate` does.
    """
    require_parts(verify=conditions.minimum is not None and wish.source is not None)
    picture = None if wish.source is None else Source.of(wish.source)
    target = settle_output(output, picture)
    request = prepare(wish, picture, conditions.address.base_url)
    calls = Callbacks(on_progress=on_progress, on_submitted=on_submitted)
    with opened_ledger(ledger, conditions.address) as book:
        return _made(request, target, picture, conditions, budget, book, calls, fixed=output is not None)


def require_parts(*, verify: bool) -> None:
    """Find out whether the optional parts are there.

    Raises:
        MissingExtra: one is not.
    """
    for module in ("openai", "sqlalchemy", *(("av", "numpy") if verify else ())):
        require(module, "video")


def receipt_of(request: Request, entry: Entry, book: Ledger, video: Path, minimum: float) -> Receipt | None:
    """Compare a video with its picture, and put the comparison on record.

    Raises:
        NotAVideo: the file is no video.
        ReceiptMismatch: it does not begin with the picture.
    """
    if request.fitted is None:
        return None
    receipt = compare(request.fitted.data, video, minimum=minimum)
    book.compared(entry.key, receipt.as_dict())
    require_match(receipt, video)
    return receipt


def _made(
    request: Request,
    target: Path,
    picture: Source | None,
    conditions: Conditions,
    budget: Budget,
    book: Ledger,
    calls: Callbacks,
    *,
    fixed: bool,
) -> GeneratedVideo:
    """Bring the video to the target, or, unless that is fixed, leave it where an earlier call brought it."""
    from framefit.videos.carrying import Order, delivered

    intent = request.intent(None if picture is None else picture.name)
    before = book.get(intent.key)
    if (
        before is not None
        and before.output is not None
        and not fixed
        and delivered(before, Path(before.output))
    ):
        target = Path(before.output)
    entry, spoken = before, None
    if entry is None or not delivered(entry, target):
        budget.check([cost_usd(intent, before)])
        upload = None if request.fitted is None else request.fitted.upload()
        entry, spoken = _carried(Order(intent=intent, upload=upload, output=target), conditions, book, calls)
    minimum = conditions.minimum
    return GeneratedVideo(
        path=target,
        video_id=entry.job_id or "",
        model=request.wish.model,
        size=request.size or _read_size(entry.size_made),
        seconds=request.seconds or entry.seconds_made,
        engine=engine_name(conditions.address),
        fitted=request.fitted,
        receipt=None if minimum is None else receipt_of(request, entry, book, target, minimum),
        dialect=spoken,
        key=entry.key,
        cost_usd=entry.spent_usd,
        earlier=before is not None and before.attempts > 0,
    )


def _carried(order: Order, conditions: Conditions, book: Ledger, calls: Callbacks) -> tuple[Entry, str]:
    from framefit.videos.carrying import carry

    with reached(conditions.address, conditions.dialect) as server:
        entry = carry(
            order,
            ledger=book,
            server=server,
            patience=patience_with(conditions.patience, server.dialect),
            on_progress=calls.on_progress,
            on_submitted=calls.on_submitted,
        )
        return entry, server.dialect.name


def _read_size(text: str | None) -> Size | None:
    try:
        return None if text is None else Size.parse(text)
    except InvalidSize:
        return None
