"""A person with a Discord client: what they type and press, what their client refuses, and what they see of the bot."""

from openab_auth.bot.playground.discord.person.client_errors import ActionRefusedError
from openab_auth.bot.playground.discord.person.command_input import OptionValue
from openab_auth.bot.playground.discord.person.events import Events
from openab_auth.bot.playground.discord.person.person import Person
from openab_auth.bot.playground.discord.person.responses import Modal, ShownResponse

__all__ = ["ActionRefusedError", "Events", "Modal", "OptionValue", "Person", "ShownResponse"]
