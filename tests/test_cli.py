"""The command line, run as its users run it: a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pictures import encoded, opened, scene, stored_with, with_orientation, write

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def framefit(tmp_path: Path) -> Run:
    def run(
        *arguments: object, stdin: bytes = b"", env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "framefit", *map(str, arguments)],
            cwd=tmp_path,
            input=stdin,
            capture_output=True,
            check=False,
            env={**os.environ, **(env or {})},
        )

    return run


@pytest.fixture
def phone(tmp_path: Path) -> Path:
    """A portrait photo of 600x800, stored sideways."""
    return write(tmp_path / "phone.jpg", stored_with(scene(600, 800), 6), exif=with_orientation(6))


def error_of(ended: subprocess.CompletedProcess[bytes]) -> dict[str, str]:
    return json.loads(ended.stdout.splitlines()[-1])["error"]


def test_fit_writes_beside_the_picture(framefit: Run, phone: Path, tmp_path: Path) -> None:
    """Without an output the result stands beside the picture, named by its size, and the picture is untouched."""
    before = phone.read_bytes()
    ended = framefit("fit", "phone.jpg", "--size", "360x640")
    assert ended.returncode == 0, ended.stderr
    assert opened(tmp_path / "phone-360x640.jpg").size == (360, 640)
    assert phone.read_bytes() == before


@pytest.mark.parametrize(
    ("output", "kind"), [("new/folder/out.png", "PNG"), ("out.webp", "WEBP"), ("out.JPEG", "JPEG")]
)
def test_fit_takes_the_format_from_the_suffix(
    framefit: Run, phone: Path, tmp_path: Path, output: str, kind: str
) -> None:
    """The suffix of the output decides the format, and missing folders are created."""
    assert framefit("fit", phone, "--size", "64x64", "-o", output).returncode == 0
    assert opened(tmp_path / output).format == kind


@pytest.mark.parametrize("output", ["out.gif", "out.tiff"])
def test_fit_refuses_suffixes_it_cannot_write(
    framefit: Run, phone: Path, tmp_path: Path, output: str
) -> None:
    """An output suffix of a format that is not written is wrong usage, and nothing appears."""
    ended = framefit("fit", phone, "--size", "64x64", "-o", output, "--json")
    assert ended.returncode == 2
    assert error_of(ended)["code"] == "invalid_option"
    assert not (tmp_path / output).exists()


def test_fit_streams_from_stdin_to_stdout(framefit: Run, phone: Path) -> None:
    """A picture on standard input comes out on standard output, and messages stay off it."""
    ended = framefit("fit", "-", "--size", "64x48", stdin=phone.read_bytes())
    assert ended.returncode == 0
    assert ended.stdout.startswith(b"\xff\xd8")
    assert b"64x48" in ended.stderr


def test_fit_on_empty_stdin(framefit: Run) -> None:
    """Zero bytes on standard input are a typed error."""
    ended = framefit("fit", "-", "--size", "64x48", "--json", "-o", "x.jpg")
    assert (ended.returncode, error_of(ended)["code"]) == (1, "picture_empty")


def test_fit_keeps_going_past_bad_pictures(framefit: Run, phone: Path, tmp_path: Path) -> None:
    """A folder's good pictures are fitted, its bad ones reported with exit code 1, other files skipped."""
    folder = tmp_path / "in" / "deeper"
    folder.mkdir(parents=True)
    write(folder / "one.JPEG", scene(90, 60))
    (folder / "two.jpg").write_bytes(encoded(scene(300, 200))[:900])
    (folder / "notes.txt").write_text("no picture")
    write(tmp_path / "in" / "three.png", scene(40, 40), "PNG")
    ended = framefit("fit", "in", "--size", "32x32", "-o", "out", "--json")
    rows = [json.loads(line) for line in ended.stdout.splitlines()]
    assert ended.returncode == 1
    assert {row["output"] for row in rows if "output" in row} == {
        str(Path("out", "deeper", "one.jpg")),
        str(Path("out", "three.jpg")),
    }
    assert [row["error"]["code"] for row in rows if "error" in row] == ["picture_broken"]
    assert sorted(path.name for path in (tmp_path / "out").rglob("*") if path.is_file()) == [
        "manifest.jsonl",
        "one.jpg",
        "three.jpg",
    ]
    assert b"1 failed, 1 skipped" in ended.stderr


def test_fit_refuses_to_overwrite_an_input(framefit: Run, phone: Path) -> None:
    """An output that is one of the inputs is refused with exit code 2, through a link too."""
    before = phone.read_bytes()
    link = phone.with_name("link.jpg")
    link.symlink_to(phone)
    for output in (phone, link):
        ended = framefit("fit", phone, "--size", "64x64", "-o", output, "--json")
        assert (ended.returncode, error_of(ended)["code"]) == (2, "output_is_input")
    assert phone.read_bytes() == before


def test_fit_never_overwrites_a_damaged_input(framefit: Run, tmp_path: Path) -> None:
    """An input that cannot be read is protected like the others from the result of another input."""
    (tmp_path / "one.jpg").write_bytes(encoded(scene(300, 200))[:50])
    write(tmp_path / "one.png", scene(60, 40), "PNG")
    before = (tmp_path / "one.jpg").read_bytes()
    ended = framefit("fit", "one.jpg", "one.png", "--size", "64x64", "-o", ".", "--json")
    assert (ended.returncode, error_of(ended)["code"]) == (2, "output_is_input")
    assert (tmp_path / "one.jpg").read_bytes() == before


def test_fit_refuses_two_inputs_with_one_output(framefit: Run, phone: Path, tmp_path: Path) -> None:
    """Two inputs that map to one output are refused before anything is written."""
    write(tmp_path / "phone.png", scene(50, 50), "PNG")
    ended = framefit("fit", "phone.jpg", "phone.png", "--size", "64x64", "-o", "out", "--json")
    assert (ended.returncode, error_of(ended)["code"]) == (2, "output_collision")
    assert not (tmp_path / "out").exists()


def test_fit_of_names_with_spaces_and_korean_letters(framefit: Run, tmp_path: Path) -> None:
    """Names in any script, with spaces, are read, written and printed as they are."""
    write(tmp_path / "내 사진 1.jpg", scene(80, 60))
    ended = framefit("fit", "내 사진 1.jpg", "--size", "32x32", env={"LC_ALL": "C"})
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "내 사진 1-32x32.jpg").exists()
    assert "내 사진 1-32x32.jpg" in ended.stdout.decode()


def test_fit_with_an_output_folder_that_cannot_be_made(framefit: Run, phone: Path, tmp_path: Path) -> None:
    """An output folder whose parent is a file is a typed error and leaves nothing behind."""
    ended = framefit("fit", phone, "--size", "64x64", "-o", "phone.jpg/out.jpg", "--json")
    assert (ended.returncode, error_of(ended)["code"]) == (1, "output_unwritable")
    assert [path.name for path in tmp_path.iterdir()] == ["phone.jpg"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--size", "12"], "invalid_size"),
        ([], "invalid_option"),
        (["--model", "sora-3"], "unknown_model"),
        (["--model", "sora-2", "--server", "nowhere"], "unknown_server"),
        (["--model", "sora-2", "--size", "1792x1024"], "size_not_offered"),
        (["--size", "64x64", "--mode", "squeeze"], "invalid_option"),
        (["--size", "64x64", "--focus", "2,2"], "invalid_option"),
        (["--size", "64x64", "--crop", "0,0,0,1"], "invalid_option"),
        (["--size", "64x64", "--backdrop", "octarine"], "invalid_option"),
        (["--size", "64x64", "--scene", "art", "--mode", "cover"], "invalid_option"),
        (["--size", "64x64", "--quality", "0"], "invalid_option"),
        (["--size", "64x64", "--format", "gif"], "invalid_option"),
        (["--size", "64x64", "-o", "x.png", "--format", "jpeg"], "invalid_option"),
    ],
)
def test_wrong_usage(framefit: Run, phone: Path, arguments: list[str], code: str) -> None:
    """Wrong usage ends with exit code 2 and its own code, the fix beside it, and no traceback."""
    ended = framefit("fit", phone, *arguments, "--json")
    assert ended.returncode == 2
    assert error_of(ended)["code"] == code
    assert error_of(ended)["fix"]
    assert b"Traceback" not in ended.stderr
    plain = framefit("fit", phone, *arguments)
    assert plain.returncode == 2
    assert f"[{code}]".encode() in plain.stderr
    assert plain.stdout == b""


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.jpg", b"", "picture_empty"),
        ("text.jpg", b"this is no picture at all, only words", "not_a_picture"),
        ("cut.jpg", encoded(scene(300, 200))[:2000], "picture_broken"),
    ],
)
def test_bad_pictures(framefit: Run, tmp_path: Path, name: str, content: bytes, code: str) -> None:
    """A picture that cannot be used ends with exit code 1, its own code, and no output."""
    (tmp_path / name).write_bytes(content)
    ended = framefit("fit", name, "--size", "64x64", "-o", "out.jpg", "--json")
    assert (ended.returncode, error_of(ended)["code"]) == (1, code)
    assert not (tmp_path / "out.jpg").exists()


def test_a_truncated_picture_is_fitted_on_request(framefit: Run, tmp_path: Path) -> None:
    """With --allow-truncated a picture cut short is fitted and its line says so; without it nothing appears."""
    whole = encoded(scene(600, 400))
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) * 3 // 4])
    assert framefit("fit", "cut.jpg", "--size", "64x64", "-o", "out.jpg").returncode == 1
    assert not (tmp_path / "out.jpg").exists()
    ended = framefit("fit", "cut.jpg", "--size", "64x64", "-o", "out.jpg", "--allow-truncated")
    assert ended.returncode == 0, ended.stderr
    assert b"truncated" in ended.stdout
    assert opened(tmp_path / "out.jpg").size == (64, 64)


def test_options_of_the_result(framefit: Run, phone: Path, tmp_path: Path) -> None:
    """--chroma, --lossless and --best reach the result: other bytes, or every pixel kept."""
    for name, options in {"plain": [], "full": ["--chroma", "4:4:4"], "best": ["--best"]}.items():
        assert framefit("fit", phone, "--size", "64x64", "-o", f"{name}.jpg", *options).returncode == 0
    bytes_of = {name: (tmp_path / f"{name}.jpg").read_bytes() for name in ("plain", "full", "best")}
    assert len(set(bytes_of.values())) == 3
    for name in ("a.png", "b.webp"):
        ended = framefit("fit", phone, "--size", "64x64", "-o", name, "--lossless")
        assert ended.returncode == 0, ended.stderr
    pixels = [opened(tmp_path / name).convert("RGB").tobytes() for name in ("a.png", "b.webp")]
    assert pixels[0] == pixels[1]


def test_missing_picture_and_empty_folder(framefit: Run, tmp_path: Path) -> None:
    """A path that does not exist and a folder without pictures are reported as such."""
    (tmp_path / "hollow").mkdir()
    missing = framefit("fit", "gone.jpg", "--size", "64x64", "--json")
    hollow = framefit("fit", "hollow", "--size", "64x64", "-o", "out", "--json")
    assert (missing.returncode, error_of(missing)["code"]) == (1, "picture_not_found")
    assert (hollow.returncode, error_of(hollow)["code"]) == (1, "not_a_picture")


def test_check_rejects_and_accepts(framefit: Run, phone: Path) -> None:
    """Check ends with 1 and the server's words for a wrong picture, with 0 for a fitted one."""
    wrong = framefit("check", phone, "--model", "sora-2", "--size", "720x1280")
    assert wrong.returncode == 1
    assert b"Inpaint image must match the requested width and height" in wrong.stdout
    framefit("fit", phone, "--model", "sora-2", "--size", "720x1280", "-o", "fitted.jpg")
    assert framefit("check", "fitted.jpg", "--model", "sora-2", "--size", "720x1280").returncode == 0


def test_check_as_json(framefit: Run, phone: Path, tmp_path: Path) -> None:
    """Check --json prints one object per picture with every finding whole, and says when a model has ended."""
    (tmp_path / "text.png").write_text("words, words, words, words, words")
    ended = framefit(
        "check", phone, "text.png", "--model", "sora-2", "--server", "openai", "--size", "1792x1024",
        "--seconds", "5", "--json",
    )  # fmt: skip
    rows = [json.loads(line) for line in ended.stdout.splitlines()]
    codes = [{finding["code"] for finding in row["findings"]} for row in rows]
    assert ended.returncode == 1
    assert {"model_retired", "size_not_offered", "seconds_not_offered"} <= codes[0]
    assert "not_a_picture" in codes[1]
    assert any("2026-09-24" in finding["message"] for finding in rows[0]["findings"])
    assert set(rows[0]["findings"][0]) >= {"code", "level", "message", "seen", "wanted", "fix", "source"}


def test_explain_in_every_form(framefit: Run, phone: Path) -> None:
    """Explain gives words with a drawing, an ffmpeg filter, or one JSON object, and writes nothing."""
    text = framefit("explain", phone, "--size", "640x360").stdout.decode()
    assert "of the picture" in text
    assert "#" in text
    assert framefit("explain", phone, "--size", "64x36", "--as", "ffmpeg").stdout.count(b"crop=") == 1
    plan = json.loads(framefit("explain", phone, "--size", "640x360", "--json").stdout)
    assert (plan["canvas"], plan["mode"], plan["picture"]["orientation"]) == ("640x360", "cover", 6)
    assert framefit("explain", phone, "--size", "640x360", "--as", "poem").returncode == 2
    assert list(phone.parent.iterdir()) == [phone]


def test_models(framefit: Run) -> None:
    """Models lists every entry, shows one with its sources, and filters by server and life."""
    listed = [json.loads(line) for line in framefit("models", "--json").stdout.splitlines()]
    assert {("sora-2", "openai"), ("sora-2-pro", "embedded"), ("sora-2", "azure")} <= {
        (row["model"], row["server"]) for row in listed
    }
    live = [json.loads(line) for line in framefit("models", "--live", "--json").stdout.splitlines()]
    assert live
    assert {row["status"] for row in live} == {"live"}
    one = framefit("models", "sora-2", "--server", "openai").stdout.decode()
    assert "https://" in one
    assert "2026-09-24" in one
    assert framefit("models", "sora-22").returncode == 2
    assert b"sora-2" in framefit("models").stdout


@pytest.mark.parametrize(
    "arguments",
    [["--quality", "abc"], ["--nosuch"], ["--size"], ["--workers", "0"]],
    ids=lambda words: words[0],
)
def test_wrong_usage_that_is_found_before_the_command(
    framefit: Run, phone: Path, arguments: list[str]
) -> None:
    """Options that do not exist or cannot be read are invalid_option with --json, and usage in words without."""
    ended = framefit("fit", phone, "--json", *arguments)
    assert ended.returncode == 2
    assert error_of(ended)["code"] == "invalid_option"
    assert arguments[0] in error_of(ended)["message"]
    plain = framefit("fit", phone, *arguments)
    assert plain.returncode == 2
    assert plain.stdout == b""
    assert b"Error: " in plain.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["fit", "", "--size", "64x64"],
        ["fit", "phone.jpg", "-o", "", "--size", "64x64"],
        ["fit", "--from", "", "--size", "64x64"],
        ["check", "", "--model", "sora-2"],
        ["explain", "", "--size", "64x64"],
    ],
)
def test_an_empty_name_is_not_the_current_folder(
    framefit: Run, phone: Path, tmp_path: Path, arguments: list[str]
) -> None:
    """An empty name, as an unset variable gives one, is wrong usage, and nothing is written."""
    ended = framefit(*arguments)
    assert ended.returncode == 2
    assert b"a name is empty" in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["phone.jpg"]


def test_a_result_never_comes_over_a_picture_by_way_of_a_folder_that_is_not_there(
    framefit: Run, phone: Path, tmp_path: Path
) -> None:
    """An output that leads to the picture through a folder that does not exist leaves it as it was."""
    before = phone.read_bytes()
    for output in ("new/../phone.jpg", "new/.."):
        ended = framefit("fit", "phone.jpg", "--size", "64x64", "-o", output)
        assert ended.returncode in (1, 2)
        assert phone.read_bytes() == before
        assert [path.name for path in tmp_path.iterdir()] == ["phone.jpg"]


def test_what_a_reader_warns_of_is_not_shown(framefit: Run, tmp_path: Path) -> None:
    """Damaged EXIF data of a whole picture leave no trace on standard error."""
    write(tmp_path / "a.jpg", scene(90, 60), exif=b"Exif\0\0MM\0*\xff\xff\xff\xffjunk")
    ended = framefit("fit", "a.jpg", "--size", "64x64")
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_a_reader_that_goes_away() -> None:
    """A closed pipe ends the command quietly, with the exit code of a broken pipe."""
    command = [sys.executable, "-m", "framefit", "models", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout and running.stderr
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize(
    "arguments", [["models"], ["models", "--json"], ["fit", "a.jpg", "--size", "8x8", "-o", "-"]]
)
def test_output_that_has_no_room(tmp_path: Path, arguments: list[str]) -> None:
    """Results that cannot be written to standard output are output_unwritable, exit code 1."""
    write(tmp_path / "a.jpg", scene(90, 60))
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "framefit", *arguments],
            cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    assert ended.returncode == 1
    assert b"[output_unwritable]" in ended.stderr
    assert b"Traceback" not in ended.stderr


def on_a_terminal(folder: Path, env: dict[str, str], *arguments: str) -> bytes:
    """What the command shows on a terminal."""
    leader, follower = os.openpty()
    command = [sys.executable, "-m", "framefit", *arguments]
    clean = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    shown = b""
    with subprocess.Popen(command, cwd=folder, stdout=follower, stderr=follower, env={**clean, **env}):
        os.close(follower)
        # A terminal whose programs have all ended is an error on Linux, and empty elsewhere.
        with contextlib.suppress(OSError):
            while piece := os.read(leader, 65_536):
                shown += piece
    os.close(leader)
    return shown


@pytest.mark.skipif(os.name != "posix", reason="terminals are made differently elsewhere")
@pytest.mark.parametrize(
    ("env", "colors"),
    [({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
    ids=["xterm", "NO_COLOR", "dumb"],
)
def test_colours_are_left_out_where_they_are_not_wanted(
    phone: Path, env: dict[str, str], colors: bool
) -> None:
    """A terminal gets colours in findings and errors unless NO_COLOR is set or the terminal is a dumb one."""
    found = on_a_terminal(phone.parent, env, "check", "phone.jpg", "--model", "sora-2")
    wrong = on_a_terminal(phone.parent, env, "explain", "phone.jpg", "--size", "1")
    assert b"size_mismatch" in found
    assert b"invalid_size" in wrong
    assert (b"\x1b[" in found, b"\x1b[" in wrong) == (colors, colors)


@pytest.mark.skipif(os.name != "posix", reason="terminals are made differently elsewhere")
def test_a_picture_is_not_written_to_a_terminal(phone: Path) -> None:
    """Standard output takes a picture unless it is a terminal."""
    shown = on_a_terminal(phone.parent, {"TERM": "dumb"}, "fit", "phone.jpg", "--size", "64x64", "-o", "-")
    assert b"[invalid_option]" in shown
    assert b"JFIF" not in shown


@pytest.mark.skipif(os.name != "posix", reason="closing a stream is written differently elsewhere")
def test_closed_streams(tmp_path: Path, phone: Path) -> None:
    """Without standard streams the command does its work."""
    command = f"{sys.executable} -m framefit fit phone.jpg --size 64x64 <&- >&- 2>&-"
    assert subprocess.run(["sh", "-c", command], cwd=tmp_path, check=False).returncode == 0
    assert opened(tmp_path / "phone-64x64.jpg").size == (64, 64)


def test_version(framefit: Run) -> None:
    """--version names the version."""
    from framefit import __version__

    assert framefit("--version").stdout.decode().split() == ["framefit", __version__]


@pytest.mark.parametrize(
    "target",
    [
        ("--model", "sora-2"),
        ("--model", "sora-2", "--size", "1280x720"),
        ("--model", "Wan2.2-I2V-A14B", "--server", "vllm-omni", "--size", "1280x720"),
        ("--model", "Wan2.2-I2V-A14B", "--server", "vllm-omni"),
    ],
)
def test_the_commands_of_a_check_run_as_they_stand(
    framefit: Run, tmp_path: Path, target: tuple[str, ...]
) -> None:
    """Every command that `check` names for a picture in a folder runs from there, and the server takes its result."""
    (tmp_path / "my photos").mkdir()
    picture = stored_with(scene(300, 400), 6)
    write(tmp_path / "my photos" / "a.jpg", picture, exif=with_orientation(6))
    told = json.loads(framefit("check", "my photos/a.jpg", *target, "--json").stdout)
    commands = {one["fix"] for one in told["findings"] if (one["fix"] or "").startswith("framefit fit ")}
    assert commands
    for number, command in enumerate(sorted(commands)):
        done = framefit(*shlex.split(command)[1:], "-o", f"{number}.jpg")
        assert done.returncode == 0, done.stderr
        assert framefit("check", f"{number}.jpg", *target).returncode == 0
