"""Learns the ids that Discord gave the commands, so that messages can mention them."""

from __future__ import annotations

import logging
from typing import Any

import discord
from discord import app_commands

from openab_auth.cogs.auth.connections import HostBot
from openab_auth.cogs.auth.replies import LOST, reason
from openab_auth.cogs.auth.text import CommandMentions

_log = logging.getLogger(__name__)


class CommandIds:
    """Tells `mentions` the ids. Without them, messages name the commands in code."""

    def __init__(self, bot: HostBot, mentions: CommandMentions) -> None:
        self._bot = bot
        self._mentions = mentions

    def learn(self, interaction: discord.Interaction) -> None:
        """Remember the id of the command that a person uses, as registered in this guild or globally."""
        guild = {**(interaction.data or {})}.get("guild_id")
        if interaction.command_id is not None:
            self._mentions.learn(interaction.command_id, int(str(guild)) if guild else None)

    async def read(self, group: app_commands.Group | app_commands.Command[Any, ..., Any] | None) -> None:
        """Ask Discord for the ids of the registered `group`, unless one is known."""
        tree = self._bot.tree
        if group is None or self._mentions.known:
            return
        guilds = [guild for guild in self._bot.guilds if tree.get_command(group.name, guild=guild)]
        for guild in [None, *guilds]:
            try:
                registered = await tree.fetch_commands(guild=guild)
            except LOST as error:
                _log.info("the ids of the commands could not be read (%s)", reason(error))
                continue
            for command in registered:
                if command.name == group.name:
                    self._mentions.learn(command.id, guild.id if guild else None)
