"""The pages that scripts write from the code are what the scripts would write now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("script", ["broker-api-page", "commands-page", "messages-pages"])
def test_a_written_page_is_up_to_date(script: str) -> None:
    """`tests/house/test_command_line_page.py` and `tests/oauth/vendors` hold the two others."""
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / script, "--check"], check=False, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
