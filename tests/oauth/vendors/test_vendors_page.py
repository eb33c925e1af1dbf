"""docs/reference/vendors.md: its examples are taken, and its table is the shipped one."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from openab_auth.oauth.vendors import Catalogue, read_config

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/reference/vendors.md").read_text()


@pytest.mark.parametrize("text", re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL))
def test_its_examples_are_taken(text: str, tmp_path: Path) -> None:
    file = tmp_path / "openab-auth.toml"
    file.write_text(text)

    assert Catalogue.from_config(read_config(file, {}), {}).offered()


def test_its_table_is_the_shipped_one() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/vendors-page", "--check"], check=False, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
