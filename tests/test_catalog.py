import dataclasses
from datetime import date

import pytest

from framefit.catalog import Catalog, Rule, builtin
from framefit.catalog.loader import read_file
from framefit.errors import InvalidCatalog, UnknownModel, UnknownServer

GOOD = """
provider = "maker"

[[entry]]
model = "dream-1"
aliases = ["dream"]
server = "cloud"
status = "live"
kind = "exact"
sizes = ["1280x720", "720×1280"]
default_size = "1280x720"
seconds = [4, 8]
checked_on = 2026-11-20
sources = ["https://example.org/docs"]
"""


@pytest.fixture
def read(tmp_path):
    def reading(text):
        path = tmp_path / "maker.toml"
        path.write_text(text, encoding="utf-8")
        return read_file(path)

    return reading


def test_a_good_file_becomes_rules(read):
    """Sizes become sizes, dates dates, and what is left out is unknown."""
    (rule,) = read(GOOD)
    assert (rule.key, rule.names, rule.provider) == ("dream-1 on cloud", ("dream-1", "dream"), "maker")
    assert rule.sizes == ((1280, 720), (720, 1280)) and str(rule.default_size) == "1280x720"
    assert (rule.checked_on, rule.seconds) == (date(2026, 11, 20), (4, 8))
    assert (rule.exif, rule.alpha, rule.mismatch, rule.faces, rule.max_bytes) == ("unknown",) * 4 + (None,)


def test_tiers_give_the_sizes(read):
    """The sizes of an entry with tiers are those of its tiers, each once."""
    text = GOOD.replace('sizes = ["1280x720", "720×1280"]\n', "") + (
        '[entry.tiers]\n"720p" = ["1280x720", "720x1280"]\n"1080p" = ["1920x1080", "1280x720"]\n'
    )
    (rule,) = read(text)
    assert rule.sizes == ((1280, 720), (720, 1280), (1920, 1080)) and rule.tiers["1080p"][0] == (1920, 1080)


BAD = {
    "no toml": (GOOD + "\nmodel = \n", ("cannot be read",)),
    "unknown top field": ("version = 2\n" + GOOD, ("version", "at the top")),
    "entry is no list": ('[entry]\nmodel = "a"\n', ("[[entry]]",)),
    "entry is no table": ("entry = [1]\n", ("[[entry]]",)),
    "provider is no text": ("provider = 5\n", ("provider",)),
    "unknown field": (GOOD + 'colour = "red"\n', ("entry 1", "dream-1 on cloud", "colour")),
    "missing sources": (GOOD.replace('sources = ["https://example.org/docs"]', ""), ("sources",)),
    "empty sources": (GOOD.replace('["https://example.org/docs"]', "[]"), ("sources", "at least one")),
    "a source that is no address": (
        GOOD.replace("https://example.org/docs", "somebody said"),
        ("sources", "no address"),
    ),
    "missing date": (GOOD.replace("checked_on = 2026-11-20", ""), ("checked_on",)),
    "date as text": (GOOD.replace("2026-11-20", '"last week"'), ("checked_on",)),
    "missing model": (GOOD.replace('model = "dream-1"', ""), ("no model", "model")),
    "empty model": (GOOD.replace('model = "dream-1"', 'model = ""'), ("must not be empty",)),
    "missing server": (GOOD.replace('server = "cloud"', ""), ("no server", "server")),
    "bad size": (GOOD.replace("720×1280", "720by1280"), ("sizes", "720by1280")),
    "sizes as text": (GOOD.replace('["1280x720", "720×1280"]', '"1280x720"'), ("sizes", "list")),
    "sizes as numbers": (GOOD.replace('["1280x720", "720×1280"]', "[1280, 720]"), ("sizes",)),
    "bad default size": (
        GOOD.replace('default_size = "1280x720"', 'default_size = "big"'),
        ("default_size", "big"),
    ),
    "default size not on offer": (
        GOOD.replace('default_size = "1280x720"', 'default_size = "10x10"'),
        ("default_size", "not among"),
    ),
    "tiers as text": (GOOD + 'tiers = "720p"\n', ("tiers",)),
    "bad tier": (GOOD + '[entry.tiers]\n"720p" = ["wide"]\n', ("tiers.720p", "wide")),
    "unknown status": (GOOD.replace('"live"', '"alive"'), ("status", "alive")),
    "unknown kind": (GOOD.replace('"exact"', '"precise"'), ("kind", "precise")),
    "exact without sizes": (
        GOOD.replace('sizes = ["1280x720", "720×1280"]', "").replace('default_size = "1280x720"', ""),
        ("exact", "sizes"),
    ),
    "multiple without step": (GOOD.replace('"exact"', '"multiple"'), ("multiple", "multiple_of")),
    "retired without end": (GOOD.replace('"live"', '"retired"'), ("retired", "ended_on")),
    "seconds as text": (GOOD.replace("[4, 8]", '["4"]'), ("seconds",)),
    "no seconds at all": (GOOD.replace("[4, 8]", "[0]"), ("seconds", "above zero")),
    "negative bytes": (GOOD + "max_bytes = -1\n", ("max_bytes", "above zero")),
    "sides crossed": (GOOD + "min_side = 10\nmax_side = 5\n", ("min_side", "max_side")),
    "ratios crossed": (GOOD + "ratio_min = 2.0\nratio_max = 1.0\n", ("ratio_min", "ratio_max")),
    "twice": (GOOD + GOOD.replace('provider = "maker"', ""), ("dream-1 on cloud", "twice")),
    "twice by alias": (
        GOOD
        + GOOD.replace('provider = "maker"', "").replace('"dream-1"', '"dream"').replace('["dream"]', "[]"),
        ("dream on cloud", "twice"),
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_says_what_is_wrong(read, name):
    """Each kind of mistake is invalid_catalog, naming the file and, as far as there is one, entry, field and reason."""
    text, words = BAD[name]
    with pytest.raises(InvalidCatalog) as caught:
        read(text)
    for word in ("maker.toml", *words):
        assert word in caught.value.message + str(caught.value.wanted) + str(caught.value.seen), (
            caught.value.message
        )
    assert "maker.toml" in caught.value.message


def test_files_that_cannot_be_read(tmp_path):
    """A missing file, a folder and bytes that are no text are invalid_catalog."""
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "missing.toml", tmp_path, tmp_path / "bytes.toml"):
        with pytest.raises(InvalidCatalog, match=r"cannot be read: .") as caught:
            read_file(path)
        assert "Errno" not in str(caught.value.as_dict())


def test_an_empty_file_has_no_rules(read):
    """A file without entries is no mistake."""
    assert read('provider = "maker"\n') == ()


def test_the_built_in_catalogue_is_whole():
    """Every rule that comes with framefit loads, has sources and the day they were read, and stands there once."""
    rules = list(builtin())
    assert {rule.server for rule in rules} >= {"openai", "azure", "embedded"}
    keys = [(name, rule.server, rule.role) for rule in rules for name in rule.names]
    assert len(keys) == len(set(keys))
    assert all(rule.sources and rule.checked_on <= date.today() and rule.provider for rule in rules)
    assert builtin() is builtin()


def test_a_model_is_found_where_it_is_live():
    """Without a server, the first server where a model is live answers; the embedded one never ends."""
    assert builtin().find("sora-2").status == "live"
    assert builtin().find("sora-2", server="openai").ended_on == date(2026, 9, 24)
    assert builtin().find("sora-2-2025-12-08", server="embedded").model == "sora-2"


@pytest.mark.parametrize(
    ("written", "near"), [("sora2", "sora-2"), ("sora-2-por", "sora-2-pro"), ("Sora-2", "sora-2")]
)
def test_a_misspelt_model_is_suggested(written, near):
    """A name that nearly is a model's gets that model as its fix."""
    with pytest.raises(UnknownModel) as caught:
        builtin().find(written)
    assert caught.value.fix == f"--model {near}" and near in caught.value.wanted


def test_a_name_like_no_model_points_to_the_list():
    """A name that is like none gets the command that lists them."""
    with pytest.raises(UnknownModel) as caught:
        builtin().find("zzzzzzzz")
    assert "framefit models" in caught.value.fix


@pytest.mark.parametrize(
    ("written", "model"),
    [
        ("Wan-AI/Wan2.2-I2V-A14B-Diffusers", "Wan2.2-I2V-A14B"),
        ("Wan-AI/Wan2.2-I2V-A14B", "Wan2.2-I2V-A14B"),
        ("Wan2.2-TI2V-5B-Diffusers", "Wan2.2-TI2V-5B"),
        ("openai/sora-2", "sora-2"),
        ("openai/sora-2/image-to-video", "openai/sora-2/image-to-video"),
    ],
)
def test_the_name_of_a_repository_stands_for_its_model(written: str, model: str) -> None:
    """Self-hosted servers serve a model under the name of its repository; an entry's own name comes first."""
    assert builtin().find(written).model == model


@pytest.mark.parametrize("written", ["Wan-AI/", "/", "-Diffusers", "Wan-AI/nothing-of-the-kind"])
def test_the_name_of_another_repository_is_unknown(written: str) -> None:
    """A repository that holds no known model stands for none."""
    with pytest.raises(UnknownModel):
        builtin().find(written)


def test_an_unknown_server_lists_the_known_ones():
    """A server that does not have the model gets those that do."""
    with pytest.raises(UnknownServer) as caught:
        builtin().find("sora-2", server="moon")
    assert "embedded" in caught.value.wanted and "openai" in caught.value.wanted
    assert caught.value.fix == "--server embedded"


def rule(**facts):
    return Rule(
        **({"model": "m", "server": "s", "sources": ("https://a",), "checked_on": date(2026, 1, 1)} | facts)
    )


def test_live_comes_before_ended():
    """Servers are asked in the order live, unknown, deprecated, retired."""
    rules = tuple(
        rule(server=status, status=status) for status in ("retired", "deprecated", "unknown", "live")
    )
    assert [found.server for found in Catalog(rules=rules).of_model("m")] == [
        "live",
        "unknown",
        "deprecated",
        "retired",
    ]


def test_roles_are_kept_apart():
    """A rule for another role does not answer for the first frame."""
    catalog = Catalog(rules=(rule(role="reference"),))
    assert catalog.find("m", role="reference").role == "reference"
    with pytest.raises(UnknownModel):
        catalog.find("m")


def test_a_day_decides_what_has_ended():
    """A model has ended from its end date on, or when it is retired."""
    ending = rule(ended_on=date(2026, 9, 24), status="deprecated")
    assert not ending.has_ended(date(2026, 9, 23)) and ending.has_ended(date(2026, 9, 24))
    assert rule(status="retired").has_ended(date(2020, 1, 1)) and not rule().has_ended(date(2090, 1, 1))


def test_rules_cannot_be_changed():
    """A rule is frozen."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        rule().model = "other"


@pytest.mark.parametrize(("typed", "first"), [("wan2.2-i2v", "Wan2.2-I2V-A14B"), ("SORA-2-P", "sora-2-pro")])
def test_names_that_are_begun_are_suggested_first(typed: str, first: str) -> None:
    """A model name that is cut short is completed in the suggestion, whatever its case."""
    with pytest.raises(UnknownModel) as caught:
        builtin().find(typed)
    assert (caught.value.wanted or "").split(", ")[0] == first
