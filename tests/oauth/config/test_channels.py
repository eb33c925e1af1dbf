"""`[auth] accounts` and `[auth.channels."ID"]`: what is read, and the mistakes that are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from openab_auth.oauth.config import ChannelSettings, parse_config
from openab_auth.oauth.threads import policies_in
from openab_auth.storage import PERSONAL_ACCOUNTS, SHARED_ACCOUNTS, Policies


def write(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_text(text)
    return file


def test_a_config_that_says_nothing_shares_as_before(tmp_path: Path) -> None:
    auth = parse_config(write(tmp_path, "[auth]\n"), {}).auth

    assert (auth.accounts, auth.channels) == (SHARED_ACCOUNTS, {})
    assert policies_in(auth) == Policies()


def test_a_channel_overrides_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        """
        [auth]
        accounts = "personal"
        [auth.channels."70"]
        accounts = "shared"
        vendors = ["claude"]
        allowed_roles = ["100000000000000002", 5]
        [auth.channels."71"]
        vendors = []
        """,
    )

    config = parse_config(file, {})

    assert not config.mistakes
    assert config.auth.channels == {
        70: ChannelSettings(SHARED_ACCOUNTS, ("claude",), frozenset({100000000000000002, 5})),
        71: ChannelSettings(vendors=()),
    }
    assert policies_in(config.auth) == Policies(PERSONAL_ACCOUNTS, channels={70: SHARED_ACCOUNTS})


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ('[auth]\naccounts = "mine"', "auth.accounts", "must be one of shared, personal"),
        ("[auth]\nchannels = 7", "auth.channels", "must be a table"),
        ('[auth.channels.general]\naccounts = "shared"', "auth.channels.general", "must be the id"),
        ('[auth.channels."70"]\naccount = "shared"', "auth.channels.70.account", "did you mean accounts?"),
        ('[auth.channels."70"]\naccounts = true', "auth.channels.70.accounts", "must be a text"),
        ('[auth.channels."70"]\nvendors = "claude"', "auth.channels.70.vendors", "must be a list of texts"),
        ('[auth.channels."70"]\nallowed_roles = 5', "auth.channels.70.allowed_roles", "must be a list of Discord ids"),
        ('[auth.channels."70"]\nallowed_roles = ["x"]', "auth.channels.70.allowed_roles", "must hold Discord ids"),
    ],
)
def test_each_mistake_is_named_by_its_key(text: str, key: str, reason: str, tmp_path: Path) -> None:
    [(at, why)] = parse_config(write(tmp_path, text), {}).mistakes

    assert at == key
    assert reason in why
