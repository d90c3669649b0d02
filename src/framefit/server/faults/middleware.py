"""Lets faults happen to the requests they are meant for."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import Counter
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from framefit.errors import InvalidOption
from framefit.server.envelope import ApiError, Refuse
from framefit.server.faults.connection import cut, gone
from framefit.server.faults.fault import HEADER, Fault, Moment, read_header
from framefit.server.faults.held import HOLD, LAG

_PATH = re.compile(r"(?:/openai)?/v1/videos(?:/(?P<id>[^/]+)(?P<rest>/content|/remix)?)?")
_GARBAGE = b'{"id": "video_0", "object": "video", "status": "qu'


class Faults:
    """Wrap an app so that chosen requests go wrong; a fault with a count is counted in this process.

    Args:
        app: the app to wrap.
        faults: what goes wrong; the first that is due for a request happens to it.
        refuse: writes an error.
    """

    def __init__(self, app: ASGIApp, *, faults: Sequence[Fault], refuse: Refuse) -> None:
        self._app = app
        self._faults = tuple(faults)
        self._refuse = refuse
        self._seen: Counter[tuple[int, Fault]] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        moment = _moment(scope) if scope["type"] == "http" else None
        if moment is None:
            await self._app(scope, receive, send)
            return
        text = Headers(scope=scope).get(HEADER, "")
        try:
            asked = read_header(text)
        except InvalidOption as error:
            await self._answer(ApiError(400, str(error), code="invalid_fault"), scope, receive, send)
            return
        fault = self._due([(-1, one) for one in asked] + list(enumerate(self._faults)), moment)
        if fault is None:
            await self._app(scope, receive, send)
        else:
            await self._happen(fault, scope, receive, send)

    def _due(self, faults: Sequence[tuple[int, Fault]], moment: Moment) -> Fault | None:
        for key in faults:
            fault = key[1]
            if fault.on != moment:
                continue
            self._seen[key] += 1
            seen = self._seen[key] - fault.skip
            if seen > 0 and (fault.times == 0 or seen <= fault.times):
                return fault
        return None

    async def _happen(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.do in ("stuck", "moderated", "lag"):
            await self._held(fault, scope, receive, send)
        elif fault.do in ("slow", "truncate"):
            changed = (_slowly if fault.do == "slow" else _truncated)(fault, scope, receive, send)
            with contextlib.suppress(_CutError):
                await self._app(scope, receive, changed)
        elif fault.do in ("429", "503", "500-before", "expired"):
            await _read_all(receive)
            await self._answer(_refusal(fault), scope, receive, send)
        else:
            if fault.do.endswith("-before"):
                await _read_all(receive)
            else:
                await self._app(scope, receive, _swallow)
            await self._instead(fault, scope, receive, send)

    async def _held(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        hold = HOLD.set("stuck" if fault.do == "stuck" else "moderated" if fault.do == "moderated" else None)
        lag = LAG.set(fault.lasting if fault.do == "lag" else 0.0)
        try:
            await self._app(scope, receive, send)
        finally:
            HOLD.reset(hold)
            LAG.reset(lag)

    async def _instead(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or do not, in place of an answer that was made and dropped."""
        if fault.do == "500":
            await self._answer(_refusal(fault), scope, receive, send)
        elif fault.do == "garbage":
            await Response(_GARBAGE, media_type="application/json")(scope, receive, send)
        else:
            if fault.do.startswith("timeout"):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(gone(receive), fault.lasting)
            await cut(scope, receive)

    async def _answer(self, error: ApiError, scope: Scope, receive: Receive, send: Send) -> None:
        await self._refuse(error)(scope, receive, send)


class _CutError(Exception):
    """The connection was cut in the middle of an answer."""


def _moment(scope: Scope) -> Moment | None:
    match = _PATH.fullmatch(scope["path"])
    if match is None:
        return None
    if scope["method"] == "POST":
        return "create"
    if match["id"] is None:
        return "list" if scope["method"] == "GET" else None
    if match["rest"] == "/content":
        return "content"
    methods: dict[str, Moment] = {"GET": "retrieve", "DELETE": "delete"}
    return methods.get(scope["method"])


def _refusal(fault: Fault) -> ApiError:
    wait = {"Retry-After": f"{fault.lasting:g}"} if fault.lasting else {}
    if fault.do == "429":
        return ApiError(429, "Rate limit reached for requests.", code="rate_limit_exceeded", headers=wait)
    if fault.do == "503":
        return ApiError(503, "The server is overloaded.", code="server_overloaded", headers=wait)
    if fault.do == "expired":
        return ApiError(404, "This video has expired.", code="video_expired", param="video_id")
    return ApiError(500, "The server had an error while processing your request.", code="server_error")


async def _read_all(receive: Receive) -> None:
    while True:
        message = await receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            return


async def _swallow(_message: Message) -> None:
    """Take an answer that nobody gets."""


def _slowly(fault: Fault, _scope: Scope, _receive: Receive, send: Send) -> Send:
    """Pause once, in the middle of the first piece of the body."""
    paused = False

    async def changed(message: Message) -> None:
        nonlocal paused
        body = message.get("body", b"")
        if message["type"] != "http.response.body" or paused or len(body) < 2:
            await send(message)
            return
        paused = True
        half = len(body) // 2
        await send({**message, "body": body[:half], "more_body": True})
        await asyncio.sleep(fault.lasting)
        await send({**message, "body": body[half:]})

    return changed


def _truncated(_fault: Fault, scope: Scope, receive: Receive, send: Send) -> Send:
    """Send half of the announced length, then end the connection."""
    left = 0

    async def changed(message: Message) -> None:
        nonlocal left
        if message["type"] == "http.response.start":
            left = int(Headers(raw=message["headers"]).get("content-length", "0")) // 2
            await send(message)
            return
        body = message.get("body", b"")[:left]
        left -= len(body)
        await send({**message, "body": body, "more_body": True})
        if left <= 0:
            await cut(scope, receive, after_sending=True)
            raise _CutError

    return changed
