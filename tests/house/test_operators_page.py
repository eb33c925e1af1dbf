"""docs/how-to/operators.md: its config is taken, and the first line of the log has the form that the page shows."""

import re
from pathlib import Path

from openab_auth.cogs.auth.guard.settings import read_settings
from openab_auth.oauth.vendors import read_config

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/operators.md").read_text()
START = r"openab-auth \S+: (config \S+|no config file); store \S+; .+ may use /auth; vendors offered: .+"


def test_its_proxy_is_taken_from_the_config(home: Path) -> None:
    _, text = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    file = home / ".config/openab-auth/config.toml"
    file.write_text(text)

    environ = {"PROXY_USER": "ada", "PROXY_PASSWORD": "canary"}
    settings = read_settings(read_config(file, environ), environ)

    assert settings.proxy is not None
    assert settings.proxy.reveal() == "http://ada:canary@proxy.example.com:3128"
    assert "canary" not in repr(settings)


def test_its_rules_for_one_server_are_taken_as_it_says(home: Path) -> None:
    text, _ = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    file = home / ".config/openab-auth/config.toml"
    file.write_text(text)
    settings = read_settings(read_config(file, {}), {})
    there, elsewhere = settings.in_guild(100000000000000009), settings.in_guild(4)

    assert there.allowed_roles == {100000000000000002}
    assert there.allowed_users == settings.allowed_users == there.operators
    assert elsewhere.allowed_roles == frozenset()
    assert settings.guilds[100000000000000009].vendors == ("codex",)


def test_the_first_line_is_the_one_that_the_bot_logs() -> None:
    """`tests/bot/test_start.py` holds what the bot logs against the same words."""
    first, _ = re.findall(r"```text\n(.*?)\n```", PAGE, re.DOTALL)

    assert re.fullmatch(START, first)
