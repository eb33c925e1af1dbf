"""An embedded Discord on loopback that the real discord.py client connects to, over REST and gateway."""

from openab_auth.bot.playground.discord.client_errors import RefusedError
from openab_auth.bot.playground.discord.faults import Faults
from openab_auth.bot.playground.discord.model import Message
from openab_auth.bot.playground.discord.person import Choice, Person
from openab_auth.bot.playground.discord.responses import Answer, Modal
from openab_auth.bot.playground.discord.rest import RequestSeen
from openab_auth.bot.playground.discord.server import EmbeddedDiscord

__all__ = [
    "Answer",
    "Choice",
    "EmbeddedDiscord",
    "Faults",
    "Message",
    "Modal",
    "Person",
    "RefusedError",
    "RequestSeen",
]
