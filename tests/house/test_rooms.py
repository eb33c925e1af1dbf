"""The rooms of the tests: no test module is imported, names and files are short, and no wait is hasty."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE

TESTS = Path(__file__).parents[1]
FLOORS = ("bot", "cogs", "house", "oauth", "public", "soak", "storage", "support")
LONGEST_NAME = 70
LONGEST_FILE = 310  # lines
FILES = sorted(file for floor in FLOORS for file in (TESTS / floor).rglob("*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(TESTS)))
def test_a_file_of_the_tests_is_short_and_imports_no_test(file: Path) -> None:
    text = file.read_text()
    tree = ast.parse(text)
    assert len(text.splitlines()) <= LONGEST_FILE
    assert [name for name in names_of_tests(tree) if len(name) > LONGEST_NAME] == []
    assert [module for module in imported(tree) if is_of_pytest(module)] == []
    assert [call.lineno for call in hasty_waits(tree)] == []


def names_of_tests(tree: ast.Module) -> list[str]:
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [function.name for function in functions if function.name.startswith("test_")]


def hasty_waits(tree: ast.Module) -> list[ast.Call]:
    """Return the waits for an event that end after a few seconds, which a machine shared with others may need."""
    return [
        call
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in {"timeout", "until"}
        if call.args and isinstance(call.args[-1], ast.Constant) and isinstance(call.args[-1].value, int | float)
        if call.args[-1].value < PATIENCE
    ]


def imported(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] == "tests"}


def is_of_pytest(module: str) -> bool:
    """Return whether only pytest imports this: a test module or a conftest."""
    parts = module.split(".")
    return "conftest" in parts or any(part.startswith("test_") for part in parts)
