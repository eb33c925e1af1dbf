"""Ask for access on Discord, and read what the operators were told."""

from __future__ import annotations

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person, ShownResponse

ASK = "Ask for access"


async def asked(person: Person, refused: ShownResponse) -> ShownResponse:
    answer = await person.press(refused, ASK)
    assert isinstance(answer, ShownResponse)
    return await answer.settled()


def told_operators(world: EmbeddedDiscord) -> list[str]:
    """Return the messages in the operators' channel, which is the guild's thread."""
    return [message.content for message in world.state.messages[world.state.thread_id]]
