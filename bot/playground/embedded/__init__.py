"""An embedded Discord on loopback that the real discord.py client connects to, over REST and gateway."""

from bot.playground.embedded.person import Answer, Choice, Modal, Person, RefusedError
from bot.playground.embedded.server import EmbeddedDiscord

__all__ = ["Answer", "Choice", "EmbeddedDiscord", "Modal", "Person", "RefusedError"]
