"""docs/vendors.md lists exactly the keys of the table and the config."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from openab_auth.oauth.vendors import Catalogue, read_config
from openab_auth.oauth.vendors.vendor import KEYS

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/vendors.md").read_text()


@pytest.mark.parametrize("text", re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL))
def test_its_examples_are_taken(text: str, tmp_path: Path) -> None:
    file = tmp_path / "openab-auth.toml"
    file.write_text(text)

    assert Catalogue.from_config(read_config(file, {}), {}).offered()


def test_it_names_every_key_and_no_other() -> None:
    rows = re.findall(r"^\| (`.*?) \|", PAGE.partition("## Keys")[2], re.MULTILINE)

    assert {key for row in rows for key in re.findall(r"`(\w+)`", row)} == KEYS


def test_its_table_is_the_shipped_one() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/vendors-page", "--check"], check=False, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
