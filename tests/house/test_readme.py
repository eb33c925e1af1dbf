"""The README fits on one screen, and its two commands and its links are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
SCREEN = 45  # lines


def test_it_is_one_screen() -> None:
    assert len(README.splitlines()) <= SCREEN


def test_its_two_commands_are_scripts_and_the_tests_are_what_ci_runs() -> None:
    """The tests of the scripts run the first one, and this test is run by the second."""
    [block] = re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    commands = [line.split("#")[0].strip() for line in block.splitlines()]

    assert commands == ["scripts/run", "scripts/test"]
    assert all((ROOT / command).exists() for command in commands)
    assert " scripts/test " in (ROOT / ".ci/run").read_text()


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_its_links_lead_somewhere(link: str) -> None:
    assert (ROOT / link).exists()
