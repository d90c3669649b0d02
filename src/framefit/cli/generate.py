"""framefit generate: a picture and a prompt in, a video out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from framefit.cli import arguments as shared
from framefit.cli.output import note, print_json
from framefit.cli.progress import job_status

if TYPE_CHECKING:
    from framefit.generating import GeneratedVideo


def generate(
    image: Annotated[
        str | None, typer.Argument(metavar="[IMAGE]", help="The first frame; none makes a video from text.")
    ] = None,
    prompt: Annotated[str, typer.Option(help="What is to happen.")] = ...,  # type: ignore[assignment]
    model: shared.NeededModel = "sora-2",
    server: shared.Server = None,
    size: shared.Size = None,
    seconds: shared.Seconds = None,
    mode: shared.Mode = None,
    focus: shared.Focus = "center",
    crop: shared.Crop = None,
    backdrop: shared.Backdrop = "black",
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="The video. Default: NAME.mp4.")
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
    timeout: Annotated[float, typer.Option(min=1, help="Give up waiting after this many seconds.")] = 1800,
    verify: Annotated[bool, typer.Option(help="Compare the first frame with what was sent.")] = True,
    minimum: Annotated[
        float, typer.Option(min=0, max=1, help="The least SSIM that --verify accepts.")
    ] = 0.90,
    json: shared.Json = False,
) -> None:
    """Fit a picture, have a video made of it, fetch it, and check its first frame."""
    from framefit.generating import generate as make

    with job_status(silent=json) as on_progress:
        video = make(
            image,
            prompt,
            model=model,
            server=server,
            size=size,
            seconds=seconds,
            mode=mode,
            focus=focus,
            crop=crop,
            backdrop=backdrop,
            output=Path(output) if output else None,
            base_url=base_url,
            api_key=api_key,
            dialect=dialect,
            timeout_seconds=timeout,
            verify=verify,
            minimum=minimum,
            on_progress=on_progress,
        )
    if json:
        print_json(video.as_dict())
        return
    _say(video)


def _say(video: GeneratedVideo) -> None:
    typer.echo(f"{video.path} ({video.size}, {video.seconds} s, {video.model})")
    note(f"rendered by {video.engine}")
    if video.receipt is not None:
        typer.echo(str(video.receipt))
