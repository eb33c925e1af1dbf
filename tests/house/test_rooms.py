"""The rooms of the tests: no test module is imported, names are short, and a file is about one subject."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

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


def names_of_tests(tree: ast.Module) -> list[str]:
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [function.name for function in functions if function.name.startswith("test_")]


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
