"""The sentences of the studio are there in every language, and its files are few and small."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from framefit.server.studio.page_routes import page_files

FILES = page_files()
LANGUAGES = {
    name.removeprefix("languages/").removesuffix(".json"): json.loads(path.read_text(encoding="utf-8"))
    for name, path in FILES.items()
    if name.startswith("languages/")
}
ROOT = Path(__file__).resolve().parent.parent
FAMILIES = ("verdict", "badge", "mode", "focus", "backdrop", "finding", "error", "video", "receipt")


def used() -> set[str]:
    """The keys that the page and its scripts name in full."""
    pages = "".join(
        path.read_text(encoding="utf-8") for name, path in FILES.items() if name.endswith(".html")
    )
    scripts = "".join(
        path.read_text(encoding="utf-8") for name, path in FILES.items() if name.endswith(".js")
    )
    named = set(re.findall(r'data-t(?:-label)?="([\w.-]+)"', pages))
    return named | {
        key for key in re.findall(r'"([a-z-]+(?:\.[a-z-]+)?)"', scripts) if key in LANGUAGES["en"]
    }


def test_three_languages() -> None:
    """English, Korean and Indonesian are there, and the page offers just these."""
    assert set(LANGUAGES) == {"en", "ko", "id"}
    offered = re.search(r"LANGUAGES = \{(.*?)\}", FILES["words.js"].read_text(encoding="utf-8"))
    assert offered and set(re.findall(r"(\w\w):", offered[1])) == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_missing(language: str) -> None:
    """Each language has every sentence, none of them empty, with the same values to fill in."""
    english, other = LANGUAGES["en"], LANGUAGES[language]
    assert set(other) == set(english)
    for key, text in other.items():
        assert text.strip(), key
        assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", english[key])), key


def test_every_named_sentence_exists() -> None:
    """Each key that the page or a script names in full is there."""
    scripts = "".join(
        path.read_text(encoding="utf-8") for name, path in FILES.items() if name.endswith(".js")
    )
    pages = FILES["index.html"].read_text(encoding="utf-8")
    named = set(re.findall(r'\bt\("([\w.-]+)"', scripts)) | set(
        re.findall(r'data-t(?:-label)?="([\w.-]+)"', pages)
    )
    assert len(named) > 50
    assert not named - set(LANGUAGES["en"])


def test_no_sentence_is_left_over() -> None:
    """Each sentence is named somewhere, or belongs to a family whose keys are put together."""
    left = {key for key in set(LANGUAGES["en"]) - used() if key.split(".")[0] not in FAMILIES}
    assert not left


STRICT = {"status_unknown", "formats_unknown", "byte_limit_unknown", "seconds_unknown"}
"""Findings of a strict check, which the page does not ask for."""


def test_every_finding_has_its_sentence() -> None:
    """Whatever a forecast can find without a length has a sentence in every language."""
    folder = ROOT / "src" / "framefit"
    sources = [*(folder / "forecasting").glob("*.py"), folder / "checking.py"]
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    pattern = r'\bcode="(\w+)"|"(\w+_\w+)",\s*"(?:reject|change|note)"|\("((?:side|ratio)_\w+)"'
    codes = {code for found in re.findall(pattern, text) for code in found if code}
    assert {"size_mismatch", "stored_turned", "side_too_small", "picture_scaled"} <= codes
    shown = codes - STRICT - {"seconds_not_offered"}
    assert not {code for code in shown if f"finding.{code}" not in LANGUAGES["en"]}


def test_every_verdict_has_its_sentence() -> None:
    """Every word a forecast can be summed up in has a sentence and a badge."""
    for verdict in ("reject", "stretch", "crop", "pad", "derive", "change", "unknown", "pass"):
        assert f"verdict.{verdict}" in LANGUAGES["en"] and f"badge.{verdict}" in LANGUAGES["en"]


def test_the_page_is_light() -> None:
    """All files of the page in one language are under 150 kB, not even compressed."""
    own = [
        path for name, path in FILES.items() if not name.startswith("languages/") or name.endswith("ko.json")
    ]
    assert sum(path.stat().st_size for path in own) < 150_000


def test_no_file_names_another_server() -> None:
    """No file of the page holds an address elsewhere, save the names of XML vocabularies."""
    for name, path in FILES.items():
        found = re.findall(r"https?://[^\s\"')]+", path.read_text(encoding="utf-8"))
        assert set(found) <= {"http://www.w3.org/2000/svg"}, name


def test_scripts_are_short() -> None:
    """No script is over 400 lines."""
    for name, path in FILES.items():
        if name.endswith(".js"):
            assert path.read_text(encoding="utf-8").count("\n") <= 400, name
