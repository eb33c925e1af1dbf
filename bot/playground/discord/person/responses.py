"""The bot's responses as a person sees them: messages that can still change, or a form to fill in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from openab_auth.bot.playground.discord.guild import Interaction, Json, Message, State
from openab_auth.bot.playground.discord.person import client_errors
from openab_auth.bot.playground.discord.rules import LINK, parts

PATIENCE: Final = 60.0  # seconds that a person waits for a change


class FormSender(Protocol):
    """Send a completed form to the bot."""

    async def submit(self, modal: Modal, values: Mapping[str, str]) -> ShownResponse:
        """Send `values`, by `custom_id`, and return the bot's response."""
        ...


class ShownResponse:
    """The bot's response to one interaction, as the person sees it now, with edits and followups."""

    def __init__(self, state: State, sender: FormSender, interaction: Interaction) -> None:
        self._state = state
        self._sender = sender
        self.interaction = interaction

    @property
    def failed(self) -> bool:
        """Return whether the client says "The application did not respond"."""
        return self.interaction.ack is None

    @property
    def message(self) -> Message:
        """Return the response's message; after an update in place, the message with the pressed button.

        Raises:
            ActionRefusedError: the bot has not responded with a message.
        """
        if self.interaction.original is None:
            raise client_errors.no_message()
        return self.interaction.original

    @property
    def messages(self) -> list[Message]:
        """Return the response's message, if it has one, and all followups; deleted messages are left out."""
        first = [] if self.interaction.original is None else [self.interaction.original]
        return [each for each in (*first, *self.interaction.followups) if self._state.message(each.id) is not None]

    @property
    def deleted(self) -> bool:
        """Return whether the bot has removed its response."""
        return self.interaction.original is not None and self._state.message(self.interaction.original.id) is None

    @property
    def modal(self) -> Modal | None:
        """Return the form that opened instead of a message."""
        return None if self.interaction.modal is None else Modal(self._sender, self.interaction)

    @property
    def content(self) -> str:
        """Return the text of the message and of its followups, also in components v2, one line for each."""
        return "\n".join(each.text for each in self.messages)

    @property
    def embeds(self) -> list[Json]:
        """Return all embeds."""
        return [embed for each in self.messages for embed in each.body.get("embeds") or []]

    @property
    def components(self) -> list[Json]:
        """Return every button and select menu, without the rows."""
        return [dict(part) for each in self.messages for part in parts(each.body.get("components") or [])]

    @property
    def attachments(self) -> list[Json]:
        """Return the attached files, as Discord describes them."""
        return [dict(each) for message in self.messages for each in message.body.get("attachments") or []]

    @property
    def link_buttons(self) -> list[str]:
        """Return the address of each link button."""
        return [part["url"] for part in self.components if part.get("style") == LINK]

    @property
    def ephemeral(self) -> bool:
        """Return whether all messages are visible to this person alone."""
        return bool(self.messages) and all(each.ephemeral for each in self.messages)

    @property
    def loading(self) -> bool:
        """Return whether a message still says "is thinking…"."""
        return any(each.loading for each in self.messages)

    @property
    def ack_type(self) -> int | None:
        """Return the type of the callback that acknowledged the interaction, or None."""
        return self.interaction.ack

    @property
    def ack_ms(self) -> float | None:
        """Return the milliseconds from the interaction to its acknowledgement."""
        return self.interaction.ack_ms

    @property
    def edits(self) -> int:
        """Return how often the message was edited; filling a deferred message does not count."""
        return self.message.edits

    def age(self, seconds: float) -> None:
        """Make the interaction older; after 15 minutes Discord refuses edits and followups with 50027."""
        self.interaction.begun -= seconds

    async def settled(self, timeout: float = PATIENCE) -> ShownResponse:  # noqa: ASYNC109 - asyncio.timeout would raise
        """Wait until the bot has responded: by a message, by the promised edit in place, or by removing its response.

        Raises:
            TimeoutError: there was no message within `timeout` seconds.
        """
        return await self.wait_for(ShownResponse.given, timeout)

    def given(self) -> bool:
        """Return whether the bot has given the response that it promised."""
        before = self.interaction.edits_before
        if before is not None and not self.interaction.followups and not self.deleted:
            return self.message.edits > before
        return self.deleted or (bool(self.messages) and not self.loading)

    async def wait_for(self, holds: Callable[[ShownResponse], object], timeout: float = PATIENCE) -> ShownResponse:  # noqa: ASYNC109
        """Wait until `holds(self)` is true.

        Raises:
            TimeoutError: it was not true within `timeout` seconds; the error contains the text on the screen.
        """
        if not await self._state.until(lambda: bool(holds(self)), timeout):
            raise TimeoutError(self.content)
        return self


class Modal:
    """A form that is open on a person's screen."""

    def __init__(self, sender: FormSender, interaction: Interaction) -> None:
        self._sender = sender
        self.interaction = interaction
        assert interaction.modal is not None  # noqa: S101 - callers check that the interaction has a modal
        self.data: Json = interaction.modal

    @property
    def title(self) -> str:
        """Return the form's title."""
        return str(self.data["title"])

    @property
    def custom_id(self) -> str:
        """Return the id by which the bot knows the form."""
        return str(self.data["custom_id"])

    @property
    def fields(self) -> list[Json]:
        """Return the inputs as the bot sent them, each with its label and description."""
        shown = []
        for row in self.data["components"]:
            field = dict(input_of(row))
            field["label"] = row.get("label") or field.get("label")
            field["description"] = row.get("description")
            shown.append(field)
        return shown

    async def submit(self, *values: str, **named: str) -> ShownResponse:
        """Fill the fields, in order or by `custom_id`, and send the form.

        Raises:
            ActionRefusedError: the form has no field of this name, or the field does not accept the value.
        """
        ids = [str(field["custom_id"]) for field in self.fields]
        return await self._sender.submit(self, {**dict(zip(ids, values, strict=False)), **named})


def input_of(row: Json) -> Json:
    """Return the input of a Label (type 18) or of an action row (type 1)."""
    found: Json = row["component"] if "component" in row else row["components"][0]
    return found
