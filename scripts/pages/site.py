"""Hooks of mkdocs.yml: pages of the repository's root, a list of the decisions, and links that leave docs/."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT: Final = Path(__file__).parents[2]
FROM_ROOT: Final = {
    "CHANGELOG.md": "project/changelog.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "SECURITY.md": "explanation/security-policy.md",
}
"""Where the site shows a page of the repository's root."""
DECISIONS: Final = "adr/index.md"
_ON_SITE: Final = FROM_ROOT | {"README.md": "index.md"}
_SOURCES: Final = {page: source for source, page in FROM_ROOT.items()}
_LINK: Final = re.compile(r"\[([^\]]*)\]\(([^)\s#:]+)(#[^)\s]*)?\)")
_ITEM: Final = re.compile(r"(?:[-*]|\d+\.) ")
_FENCE: Final = re.compile(r"`{3,}")
_DEPTH: Final = 4  # spaces
_CODE: Final = re.compile(r"^( *)(`{3,}).*?^\1\2$", re.MULTILINE | re.DOTALL)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that no file in docs/ contains."""
    for source, page in FROM_ROOT.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text(encoding="utf-8")))
    files.append(File.generated(config, DECISIONS, content=_decisions()))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead each link to its page of the site; of a link to the sources, keep the words."""
    del config, files
    here = page.file.src_uri
    source = PurePosixPath(_SOURCES.get(here, f"docs/{here}"))

    def lead(match: re.Match[str]) -> str:
        words, link, part = match.group(1), match.group(2), match.group(3) or ""
        target = os.path.normpath(source.parent / link)
        if (shown := _shown_at(target)) is None:
            return words
        return f"[{words}]({os.path.relpath(shown, PurePosixPath(here).parent)}{part})"

    return _deepen(_outside_code(markdown, lambda text: _LINK.sub(lead, text)))


def _deepen(markdown: str) -> str:
    """Indent the parts of a list item by four spaces, as Python-Markdown expects; the pages have two or three."""
    lines, shift, fence, item = list[str](), 0, "", False
    for line in markdown.splitlines():
        indent = len(line) - len(line.lstrip())
        mark = _FENCE.match(line.strip())
        if not fence:
            item = bool(_ITEM.match(line)) or (item and (indent > 0 or not line))
            shift = _DEPTH - indent if item and 0 < indent < _DEPTH else 0
        lines.append(" " * shift + line if line else line)
        if mark and not fence:
            fence = mark.group()
        elif line.strip() == fence:
            fence = ""
    return "\n".join(lines) + "\n"


def _shown_at(target: str) -> str | None:
    """Return the page or picture of the site that shows this file of the repository, or None."""
    if target in _ON_SITE:
        return _ON_SITE[target]
    if target == "docs/adr":
        return DECISIONS
    if target.startswith("docs/") and target.endswith((".md", ".png")):
        return target.removeprefix("docs/")
    return None if (ROOT / target).exists() else target  # MkDocs warns of a link that leads nowhere


def _outside_code(markdown: str, change: Callable[[str], str]) -> str:
    """Apply `change` to the text between the code blocks."""
    parts, end = list[str](), 0
    for code in _CODE.finditer(markdown):
        parts += [change(markdown[end : code.start()]), code.group()]
        end = code.end()
    return "".join((*parts, change(markdown[end:])))


def _decisions() -> str:
    lines = [
        "# Decisions",
        "",
        "Each page is one decision: its context, what we gave up, and how we would notice that it was wrong.",
        "",
    ]
    for page in sorted((ROOT / "docs/adr").glob("[0-9]*.md")):
        title = page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        lines.append(f"- [{title}]({page.name})")
    return "\n".join(lines) + "\n"
