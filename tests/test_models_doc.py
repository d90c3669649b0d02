"""docs/models.md says what the catalogue says."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

from framefit.catalog import Rule, builtin
from framefit.catalog.document import document
from framefit.catalog.loader import read_file

PAGE = Path(__file__).resolve().parent.parent / "docs" / "models.md"


def test_the_page_is_in_step_with_the_data() -> None:
    """The page is exactly what the catalogue generates; otherwise it has to be written anew."""
    assert PAGE.read_text("utf-8") == document(builtin()), (
        "run python -m framefit.catalog.document docs/models.md"
    )


def test_the_page_names_every_model_source_and_field() -> None:
    """Every model name, every source address and every field of an entry stands on the page."""
    page = document(builtin())
    for rule in builtin():
        assert all(f"`{name}`" in page for name in rule.names)
        assert all(source.removeprefix("framefit:") in page for source in rule.sources)
        assert rule.notes in page
    for field in fields(Rule):
        assert re.search(rf"^\| `{field.name}` \| \S.* \| \S.* \|$", page, re.M), field.name


def test_the_example_entry_is_read(tmp_path: Path) -> None:
    """The entry shown as an example is a catalogue file the loader takes."""
    example = re.search(r"```toml\n(.*?)```", document(builtin()), re.S)
    assert example is not None
    path = tmp_path / "mine.toml"
    path.write_text(example[1], "utf-8")
    (rule,) = read_file(path)
    assert rule.key == "my-model on my-server" and rule.sizes == ((1280, 720), (720, 1280))


def test_the_page_is_written_by_its_module(tmp_path: Path) -> None:
    """Running the module writes the page to the path it is given."""
    path = tmp_path / "models.md"
    subprocess.run([sys.executable, "-m", "framefit.catalog.document", str(path)], check=True)
    assert path.read_text("utf-8") == document(builtin())


def test_every_finding_stands_in_the_page_about_checking() -> None:
    """Every code of a finding in the source stands in docs/checking.md."""
    root = PAGE.parent.parent
    page = (root / "docs" / "checking.md").read_text("utf-8")
    places = [root / "src/framefit/checking.py", *(root / "src/framefit/forecasting").glob("*.py")]
    pattern = r"\"((?:model|size|seconds|format|too|stored|has|side|ratio|picture|canvas|status|formats|byte)_[a-z_]+)\""
    codes = {code for place in places for code in re.findall(pattern, place.read_text("utf-8"), re.M)}
    assert {"model_retired", "size_ignored", "byte_limit_unknown", "side_too_small"} <= codes
    for code in codes:
        assert f"`{code}`" in page, code
