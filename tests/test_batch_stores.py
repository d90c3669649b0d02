"""Pictures and results in stores: a real S3-speaking server on loopback, and fsspec's own memory."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from batches import files_below, fill, framefit
from framefit.batch import stores
from framefit.batch.inputs import find_items
from framefit.errors import FramefitError, OutputUnwritable, PictureNotFound, PictureUnreadable
from pictures import encoded, scene

moto_server = pytest.importorskip("moto.server")
pytest.importorskip("s3fs")
boto3 = pytest.importorskip("boto3")
fsspec = pytest.importorskip("fsspec")
from fsspec.implementations.memory import MemoryFileSystem  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:botocore.*")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The address of an S3 server of our own."""
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def env(endpoint: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


@pytest.fixture
def bucket(endpoint: str, tmp_path: Path) -> Any:
    """An empty bucket with the pictures of `fill` below ``in``."""
    resource = boto3.resource(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
    )
    bucket = resource.create_bucket(Bucket="pictures")
    bucket.objects.all().delete()
    for name, data in files_below(fill(tmp_path / "in")).items():
        bucket.put_object(Key=f"in/{name}", Body=data)
    yield bucket
    resource.meta.client.close()


def objects(bucket: Any, prefix: str) -> dict[str, bytes]:
    return {
        one.key.removeprefix(prefix): one.get()["Body"].read() for one in bucket.objects.filter(Prefix=prefix)
    }


def test_from_s3_to_s3(bucket: Any, env: dict[str, str], tmp_path: Path) -> None:
    """Out of a bucket into a bucket the results are those of this machine, and nothing but a manifest is left beside."""
    ended = framefit(
        "fit", "s3://pictures/in", "--size", "32x24", "-o", "s3://pictures/out", cwd=tmp_path, env=env
    )
    assert b"12 fitted, 2 failed, 1 skipped as no pictures" in ended.stderr
    framefit("fit", "in", "--size", "32x24", "-o", "out", cwd=tmp_path)
    here, there = files_below(tmp_path / "out"), objects(bucket, "out/")
    here.pop("manifest.jsonl")
    manifest = there.pop("manifest.jsonl")
    assert there == here
    again = framefit(
        "fit", "s3://pictures/in", "--size", "32x24", "-o", "s3://pictures/out", cwd=tmp_path, env=env
    )
    assert again.stdout == b""
    assert b"15 of them by an earlier run" in again.stderr
    assert objects(bucket, "out/")["manifest.jsonl"] == manifest


def test_rows_of_a_killed_run_are_taken_over(bucket: Any, env: dict[str, str], tmp_path: Path) -> None:
    """Rows that a killed run left in the manifest's parts are taken over, and the parts are gone in the end."""
    arguments = ("fit", "s3://pictures/in", "--size", "32x24", "-o", "s3://pictures/out")
    framefit(*arguments, cwd=tmp_path, env=env)
    whole = objects(bucket, "out/")
    lines = whole["manifest.jsonl"].splitlines(keepends=True)
    bucket.put_object(Key="out/manifest.jsonl.parts/rows-00000000.jsonl", Body=b"".join(lines[5:]))
    bucket.Object("out/manifest.jsonl").delete()
    ended = framefit(*arguments, cwd=tmp_path, env=env)
    assert ended.stdout.count(b"->") + len(lines[5:]) >= 12
    assert b"10 of them by an earlier run" in ended.stderr
    left = objects(bucket, "out/")
    assert left.keys() == whole.keys()
    assert left["manifest.jsonl"].splitlines(keepends=True)[5:] == lines[5:]


def test_patterns_and_lists_of_a_store(bucket: Any, env: dict[str, str], tmp_path: Path) -> None:
    """A pattern and a list of addresses out of a bucket find what they say; what is not there is a row."""
    framefit("fit", "s3://pictures/in/*/*.png", "--size", "8x8", "-o", "one", cwd=tmp_path, env=env)
    assert {name for name in files_below(tmp_path / "one") if name.endswith(".jpg")} == {
        f"part 1/{number:05d}.jpg" for number in (1, 4, 7, 10)
    }
    bucket.put_object(
        Key="list.csv", Body=b"image\ns3://pictures/in/part 1/00001.png\ns3://pictures/in/none.png\n"
    )
    ended = framefit(
        "fit", "--from", "s3://pictures/list.csv", "--size", "8x8", "-o", "two", cwd=tmp_path, env=env
    )
    assert (tmp_path / "two" / "in" / "part 1" / "00001.jpg").is_file()
    assert b"picture_not_found" in ended.stderr


def test_one_picture_of_a_store(bucket: Any, env: dict[str, str], tmp_path: Path) -> None:
    """One picture out of a bucket goes to a file, to standard output, or beside itself."""
    picture = "s3://pictures/in/part 1/00001.png"
    assert framefit("fit", picture, "--size", "8x8", "-o", "a.webp", cwd=tmp_path, env=env).returncode == 0
    assert (
        framefit("fit", picture, "--size", "8x8", "-o", "-", cwd=tmp_path, env=env).stdout[:2] == b"\xff\xd8"
    )
    assert framefit("fit", picture, "--size", "8x8", cwd=tmp_path, env=env).returncode == 0
    assert "part 1/00001-8x8.jpg" in objects(bucket, "in/")


def test_a_store_is_never_overwritten(bucket: Any, env: dict[str, str], tmp_path: Path) -> None:
    """A result that would replace a picture of the store is refused."""
    bucket.put_object(Key="same/a.jpg", Body=encoded(scene(40, 30)))
    ended = framefit(
        "fit", "s3://pictures/same", "--size", "8x8", "-o", "s3://pictures/same/", cwd=tmp_path, env=env
    )
    assert ended.returncode == 2
    assert b"output_is_input" in ended.stderr


def test_parquet_in_a_store(bucket: Any, env: dict[str, str], tmp_path: Path) -> None:
    """A Parquet manifest in a bucket is written, and gone on from."""
    parquet = pytest.importorskip("pyarrow.parquet")
    arguments = ("fit", "s3://pictures/in", "--size", "8x8", "-o", "s3://pictures/out", "--manifest")
    framefit(*arguments, "s3://pictures/m.parquet", cwd=tmp_path, env=env)
    table = parquet.read_table(io.BytesIO(bucket.Object("m.parquet").get()["Body"].read()))
    assert table.num_rows == 15
    assert framefit(*arguments, "s3://pictures/m.parquet", cwd=tmp_path, env=env).stdout == b""
    assert not objects(bucket, "m.parquet.parts/")


class _Shaky(SimpleHTTPRequestHandler):
    """Serves files, but fails the first requests for each."""

    failures = 2
    seen: dict[str, int]

    def do_GET(self) -> None:
        count = self.seen[self.path] = self.seen.get(self.path, 0) + 1
        if count <= self.failures:
            self.send_error(503)
        else:
            super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def shaky(tmp_path: Path) -> Iterator[str]:
    """A web server whose files can be had at the third attempt."""
    (tmp_path / "a b.png").write_bytes(encoded(scene(40, 30), "PNG"))
    handler = type("Handler", (_Shaky,), {"seen": {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *given: handler(*given, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_store_that_fails_is_asked_again(shaky: str) -> None:
    """A read that fails in passing is tried again, as often as asked and no more."""
    address = f"{shaky}/a%20b.png"
    with pytest.raises(PictureUnreadable):
        stores.read(address, byte_count=None, retries=0)
    source = stores.read(address, byte_count=None, retries=3)
    assert source.name == "a b.png"
    assert Image.open(io.BytesIO(source.data or b"")).size == (40, 30)


def test_memory_store_round_trip() -> None:
    """What is written to a store can be listed, read and removed; what is gone is no error."""
    stores.write("memory://room/a/b.png", b"data", retries=0, mark=".t-")
    assert [address for address, _ in stores.list_files("memory://room/a")] == ["memory:///room/a/b.png"]
    assert stores.head("memory://room/a/b.png", 2) == b"da"
    facts = stores.facts_of("memory://room/a/b.png")
    assert facts is not None
    assert facts.byte_count == 4
    stores.remove("memory://room/a/b.png")
    stores.remove("memory://room/a/b.png")
    assert stores.facts_of("memory://room/a/b.png") is None


def test_errors_of_stores_are_typed(tmp_path: Path) -> None:
    """Unknown kinds of stores and folders that cannot be written to are typed errors."""
    with pytest.raises(FramefitError):
        stores.read("nosuch://x/a.png", byte_count=None, retries=0)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputUnwritable):
        stores.write(str(tmp_path / "file" / "a.png"), b"data", retries=0, mark=".t-")


def test_a_web_server_that_does_not_answer_is_not_a_missing_picture() -> None:
    """Nobody who cannot connect is told that the picture does not exist, and a connection is tried again."""
    with pytest.raises(PictureUnreadable, match="cannot be read from its store") as refused:
        stores.read("http://127.0.0.1:9/a.jpg", byte_count=None, retries=1)
    assert "Cannot connect" in str(refused.value.seen)


def test_a_picture_that_a_web_server_does_not_have(shaky: str) -> None:
    """A web server that answers 404 does not have the picture."""
    with pytest.raises(PictureNotFound):
        stores.read(f"{shaky}/none.jpg", byte_count=None, retries=3)


def test_a_store_that_cannot_be_listed_ends_in_a_sentence(env: dict[str, str], tmp_path: Path) -> None:
    """Without credentials a folder and a pattern of a bucket are refused with a typed error, and nothing is begun."""
    nobody = {"AWS_ENDPOINT_URL": env["AWS_ENDPOINT_URL"], "AWS_EC2_METADATA_DISABLED": "true"}
    for address in ("s3://pictures/in/*.jpg", "s3://pictures/in"):
        ended = framefit("fit", address, "--size", "32x24", "-o", "out", cwd=tmp_path, env=nobody)
        assert ended.returncode == 1
        assert b"cannot be listed [picture_unreadable]" in ended.stderr
        assert b"Traceback" not in ended.stderr
    assert not (tmp_path / "out").exists()


class ClosedInPart(MemoryFileSystem):  # type: ignore[misc]
    """A store of which one folder may not be listed."""

    protocol = "closedinpart"

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(MemoryFileSystem._strip_protocol(path.replace("closedinpart://", "memory://")))

    def ls(self, path: str, detail: bool = True, **options: Any) -> Any:
        if "closed/" in f"{path}/":
            raise PermissionError("no")
        return super().ls(path, detail, **options)


def test_a_folder_of_a_store_that_may_not_be_listed_is_not_passed_over() -> None:
    """A listing that would be incomplete is an error, and no shorter list."""
    fsspec.register_implementation("closedinpart", ClosedInPart, clobber=True)
    store = stores.remote("closedinpart://x/in")
    for name in ("open/a.jpg", "closed/b.jpg"):
        store.pipe_file(f"/x/in/{name}", b"data")
    with pytest.raises(PictureUnreadable, match="cannot be listed"):
        list(find_items(["closedinpart://x/in"]))
