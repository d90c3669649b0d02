"""framefit generate: a picture and a prompt in, a video out; or a file of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from framefit.cli import arguments as shared
from framefit.cli.output import note, print_json
from framefit.cli.progress import job_status
from framefit.errors import InvalidOption

if TYPE_CHECKING:
    from framefit.generating import GeneratedVideo, Wish
    from framefit.generating.budget import Budget
    from framefit.generating.single import Conditions

_MANY = "Many videos"
_MONEY = "Money"


def generate(
    image: Annotated[
        str | None, typer.Argument(metavar="[IMAGE]", help="The first frame; none makes a video from text.")
    ] = None,
    prompt: Annotated[
        str | None, typer.Option(help="What is to happen; with --jobs, where a line says nothing.")
    ] = None,
    model: shared.NeededModel = "sora-2",
    server: shared.Server = None,
    size: shared.Size = None,
    seconds: shared.Seconds = None,
    mode: shared.Mode = None,
    focus: shared.Focus = "center",
    crop: shared.Crop = None,
    backdrop: shared.Backdrop = "black",
    take: Annotated[int, typer.Option(min=1, help="Counts videos wanted of one and the same request.")] = 1,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", help="The video, or with --jobs a folder. Default: NAME.mp4."),
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option(
            help="The server. Default: FRAMEFIT_BASE_URL, OPENAI_BASE_URL, else the embedded engine."
        ),
    ] = None,
    api_key: Annotated[
        str | None,
        typer.Option(help="The key. Default: FRAMEFIT_API_KEY, OPENAI_API_KEY.", show_default=False),
    ] = None,
    dialect: Annotated[
        str,
        typer.Option(
            help="How the server speaks: auto, openai, azure, vllm-omni, sglang, litellm, dynamo or relay."
        ),
    ] = "auto",
    ledger: shared.LedgerPlace = None,
    max_cost: Annotated[
        float | None,
        typer.Option(min=0, help="US dollars that may be spent in all.", rich_help_panel=_MONEY),
    ] = None,
    allow_unknown_price: Annotated[
        bool,
        typer.Option(
            "--allow-unknown-price",
            help="Let --max-cost pass videos without a known price.",
            rich_help_panel=_MONEY,
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Show plan, forecast and cost; send nothing.", rich_help_panel=_MONEY),
    ] = False,
    jobs: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="A CSV or JSON Lines file of videos.", rich_help_panel=_MANY),
    ] = None,
    concurrency: Annotated[
        int, typer.Option(min=1, max=256, help="Videos under way at a time.", rich_help_panel=_MANY)
    ] = 4,
    per_minute: Annotated[
        float | None, typer.Option(help="Creates sent a minute, at most.", rich_help_panel=_MANY)
    ] = None,
    timeout: Annotated[float, typer.Option(min=1, help="Give up waiting after this many seconds.")] = 1800,
    settle: Annotated[
        float,
        typer.Option(
            min=0, help="Seconds after a lost answer during which a list without the job proves nothing."
        ),
    ] = 60,
    verify: Annotated[bool, typer.Option(help="Compare the first frame with what was sent.")] = True,
    minimum: Annotated[
        float, typer.Option(min=0, max=1, help="The least SSIM that --verify accepts.")
    ] = 0.90,
    json: shared.Json = False,
) -> None:
    """Fit a picture, have a video made of it, fetch it, and check its first frame.

    The same command again, after whatever interrupted it, goes on where it stood; nothing is paid twice.
    """
    from framefit.generating.budget import Budget
    from framefit.generating.many import Many
    from framefit.generating.single import Conditions
    from framefit.videos.client import ServerAddress
    from framefit.videos.patience import Patience

    conditions = Conditions(
        address=ServerAddress.from_environment(base_url, api_key),
        dialect=dialect,
        patience=Patience(timeout_seconds=timeout, settle_seconds=settle),
        minimum=minimum if verify else None,
    )
    budget = Budget(max_cost_usd=max_cost, allow_unknown_price=allow_unknown_price)
    many = Many(concurrency=concurrency, per_minute=per_minute, ledger=ledger)
    if jobs is not None:
        from framefit.cli.generate_many import run

        if image is not None:
            raise InvalidOption(
                "the pictures stand in the file of jobs",
                seen=image,
                wanted="--jobs FILE alone",
                fix="leave it out",
            )
        defaults = {"prompt": prompt, "model": model, "server": server, "size": size, "seconds": seconds}
        defaults |= {"mode": mode, "focus": focus, "crop": crop, "backdrop": backdrop, "take": str(take)}
        with _resumable():
            run(jobs, output, defaults, conditions, budget, many, dry_run=dry_run, json=json)
        return
    from framefit.generating import Wish

    wish = Wish(
        source=image,
        prompt=prompt or "",
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
    if dry_run:
        from framefit.cli.dry_run import preview_one

        preview_one(wish, conditions, budget, ledger, json=json)
        return
    with _resumable():
        _make(wish, output, conditions, budget, ledger, json=json)


@contextmanager
def _resumable() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        note("interrupted; the same command again goes on where it stood")
        raise


def _make(
    wish: Wish, output: str | None, conditions: Conditions, budget: Budget, ledger: str | None, *, json: bool
) -> None:
    from framefit.generating import make

    with job_status(silent=json) as on_progress:
        video = make(
            wish,
            Path(output) if output else None,
            conditions=conditions,
            budget=budget,
            ledger=ledger,
            on_progress=on_progress,
        )
    if json:
        print_json(video.as_dict())
        return
    _say(video)


def _say(video: GeneratedVideo) -> None:
    typer.echo(f"{video.path} ({video.size}, {video.seconds} s, {video.model})")
    note(f"rendered by {video.engine}")
    if video.earlier:
        note("asked for by an earlier call; nothing was paid again")
    if video.receipt is not None:
        typer.echo(str(video.receipt))
