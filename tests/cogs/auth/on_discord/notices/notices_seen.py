"""What people and operators see of notices, and how a login comes to its end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from openab_auth.bot.playground.discord import EmbeddedDiscord, Message, Person
from openab_auth.bot.playground.issuer import Issuer
from tests.cogs.auth.on_discord.discord_bot import begin
from tests.support.patience import PATIENCE

End = Callable[[], Awaitable[None]]


async def log_in(person: Person, issuer: Issuer) -> None:
    login = await begin(person)
    await (await person.slash("auth complete", redirect=await issuer.approve(login.link_buttons[0]))).settled()


def news(world: EmbeddedDiscord, person: Person, words: str = "has ended") -> list[Message]:
    """Return the direct messages with these words."""
    return [each for each in world.channel(world.channel_id(person, "dm")) if words in each.content]


async def first_news(world: EmbeddedDiscord, person: Person, words: str = "has ended") -> Message:
    assert await world.until(lambda: bool(news(world, person, words)), PATIENCE)
    return news(world, person, words)[0]


def told_operators(world: EmbeddedDiscord) -> list[Message]:
    """Return the bot's messages in the channel of the operators."""
    messages = world.state.messages[world.state.text_channel_id]
    return [each for each in messages if each.author == world.state.bot and not each.seen_by]
