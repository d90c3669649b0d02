import os
import stat

import pytest

from framefit.errors import OutputUnwritable
from framefit.saving import same_file, whole_file, write_whole


def left_in(folder):
    return sorted(path.name for path in folder.rglob("*"))


def test_a_file_appears_whole(tmp_path):
    """Writing gives exactly the bytes, makes missing folders and leaves no other file."""
    target = write_whole(tmp_path / "new" / "folder" / "a.jpg", b"data")
    assert target.read_bytes() == b"data" and left_in(tmp_path) == ["a.jpg", "folder", "new"]


def test_a_failing_write_leaves_what_was_there(tmp_path):
    """When writing fails halfway, the old file stays as it was and no temporary file is left."""
    target = tmp_path / "a.jpg"
    target.write_bytes(b"old")
    with pytest.raises(RuntimeError), whole_file(target) as temporary:
        temporary.write_bytes(b"half of the new")
        raise RuntimeError("power cut")
    assert target.read_bytes() == b"old" and left_in(tmp_path) == ["a.jpg"]


def test_nothing_can_be_seen_before_the_end(tmp_path):
    """While a file is being written, its name does not exist yet."""
    target = tmp_path / "a.jpg"
    with whole_file(target) as temporary:
        temporary.write_bytes(b"data")
        assert not target.exists() and temporary.parent == target.parent and temporary.suffix == ".jpg"
    assert target.read_bytes() == b"data" and not temporary.exists()


def test_a_full_disk_is_output_unwritable(tmp_path):
    """An error of the device while writing is output_unwritable and leaves nothing."""
    with pytest.raises(OutputUnwritable) as caught, whole_file(tmp_path / "a.jpg"):
        raise OSError(28, "No space left on device")
    assert "no space left" in caught.value.message and left_in(tmp_path) == []


def unwritable(folder):
    (folder / "file").write_bytes(b"x")
    (folder / "folder.jpg").mkdir()
    (folder / "loop").symlink_to(folder / "loop")
    return [folder / "file" / "a.jpg", folder / "file" / "b" / "a.jpg", folder / "folder.jpg", folder / ("n" * 300 + ".jpg"),
            folder / "a\0b.jpg", folder / "loop" / "a.jpg"]  # fmt: skip


@pytest.mark.parametrize("number", range(6))
def test_places_that_cannot_be_written(tmp_path, number):
    """A path below a file, a folder, a name too long, a zero byte and a loop of links are output_unwritable."""
    target = unwritable(tmp_path)[number]
    before = left_in(tmp_path)
    with pytest.raises(OutputUnwritable) as caught:
        write_whole(target, b"data")
    assert caught.value.code == "output_unwritable" and caught.value.fix and left_in(tmp_path) == before


def test_a_folder_that_is_only_passed_through_is_not_made(tmp_path):
    """A path that goes up again from a folder that does not exist is output_unwritable, whatever it leads to."""
    (tmp_path / "a.jpg").write_bytes(b"old")
    with pytest.raises(OutputUnwritable):
        write_whole(tmp_path / "new" / ".." / "a.jpg", b"data")
    assert (tmp_path / "a.jpg").read_bytes() == b"old" and left_in(tmp_path) == ["a.jpg"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_device_or_a_pipe_is_never_replaced(tmp_path):
    """What is no file, also behind a link, is output_unwritable and stays what it is."""
    pipe, link = tmp_path / "pipe", tmp_path / "link.jpg"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for target in (pipe, link):
        with pytest.raises(OutputUnwritable):
            write_whole(target, b"data")
    assert pipe.is_fifo() and link.is_symlink() and left_in(tmp_path) == ["link.jpg", "pipe"]


def test_a_link_stays_and_its_file_appears(tmp_path):
    """Written through a link, the file it leads to appears or is replaced, and the link is still there."""
    real = tmp_path / "real" / "a.jpg"
    (tmp_path / "link.jpg").symlink_to(real)
    for data in (b"new", b"newer"):
        write_whole(tmp_path / "link.jpg", data)
        assert real.read_bytes() == data and (tmp_path / "link.jpg").is_symlink()
    assert left_in(tmp_path) == ["a.jpg", "link.jpg", "real"]


@pytest.mark.skipif(
    os.name != "posix" or os.geteuid() == 0, reason="permissions do not hold the administrator back"
)
def test_a_read_only_folder_is_output_unwritable(tmp_path):
    """A folder that may not be written to is output_unwritable."""
    tmp_path.chmod(0o500)
    with pytest.raises(OutputUnwritable):
        write_whole(tmp_path / "a.jpg", b"data")
    tmp_path.chmod(0o700)


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_permissions_are_the_usual_ones(tmp_path):
    """A new file has the permissions that open gives, a replaced one keeps its own."""
    (tmp_path / "opened").write_bytes(b"")
    new = write_whole(tmp_path / "new", b"1")
    assert new.stat().st_mode == (tmp_path / "opened").stat().st_mode
    new.chmod(0o640)
    assert stat.S_IMODE(write_whole(new, b"2").stat().st_mode) == 0o640


def test_one_file_by_many_paths(tmp_path):
    """Links and spellings of one file are the same file, copies and missing files are not."""
    file, other = tmp_path / "a", tmp_path / "b"
    file.write_bytes(b"x")
    other.write_bytes(b"x")
    (tmp_path / "sub").mkdir()
    (tmp_path / "soft").symlink_to(file)
    (tmp_path / "hard").hardlink_to(file)
    for path in (file, tmp_path / "soft", tmp_path / "hard", tmp_path / "sub" / ".." / "a"):
        assert same_file(path, file)
    assert not same_file(other, file) and not same_file(tmp_path / "missing", file)
    assert same_file(tmp_path / "missing", tmp_path / "sub" / ".." / "missing")
    assert not same_file(tmp_path / "a\0", file)
