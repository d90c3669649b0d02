"""Fetches a picture from an https address, from allowed hosts at public addresses only."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpcore2

from framefit.server.envelope import ApiError
from framefit.server.gateway.recognising import is_picture

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Returns the addresses of a host name, as text."""

_MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ENOUGH_TO_TELL = 32


class Fetcher:
    """Fetches pictures.

    Args:
        hosts: allowed hosts: ``cdn.example``, ``*.cdn.example`` for all below it, ``*`` for any;
            ``cdn.example:8443`` allows that port instead of 443.
        seconds: how long one picture may take.
        most_bytes: the largest picture, in bytes.
        at_once: how many are fetched at a time.
        resolve: asks for the addresses of a name; None asks the system.
        allowed: tells whether an address may be connected to; None allows public ones.
        tls: how servers prove who they are; None takes the usual authorities.
    """

    def __init__(
        self,
        hosts: Iterable[str],
        *,
        seconds: float,
        most_bytes: int,
        at_once: int = 4,
        resolve: Resolve | None = None,
        allowed: Callable[[str], bool] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._hosts = tuple(host.lower() for host in hosts)
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._places = asyncio.Semaphore(at_once)
        self._backend = _Checked(resolve or system_addresses, allowed or is_public)
        self._tls = tls

    @property
    def fetches(self) -> bool:
        """Whether any host is allowed."""
        return bool(self._hosts)

    async def fetch(self, url: str) -> bytes:
        """Fetch a picture.

        Args:
            url: where it is.

        Raises:
            ApiError: 400, the address is not allowed, or there is no picture.
        """
        try:
            async with self._places, asyncio.timeout(self._seconds):
                return await self._follow(url)
        except TimeoutError as error:
            raise _not_fetched(f"it took longer than {self._seconds:g} seconds") from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException) as error:
            raise _not_fetched("its server does not answer as it should") from error
        except (OSError, UnicodeError, ValueError) as error:
            raise _not_fetched("its address leads nowhere") from error

    async def _follow(self, url: str) -> bytes:
        # A pool of its own for each picture: no connection is left that was checked for another one.
        async with httpcore2.AsyncConnectionPool(
            network_backend=self._backend, ssl_context=self._tls, max_keepalive_connections=0
        ) as pool:
            for _ in range(_MOST_REDIRECTS + 1):
                self._check(url)
                async with pool.stream("GET", url, headers=_headers(url)) as reply:
                    if reply.status not in _REDIRECTS:
                        return await self._picture(reply)
                    url = urljoin(url, _location(reply))
        raise _not_fetched(f"it redirects more than {_MOST_REDIRECTS} times")

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip(".").lower(), parts.port or 443
        if parts.scheme != "https" or not host or parts.username or parts.password:
            raise _not_allowed("only https addresses without a password are fetched")
        if not any(_matches(pattern, host, port) for pattern in self._hosts):
            raise _not_allowed("its host is not among those this gateway fetches from")

    async def _picture(self, reply: httpcore2.Response) -> bytes:
        if reply.status != 200:
            raise _not_fetched(f"its server answered {reply.status}")
        headers = {name.lower(): value for name, value in reply.headers}
        if headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise _not_fetched("it came compressed, which was not asked for")
        announced = headers.get(b"content-length", b"")
        if announced.isdigit() and int(announced) > self._most_bytes:
            raise self._too_large()
        data = bytearray()
        async for piece in reply.aiter_stream():
            told = len(data) >= _ENOUGH_TO_TELL
            data += piece
            if len(data) > self._most_bytes:
                raise self._too_large()
            if not told and len(data) >= _ENOUGH_TO_TELL and not is_picture(bytes(data[:_ENOUGH_TO_TELL])):
                raise _no_picture()
        if not is_picture(bytes(data)):
            raise _no_picture()
        return bytes(data)

    def _too_large(self) -> ApiError:
        return _not_fetched(f"it has more than {self._most_bytes} bytes")


class _Checked(httpcore2.AsyncNetworkBackend):
    """Connects to the very address that was checked, so that a name cannot change its mind in between."""

    def __init__(self, resolve: Resolve, allowed: Callable[[str], bool]) -> None:
        self._resolve = resolve
        self._allowed = allowed
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore2.AsyncNetworkStream:
        addresses = await self._resolve(host, port)
        if not addresses or not all(self._allowed(address) for address in addresses):
            raise _not_allowed("its host is not at a public address")
        return await self._inner.connect_tcp(
            addresses[0], port, timeout=timeout, local_address=local_address, socket_options=socket_options
        )

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


async def system_addresses(host: str, port: int) -> list[str]:
    """Ask the system for the addresses of a host name."""
    rows = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(row[4][0]) for row in rows]


def is_public(address: str) -> bool:
    """Tell whether an address is on the public internet, also one that hides another in it.

    Source:
        IANA's special-purpose address registries, as `ipaddress` has them; RFC 6052 for NAT64.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in ipaddress.ip_network("64:ff9b::/96"):
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)))
        hidden = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if hidden is not None:
            return is_public(str(hidden))
        if ip in ipaddress.ip_network("64:ff9b:1::/48") or ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _matches(pattern: str, host: str, port: int) -> bool:
    name, colon, allowed = pattern.rpartition(":")
    if not colon:
        name, allowed = pattern, "443"
    if str(port) != allowed:
        return False
    return name in ("*", host) or (name.startswith("*.") and host.endswith(name[1:]))


def _headers(url: str) -> list[tuple[bytes, bytes]]:
    return [
        (b"host", urlsplit(url).netloc.encode("idna" if not url.isascii() else "ascii")),
        (b"accept", b"image/*"),
        (b"accept-encoding", b"identity"),
        (b"user-agent", b"framefit"),
    ]


def _location(reply: httpcore2.Response) -> str:
    found = next((value for name, value in reply.headers if name.lower() == b"location"), None)
    if found is None:
        raise _not_fetched("it redirects to nowhere")
    return found.decode("latin-1")


def _no_picture() -> ApiError:
    return ApiError(
        400, "What is at the picture's address is no picture.", code="not_a_picture", param="input_reference"
    )


def _not_allowed(reason: str) -> ApiError:
    return ApiError(
        400, f"The picture is not fetched: {reason}.", code="reference_not_allowed", param="input_reference"
    )


def _not_fetched(reason: str) -> ApiError:
    return ApiError(
        400,
        f"The picture cannot be fetched: {reason}.",
        code="reference_not_fetched",
        param="input_reference",
    )
