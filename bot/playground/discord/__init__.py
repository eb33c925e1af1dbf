"""An embedded Discord on loopback that the real discord.py client connects to, over REST and gateway."""

from bot.playground.discord.person import Answer, Choice, Modal, Person, RefusedError
from bot.playground.discord.server import EmbeddedDiscord

__all__ = ["Answer", "Choice", "EmbeddedDiscord", "Modal", "Person", "RefusedError"]
