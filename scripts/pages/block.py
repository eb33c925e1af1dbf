"""The generated part of a page: the text between two comments, which a script writes or checks."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]


def write_block(name: str, script: str, text: str) -> None:
    """Put `text` into the page `name`, between the comments of `script`.

    With --check on the command line, write nothing, and end with a message if the page has another text.
    """
    page = ROOT / name
    begin, end = (f"<!-- {word}: scripts/{script} -->\n" for word in ("begin", "end"))
    old = page.read_text(encoding="utf-8")
    before, _, rest = old.partition(begin)
    after = rest.partition(end)[2]
    new = f"{before}{begin}\n{text}\n{end}{after}"
    if "--check" not in sys.argv:
        page.write_text(new, encoding="utf-8")
    elif new != old:
        sys.exit(f"{name} is out of date: run scripts/{script}")


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a Markdown table; an empty cell stays empty, and `|` in a cell is escaped."""
    lines = [head, ("---",) * len(head), *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
