"""Register the slash commands at Discord only when they differ from the registered ones.

Discord allows 200 creations a day for each guild; a bot in a restart loop would use them up. What Discord refuses here
stops nobody who can use the commands that are registered already.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias, cast

import aiohttp
import discord
from discord import app_commands

from openab_auth.bot.refusals import DAILY_QUOTA, reason_of
from openab_auth.oauth.errors import ConfigError

Tree: TypeAlias = app_commands.CommandTree[discord.Client]
_CONFIG = "the config"
_NO_GUILD = "the bot is in none of these guilds, or was invited without the scope applications.commands"
_FAILURES: Final = (discord.HTTPException, aiohttp.ClientError, OSError)
_ENTRY_POINT: Final = 4  # the type of the command that opens an app's Activity; Discord made it, not we
_PATIENCE: Final = 8.0  # seconds; after a 429, Discord may keep the registration waiting for hours
_log = logging.getLogger(__name__)


async def sync_if_changed(tree: Tree, guilds: Sequence[int]) -> bool:
    """Register the commands of `tree`, globally or in each of `guilds`; return whether anything was sent.

    With `guilds`, former global commands are removed; otherwise people would see each command twice. What Discord
    refuses for one place is logged and skipped, so that the other places get their commands.

    Raises:
        ConfigError: every guild refuses the bot.
        aiohttp.ClientError, OSError, discord.HTTPException: Discord refused the commands or did not answer, and people
            could use none.
    """
    places = [discord.Object(id=guild_id) for guild_id in guilds]
    if not places:
        return await _sync_place(tree, None)
    for guild in places:
        tree.copy_global_to(guild=guild)
    tree.clear_commands(guild=None)
    sent: list[bool] = []
    refused: list[Exception] = []
    for guild in places:
        try:
            sent.append(await _sync_place(tree, guild))
        except _FAILURES as error:
            refused.append(error)
            said = reason_of(error)
            _log.error("discord.guild_ids: guild %s does not let this bot register commands: %s", guild.id, said)
    if len(refused) == len(places):
        for refusal in refused:
            if not isinstance(refusal, discord.Forbidden | discord.NotFound):
                raise refusal
        raise ConfigError(_CONFIG, (("discord.guild_ids", _NO_GUILD),))
    try:
        sent.append(await _sync_place(tree, None))
    except _FAILURES as error:
        _log.error("former global commands may be shown twice, because Discord refuses: %s", reason_of(error))
    return any(sent)


async def done_in_time(registration: asyncio.Task[bool]) -> bool:
    """Wait for the registration as long as people can wait for the bot; return whether it is done.

    Raises:
        ConfigError, aiohttp.ClientError, OSError, discord.HTTPException: as `sync_if_changed`, if it fails in time.
    """
    await asyncio.wait((registration,), timeout=_PATIENCE)
    if not registration.done():
        _log.error("Discord keeps the registration of commands waiting; until then, people use the registered commands")
        return False
    registration.result()
    return True


async def _sync_place(tree: Tree, guild: discord.Object | None) -> bool:
    wanted, registered = await _wanted(tree, guild), await _registered(tree.client, guild)
    theirs = [command for command in registered if command.get("type") == _ENTRY_POINT]
    ours = [command for command in registered if command.get("type") != _ENTRY_POINT]
    if same_commands(wanted, ours):
        return False
    try:
        await _register(tree.client, guild, [*wanted, *theirs])
    except _FAILURES as error:
        if not {command["name"] for command in wanted} <= {command.get("name") for command in ours}:
            raise
        used_up = isinstance(error, discord.HTTPException) and error.code == DAILY_QUOTA
        later = "; start again tomorrow to register the new ones" if used_up else ""
        told = "Discord refuses the new commands, so people use the commands that are registered%s: %s"
        _log.error(told, later, reason_of(error))
        return False
    _log.info("slash commands registered %s", "globally" if guild is None else f"in guild {guild.id}")
    return True


async def _wanted(tree: Tree, guild: discord.Object | None) -> list[dict[str, Any]]:
    """Return the payloads that `tree.sync` would send."""
    commands = tree.get_commands(guild=guild)
    if translator := tree.translator:
        return [await command.get_translated_payload(tree, translator) for command in commands]
    return [command.to_dict(tree) for command in commands]


def _route(method: str, client: discord.Client, guild: discord.Object | None) -> discord.http.Route:
    path = f"/applications/{{application_id}}{'' if guild is None else f'/guilds/{guild.id}'}/commands"
    return discord.http.Route(method, path, application_id=client.application_id)


async def _registered(client: discord.Client, guild: discord.Object | None) -> Sequence[Mapping[str, Any]]:
    """Return the registered commands with their translations, which discord.py's own methods cannot request."""
    found = await client.http.request(_route("GET", client, guild), params={"with_localizations": "true"})
    return [command for command in cast("list[object]", found) if isinstance(command, Mapping)]


async def _register(
    client: discord.Client, guild: discord.Object | None, commands: Sequence[Mapping[str, Any]]
) -> None:
    """Replace the registered commands; `tree.sync` would leave out what is not in the tree."""
    await client.http.request(_route("PUT", client, guild), json=commands)


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
