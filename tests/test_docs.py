"""The documentation says what the code does, and its examples run."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from framefit import errors
from framefit.catalog import builtin
from framefit.cli.main import app

ROOT = Path(__file__).resolve().parent.parent
DOCS = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S)


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sys.path.insert(0, str(ROOT / "demo"))
    try:
        import scene
    finally:
        sys.path.pop(0)
    return scene.write(tmp_path_factory.mktemp("docs") / "photo.jpg")


@pytest.fixture
def folder(photo: Path, tmp_path: Path) -> Path:
    os.link(photo, tmp_path / "photo.jpg")
    return tmp_path


def run_python(path: Path, folder: Path, places: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the Python blocks of a page in order, in one namespace; a text block after one is what it prints."""
    monkeypatch.chdir(folder)
    pattern = r"^```python\n(.*?)^```(?:\n+^```text\n(.*?)^```)?"
    found = re.findall(pattern, path.read_text(encoding="utf-8"), re.M | re.S)
    namespace: dict[str, object] = {}
    for code, expected in found:
        for shown, place in places.items():
            code = code.replace(shown, place)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, str(path), "exec"), namespace)
        if expected:
            assert printed.getvalue() == expected


@pytest.mark.parametrize(
    "path", [path for path in DOCS if blocks(path, "python")], ids=lambda path: path.name
)
def test_python_examples_run(path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every Python example of a page runs as it stands, and prints what the page shows; 8081 is a gateway."""
    from framefit.server.gateway.options import GatewayOptions
    from framefit.server.options import ServerOptions
    from framefit.server.running import running

    for name in ("FRAMEFIT_BASE_URL", "OPENAI_BASE_URL", "FRAMEFIT_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    with running(ServerOptions(data_folder=folder / "engine", port=0)) as engine:
        options = GatewayOptions(upstream=engine.base_url, data_folder=folder / "gateway")
        with running(options) as gateway:
            places = {
                f"http://127.0.0.1:{port}/v1": server.base_url
                for port, server in ((8080, engine), (8081, gateway))
            }
            run_python(path, folder, places, monkeypatch)


def examples() -> list[tuple[str, str, str]]:
    found = []
    for path in DOCS:
        for block in blocks(path, "console"):
            command, _, output = block.removeprefix("$ ").partition("\n")
            found.append((path.name, command, output))
    return found


@pytest.mark.parametrize(("page", "command", "output"), examples())
def test_console_examples_print_what_they_show(page: str, command: str, output: str, folder: Path) -> None:
    """Every console example prints, letter by letter, what the page shows under it."""
    words = shlex.split(command)
    assert words[0] == "framefit"
    ended = subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True, check=False
    )
    assert ended.stdout == output, ended.stderr


def commands(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Every command by its whole name, those of groups too."""
    for name, command in group.commands.items():
        yield f"{before}{name}", command
        if hasattr(command, "commands"):
            yield from commands(command, f"{before}{name} ")


def test_every_command_and_option_is_documented() -> None:
    """Every command, and every option of it, stands in the command's section of docs/cli.md."""
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    for name, command in commands(get_command(app)):
        section = re.search(rf"^## framefit {name}\n(.*?)(?=^## |\Z)", page, re.M | re.S)
        assert section, f"no section for {name}"
        for parameter in command.params:
            for option in (*parameter.opts, *parameter.secondary_opts):
                if option.startswith("-") and option != "--help":
                    assert f"`{option}`" in section[1], f"{name}: {option}"


def test_documented_options_exist() -> None:
    """No section of docs/cli.md lists an option that its command lacks."""
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    for name, command in commands(get_command(app)):
        section = re.search(rf"^## framefit {name}\n(.*?)(?=^## |\Z)", page, re.M | re.S)
        assert section
        known = {
            option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
        }
        rows = re.findall(r"^\| (`-.*?) \|", section[1], re.M)
        listed = {option for row in rows for option in re.findall(r"`(-[-\w]*)`", row)}
        assert listed <= known, listed - known


def all_errors(base: type[errors.FramefitError]) -> list[type[errors.FramefitError]]:
    return [kind for child in base.__subclasses__() for kind in (child, *all_errors(child))]


@pytest.mark.parametrize("kind", all_errors(errors.FramefitError), ids=lambda kind: kind.code)
def test_every_error_code_is_documented(kind: type[errors.FramefitError]) -> None:
    """Every error code stands in docs/errors.md."""
    assert f"`{kind.code}`" in (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")


def test_every_finding_code_is_documented() -> None:
    """Every code that a forecast can give stands in docs/errors.md."""
    source = (ROOT / "src" / "framefit" / "checking.py").read_text(encoding="utf-8")
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    codes = set(re.findall(r'code="(\w+)"', source))
    assert codes
    assert not {code for code in codes if f"`{code}`" not in page}


def test_every_model_is_documented() -> None:
    """Every model name and alias of the catalogue stands in the documentation."""
    pages = "".join(path.read_text(encoding="utf-8") for path in DOCS)
    missing = {name for rule in builtin() for name in rule.names if f"`{name}`" not in pages}
    assert not missing


def test_every_environment_variable_is_documented() -> None:
    """Every environment variable the code reads stands in the documentation."""
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    pages = "".join(path.read_text(encoding="utf-8") for path in DOCS)
    names = set(re.findall(r'"((?:FRAMEFIT|OPENAI)_[A-Z_]+)"', code))
    assert not {name for name in names if name not in pages}


def test_links_between_pages_lead_somewhere() -> None:
    """Every relative link of the documentation leads to a file that exists."""
    for path in [*DOCS, ROOT / "CONTRIBUTING.md", ROOT / "ARCHITECTURE.md"]:
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"
