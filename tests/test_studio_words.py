"""The sentences of the studio are there in every language, and its files are few and small."""

from __future__ import annotations

import dataclasses
import functools
import json
import re
from pathlib import Path
from typing import get_args

import pytest

from framefit.catalog import builtin
from framefit.checking import Forecast, forecast
from framefit.errors import FramefitError
from framefit.geometry import Size
from framefit.planning import Target
from framefit.server.studio import history
from framefit.server.studio.page_routes import page_files
from framefit.server.studio.records import RecordStatus
from framefit.videos.ledger.entry import STATES
from pictures import facts

FILES = page_files()
LANGUAGES = {
    name.removeprefix("languages/").removesuffix(".json"): json.loads(path.read_text(encoding="utf-8"))
    for name, path in FILES.items()
    if name.startswith("languages/")
}
PACKAGE = Path(__file__).resolve().parent.parent / "src" / "framefit"
ANSWERING = (
    "body_limit",
    "envelope",
    "guard",
    "service",
    "gateway/access",
    "gateway/desk",
    "gateway/patience",
)
"""Modules of the server whose errors the page can meet, beside the studio's own."""

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


def finding_codes() -> set[str]:
    """Every code that a forecast, strict or not, is written to give."""
    sources = [*(PACKAGE / "forecasting").glob("*.py"), PACKAGE / "checking.py"]
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    pattern = (
        r'\bcode="(\w+)"|"(\w+_\w+)",\s*"(?:reject|change|note)"|\("((?:side|ratio)_\w+)"|"(\w+_unknown)",'
    )
    return {code for found in re.findall(pattern, text) for code in found if code}


@functools.cache
def forecasts() -> tuple[Forecast, ...]:
    """Every rule of the catalogue with pictures of many kinds, in a size it has and in one that few have."""
    plain = dataclasses.replace(facts(Size(64, 64)), name="a", byte_count=10**6)
    strange = {"orientation": 6, "format": "tiff", "alpha": True, "byte_count": 10**9, "mode": "RGBA"}
    stored = [Size(720, 1280), Size(4032, 3024), Size(40, 30), Size(9000, 500), Size(1001, 999)]
    infos = [dataclasses.replace(plain, size=size, stored_size=size) for size in stored]
    infos += [
        dataclasses.replace(plain, **strange, size=Size(size.height, size.width), stored_size=size)  # type: ignore[arg-type]
        for size in stored
    ]
    return tuple(
        forecast(info, Target(rule=rule, size=asked, seconds="7"), strict=True)
        for rule in builtin()
        for asked in (None, *rule.sizes[:1], Size(1001, 999))
        for info in infos
    )


def test_every_finding_has_its_sentence() -> None:
    """Whatever any rule of the catalogue finds about any picture has a sentence, and so has each verdict."""
    codes, verdicts = set(), set()
    for found in forecasts():
        verdicts.add(found.verdict)
        codes |= {finding.code for finding in found.findings}
    assert {"size_mismatch", "stored_turned", "has_transparency", "too_many_bytes", "size_ignored"} <= codes
    words = LANGUAGES["en"]
    assert not {code for code in codes | finding_codes() if f"finding.{code}" not in words}
    assert not {one for one in verdicts if f"verdict.{one}" not in words or f"badge.{one}" not in words}
    # What a file that is no picture is told is an error's sentence.
    assert {"error.not_a_picture", "error.picture_broken", "error.picture_empty"} <= set(words)


def test_what_is_filled_in_is_there() -> None:
    """A sentence that names what was seen or wanted is only ever said of a finding that tells both."""
    words = LANGUAGES["en"]
    for found in forecasts():
        for finding in found.findings:
            taken = set(re.findall(r"\{(seen|wanted)\}", words[f"finding.{finding.code}"]))
            told = {name for name in ("seen", "wanted") if getattr(finding, name)}
            # For what is not known there is a sentence that asks for less.
            if not taken <= told:
                assert f"finding.{finding.code}.unknown" in words and not finding.known


def leaves(kind: type[FramefitError]) -> set[str]:
    below = kind.__subclasses__()
    return {kind.code} if not below else {code for one in below for code in leaves(one)}


def test_every_error_has_its_sentence() -> None:
    """Every error of the library, and every error that the server answers the page with, has a sentence."""
    server = PACKAGE / "server"
    files = [*(server / "studio").glob("*.py"), *(server / f"{name}.py" for name in ANSWERING)]
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    codes = set(re.findall(r'\bcode(?:: str =|=) ?"(\w+)"', text)) | set(re.findall(r'40\d: "(\w+)"', text))
    assert {"upload_not_found", "gateway_busy", "invalid_api_key", "unknown_url", "server_error"} <= codes
    wanted = {f"error.{code}" for code in codes | leaves(FramefitError)}
    assert not wanted - set(LANGUAGES["en"])


def test_every_state_of_a_video_has_its_word() -> None:
    """Each state of the page's record and of the ledger has a word for the list."""
    states = {*get_args(RecordStatus), *(history.STATUSES.get(state, state) for state in STATES), "gone"}
    states -= {"downloaded"}
    assert not {f"video.{state}" for state in states} - set(LANGUAGES["en"])


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
