"""The house stands as ARCHITECTURE.md draws it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "framefit"
MODULES = sorted(SOURCE.rglob("*.py"))


def rooms() -> list[list[str]]:
    """The rooms of ARCHITECTURE.md from top to bottom; those of one row stand side by side."""
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.*?) \|", page, re.M)
    return [[name.strip("/").removesuffix(".py") for name in re.findall(r"`([\w/.]+)`", row)] for row in rows]


def room_of(module: Path) -> str:
    return module.relative_to(SOURCE).parts[0].removesuffix(".py")


def test_every_module_has_a_room() -> None:
    """Every module of the package belongs to a room of ARCHITECTURE.md, and every room exists."""
    named = {name for row in rooms() for name in row}
    extra = {"explaining", "limits", "sources", "carried", "__init__", "__main__"}
    assert {room_of(module) for module in MODULES} == named | extra


def imports(module: Path) -> set[str]:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("framefit."):
            found.add((node.module or "").split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {name.name.split(".")[1] for name in node.names if name.name.startswith("framefit.")}
    return found


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(SOURCE)))
def test_rooms_import_only_from_below(module: Path) -> None:
    """A room imports from itself and from rooms below it, nowhere else."""
    floors = {name: floor for floor, row in enumerate(rooms()) for name in row}
    floors |= {
        "explaining": floors["planning"],
        "limits": floors["planning"],
        "sources": floors["probing"],
        "carried": floors["probing"],
    }
    own = room_of(module)
    if own in ("__init__", "__main__"):
        return
    wrong = {name for name in imports(module) if name != own and floors[name] < floors[own]}
    assert not wrong


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(SOURCE)))
def test_modules_and_functions_are_short(module: Path) -> None:
    """No module is over 400 lines and no function over 70, its docstring not counted."""
    text = module.read_text(encoding="utf-8")
    assert text.count("\n") <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
            assert (node.end_lineno or 0) - first.lineno < 70, f"{node.name} is too long"


@pytest.mark.parametrize("path", sorted((ROOT / "tests").glob("test_*.py")), ids=lambda path: path.name)
def test_every_test_states_its_property(path: Path) -> None:
    """Every test has a docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent = [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert not silent
