"""Discord's API as a bot meets it: REST, the gateway, and the faults that a test can order."""

from openab_auth.bot.playground.discord.api.faults import Faults
from openab_auth.bot.playground.discord.api.gateway import GUILD_MEMBERS, GUILDS, Gateway
from openab_auth.bot.playground.discord.api.interactions import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL_SUBMIT
from openab_auth.bot.playground.discord.api.received import PREFIX, ApiRequest
from openab_auth.bot.playground.discord.api.rest import Rest

__all__ = [
    "AUTOCOMPLETE",
    "COMMAND",
    "COMPONENT",
    "GUILDS",
    "GUILD_MEMBERS",
    "MODAL_SUBMIT",
    "PREFIX",
    "ApiRequest",
    "Faults",
    "Gateway",
    "Rest",
]
