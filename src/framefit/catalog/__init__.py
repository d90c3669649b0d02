"""The catalogue: what every model on every server accepts, as data with sources."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from framefit.catalog.rule import Role, Rule
from framefit.errors import UnknownModel, UnknownServer

__all__ = ["Catalog", "Rule", "builtin"]

_STATUS_ORDER = {"live": 0, "unknown": 1, "deprecated": 2, "retired": 3}


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """A set of rules that can be asked by model, server and role.

    Args:
        rules: every entry; a later entry with the same model, server and role wins.
    """

    rules: tuple[Rule, ...]

    def __iter__(self) -> Iterator[Rule]:
        """Iterate over every rule, in order."""
        return iter(self.rules)

    def of_model(self, model: str, *, role: Role = "first_frame") -> tuple[Rule, ...]:
        """Return the rules of a model on every server that has it, the ones that answer today first.

        Args:
            model: a model name or alias.
            role: what the picture is used as.

        Raises:
            UnknownModel: no entry has that name; the nearest names are suggested.
        """
        found = [rule for rule in self.rules if model in rule.names and rule.role == role]
        if not found:
            names = sorted({name for rule in self.rules for name in rule.names})
            near = difflib.get_close_matches(model, names, n=3, cutoff=0.4)
            raise UnknownModel(
                f"no model is called {model!r}",
                seen=model,
                wanted=", ".join(near) if near else "a name that `framefit models` lists",
                fix=f"--model {near[0]}" if near else "framefit models",
            )
        return tuple(sorted(found, key=lambda rule: _STATUS_ORDER[rule.status]))

    def find(self, model: str, *, server: str | None = None, role: Role = "first_frame") -> Rule:
        """Return the rule of a model on a server.

        Args:
            model: a model name or alias.
            server: the server's name; None takes the first server where the model is live, else
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
            if rule.server == server:
                return rule
        known = ", ".join(dict.fromkeys(rule.server for rule in rules))
        raise UnknownServer(
            f"{model} is not known on server {server!r}",
            seen=server,
            wanted=known,
            fix=f"--server {rules[0].server}",
        )


@lru_cache(maxsize=1)
def builtin() -> Catalog:
    """Return the catalogue that comes with framefit, read at the first call."""
    from framefit.catalog.loader import read_file

    folder = Path(__file__).parent
    rules = tuple(rule for path in sorted(folder.glob("*.toml")) for rule in read_file(path))
    return Catalog(rules=rules)
