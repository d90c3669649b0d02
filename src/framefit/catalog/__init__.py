"""The catalogue: what every model on every server accepts, as data with sources."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import get_args

from framefit.catalog.rule import Role, Rule
from framefit.errors import UnknownModel, UnknownServer

__all__ = ["ENVIRONMENT", "Catalog", "Rule", "builtin", "load", "read_catalog"]

ENVIRONMENT = "FRAMEFIT_CATALOG"
"""The variable that names catalogue files of the user, separated like the entries of ``PATH``."""

_STATUS_ORDER = {"live": 0, "unknown": 1, "deprecated": 2, "retired": 3}


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """A set of rules that can be asked by model, server and role.

    Args:
        rules: every entry; for a name, server and role that stand twice, the later entry wins.
    """

    rules: tuple[Rule, ...]

    def with_rules(self, rules: Iterable[Rule]) -> Catalog:
        """Return a catalogue with more entries; one with the same model, server and role is replaced."""
        merged = {(rule.model, rule.server, rule.role): rule for rule in self.rules}
        for rule in rules:
            merged.pop((rule.model, rule.server, rule.role), None)
            merged[rule.model, rule.server, rule.role] = rule
        return Catalog(rules=tuple(merged.values()))

    def __iter__(self) -> Iterator[Rule]:
        """Iterate over every rule, in order."""
        return iter(self.rules)

    def of_model(self, model: str, *, role: Role = "first_frame") -> tuple[Rule, ...]:
        """Return the rules of a model on every server that has it, the ones that answer today first.

        Args:
            model: a model name or alias; where no entry has it, the name of a repository such as
                ``Wan-AI/Wan2.2-I2V-A14B-Diffusers`` stands for the model in it.
            role: what the picture is used as.

        Raises:
            UnknownModel: no entry has that name; the nearest names are suggested.
        """
        found = {rule.server: rule for rule in self._called(model) if rule.role == role}
        if not found:
            names = sorted({name for rule in self.rules for name in rule.names})
            near = nearest(model, names)
            raise UnknownModel(
                f"no model is called {model!r}",
                seen=model,
                wanted=", ".join(near) if near else "a name that `framefit models` lists",
                fix=f"--model {near[0]}" if near else "framefit models",
            )
        return tuple(sorted(found.values(), key=lambda rule: _STATUS_ORDER[rule.status]))

    def named(self, model: str, *, server: str | None = None) -> tuple[Rule, ...]:
        """Return every rule of a model, whatever the picture is used as.

        Args:
            model: a model name or alias.
            server: only those of this server or provider; None takes all.

        Raises:
            UnknownModel: no entry has that name.
            UnknownServer: the model is not known on that server; the known ones are listed.
        """
        known = {rule.role for rule in self._called(model)}
        roles = [role for role in get_args(Role) if role in known] or ["first_frame"]
        found = tuple(rule for role in roles for rule in self.of_model(model, role=role))
        here = tuple(rule for rule in found if server in (None, rule.server, rule.provider))
        return here or (self.find(model, server=server, role=roles[0]),)

    def _called(self, model: str) -> list[Rule]:
        bare = model.rpartition("/")[2].removesuffix("-Diffusers")
        names = (model, bare) if bare else (model,)
        rules = ([rule for rule in self.rules if name in rule.names] for name in names)
        return next((found for found in rules if found), [])

    def find(self, model: str, *, server: str | None = None, role: Role = "first_frame") -> Rule:
        """Return the rule of a model on a server.

        Args:
            model: a model name or alias.
            server: the name of the server or its provider; None takes the first server where the model is live, else
                the first that had it.
            role: what the picture is used as.

        Raises:
            UnknownModel: no entry has that name.
            UnknownServer: the model is not known on that server; the known ones are listed.
        """
        rules = self.of_model(model, role=role)
        if server is None:
            return rules[0]
        for rule in rules:
            if server in (rule.server, rule.provider):
                return rule
        known = ", ".join(dict.fromkeys(rule.server for rule in rules))
        raise UnknownServer(
            f"{model} is not known on server {server!r}",
            seen=server,
            wanted=known,
            fix=f"--server {rules[0].server}",
        )


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Return up to three names that look like ``name``, whatever their case: those it begins, then the nearest."""
    by_fold = {other.casefold(): other for other in known}
    begun = [fold for fold in sorted(by_fold) if fold.startswith(name.casefold())] if name else []
    near = difflib.get_close_matches(name.casefold(), by_fold, n=3, cutoff=0.4)
    return [by_fold[fold] for fold in dict.fromkeys([*begun, *near])][:3]


@lru_cache(maxsize=1)
def builtin() -> Catalog:
    """Return the catalogue that comes with framefit, read at the first call."""
    from framefit.catalog.loader import read_file

    folder = Path(__file__).parent
    rules = (rule for path in sorted(folder.glob("*.toml")) for rule in read_file(path))
    return Catalog(rules=tuple(rules))


def load(paths: Iterable[str | Path] = ()) -> Catalog:
    """Return the built-in catalogue with the user's own entries over it.

    Args:
        paths: catalogue files; they come after those that ``FRAMEFIT_CATALOG`` names, and the last
            entry for a model, server and role wins.

    Raises:
        InvalidCatalog: a file cannot be read, or an entry is wrong.
    """
    named = [path for path in os.environ.get(ENVIRONMENT, "").split(os.pathsep) if path]
    catalog = builtin()
    for path in (*named, *paths):
        from framefit.catalog.loader import read_file

        catalog = catalog.with_rules(read_file(Path(path)))
    return catalog


def read_catalog(catalog: str | Path | Catalog | None) -> Catalog:
    """Return the catalogue to ask: the one given, or the usual one with a file of the user over it.

    Args:
        catalog: a catalogue, the path of a catalogue file, or None for the usual one, which is the
            built-in one with the files that ``FRAMEFIT_CATALOG`` names.

    Raises:
        InvalidCatalog: a file cannot be read, or an entry is wrong.
    """
    if isinstance(catalog, Catalog):
        return catalog
    return load(() if catalog is None else (catalog,))
