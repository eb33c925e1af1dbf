"""The button that ends everything of a person, as operators find it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from openab_auth.bot.playground.discord import EmbeddedDiscord, Message, Person, ShownResponse

AuditLines = Callable[[], list[dict[str, Any]]]  # some fields about a person are lists


def end_button(person: Person) -> str:
    return f"End everything of {person.id}"


def labels(shown: ShownResponse | Message) -> list[str]:
    """Return the words on the buttons."""
    found: list[str] = []

    def look(parts: list[dict[str, object]]) -> None:
        for part in parts:
            if isinstance(part.get("label"), str):
                found.append(str(part["label"]))
            inside = part.get("components")
            look(inside if isinstance(inside, list) else [])

    look(shown.components if isinstance(shown, ShownResponse) else shown.body.get("components") or [])
    return found


async def ask(operator: Person, person: Person) -> ShownResponse:
    """Press the button in the status, and return the question."""
    status = await (await operator.slash("auth status")).settled()
    question = await operator.press(status, end_button(person))
    assert isinstance(question, ShownResponse)
    return await question.settled()


def direct_messages(world: EmbeddedDiscord, person: Person) -> list[Message]:
    """Return what the bot wrote to a person."""
    return [each for each in world.channel(world.channel_id(person, "dm")) if each.author["bot"]]
