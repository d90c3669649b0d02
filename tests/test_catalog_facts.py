"""Every researched fact can be asked for, and a bad catalogue file is named precisely."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from framefit import catalog
from framefit.catalog import Catalog, Rule
from framefit.catalog.loader import read_file
from framefit.errors import InvalidCatalog, UnknownModel, UnknownServer

FACTS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "data" / "model-facts.json").read_text("utf-8")
)
SERVERS = {
    "comfyui (local)": "comfyui",
    "wan reference code": "wan-reference",
    "ltx reference code": "ltx-reference",
    "hunyuan reference code": "hunyuan-reference",
}
"""Providers whose researched name is no word for a command line."""
MISMATCH = {"error": "reject"}
STATUS = {"unconfirmed": "unknown"}
SAME = {
    "multiple_of": "multiple_of",
    "min_side": "min_side",
    "max_side": "max_side",
    "ratio_min": "ratio_min",
    "ratio_max": "ratio_max",
    "max_bytes": "max_bytes",
    "error_text": "error_text",
    "faces": "faces",
}
LISTS = {"ratios": "ratios", "formats": "formats", "seconds": "seconds", "fps": "fps", "sources": "sources"}


def rules_of(fact: dict[str, Any]) -> list[Rule]:
    """The rules that the names of a researched record lead to, each once."""
    server = SERVERS.get(fact["provider"], fact["provider"])
    found = [
        catalog.builtin().find(name, server=server)
        for name in dict.fromkeys([fact["model"], *fact["aliases"]])
    ]
    return [rule for number, rule in enumerate(found) if rule not in found[:number]]


def listed_prices(fact: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """The prices of a record, a key like ``720p/1080p silent`` written out."""
    for name, price in (fact["price_per_second_usd"] or {}).items():
        tiers, _, variant = name.partition(" ")
        for tier in tiers.split("/"):
            yield f"{tier} {variant}".strip(), price


def name_of(fact: dict[str, Any]) -> str:
    return f"{fact['provider']}-{fact['model']}"


@pytest.mark.parametrize("fact", FACTS, ids=name_of)
def test_every_record_gives_back_its_figures(fact: dict[str, Any]) -> None:
    """A record asked for by its model and provider names has the researched figures."""
    for rule in rules_of(fact):
        for name, field in LISTS.items():
            assert getattr(rule, field) == tuple(fact[name] or ()), name
        for name, field in SAME.items():
            if rule.model == fact["model"] or name not in ("multiple_of", "error_text"):
                assert getattr(rule, field) == fact[name], name
        assert rule.status == STATUS.get(fact["status"], fact["status"])
        assert rule.ended_on == (date.fromisoformat(fact["retired_on"]) if fact["retired_on"] else None)
        assert rule.kind == (fact["rule"] or "unknown")
        assert rule.mismatch == MISMATCH.get(fact["on_mismatch"], fact["on_mismatch"])


@pytest.mark.parametrize("fact", FACTS, ids=name_of)
def test_every_record_gives_back_its_sizes_and_prices(fact: dict[str, Any]) -> None:
    """The sizes and prices of a record are those of its entry, or together those of its siblings' entries."""
    rules = rules_of(fact)
    sizes = {size for rule in rules for size in rule.sizes or (rule.default_size,) if size}
    if fact["sizes"] is not None:
        assert sizes == {tuple(size) for size in fact["sizes"]}
    else:
        assert not any(rule.sizes for rule in rules)
    prices = dict(listed_prices(fact))
    if len(rules) == 1:
        assert dict(rules[0].price_per_second_usd) == prices
    else:
        listed = {price for rule in rules for price in rule.price_per_second_usd.values()}
        assert listed == set(prices.values())


def test_every_entry_is_dated_sourced_and_graded() -> None:
    """Every rule of the built-in catalogue says where it is from, when that was read and what is not known."""
    for rule in catalog.builtin():
        assert rule.sources and rule.checked_on >= date(2026, 11, 20), rule.key
        assert rule.notes.endswith("."), rule.key
        assert (rule.mismatch == "unknown") <= (rule.evidence == "none"), rule.key
        assert rule.server == rule.server.lower() and " " not in rule.server, rule.key


def test_every_written_canvas_reads_back_through_its_tier() -> None:
    """A size of a tier is a size on offer and names that tier again."""
    for rule in catalog.builtin():
        for tier, sizes in rule.tiers.items():
            for size in sizes:
                assert size in rule.sizes, rule.key
                assert rule.tier_of(size) is not None, (rule.key, tier)


def test_the_ratio_of_a_seedance_size_mirrors() -> None:
    """The portrait sizes of Seedance are its landscape sizes turned, except 21:9, which has none."""
    for name in ("dreamina-seedance-2-0-260128", "seedance-1-0-pro-250528", "dreamina-seedance-2-5-260628"):
        for sizes in catalog.builtin().find(name, server="bytedance").tiers.values():
            wide, *rest = sorted(sizes, key=lambda size: -size.ratio)
            assert round(wide.ratio, 1) in (2.3, 2.4)
            assert {size.turned for size in rest} == set(rest)


ENTRY = """
provider = "mine"
[[entry]]
model = "sora-2"
server = "openai"
kind = "exact"
sizes = ["640x640"]
sources = ["https://example.org/rule"]
checked_on = 2026-11-20
"""


def test_a_users_file_adds_and_overrides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry of the user replaces the built-in one of the same model, server and role, and no other."""
    path = tmp_path / "mine.toml"
    path.write_text(ENTRY + ENTRY[ENTRY.index("[[entry]]") :].replace("sora-2", "my-model"), "utf-8")
    mine = catalog.load([path])
    assert mine.find("sora-2", server="openai").sizes == ((640, 640),)
    assert mine.find("my-model").provider == "mine"
    assert mine.find("sora-2", server="azure") == catalog.builtin().find("sora-2", server="azure")
    assert len(mine.rules) == len(catalog.builtin().rules) + 1
    monkeypatch.setenv(catalog.ENVIRONMENT, str(path))
    assert catalog.load() == mine
    assert catalog.read_catalog(None) == mine
    assert catalog.read_catalog(str(path)).find("my-model").sizes == ((640, 640),)


def test_the_last_of_several_files_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files named in the environment come first to last, a file of the call after them."""
    paths = []
    for side in (100, 200, 300):
        path = tmp_path / f"{side}.toml"
        path.write_text(ENTRY.replace("640x640", f"{side}x{side}"), "utf-8")
        paths.append(path)
    monkeypatch.setenv(catalog.ENVIRONMENT, os.pathsep.join(map(str, paths[:2])))
    assert catalog.load().find("sora-2", server="openai").sizes == ((200, 200),)
    assert catalog.load([paths[2]]).find("sora-2", server="openai").sizes == ((300, 300),)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    """A catalogue file that was edited counts at the next call."""
    path = tmp_path / "mine.toml"
    path.write_text(ENTRY, "utf-8")
    assert catalog.load([path]).find("sora-2", server="openai").sizes == ((640, 640),)
    path.write_text(ENTRY.replace("640x640", "1000x1000"), "utf-8")
    assert catalog.load([path]).find("sora-2", server="openai").sizes == ((1000, 1000),)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('kind = "exact"', 'kind = "sharp"', ("entry 1 (sora-2 on openai)", "kind")),
        ('kind = "exact"', "colour = 3", ("entry 1", "'colour'")),
        ('["640x640"]', '["640-640"]', ("entry 1", "'sizes'", "640-640")),
        ('["640x640"]', '"640x640"', ("entry 1", "'sizes'")),
        ('sizes = ["640x640"]', 'tiers = ["640x640"]', ("entry 1", "'tiers'")),
        ('sizes = ["640x640"]', "", ("entry 1", "'exact'", "'sizes'")),
        ('kind = "exact"', 'kind = "multiple"', ("entry 1", "'multiple_of'")),
        ('kind = "exact"', 'kind = "derived"\nformula = "best_fit"', ("entry 1", "'formula'", "'areas'")),
        ('kind = "exact"', 'kind = "derived"\nformula = "magic"', ("entry 1", "formula")),
        ('kind = "exact"', 'seconds = ["4 to 8"]', ("entry 1", "'seconds'", "4 to 8")),
        ('kind = "exact"', "seconds = 4", ("entry 1", "'seconds'")),
        ('kind = "exact"', "seconds = [0]", ("entry 1", "'seconds'")),
        ('kind = "exact"', 'default_size = "8x8"', ("entry 1", "'default_size'")),
        ('kind = "exact"', 'ratios = ["wide"]', ("entry 1", "'ratios'")),
        ('kind = "exact"', "min_side = 9\nmax_side = 8", ("entry 1", "'min_side'", "'max_side'")),
        ('kind = "exact"', "max_bytes = -1", ("entry 1", "'max_bytes'")),
        ('kind = "exact"', 'status = "retired"', ("entry 1", "'ended_on'")),
        ('sources = ["https://example.org/rule"]', "sources = []", ("entry 1", "'sources'")),
        ('sources = ["https://example.org/rule"]', 'sources = ["a book"]', ("entry 1", "'sources'")),
        ("checked_on = 2026-11-20", "", ("entry 1", "checked_on")),
        ('provider = "mine"', "provider = 3", ("provider",)),
        ('provider = "mine"', 'colour = "red"', ("'colour'", "at the top")),
        ('model = "sora-2"', "model = ", ("cannot be read",)),
        ('model = "sora-2"', 'model = "sora-2"\naliases = ["sora-2"]', ("sora-2 on openai", "twice")),
    ],
)
def test_an_error_names_file_entry_field_and_reason(
    tmp_path: Path, old: str, new: str, words: tuple[str, ...]
) -> None:
    """A catalogue file with an error is refused with the file, the entry, the field and the reason."""
    assert old in ENTRY
    path = tmp_path / "mine.toml"
    path.write_text(ENTRY.replace(old, new), "utf-8")
    with pytest.raises(InvalidCatalog) as caught:
        read_file(path)
    assert caught.value.exit_code == 2
    for word in ("mine.toml", *words):
        assert word in caught.value.message


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """A catalogue path without a file is an error that names the file."""
    with pytest.raises(InvalidCatalog, match=r"nothing\.toml"):
        catalog.load([tmp_path / "nothing.toml"])


def test_names_that_are_not_known_get_the_nearest_ones() -> None:
    """A misspelt model is answered with names that exist, a wrong server with the known ones."""
    with pytest.raises(UnknownModel) as caught:
        catalog.builtin().find("Kling V2.6")
    assert "kling-v2-6" in str(caught.value.wanted)
    with pytest.raises(UnknownServer) as caught_server:
        catalog.builtin().find("sora-2", server="kling")
    assert "openai" in str(caught_server.value.wanted) and "azure" in str(caught_server.value.wanted)


def test_a_later_entry_for_an_alias_wins_for_that_alias_only() -> None:
    """An entry that takes over one alias of another leaves the other its own name."""
    old = catalog.builtin().find("sora-2", server="openai")
    new = Rule(
        model=old.aliases[0], server="openai", sources=("https://example.org",), checked_on=date(2026, 1, 1)
    )
    both = Catalog(rules=(*catalog.builtin().rules, new))
    assert both.find(old.aliases[0], server="openai") is new
    assert both.find("sora-2", server="openai") == old
