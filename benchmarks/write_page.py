"""Runs benchmarks and puts what they print into `docs/reference/performance.md`, each below the comment that names it.

`python benchmarks/write_page.py` runs all that the page names, `… locked_update.py growth.py` only these. A new section
is a heading, a sentence, a comment `<!-- benchmarks/NAME.py -->` and an empty block of text below it.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/reference/performance.md"
SECTION = re.compile(r"(<!-- benchmarks/(\S+\.py) -->\n```text\n)(.*?)(```\n)", re.DOTALL)


def main(names: list[str]) -> None:
    """Write the page anew, section by section, so that a benchmark that fails costs only its own."""
    text = PAGE.read_text()
    for name in [found[2] for found in SECTION.finditer(text) if not names or found[2] in names]:
        print(f"running {name}", flush=True)
        printed = output_of(name)
        text = with_section(text, name, printed)
        PAGE.write_text(text)


def with_section(text: str, name: str, printed: str) -> str:
    """Return the page with this text in the block of one benchmark."""
    return SECTION.sub(lambda found: f"{found[1]}{printed}{found[4]}" if found[2] == name else found[0], text)


def output_of(name: str) -> str:
    """Return the benchmark's output, after a line about the machine."""
    run = subprocess.run(  # noqa: S603 -- our own programs
        [sys.executable, str(ROOT / "benchmarks" / name)], check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    return f"# {machine}\n{run.stdout.rstrip()}\n"


if __name__ == "__main__":
    main(sys.argv[1:])
