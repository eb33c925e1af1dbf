"""The /auth commands as Discord gets them (names and options are a contract), and the setup of the extension."""

import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import discord
import pytest
from discord import app_commands
from discord.ext import commands

from openab_auth.cogs.auth.commands import Auth
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.service.service import AuthService, open_service
from openab_auth.oauth.config import Config
from openab_auth.oauth.errors import ConfigError
from openab_auth.oauth.runtime import Runtime
from tests.cogs.auth.text.catalogues import TAGS, entries


@pytest.fixture
def modules() -> Iterator[None]:
    """Keep the extension's modules: discord.py forgets them with the extension, and other tests patch these."""
    before = {name: module for name, module in sys.modules.items() if name.startswith("openab_auth.cogs.auth")}
    yield
    for name in [name for name in sys.modules if name.startswith("openab_auth.cogs.auth")]:
        del sys.modules[name]
    sys.modules.update(before)
    for name, module in before.items():
        parent, _, child = name.rpartition(".")
        setattr(sys.modules[parent], child, module)


@pytest.fixture
async def adding(config: Config, store_path: Path, settings: DiscordSettings) -> AsyncIterator[AuthService]:
    """Return a service whose operator lets people add servers."""
    config = replace(config, auth=replace(config.auth, mcp_add=True))
    service = open_service(Runtime.open(config, str(store_path), {}, time.time), settings, closes_runtime=True)
    yield service
    await service.aclose()


def everything(command: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return a command with its subcommands and all their options."""
    yield command
    for option in command.get("options", ()):
        yield from everything(option)


@pytest.fixture
def bot() -> commands.Bot:
    intents = discord.Intents.none()
    intents.guilds = True
    return commands.Bot(commands.when_mentioned, intents=intents)


async def test_the_commands_are_those_of_the_contract(bot: commands.Bot, service: AuthService) -> None:
    await bot.add_cog(Auth(bot, service))
    (group,) = (command.to_dict(bot.tree) for command in bot.tree.get_commands())
    options = {
        command["name"]: [(option["name"], option["required"]) for option in command["options"]]
        for command in group["options"]
    }
    assert group["name"] == "auth"
    assert options == {
        "login": [("vendor", True), ("account", False)],
        "complete": [("redirect", True), ("vendor", False), ("account", False)],
        "status": [("vendor", False), ("account", False)],
        "logout": [("vendor", True), ("account", False)],
        "cancel": [("vendor", False), ("account", False)],
        "use": [("vendor", True), ("account", False)],
        "help": [],
    }
    assert group["contexts"] == [0, 1, 2]
    assert sorted(group["integration_types"]) == [0, 1]
    await bot.remove_cog("openab-auth")


async def test_the_commands_that_add_servers_exist_where_the_operator_allows(
    bot: commands.Bot, adding: AuthService
) -> None:
    await bot.add_cog(Auth(bot, adding))
    (group,) = (command.to_dict(bot.tree) for command in bot.tree.get_commands())
    (mcp,) = (option for option in group["options"] if option["name"] == "mcp")
    options = {
        command["name"]: [(option["name"], option["required"]) for option in command["options"]]
        for command in mcp["options"]
    }
    assert options == {"add": [("name", True), ("url", True)], "remove": [("name", True)]}
    await bot.remove_cog("openab-auth")


async def test_each_command_and_option_has_name_and_description_in_each_language(
    bot: commands.Bot, adding: AuthService
) -> None:
    await bot.add_cog(Auth(bot, adding))
    assert bot.tree.translator is not None
    (group,) = [
        await command.get_translated_payload(bot.tree, bot.tree.translator) for command in bot.tree.get_commands()
    ]
    named = [*everything(group)]
    assert len(named) == 27
    for each in named:
        for key in ("name", "description"):
            assert set(each[f"{key}_localizations"]) == set(TAGS) - {"en-US"}, each["name"]
    messages = {name for name in entries("zh-TW") if name.startswith("command-")}
    assert len(messages) == len(named)
    await bot.remove_cog("openab-auth")


async def test_a_host_bots_own_translator_stays(bot: commands.Bot, service: AuthService) -> None:
    class Theirs(app_commands.Translator):
        async def translate(self, *_: object) -> None:
            return None

    theirs = Theirs()
    await bot.tree.set_translator(theirs)
    await bot.add_cog(Auth(bot, service))
    assert bot.tree.translator is theirs
    await bot.remove_cog("openab-auth")


async def test_the_commands_of_a_host_bot_are_left_alone(bot: commands.Bot, service: AuthService) -> None:
    @app_commands.command(name="login", description="The host's own")
    async def login(_interaction: discord.Interaction) -> None: ...

    bot.tree.add_command(login)
    await bot.add_cog(Auth(bot, service))
    assert bot.tree.translator is not None
    assert not (await login.get_translated_payload(bot.tree, bot.tree.translator))["name_localizations"]
    await bot.remove_cog("openab-auth")


@pytest.mark.usefixtures("modules")
async def test_the_extension_builds_itself_from_the_environment_alone(
    bot: commands.Bot, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("OPENAB_AUTH_STORE", f"{tmp_path}/auth.json")
    monkeypatch.chdir(str(tmp_path))
    await bot.load_extension("openab_auth.cogs.auth")
    assert bot.get_cog("openab-auth") is not None
    await bot.unload_extension("openab_auth.cogs.auth")
    assert bot.get_cog("openab-auth") is None
    assert not bot.tree.get_commands()


@pytest.mark.usefixtures("modules")
async def test_a_wrong_config_stops_the_extension_and_names_the_key(
    bot: commands.Bot, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    config = f"{tmp_path}/wrong.toml"
    with open(config, "w") as file:  # noqa: ASYNC230, PTH123
        file.write("[discord]\nallowed_usrs = []\n")
    monkeypatch.setenv("OPENAB_AUTH_CONFIG", config)
    with pytest.raises(commands.ExtensionFailed) as failed:
        await bot.load_extension("openab_auth.cogs.auth")
    assert isinstance(failed.value.original, ConfigError)
    assert "discord.allowed_usrs" in str(failed.value.original)
