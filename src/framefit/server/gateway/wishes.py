"""What a request says about how its picture is to be fitted, in headers of its own."""

from __future__ import annotations

from starlette.datastructures import Headers

from framefit.errors import InvalidOption
from framefit.options import Options
from framefit.server.envelope import ApiError
from framefit.server.gateway.options import GatewayOptions

PREFIX = "x-framefit-"
"""How every header of the gateway begins; none of them is passed on."""

_NAMES = ("mode", "focus", "crop", "backdrop")


def read_wish(headers: Headers, options: GatewayOptions) -> Options:
    """Return how the picture of a request is fitted: by its headers, else by the gateway's own settings.

    Args:
        headers: the request's headers: ``X-Framefit-Mode``, ``-Focus``, ``-Crop`` and ``-Backdrop``.
        options: the gateway's settings.

    Raises:
        ApiError: 400, a header that cannot be read.
    """
    said = {name: headers.get(PREFIX + name) for name in _NAMES}
    try:
        return options.wish(
            mode=said["mode"], focus=said["focus"], crop=said["crop"], backdrop=said["backdrop"]
        )
    except InvalidOption as error:
        # The settings themselves were read when the gateway was set up.
        raise ApiError(400, f"{error.message}; wanted: {error.wanted}.", code=error.code) from error
