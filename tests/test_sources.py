import io
import os
import sys
import threading

import numpy as np
import pytest
from PIL import Image

import framefit
from framefit.errors import OutputIsInput, PictureEmpty, PictureTooLarge, PictureUnreadable
from framefit.sources import Source
from pictures import encoded, scene

DATA = encoded(scene(60, 40))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(DATA)
    return path


def test_every_shape_gives_the_same_picture(path):
    """A path, text, bytes in three kinds, streams and a path-like object all give the same fitted bytes."""

    class PathLike:
        def __fspath__(self):
            return str(path)

    wanted = framefit.fit(DATA, size="32x32").data
    for given in (
        path,
        str(path),
        PathLike(),
        DATA,
        bytearray(DATA),
        memoryview(DATA),
        io.BytesIO(DATA),
        Source.of(path),
    ):
        assert framefit.fit(given, size="32x32").data == wanted
    with path.open("rb") as buffered, path.open("rb", buffering=0) as raw:
        assert framefit.fit(buffered, size="32x32").data == framefit.fit(raw, size="32x32").data == wanted


def test_decoded_pixels_give_the_same_picture():
    """A PIL image and a NumPy array of the same pixels give the same fitted bytes."""
    image = scene(60, 40)
    assert framefit.fit(image, size="32x32").data == framefit.fit(np.asarray(image), size="32x32").data


def test_a_stream_is_read_from_its_start():
    """A stream that somebody has read to the end already is read from its start."""
    stream = io.BytesIO(DATA)
    stream.read()
    assert Source.of(stream).data == DATA


def test_a_stream_that_gives_little_at_a_time_is_read_to_its_end():
    """A stream that returns fewer bytes than it is asked for is read on until it ends."""

    class Trickle(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, 100) if size > 0 else size)

        def seekable(self):
            return False

    assert Source.of(Trickle(DATA)).data == DATA


def test_a_stream_without_end_is_refused(monkeypatch):
    """A stream longer than the largest file is given up as picture_too_large, not read for ever."""
    monkeypatch.setattr("framefit.sources.LARGEST_FILE", 3 << 20)

    class Endless(io.RawIOBase):
        def read(self, size=-1):
            return b"\xff" * size

    with pytest.raises(PictureTooLarge):
        Source.of(Endless())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_read_once(tmp_path):
    """A named pipe, which can be read only once, is fitted like a file."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(DATA,))
    writer.start()
    fitted = framefit.fit(pipe, size="32x32")
    writer.join()
    assert fitted.data == framefit.fit(DATA, size="32x32").data


@pytest.mark.skipif(sys.platform != "linux", reason="the device is Linux's")
def test_a_device_without_end_is_refused(monkeypatch):
    """A device that never ends is picture_too_large."""
    monkeypatch.setattr("framefit.sources.LARGEST_FILE", 3 << 20)
    with pytest.raises(PictureTooLarge):
        framefit.fit("/dev/zero", size="32x32")


def test_streams_and_images_are_named_after_their_file(path):
    """A file object and an opened PIL image carry the name of their file, anything else is called picture."""
    with path.open("rb") as file, Image.open(path) as image:
        assert Source.of(file).name == Source.of(image).name == "photo.jpg"
    assert (
        Source.of(DATA).name == Source.of(io.BytesIO(DATA)).name == Source.of(scene(8, 8)).name == "picture"
    )
    with os.fdopen(os.open(path, os.O_RDONLY), "rb") as numbered:
        assert Source.of(numbered).name == "picture"


def test_the_origin_is_never_overwritten(path):
    """Whether a file was given as a path, as an open file or as a PIL image, the result is not saved over it."""
    with path.open("rb") as file, Image.open(path) as image:
        for given in (path, file, image):
            with pytest.raises(OutputIsInput):
                framefit.fit(given, size="32x32").save(path)
    assert path.read_bytes() == DATA


def test_a_relative_path_stays_the_same_file(path, monkeypatch):
    """A result from a relative path is not saved over its original after a change of folder either."""
    monkeypatch.chdir(path.parent)
    fitted = framefit.fit("photo.jpg", size="32x32")
    monkeypatch.chdir("/")
    with pytest.raises(OutputIsInput):
        fitted.save(path)
    assert path.read_bytes() == DATA


def test_a_file_that_vanishes_is_an_error_of_its_own(path):
    """A file that is deleted or emptied between naming and reading gives a typed error."""
    source = Source.of(path)
    path.write_bytes(b"")
    with pytest.raises(PictureEmpty):
        source.read()
    path.unlink()
    for call in (source.read, lambda: source.byte_count, lambda: framefit.probe(source)):
        with pytest.raises(PictureUnreadable):
            call()


def test_decoded_pixels_have_no_bytes():
    """Pixels that were never in a file have no byte count and cannot be read as a file."""
    source = Source.of(scene(4, 4))
    assert source.byte_count is None and source.stem == "picture"
    with pytest.raises(PictureUnreadable):
        source.read()


def test_the_caller_s_array_stays_as_it_was():
    """Fitting reads an array and never writes to it, even a read-only one."""
    array = np.full((20, 30, 4), 90, "uint8")
    array.setflags(write=False)
    framefit.fit(array, size="30x20", backdrop="white")
    assert (array == 90).all()
