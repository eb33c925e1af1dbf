"""An embedded Discord on loopback that the real discord.py client connects to, over REST and gateway."""

from bot.playground.discord.answer import Answer, Modal
from bot.playground.discord.faults import Faults
from bot.playground.discord.model import Message
from bot.playground.discord.person import Choice, Person
from bot.playground.discord.refusals import RefusedError
from bot.playground.discord.rest import RequestSeen
from bot.playground.discord.server import EmbeddedDiscord

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
