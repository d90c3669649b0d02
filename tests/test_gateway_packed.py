"""Compressed bodies are looked into like any others, and refused where they cannot be."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import framefit
from framefit.server.envelope import ApiError
from framefit.server.gateway.unpacking import _unpack
from gateways import Behind, digest, engine_behind, gateway
from odd_server import Reply, odd_server
from pictures import encoded, scene
from serving import data_url, send

PICTURE = encoded(scene(200, 100))
BODY = json.dumps({"prompt": "x", "size": "1280x720", "images": [data_url(PICTURE)]}).encode()
MOST = 1_000_000


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKERS = {"gzip": gzip.compress, "x-gzip": gzip.compress, "deflate": zlib.compress, "Deflate": raw_deflate}


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    with engine_behind(tmp_path_factory.mktemp("packed"), max_body_bytes=MOST) as servers:
        yield servers


def create(servers: Behind, content: bytes, coding: str, **headers: str) -> httpx.Response:
    return servers.create(
        content=content, headers={"Content-Type": "application/json", "Content-Encoding": coding, **headers}
    )


@pytest.mark.parametrize("coding", list(PACKERS))
def test_a_picture_in_a_compressed_body_is_fitted(servers: Behind, coding: str) -> None:
    """A picture in a body that is compressed as HTTP has it arrives as it would from a plain one."""
    assert create(servers, PACKERS[coding](BODY), coding).status_code == 200
    assert servers.last()["digest"] == digest(framefit.fit(PICTURE, size="1280x720").data)


def test_a_compressed_form(servers: Behind) -> None:
    """A compressed form is read like a compressed JSON body."""
    plain = httpx.Request("POST", "http://x", data={"prompt": "x", "size": "1280x720"}, files={"a": PICTURE})
    headers = {"Content-Type": plain.headers["content-type"], "Content-Encoding": "gzip"}
    assert servers.create(content=gzip.compress(plain.read()), headers=headers).status_code == 200
    assert servers.last()["digest"] == digest(framefit.fit(PICTURE, size="1280x720").data)


def test_compression_is_no_other_request(servers: Behind) -> None:
    """A request repeated with its key gets the same answer, compressed or not."""
    plain = servers.create(
        content=BODY, headers={"Content-Type": "application/json", "Idempotency-Key": "packed"}
    )
    packed = create(servers, gzip.compress(BODY), "gzip", **{"Idempotency-Key": "packed"})
    assert packed.json() == plain.json()
    assert packed.headers["x-framefit-replayed"] == "true"


def test_a_bomb_ends_at_the_limit(servers: Behind) -> None:
    """A small body that unpacks to more than a body may have is 413, and nothing is sent."""
    before = len(servers.record())
    for coding in ("gzip", "deflate"):
        bomb = PACKERS[coding](b'{"prompt": "' + bytes(200 * MOST))
        assert len(bomb) < MOST
        reply = create(servers, bomb, coding)
        assert (reply.status_code, reply.json()["error"]["code"]) == (413, "request_too_large")
    assert len(servers.record()) == before


@pytest.mark.parametrize(
    "content",
    [b"", b"no gzip at all", gzip.compress(BODY)[:-9], gzip.compress(BODY) + b"more",
     gzip.compress(BODY) + gzip.compress(BODY), gzip.compress(BODY)[:-8] + bytes(8)],
)  # fmt: skip
def test_damaged_bodies(servers: Behind, content: bytes) -> None:
    """A body that cannot be unpacked whole is 400, and nothing is sent."""
    before = len(servers.record())
    reply = create(servers, content, "gzip")
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "invalid_encoding")
    assert len(servers.record()) == before


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, gzip", "nonsense"])
def test_other_compressions_are_refused(servers: Behind, coding: str) -> None:
    """A body that the gateway cannot look into is 415 that says what it reads, not passed on unseen."""
    reply = create(servers, BODY, coding)
    assert (reply.status_code, reply.json()["error"]["code"]) == (415, "unsupported_encoding")
    assert reply.headers["accept-encoding"] == "gzip, deflate"


def test_a_body_without_a_picture_stays_compressed(tmp_path: Path) -> None:
    """A compressed create without a picture, and any other request, arrives byte for byte as it was sent."""
    packed = gzip.compress(b'{"prompt": "only words"}')
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    with odd_server() as odd, gateway(odd.base_url, tmp_path, dialect="openai") as front:
        for path, kept in (("/videos", packed), ("/chat/completions", b"not gzip at all")):
            odd.on("POST", path, Reply(body={"id": "video_1", "status": "queued"}))
            assert send("POST", front.base_url + path, content=kept, headers=headers).status_code == 200
            seen = odd.asked("POST", path)[0]
            assert (seen.body, seen.headers["content-encoding"]) == (kept, "gzip")


@given(st.binary(max_size=3000).flatmap(lambda data: st.tuples(st.just(data), st.integers(1, 40))))
def test_what_was_packed_is_unpacked(case: tuple[bytes, int]) -> None:
    """Every body comes out as it went in, however well it compresses, up to the limit to the byte."""
    data = case[0] * case[1]
    for packed, is_gzip in ((gzip.compress(data), True), (zlib.compress(data), False)):
        plain = io.BytesIO()
        _unpack(io.BytesIO(packed), plain, gzip=is_gzip, max_bytes=len(data))
        assert plain.getvalue() == data
        if data:
            with pytest.raises(ApiError) as refused:
                _unpack(io.BytesIO(packed), io.BytesIO(), gzip=is_gzip, max_bytes=len(data) - 1)
            assert refused.value.status == 413
