"""What a person's client can do and see: the tests and the playground's page act through it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openab_auth.bot.playground.discord import client_errors
from openab_auth.bot.playground.discord.command_input import OptionValue, command_data
from openab_auth.bot.playground.discord.interactions import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL_SUBMIT
from openab_auth.bot.playground.discord.limits import ACK_DEADLINE, LINK, parts
from openab_auth.bot.playground.discord.model import Interaction, Json, Message, Where
from openab_auth.bot.playground.discord.responses import PATIENCE, Modal, ShownResponse, input_of

if TYPE_CHECKING:
    from openab_auth.bot.playground.discord.server import EmbeddedDiscord

_LONGEST_INPUT = 4000
_BUTTON = 2
_SELECT = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of an autocomplete list."""

    name: str
    value: str


class Person:
    """Somebody in the guild, with a client of their own."""

    def __init__(self, discord: EmbeddedDiscord, user: Json, roles: tuple[int, ...], locale: str) -> None:
        self._discord = discord
        self.user = user
        self.roles = roles
        self.locale = locale
        self.id = int(user["id"])
        self.name = str(user["username"])

    def leave(self) -> None:
        """Leave the guild."""
        self._discord.state.members.pop(self.user["id"], None)

    async def slash(self, command: str, /, *, where: Where = "guild", **options: OptionValue) -> ShownResponse:
        """Type a slash command, "auth login" for one, and wait for the bot's first sign of life.

        Raises:
            RefusedError: the command or an option is not declared, a required one is missing, or a value not taken.
        """
        data = command_data(self._discord.commands(), command, options, where)
        channel_id = self._discord.channel_id(self, where)
        return await self._answered(await self._discord.interact(self, COMMAND, data, channel_id, command=command))

    async def complete_option(
        self, command: str, option: str, value: str = "", /, *, where: Where = "guild", **others: OptionValue
    ) -> tuple[Choice, ...]:
        """What the client offers while `option` is being typed; nothing when the bot does not answer in time.

        Raises:
            RefusedError: nothing is declared to be offered there.
        """
        data = command_data(self._discord.commands(), command, {**others, option: value}, where, focused=option)
        channel_id = self._discord.channel_id(self, where)
        act = await self._discord.interact(self, AUTOCOMPLETE, data, channel_id, command=command)
        await self._answered(act)
        return tuple(Choice(str(each["name"]), str(each["value"])) for each in act.choices)

    async def press(
        self, target: ShownResponse | Message | str, which: str, *, replay: bool = False
    ) -> ShownResponse | Modal:
        """Press the button of this label or `custom_id` on an answer, a message, or the message of this id.

        With `replay` the button of this id need no longer be shown, as on a client that missed an edit.

        Raises:
            RefusedError: this person sees no such button, or it is a link or switched off.
        """
        for message in self._messages(target):
            shown = [
                part
                for part in parts(message.body.get("components") or [])
                if part["type"] == _BUTTON and which in {part.get("label"), part.get("custom_id")}
            ]
            if shown:
                return await self._press(message, shown[0])
        if replay:
            return await self._press(self._messages(target)[0], {"custom_id": which, "type": _BUTTON})
        raise client_errors.no_such_button(which)

    async def choose(self, target: ShownResponse | Message | str, which: str, *values: str) -> ShownResponse | Modal:
        """Choose `values` in the select menu of this `custom_id`.

        Raises:
            RefusedError: this person sees no such menu, or it does not take these values.
        """
        for message in self._messages(target):
            for part in parts(message.body.get("components") or []):
                if part["type"] == _SELECT and part.get("custom_id") == which:
                    return await self._use(message, part, values=_chosen(dict(part), values))
        raise client_errors.no_such_menu(which)

    async def submit(self, modal: Modal, values: Mapping[str, str]) -> ShownResponse:
        """Send a form; what `Modal.submit` does.

        Raises:
            RefusedError: it has no such field, or a field does not take its value.
        """
        fields = [input_of(row) for row in modal.data["components"]]
        for name in values.keys() - {field["custom_id"] for field in fields}:
            raise client_errors.no_such_field(name)
        rows = [_filled(number, row, values) for number, row in enumerate(modal.data["components"])]
        data = {"custom_id": modal.custom_id, "components": rows}
        shown = modal.interaction
        act = await self._discord.interact(
            self, MODAL_SUBMIT, data, shown.channel_id, message=shown.message, command=shown.command
        )
        return await self._answered(act)

    async def send_dm(self, text: str, *, patience: float = PATIENCE) -> list[Message]:
        """Write to the bot in its DM; gives the bot's messages that follow, as soon as there is one, or none."""
        written = await self._discord.say(self, text, "dm")
        channel = self._discord.channel(written.channel_id)

        def following() -> list[Message]:
            return [each for each in channel if int(each.id) > int(written.id) and each.author["bot"]]

        await self._discord.until(lambda: bool(following()), patience)
        return following()

    async def say(self, text: str, *, where: Where = "guild") -> Message:
        """Write a message; in the guild the bot of this project hears nothing."""
        return await self._discord.say(self, text, where)

    def view(self, where: Where = "guild") -> list[Json]:
        """What this person sees there, oldest first, as JSON."""
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
                "asked_by": self._discord.name_of(message.asked_by) if message.asked_by else None,
            }
            for message in self._discord.channel(self._discord.channel_id(self, where))
            if self._sees(message)
        ]

    async def next_change(self, patience: float) -> bool:
        """Wait until anything changes that somebody may see; False when nothing does in `patience` seconds."""
        return await self._discord.next_change(patience)

    def _sees(self, message: Message) -> bool:
        return message.seen_by in {None, self.user["id"]}

    def _messages(self, target: ShownResponse | Message | str) -> list[Message]:
        if isinstance(target, ShownResponse):
            wanted = [each.id for each in target.messages]
        else:
            wanted = [target if isinstance(target, str) else target.id]
        found = [message for each in wanted if (message := self._discord.message(each)) and self._sees(message)]
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
        act = await self._discord.interact(self, COMPONENT, data, message.channel_id, message=message)
        answer = await self._answered(act)
        return answer.modal or answer

    async def _answered(self, act: Interaction) -> ShownResponse:
        try:
            async with asyncio.timeout(ACK_DEADLINE):
                await act.answered.wait()
        except TimeoutError:
            pass  # `ShownResponse.failed` tells: the client says that the application did not respond
        return ShownResponse(self._discord, self, act)


def _chosen(menu: Json, values: tuple[str, ...]) -> list[str]:
    offered = [option["value"] for option in menu["options"]]
    least, most = int(menu.get("min_values", 1)), int(menu.get("max_values", 1))
    if not least <= len(set(values)) == len(values) <= most or not set(values) <= set(offered):
        raise client_errors.bad_form()
    return list(values)


def _filled(number: int, row: Json, values: Mapping[str, str]) -> Json:
    """A row of a form as the client sends it back."""
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
