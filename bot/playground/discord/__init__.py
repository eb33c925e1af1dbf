"""An embedded Discord on loopback; the real discord.py client connects to its REST API and gateway."""

from openab_auth.bot.playground.discord.client_errors import ClientRefusedError
from openab_auth.bot.playground.discord.command_input import OptionValue
from openab_auth.bot.playground.discord.model import Message, Where
from openab_auth.bot.playground.discord.person import Person
from openab_auth.bot.playground.discord.responses import Modal, ShownResponse
from openab_auth.bot.playground.discord.server import EmbeddedDiscord

__all__ = [
    "ClientRefusedError",
    "EmbeddedDiscord",
    "Message",
    "Modal",
    "OptionValue",
    "Person",
    "ShownResponse",
    "Where",
]
