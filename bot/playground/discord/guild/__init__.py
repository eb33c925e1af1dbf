"""The guild that the server hosts: its members, messages and interactions, and how Discord describes each of them."""

from openab_auth.bot.playground.discord.guild import payloads
from openab_auth.bot.playground.discord.guild.model import EPHEMERAL, LOADING, Interaction, Json, Member, Message, Where
from openab_auth.bot.playground.discord.guild.state import State

__all__ = ["EPHEMERAL", "LOADING", "Interaction", "Json", "Member", "Message", "State", "Where", "payloads"]
