"""The client sends a paid request once, and says what an answer, or none, means."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesParser

import pytest
from openai import OpenAI

from framefit.errors import InvalidOption, OutcomeUnknown, RequestRejected, ServerUnreachable, VideoError
from framefit.videos.client import ServerAddress, connect, server_name, submit
from framefit.videos.job import Job
from odd_server import OddServer, Reply, closed_port, odd_server

KEY = "sk-very-secret-0123456789"
UPLOAD = ("photo.jpg", b"\xff\xd8\xff the bytes of a picture \x00\r\n--", "image/jpeg")
QUEUED = Reply(body={"id": "video_1", "object": "video", "status": "queued", "progress": 0})


@pytest.fixture
def server() -> Iterator[OddServer]:
    with odd_server() as odd:
        yield odd


@pytest.fixture
def client(server: OddServer) -> Iterator[OpenAI]:
    with connect(ServerAddress(base_url=server.base_url, api_key=KEY)) as opened:
        yield opened


def send(client: OpenAI, **changes: object) -> Job:
    usual: dict[str, object] = {
        "model": "sora-2",
        "prompt": "바람, gentle wind",
        "size": "1280x720",
        "seconds": "4",
        "upload": UPLOAD,
    }
    return submit(client, **{**usual, **changes})  # type: ignore[arg-type]


def refusal(client: OpenAI, server: OddServer, reply: Reply) -> VideoError:
    """What a create raises for a reply; and it is sent exactly once, whatever happens."""
    server.on("POST", "/videos", reply)
    with pytest.raises(VideoError) as caught:
        send(client)
    assert len(server.asked("POST")) == 1
    return caught.value


def parts(server: OddServer) -> dict[str, Message]:
    """The parts of the last multipart request, by field name."""
    seen = server.asked("POST", "/videos")[-1]
    head = f"Content-Type: {seen.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser().parsebytes(head + seen.body)
    found = message.get_payload()
    assert isinstance(found, list)
    return {str(part.get_param("name", header="content-disposition")): part for part in found}


def test_what_is_sent(server: OddServer, client: OpenAI) -> None:
    """A create is multipart with the five fields as text and the file with its name, type and exact bytes."""
    server.on("POST", "/videos", QUEUED)
    job = send(client)
    assert (job.id, job.status, job.progress) == ("video_1", "queued", 0)
    sent = parts(server)
    assert set(sent) == {"model", "prompt", "size", "seconds", "input_reference"}
    texts = {name: part.get_payload(decode=True) for name, part in sent.items()}
    assert texts["seconds"] == b"4"
    assert texts["size"] == b"1280x720"
    assert texts["prompt"] == "바람, gentle wind".encode()
    assert texts["input_reference"] == UPLOAD[1]
    assert sent["input_reference"].get_filename() == "photo.jpg"
    assert sent["input_reference"].get_content_type() == "image/jpeg"
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_what_is_not_given_is_not_sent(server: OddServer, client: OpenAI) -> None:
    """Without picture, size and length the request is multipart all the same, and leaves them out."""
    server.on("POST", "/videos", QUEUED)
    send(client, upload=None, size=None, seconds=None)
    assert set(parts(server)) == {"model", "prompt"}


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 520])
def test_a_failing_server_may_have_taken_it(server: OddServer, client: OpenAI, status: int) -> None:
    """A server error on a create, or its time being up, is not repeated, and nobody knows its outcome."""
    error = refusal(client, server, Reply(status=status, body={"error": {"message": "boom"}}))
    assert isinstance(error, OutcomeUnknown)
    assert "billed" in error.message
    assert f"HTTP {status}: boom" == error.seen
    assert "list of jobs" in (error.fix or "")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 501])
def test_a_refusal(server: OddServer, client: OpenAI, status: int) -> None:
    """A refusal says that nothing was started, and carries the server's own words."""
    error = refusal(client, server, Reply(status=status, body={"error": {"message": "No, thank you."}}))
    assert isinstance(error, RequestRejected)
    assert "nothing was started" in error.message
    assert error.seen == f"HTTP {status}: No, thank you."
    assert error.fix


@pytest.mark.parametrize(
    "words",
    [
        "Inpaint image must match the requested width and height",
        "upstream said: INPAINT IMAGE MUST MATCH THE REQUESTED WIDTH AND HEIGHT (400)",
    ],
)
def test_the_error_framefit_is_named_for(server: OddServer, client: OpenAI, words: str) -> None:
    """The size mismatch is recognised in whatever words it is wrapped, and the fix names the size."""
    error = refusal(client, server, Reply(status=400, body={"error": {"message": words}}))
    assert isinstance(error, RequestRejected)
    assert error.fix is not None
    assert "framefit fit PICTURE --size 1280x720" in error.fix
    assert words in (error.seen or "")


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ({"detail": "size: 1280*720 is no size"}, None, "size: 1280*720 is no size"),
        (
            {"detail": [{"loc": ["body", "seconds"], "msg": "must be an integer", "type": "int"}]},
            None,
            "seconds: must be an integer",
        ),
        ({"error": "quota used up"}, None, "quota used up"),
        ({"message": "flat", "type": "x", "code": 400}, None, "flat"),
        ({"error": {"code": 7}}, None, '{"code": 7}'),
        (b"plain words\x1b[31m\n of a proxy", "text/plain", "plain words [31m of a proxy"),
        (b"<html><head><title>400 Bad\nRequest</title></head>", "text/html", "a web page: 400 Bad Request"),
        (b"", "application/json", None),
        (b"\xff\xfe not utf-8", "application/json", "not utf-8"),
        (b"[" * 100_000, "application/json", "[[["),
    ],
)
def test_any_shape_of_error_is_readable(
    server: OddServer, client: OpenAI, body: object, kind: str | None, words: str | None
) -> None:
    """Envelopes, FastAPI's detail, flat objects, text, pages and nonsense give one short printable line."""
    error = refusal(client, server, Reply(status=400, body=body, kind=kind))
    assert error.seen is not None
    assert error.seen.startswith("HTTP 400")
    assert words is None or words in error.seen
    assert error.seen.isprintable()
    assert len(error.seen) < 600


def test_try_again_later(server: OddServer, client: OpenAI) -> None:
    """A busy server's own waiting time stands in the fix."""
    error = refusal(client, server, Reply(status=429, headers={"Retry-After": "30"}))
    assert "30 s" in (error.fix or "")


def test_a_dropped_connection_is_unknown(server: OddServer, client: OpenAI) -> None:
    """A connection that ends after the request left says that it may be billed, and is not repeated."""
    error = refusal(client, server, Reply(drop=True))
    assert isinstance(error, OutcomeUnknown)
    assert "billed" in error.message


def test_half_an_answer_is_unknown(server: OddServer, client: OpenAI) -> None:
    """An answer that is cut off may have held a job."""
    assert isinstance(refusal(client, server, Reply(body={"id": "video_1"}, sent=5)), OutcomeUnknown)


def test_silence_is_unknown(server: OddServer, client: OpenAI) -> None:
    """A create that is not answered in time is sent once and may be billed."""
    server.on("POST", "/videos", Reply(silent=True))
    with pytest.raises(OutcomeUnknown, match="billed"):
        send(client, timeout_seconds=0.3)
    assert len(server.asked("POST")) == 1


@pytest.mark.parametrize("body", [{}, {"status": "ok"}, {"id": None}, [], "created", b"<html></html>", b""])
def test_success_without_an_id_is_unknown(server: OddServer, client: OpenAI, body: object) -> None:
    """An accepted request that names no video may have started one; the address may be wrong, too."""
    error = refusal(client, server, Reply(body=body))
    assert isinstance(error, OutcomeUnknown)
    assert "/v1" in (error.fix or "")


def test_a_task_id_is_an_id(server: OddServer, client: OpenAI) -> None:
    """Relays that name the job task_id, answer 202 or count in numbers are understood."""
    server.on("POST", "/videos", Reply(status=202, body={"task_id": 17, "status": "submitted"}))
    assert (send(client).id, send(client).status) == ("17", "submitted")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(server: OddServer, client: OpenAI, status: int) -> None:
    """A create is never carried to another address, where it would be a GET or a second POST."""
    moved = Reply(status=status, headers={"Location": "https://user:pw@else.example/v1/videos?key=1"})
    error = refusal(client, server, moved)
    assert isinstance(error, RequestRejected)
    assert "else.example/v1/videos" in (error.fix or "")
    assert "pw" not in (error.fix or "")
    assert len(server.requests) == 1


def test_nobody_listens() -> None:
    """A refused connection is said to have submitted nothing."""
    address = ServerAddress(base_url=f"http://user:pw@127.0.0.1:{closed_port()}/v1", api_key=KEY)
    with (
        connect(address) as client,
        pytest.raises(ServerUnreachable, match="nothing was submitted") as caught,
    ):
        send(client)
    assert "pw" not in str(caught.value.as_dict())


def test_no_tls_there(server: OddServer) -> None:
    """A failed TLS handshake is no connection, so nothing was submitted."""
    with (
        connect(ServerAddress(base_url=server.base_url.replace("http", "https"))) as client,
        pytest.raises(ServerUnreachable),
    ):
        send(client)


def test_the_key_stays_secret(server: OddServer, client: OpenAI) -> None:
    """The key is in no error, even when the server repeats it, and the error can be pickled."""
    error = refusal(client, server, Reply(status=401, body={"error": {"message": f"bad key {KEY}!"}}))
    assert isinstance(error, RequestRejected)
    assert KEY not in str(error.as_dict()) + repr(error) + str(error)
    assert "bad key ***!" in (error.seen or "")
    assert pickle.loads(pickle.dumps(error)).as_dict() == error.as_dict()


def test_no_key_is_needed(server: OddServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server without keys is spoken to without one, and no key of the environment is taken by the way."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    server.on("POST", "/videos", QUEUED)
    with connect(ServerAddress(base_url=server.base_url)) as client:
        send(client)
    assert KEY not in str(server.requests[0].headers)


def test_a_proxy_is_not_asked_for_this_machine(server: OddServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the environment, which cannot reach this machine's loopback, is left out for it."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    server.on("POST", "/videos", QUEUED)
    with connect(ServerAddress(base_url=server.base_url)) as client:
        assert send(client).id == "video_1"


def address(base_url: str | None = None, api_key: str | None = None, **environ: str) -> ServerAddress:
    return ServerAddress.from_environment(base_url, api_key, environ=environ)


def test_the_environment_chooses_the_server() -> None:
    """What is given wins over FRAMEFIT_, which wins over OPENAI_; each of the two by itself."""
    both = {
        "FRAMEFIT_BASE_URL": "http://one.example/v1",
        "OPENAI_BASE_URL": "http://two.example/v1",
        "FRAMEFIT_API_KEY": "one",
        "OPENAI_API_KEY": "two",
    }
    assert address("http://given.example", "given", **both) == address("http://given.example", "given")
    assert address(**both) == address("http://one.example/v1", "one")
    both |= {"FRAMEFIT_BASE_URL": " ", "FRAMEFIT_API_KEY": ""}
    assert address(**both) == address("http://two.example/v1", "two")


def test_a_key_alone_chooses_no_server() -> None:
    """Without an address it is the embedded engine, whatever keys there are."""
    assert address(OPENAI_API_KEY="sk-1").base_url is None
    assert address().base_url is None
    with pytest.raises(InvalidOption):
        connect(address())


def test_an_address_shows_no_secret() -> None:
    """The text of an address has neither the key nor a password."""
    shown = repr(ServerAddress(base_url="https://me:hush@relay.example/v1?token=hush", api_key=KEY))
    assert shown == "ServerAddress(base_url='https://relay.example/v1', api_key='***')"


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8080/v1", "localhost", "ftp://x/v1", "http://", "http://a:99999/v1", "http://[1/v1"]
)
def test_a_bad_address_is_refused(url: str) -> None:
    """An address without http and a host is an invalid option, before anything is sent."""
    with pytest.raises(InvalidOption, match="base URL"):
        ServerAddress(base_url=url)


@pytest.mark.parametrize("key", ["sk-1\nX-Evil: 1", "ключ", "sk\x00"])
def test_a_bad_key_is_refused_unseen(key: str) -> None:
    """A key that fits into no header is refused, and not shown."""
    with pytest.raises(InvalidOption) as caught:
        ServerAddress(base_url="http://127.0.0.1/v1", api_key=key)
    assert key not in str(caught.value.as_dict())


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("https://Relay.Example:443/v1/", "https://relay.example/v1"),
        ("HTTPS://relay.example/v1?key=secret", "https://relay.example/v1"),
        ("http://me:secret@relay.example:80/V1", "http://relay.example/V1"),
        ("http://relay.example:443/v1", "http://relay.example:443/v1"),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
    ],
)
def test_one_server_has_one_name(written: str, name: str) -> None:
    """However the address of a server is spelled, the ledger knows it by one name, without anything secret."""
    assert server_name(written) == name
