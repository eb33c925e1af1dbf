"""A person with a Discord client; the tests and the playground's page act through it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from openab_auth.bot.playground.discord.api import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL_SUBMIT
from openab_auth.bot.playground.discord.guild import ChannelId, Interaction, Json, Message, Where
from openab_auth.bot.playground.discord.person import client_errors
from openab_auth.bot.playground.discord.person.command_input import OptionValue, command_data
from openab_auth.bot.playground.discord.person.events import Events
from openab_auth.bot.playground.discord.person.responses import PATIENCE, Modal, ShownResponse, input_of
from openab_auth.bot.playground.discord.rules import ACK_DEADLINE, LINK, parts

_LONGEST_INPUT = 4000
_BUTTON = 2
_SELECT = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of an autocomplete list."""

    name: str
    value: str


class Person:
    """A member of the guild, with a client."""

    def __init__(self, events: Events, user: Json, roles: tuple[int, ...], locale: str) -> None:
        self._events = events
        self._state = events.state
        self.user = user
        self.roles = roles
        self.locale = locale
        self.id = int(user["id"])
        self.name = str(user["username"])

    async def leave(self, guild: int | None = None) -> None:
        """Leave the guild, or another guild of the bot."""
        await self._events.leave(self, guild)

    async def join(self, guild: int | None = None) -> None:
        """Join the guild again, or another guild of the bot."""
        await self._events.join(self, guild)

    async def slash(self, command: str, /, *, where: Where = "guild", **options: OptionValue) -> ShownResponse:
        """Send a slash command, for example "auth login", and wait until the bot acknowledges it.

        Raises:
            ActionRefusedError: the command or an option is not declared, a required option is missing, or a value does
                not fit its option.
        """
        data = command_data(self._state.offered_commands(), command, options, where)
        channel_id = self._state.channel_id(self.user["id"], where)
        return await self._response_to(await self._events.interact(self, COMMAND, data, channel_id, command=command))

    async def complete_option(
        self, command: str, option: str, value: str = "", /, *, where: Where = "guild", **others: OptionValue
    ) -> tuple[Choice, ...]:
        """Return the autocomplete list for a half-typed option; it is empty when the bot does not answer in time.

        Raises:
            ActionRefusedError: the option does not declare autocomplete.
        """
        data = command_data(self._state.offered_commands(), command, {**others, option: value}, where, focused=option)
        channel_id = self._state.channel_id(self.user["id"], where)
        interaction = await self._events.interact(self, AUTOCOMPLETE, data, channel_id, command=command)
        await self._response_to(interaction)
        return tuple(Choice(str(each["name"]), str(each["value"])) for each in interaction.choices)

    async def press(self, target: ShownResponse | Message | str, which: str) -> ShownResponse | Modal:
        """Press the button with this label or `custom_id` on a response, a message, or the message with this id.

        Raises:
            ActionRefusedError: this person sees no such button, the button is a link, or it is disabled.
        """
        for message in self._messages(target):
            for part in parts(message.body.get("components") or []):
                if part["type"] == _BUTTON and which in {part.get("label"), part.get("custom_id")}:
                    return await self._press(message, part)
        raise client_errors.no_such_button(which)

    async def choose(self, target: ShownResponse | Message | str, which: str, *values: str) -> ShownResponse | Modal:
        """Choose `values` in the select menu with this `custom_id`.

        Raises:
            ActionRefusedError: this person sees no such menu, or the menu does not accept these values.
        """
        for message in self._messages(target):
            for part in parts(message.body.get("components") or []):
                if part["type"] == _SELECT and part.get("custom_id") == which:
                    return await self._use(message, part, values=_chosen(dict(part), values))
        raise client_errors.no_such_menu(which)

    async def submit(self, modal: Modal, values: Mapping[str, str]) -> ShownResponse:
        """Send a form; `Modal.submit` calls this.

        Raises:
            ActionRefusedError: the form has no field of this name, or a field does not accept its value.
        """
        fields = [input_of(row) for row in modal.data["components"]]
        for name in values.keys() - {field["custom_id"] for field in fields}:
            raise client_errors.no_such_field(name)
        rows = [_filled(number, row, values) for number, row in enumerate(modal.data["components"])]
        data = {"custom_id": modal.custom_id, "components": rows}
        opened_by = modal.interaction
        interaction = await self._events.interact(
            self, MODAL_SUBMIT, data, opened_by.channel_id, message=opened_by.message, command=opened_by.command
        )
        return await self._response_to(interaction)

    async def send_dm(self, text: str, *, patience: float = PATIENCE) -> list[Message]:
        """Write to the bot in its DM, and return the bot's replies; the list is empty after `patience` seconds."""
        written = await self._events.say(self, text, "dm")
        channel = self._state.messages[written.channel_id]

        def replies() -> list[Message]:
            return [each for each in channel if int(each.id) > int(written.id) and each.author["bot"]]

        await self._state.until(lambda: bool(replies()), patience)
        return replies()

    async def say(self, text: str, *, where: Where = "guild") -> Message:
        """Write a message; this project's bot receives only messages in its DMs."""
        return await self._events.say(self, text, where)

    async def start_thread(self, name: str, text: str, *, where: Where = "guild") -> ChannelId:
        """Write a message in a channel and start a thread from it; return where the thread is."""
        return await self._events.start_thread(self, name, await self.say(text, where=where))

    def view(self, where: Where = "guild") -> list[Json]:
        """Return the messages that this person sees there as JSON, oldest first."""
        return [
            {
                "id": message.id,
                "author": message.author["username"],
                "bot": bool(message.author["bot"]),
                "at": int(message.at),
                "content": message.content,
                "embeds": message.body.get("embeds") or [],
                "components": message.body.get("components") or [],
                "attachments": message.body.get("attachments") or [],
                "ephemeral": message.ephemeral,
                "loading": message.loading,
                "edited": bool(message.edits),
                "command": message.command,
                "thread": thread.name if (thread := self._state.threads.get(message.id)) else None,
                "asked_by": self._state.name_of(message.asked_by) if message.asked_by else None,
            }
            for message in self._state.messages[self._state.channel_id(self.user["id"], where)]
            if self._sees(message)
        ]

    async def next_change(self, patience: float) -> bool:
        """Wait for the next visible change; return False if there is none within `patience` seconds."""
        return await self._state.next_change(patience)

    def _sees(self, message: Message) -> bool:
        return message.seen_by in {None, self.user["id"]}

    def _messages(self, target: ShownResponse | Message | str) -> list[Message]:
        if isinstance(target, ShownResponse):
            wanted = [each.id for each in target.messages]
        else:
            wanted = [target if isinstance(target, str) else target.id]
        found = [message for each in wanted if (message := self._state.message(each)) and self._sees(message)]
        if not found:
            raise client_errors.no_such_message()
        return found

    async def _press(self, message: Message, part: Mapping[str, object]) -> ShownResponse | Modal:
        if part.get("style") == LINK:
            raise client_errors.button_is_link()
        return await self._use(message, part)

    async def _use(self, message: Message, part: Mapping[str, object], **given: object) -> ShownResponse | Modal:
        if part.get("disabled"):
            raise client_errors.button_is_off()
        data = {"custom_id": part["custom_id"], "component_type": part["type"], **given}
        interaction = await self._events.interact(self, COMPONENT, data, message.channel_id, message=message)
        shown = await self._response_to(interaction)
        return shown.modal or shown

    async def _response_to(self, interaction: Interaction) -> ShownResponse:
        try:
            async with asyncio.timeout(ACK_DEADLINE):
                await interaction.answered.wait()
        except TimeoutError:
            pass  # `ShownResponse.failed` reports it, as the client does: "The application did not respond"
        return ShownResponse(self._state, self, interaction)


def _chosen(menu: Json, values: tuple[str, ...]) -> list[str]:
    offered = [option["value"] for option in menu["options"]]
    least, most = int(menu.get("min_values", 1)), int(menu.get("max_values", 1))
    if not least <= len(set(values)) == len(values) <= most or not set(values) <= set(offered):
        raise client_errors.bad_form()
    return list(values)


def _filled(number: int, row: Json, values: Mapping[str, str]) -> Json:
    """Return a form's row as the client sends it back."""
    field = input_of(row)
    value = values.get(field["custom_id"], field.get("value") or "")
    least = int(field.get("min_length") or (1 if field.get("required", True) else 0))
    if (value and len(value) < least) or len(value) > int(field.get("max_length") or _LONGEST_INPUT):
        raise client_errors.bad_form()
    if not value and field.get("required", True):
        raise client_errors.bad_form()
    filled = {"type": field["type"], "id": 2 * number + 2, "custom_id": field["custom_id"], "value": value}
    if "component" in row:
        return {"type": row["type"], "id": 2 * number + 1, "component": filled}
    return {"type": row["type"], "id": 2 * number + 1, "components": [filled]}
