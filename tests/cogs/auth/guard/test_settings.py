from pathlib import Path

import pytest

from openab_auth.cogs.auth.guard.settings import DISCORD_API, read_settings
from openab_auth.oauth.config import Config
from openab_auth.oauth.errors import ConfigError
from openab_auth.storage import Secret


def test_nobody_is_allowed_by_default() -> None:
    settings = read_settings(Config(), {})
    assert not settings.allow_all_users
    assert not settings.allowed_users
    assert not settings.allowed_roles
    assert settings.allow_dm
    assert settings.api_base == DISCORD_API
    assert settings.bot_token is None


def test_the_token_is_the_configs_or_the_environments_and_is_not_printed() -> None:
    environ = {"DISCORD_TOKEN": "from-environment"}
    settings = read_settings(Config(discord={"bot_token": "from-config"}), environ)
    assert settings.bot_token is not None
    assert settings.bot_token.reveal() == "from-config"
    assert "from-config" not in repr(settings)
    fallback = read_settings(Config(), environ)
    assert fallback.bot_token is not None
    assert fallback.bot_token.reveal() == "from-environment"


def test_the_token_may_be_in_a_file_beside_the_config(tmp_path: Path) -> None:
    for name, secret in (("token", "canary\n"), ("proxy", "http://ada:canary@proxy.example.com:3128\n")):
        (tmp_path / name).write_text(secret)
        (tmp_path / name).chmod(0o600)
    discord = {"token_file": "${SECRETS}/token", "proxy_file": "proxy"}
    config = Config(str(tmp_path / "config.toml"), discord=discord)

    settings = read_settings(config, {"SECRETS": str(tmp_path), "DISCORD_TOKEN": "from-environment"})

    assert settings.bot_token == Secret("canary")
    assert settings.proxy == Secret("http://ada:canary@proxy.example.com:3128")
    assert "canary" not in repr(settings)


def test_a_secret_in_two_places_or_in_a_missing_file_is_a_mistake(tmp_path: Path) -> None:
    discord = {"bot_token": "canary", "token_file": str(tmp_path / "token"), "proxy_file": str(tmp_path / "proxy")}
    (tmp_path / "token").write_text("canary")

    with pytest.raises(ConfigError) as caught:
        read_settings(Config(discord=discord), {})

    assert caught.value.mistakes == (
        ("discord.token_file", "says where the secret is, and so does bot_token; keep one of them"),
        ("discord.proxy_file", "cannot be read (No such file or directory)"),
    )


def test_ids_may_be_texts_or_numbers() -> None:
    settings = read_settings(Config(discord={"allowed_users": ["100000000000000001", 2], "guild_ids": ["3"]}), {})
    assert settings.allowed_users == {100000000000000001, 2}
    assert settings.guild_ids == (3,)


def test_variables_are_replaced_and_an_unset_one_is_named_with_its_key() -> None:
    config = Config(discord={"bot_token": "${TOKEN}", "allowed_users": ["${ADA}"]})

    settings = read_settings(config, {"TOKEN": "canary", "ADA": "7"})
    with pytest.raises(ConfigError) as caught:
        read_settings(config, {"TOKEN": "canary"})

    assert settings.bot_token == Secret("canary")
    assert settings.allowed_users == {7}
    assert ("discord.allowed_users[0]", "${ADA} is not set in the environment") in caught.value.mistakes


def test_all_mistakes_are_named_at_once_and_no_value_is_repeated() -> None:
    discord = {
        "bot_token": 5,
        "allowed_users": ["ada-canary"],
        "allowed_roles": "7",
        "allow_dm": "yes",
        "api_base": "ftp://x",
        "alowed_users": [],
    }
    with pytest.raises(ConfigError) as caught:
        read_settings(Config(discord=discord), {})
    assert {key for key, _ in caught.value.mistakes} == {f"discord.{key}" for key in discord}
    assert "ada-canary" not in str(caught.value)
