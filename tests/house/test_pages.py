"""The pages for readers name files, functions and links that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*(ROOT / name for name in ("README.md", "SECURITY.md", "CONTRIBUTING.md")), *sorted(ROOT.glob("docs/**/*.md"))]
WALKS = [page for page in PAGES if page.name in {"one-paste.md", "refresh.md"}]
PLACES = ("bot", "cogs", "oauth", "storage", "openab_auth", "tests", "docs", "scripts", "benchmarks")


def name_of(page: Path) -> str:
    return page.name


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_each_path_that_a_page_names_exists(page: Path) -> None:
    named = re.findall(rf"`((?:{'|'.join(PLACES)})/[\w./-]*)(?:::\w+)?`", page.read_text())

    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_each_link_of_a_page_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text())

    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", WALKS, ids=name_of)
def test_each_function_that_a_walk_names_is_in_the_file_that_it_names(page: Path) -> None:
    named = re.findall(r"`([\w.]+)` in\s+`([\w/]+\.py)`", page.read_text())

    assert len(named) >= 15
    assert [f"{name} in {file}" for name, file in named if not defined_in(ROOT / file, name)] == []


def test_each_room_is_in_the_table_of_rooms() -> None:
    rooms = [
        f"{folder.relative_to(ROOT)}/"
        for floor in ("bot", "cogs/auth", "oauth", "storage")
        for folder in (ROOT / floor).iterdir()
        if (folder / "__init__.py").exists()
    ]

    assert len(rooms) > 20
    text = (ROOT / "CONTRIBUTING.md").read_text()
    assert [room for room in sorted(rooms) if f"\n| `{room}` |" not in text] == []


def defined_in(file: Path, name: str) -> bool:
    """Return whether the file defines the name: a function, a class, a constant, `Type.method` or a method."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.ClassDef():
                names |= {node.name, *(f"{node.name}.{one.name}" for one in node.body if isinstance(one, FUNCTION))}
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                names.add(node.name)
            case ast.AnnAssign(target=ast.Name(id=constant)) | ast.Assign(targets=[ast.Name(id=constant)]):
                names.add(constant)
    return name in names


FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
