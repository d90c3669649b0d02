"""framefit verify: is the first frame of a video the picture that was sent?"""

from __future__ import annotations

from typing import Annotated

import typer

from framefit.cli import arguments as shared
from framefit.cli.output import print_json


def verify(
    reference: Annotated[
        str, typer.Argument(metavar="REFERENCE", help="The picture, as sent or the original.")
    ],
    video: Annotated[str, typer.Argument(metavar="VIDEO", help="The video that came back.")],
    mode: shared.Mode = None,
    focus: shared.Focus = "center",
    crop: shared.Crop = None,
    backdrop: shared.Backdrop = "black",
    minimum: Annotated[
        float, typer.Option(min=0, max=1, help="The least SSIM that counts as the same.")
    ] = 0.90,
    json: shared.Json = False,
) -> None:
    """Compare the first frame of a video with the picture it was made from."""
    from framefit.videos.receipt import verify as compare

    receipt = compare(reference, video, minimum=minimum, mode=mode, focus=focus, crop=crop, backdrop=backdrop)
    if json:
        print_json(receipt.as_dict())
    else:
        typer.echo(str(receipt))
        typer.echo(f"the picture: {receipt.treatment}")
    if not receipt.ok:
        raise typer.Exit(1)
