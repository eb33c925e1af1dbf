"""The `[broker]` table: the users of this host who need no key."""

from __future__ import annotations

from pathlib import Path

import pytest

from openab_auth.oauth.errors import ConfigError
from openab_auth.oauth.vendors import read_config


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("text", "uids"),
    [("", None), ("[broker]\n", None), ("[broker]\nuids = []\n", ()), ("[broker]\nuids = [0, 1000]\n", (0, 1000))],
)
def test_without_a_list_the_broker_decides_and_an_empty_one_names_nobody(
    tmp_path: Path, text: str, uids: tuple[int, ...] | None
) -> None:
    assert read_config(write(tmp_path, text), {}).broker.uids == uids


@pytest.mark.parametrize("value", ['"1000"', "1000", '["ada"]', "[-1]", "[1.5]", "[true]", "[4294967295]"])
def test_what_is_no_list_of_uids_is_a_mistake(tmp_path: Path, value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(write(tmp_path, f"[broker]\nuids = {value}\n"), {})

    assert dict(caught.value.mistakes) == {"broker.uids": "must be a list of user ids such as 1000"}


def test_an_unknown_key_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"broker\.uid: is not known \(did you mean uids\?\)"):
        read_config(write(tmp_path, "[broker]\nuid = [0]\n"), {})
