"""What a person got: an answer that goes on changing while the bot works, or a form to fill."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from openab_auth.bot.playground.discord import client_errors
from openab_auth.bot.playground.discord.limits import LINK, parts
from openab_auth.bot.playground.discord.model import Interaction, Json, Message

if TYPE_CHECKING:
    from openab_auth.bot.playground.discord.person import Person
    from openab_auth.bot.playground.discord.server import EmbeddedDiscord

PATIENCE: Final = 5.0  # seconds that a person waits for what should happen


class ShownResponse:
    """What a person got for one act; reads what is shown now, edits and followups included."""

    def __init__(self, discord: EmbeddedDiscord, person: Person, interaction: Interaction) -> None:
        self._discord = discord
        self._person = person
        self.interaction = interaction

    @property
    def failed(self) -> bool:
        """Whether the client says "The application did not respond"."""
        return self.interaction.ack is None

    @property
    def message(self) -> Message:
        """The answer's message; after an update in place, the one whose button was pressed.

        Raises:
            RefusedError: the bot has answered with none.
        """
        if self.interaction.original is None:
            raise client_errors.no_message()
        return self.interaction.original

    @property
    def messages(self) -> list[Message]:
        """The message, if there is one, and all followups."""
        first = [] if self.interaction.original is None else [self.interaction.original]
        return [*first, *self.interaction.followups]

    @property
    def modal(self) -> Modal | None:
        """The form that opened instead of a message."""
        return None if self.interaction.modal is None else Modal(self._person, self.interaction)

    @property
    def content(self) -> str:
        """The text of the message and of its followups, a line each."""
        return "\n".join(each.content for each in self.messages)

    @property
    def embeds(self) -> list[Json]:
        """All embeds."""
        return [embed for each in self.messages for embed in each.body.get("embeds") or []]

    @property
    def components(self) -> list[Json]:
        """Every button and select shown, without the rows."""
        return [dict(part) for each in self.messages for part in parts(each.body.get("components") or [])]

    @property
    def attachments(self) -> list[Json]:
        """The files that it shows."""
        return [dict(each) for message in self.messages for each in message.body.get("attachments") or []]

    @property
    def link_buttons(self) -> list[str]:
        """Where its link buttons lead."""
        return [part["url"] for part in self.components if part.get("style") == LINK]

    @property
    def ephemeral(self) -> bool:
        """Whether this person alone sees it, all of it."""
        return bool(self.messages) and all(each.ephemeral for each in self.messages)

    @property
    def loading(self) -> bool:
        """Whether it still says "is thinking…"."""
        return any(each.loading for each in self.messages)

    @property
    def ack_type(self) -> int | None:
        """The type of the callback that acknowledged it; None when there was none."""
        return self.interaction.ack

    @property
    def ack_ms(self) -> float | None:
        """Milliseconds from the act to the acknowledgement."""
        return self.interaction.ack_ms

    @property
    def edits(self) -> int:
        """How often its message was edited after it was first shown; filling a deferred one is no edit."""
        return self.message.edits

    def age(self, seconds: float) -> None:
        """Let the interaction be this much older: after 15 minutes its edits and followups meet 50027."""
        self.interaction.begun -= seconds

    async def settled(self, timeout: float = PATIENCE) -> ShownResponse:  # noqa: ASYNC109 - asyncio.timeout would raise
        """Wait until there is a message that says more than "is thinking…".

        Raises:
            TimeoutError: it did not come within `timeout` seconds.
        """
        return await self.wait_for(lambda answer: answer.messages and not answer.loading, timeout)

    async def wait_for(self, holds: Callable[[ShownResponse], object], timeout: float = PATIENCE) -> ShownResponse:  # noqa: ASYNC109
        """Wait until `holds(self)`.

        Raises:
            TimeoutError: it did not within `timeout` seconds; says what is shown.
        """
        if not await self._discord.until(lambda: bool(holds(self)), timeout):
            raise TimeoutError(self.content)
        return self


class Modal:
    """A form that is open on a person's screen."""

    def __init__(self, person: Person, interaction: Interaction) -> None:
        self._person = person
        self.interaction = interaction
        assert interaction.modal is not None  # noqa: S101 - whoever makes one has looked
        self.data: Json = interaction.modal

    @property
    def title(self) -> str:
        """Its title."""
        return str(self.data["title"])

    @property
    def custom_id(self) -> str:
        """By which the bot knows it."""
        return str(self.data["custom_id"])

    @property
    def fields(self) -> list[Json]:
        """Its inputs as the bot sent them, each with the label and description that the person reads."""
        shown = []
        for row in self.data["components"]:
            field = dict(input_of(row))
            field["label"] = row.get("label") or field.get("label")
            field["description"] = row.get("description")
            shown.append(field)
        return shown

    async def submit(self, *values: str, **named: str) -> ShownResponse:
        """Fill the fields, in order or by `custom_id`, and send them.

        Raises:
            RefusedError: the form has no such field, or it does not take the value.
        """
        ids = [str(field["custom_id"]) for field in self.fields]
        return await self._person.submit(self, {**dict(zip(ids, values, strict=False)), **named})


def input_of(row: Json) -> Json:
    """The one input of a Label (type 18) or of an action row (type 1)."""
    found: Json = row["component"] if "component" in row else row["components"][0]
    return found
