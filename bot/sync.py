"""Register the slash commands at Discord only when they differ from the registered ones.

Discord allows 200 creations a day for each guild; a bot in a restart loop would use them up.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import discord
from discord import app_commands

from openab_auth.oauth.errors import ConfigError

_CONFIG = "the config"
_NO_GUILD = "the bot is in none of these guilds, or was invited without the scope applications.commands"
_log = logging.getLogger(__name__)


async def sync_if_changed(tree: app_commands.CommandTree[discord.Client], guilds: Sequence[int]) -> bool:
    """Register the commands of `tree`, globally or in each of `guilds`; return whether anything was sent.

    With `guilds`, former global commands are removed; otherwise people would see each command twice. A guild that
    refuses the bot is logged and skipped, so that the other guilds get their commands.

    Raises:
        ConfigError: every guild refuses the bot.
        discord.HTTPException: Discord refused the commands or did not answer.
    """
    places = [discord.Object(id=guild_id) for guild_id in guilds]
    if not places:
        return await _sync_place(tree, None)
    for guild in places:
        tree.copy_global_to(guild=guild)
    tree.clear_commands(guild=None)
    sent, refused = [], 0
    for guild in places:
        try:
            sent.append(await _sync_place(tree, guild))
        except (discord.Forbidden, discord.NotFound) as error:
            refused += 1
            _log.error("discord.guild_ids: guild %s does not let this bot register commands (%s)", guild.id, error.code)
    if refused == len(places):
        raise ConfigError(_CONFIG, (("discord.guild_ids", _NO_GUILD),))
    return await _sync_place(tree, None) or any(sent)


async def _sync_place(tree: app_commands.CommandTree[discord.Client], guild: discord.Object | None) -> bool:
    if same_commands(await _wanted(tree, guild), await _registered(tree.client, guild)):
        return False
    await tree.sync(guild=guild)
    _log.info("slash commands registered %s", "globally" if guild is None else f"in guild {guild.id}")
    return True


async def _wanted(tree: app_commands.CommandTree[discord.Client], guild: discord.Object | None) -> list[dict[str, Any]]:
    """Return the payloads that `tree.sync` would send."""
    commands = tree.get_commands(guild=guild)
    if translator := tree.translator:
        return [await command.get_translated_payload(tree, translator) for command in commands]
    return [command.to_dict(tree) for command in commands]


async def _registered(client: discord.Client, guild: discord.Object | None) -> Sequence[object]:
    """Return the registered commands with their translations, which discord.py's own methods cannot request."""
    path = f"/applications/{{application_id}}{'' if guild is None else f'/guilds/{guild.id}'}/commands"
    route = discord.http.Route("GET", path, application_id=client.application_id)
    found: Sequence[object] = await client.http.request(route, params={"with_localizations": "true"})
    return found


def same_commands(wanted: Sequence[object], registered: Sequence[object]) -> bool:
    """Return whether the registered commands contain everything that we would send, besides Discord's own fields."""
    by_name = {command.get("name"): command for command in registered if isinstance(command, Mapping)}
    if len(by_name) != len(wanted):
        return False
    return all(isinstance(command, Mapping) and _says(by_name.get(command["name"]), command) for command in wanted)


def _says(registered: object, wanted: object) -> bool:
    """Return whether `registered` contains all of `wanted`; Discord leaves out empty and false values."""
    if isinstance(wanted, Mapping):
        if not isinstance(registered, Mapping):
            return not any(wanted.values())
        return all(_says(registered.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, Sequence) and not isinstance(wanted, str):
        if not isinstance(registered, Sequence) or isinstance(registered, str):
            return not wanted
        return len(registered) == len(wanted) and all(
            _says(theirs, ours) for theirs, ours in zip(registered, wanted, strict=True)
        )
    return registered == wanted or (registered is None and not wanted)
