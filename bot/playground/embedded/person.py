"""What a person's client can do and see: the tests and the playground's page act through it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bot.playground.embedded.limits import EPHEMERAL, parts
from bot.playground.embedded.model import Interaction, Message, Where

if TYPE_CHECKING:
    from bot.playground.embedded.server import EmbeddedDiscord

PATIENCE: Final = 5.0  # seconds that a person waits for what should happen
_LINK: Final = 5
_SUBCOMMAND: Final = 1


class RefusedError(Exception):
    """A person's client does not let them do this."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of an autocomplete list."""

    name: str
    value: str


class Person:
    """Somebody in the guild, with a client of their own."""

    def __init__(self, discord: EmbeddedDiscord, user: dict[str, Any], roles: tuple[int, ...]) -> None:
        self._discord = discord
        self.user = user
        self.roles = roles
        self.id = int(user["id"])
        self.name = str(user["username"])

    async def slash(self, command: str, *, where: Where = "guild", **options: str) -> Answer:
        """Type a slash command, "auth login" for one, and wait for the bot's first sign of life.

        Raises:
            RefusedError: no such command is registered, an option is not declared, or a required one is missing.
        """
        data = self._command(command, options)
        interaction = await self._discord.interact(self, 2, data, where, command=command)
        return await self._answered(interaction)

    async def complete_option(
        self, command: str, option: str, value: str, *, where: Where = "guild"
    ) -> tuple[Choice, ...]:
        """What the client offers while `option` is being typed."""
        data = self._command(command, {option: value}, focused=option)
        interaction = await self._discord.interact(self, 4, data, where, command=command)
        await self._answered(interaction)
        return tuple(Choice(str(each["name"]), str(each["value"])) for each in interaction.choices or ())

    async def press(self, target: Answer | str, which: str, *, replay: bool = False) -> Answer | Modal:
        """Press the button with this label or `custom_id` on an answer, or on the message of this id.

        `replay` presses what is no longer shown, as a client that missed an edit can.

        Raises:
            RefusedError: this person does not see such a button, or it is switched off or a link.
        """
        message_id = target if isinstance(target, str) else target.message.id
        message = self._discord.message(message_id)
        if message is None or message.seen_by not in {None, self.user["id"]}:
            raise RefusedError("This message is not there for you.")  # noqa: TRY003 - words of a client
        for part in parts(message.body.get("components") or []):
            if which in {part.get("label"), part.get("custom_id")}:
                return await self._press(message, part)
        if replay:
            return await self._press(message, {"custom_id": which, "type": 2})
        raise RefusedError(f"There is no button {which!r} on this message.")  # noqa: TRY003

    async def send_dm(self, text: str) -> list[Message]:
        """Write to the bot in its DM; gives the bot's messages that follow, once there is one or patience ends."""
        channel = self._discord.dm_channel(self)
        before = len(self._discord.channel(channel))
        await self._discord.say(self, text)
        await self._discord.until(lambda: len(self._discord.channel(channel)) > before + 1, PATIENCE)
        return self._discord.channel(channel)[before + 1 :]

    def view(self, where: Where = "guild") -> list[dict[str, Any]]:
        """What this person sees there, oldest first."""
        channel = self._discord.channel_id(self, where)
        return [
            {
                "id": message.id,
                "author": message.author["username"],
                "content": message.body.get("content") or "",
                "embeds": message.body.get("embeds") or [],
                "components": message.body.get("components") or [],
                "ephemeral": bool(message.flags & EPHEMERAL),
                "loading": message.loading,
                "edited": bool(message.edits),
                "command": message.command,
            }
            for message in self._discord.channel(channel)
            if message.seen_by in {None, self.user["id"]}
        ]

    async def next_change(self, timeout: float) -> bool:  # noqa: ASYNC109 - asyncio.timeout would raise
        """Wait until anything changed that somebody may see."""
        return await self._discord.next_change(timeout)

    def _command(self, command: str, options: Mapping[str, str], *, focused: str | None = None) -> dict[str, Any]:
        root, *path = command.split()
        found = next((each for each in self._discord.commands() if each["name"] == root), None)
        shown = found
        for word in path:
            inner = (shown or {}).get("options") or []
            shown = next((each for each in inner if each["name"] == word and each["type"] == _SUBCOMMAND), None)
        if found is None or shown is None:
            raise RefusedError(f"There is no command /{command}.")  # noqa: TRY003
        declared = {each["name"]: each for each in shown.get("options") or []}
        for name in options:
            if name not in declared:
                raise RefusedError(f"/{command} has no option {name}.")  # noqa: TRY003
        missing = [name for name, each in declared.items() if each.get("required") and name not in options]
        if missing and focused is None:
            raise RefusedError(f"/{command} needs {', '.join(missing)}.")  # noqa: TRY003
        given: list[dict[str, Any]] = [
            {
                "name": name,
                "type": declared[name]["type"],
                "value": value,
                **({"focused": True} if name == focused else {}),
            }
            for name, value in options.items()
        ]
        for word in reversed(path):
            given = [{"name": word, "type": _SUBCOMMAND, "options": given}]
        return {"id": found["id"], "name": root, "type": 1, "options": given}

    async def _press(self, message: Message, part: Mapping[str, Any]) -> Answer | Modal:
        if part.get("style") == _LINK:
            raise RefusedError("This button is a link.")  # noqa: TRY003
        if part.get("disabled"):
            raise RefusedError("This button is switched off.")  # noqa: TRY003
        data = {"custom_id": part["custom_id"], "component_type": part["type"]}
        interaction = await self._discord.interact(self, 3, data, channel_id=message.channel_id, message=message)
        answer = await self._answered(interaction)
        return Modal(self, interaction) if interaction.modal is not None else answer

    async def submit(self, modal: Modal, values: Mapping[str, str]) -> Answer:
        """Send a modal's fields; what `Modal.submit` does."""
        shown = modal.interaction
        rows = []
        for row in modal.data["components"]:
            field = row.get("component") or row["components"][0]
            value = values.get(field["custom_id"], "")
            if len(value) > field.get("max_length", 4000) or (field.get("required", True) and not value):
                raise RefusedError("The form does not take this.")  # noqa: TRY003
            inner = {"type": field["type"], "id": field.get("id", 2), "custom_id": field["custom_id"], "value": value}
            rows.append(
                {"type": 18, "id": 1, "component": inner} if "component" in row else {"type": 1, "components": [inner]}
            )
        data = {"custom_id": modal.data["custom_id"], "components": rows}
        interaction = await self._discord.interact(
            self, 5, data, channel_id=shown.channel_id, message=shown.message, command=shown.command
        )
        return await self._answered(interaction)

    async def _answered(self, interaction: Interaction) -> Answer:
        answer = Answer(self._discord, interaction)
        try:
            async with asyncio.timeout(PATIENCE):
                await interaction.answered.wait()
        except TimeoutError:
            answer.failed = True  # "This interaction failed" is what the client shows
        return answer


class Answer:
    """What a person got for one act; reads what is shown now, edits included."""

    def __init__(self, discord: EmbeddedDiscord, interaction: Interaction) -> None:
        self._discord = discord
        self.interaction = interaction
        self.failed = False

    @property
    def message(self) -> Message:
        """The answer's message.

        Raises:
            RefusedError: the bot has answered with none.
        """
        message = self.interaction.original or self.interaction.message
        if message is None:
            raise RefusedError("The bot has not answered.")  # noqa: TRY003
        return message

    @property
    def messages(self) -> list[Message]:
        """The message and all followups."""
        return [self.message, *self.interaction.followups]

    @property
    def content(self) -> str:
        """The text of the message and its followups."""
        return "\n".join(str(each.body.get("content") or "") for each in self.messages)

    @property
    def embeds(self) -> list[dict[str, Any]]:
        """The message's embeds."""
        return list(self.message.body.get("embeds") or [])

    @property
    def components(self) -> list[dict[str, Any]]:
        """Every button and select shown."""
        return [dict(part) for each in self.messages for part in parts(each.body.get("components") or [])]

    @property
    def link_buttons(self) -> list[str]:
        """Where its link buttons lead."""
        return [part["url"] for part in self.components if part.get("style") == _LINK]

    @property
    def ephemeral(self) -> bool:
        """Whether this person alone sees all of it."""
        return all(each.flags & EPHEMERAL for each in self.messages)

    @property
    def ack_type(self) -> int | None:
        """The type of the callback that acknowledged it."""
        return self.interaction.ack

    @property
    def ack_ms(self) -> float | None:
        """Milliseconds from the act to the acknowledgement."""
        return self.interaction.ack_ms

    @property
    def edits(self) -> int:
        """How often its message was edited."""
        return self.message.edits

    async def settled(self, timeout: float = PATIENCE) -> Answer:  # noqa: ASYNC109 - asyncio.timeout would raise
        """Wait until the bot no longer "is thinking"."""
        return await self.wait_for(lambda answer: not answer.message.loading, timeout)

    async def wait_for(self, holds: Callable[[Answer], object], timeout: float = PATIENCE) -> Answer:  # noqa: ASYNC109
        """Wait until `holds(self)`.

        Raises:
            TimeoutError: it did not, in time; says what was shown.
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
        self.data = interaction.modal

    @property
    def title(self) -> str:
        """Its title."""
        return str(self.data["title"])

    @property
    def fields(self) -> list[dict[str, Any]]:
        """Its inputs, each with its label."""
        shown = []
        for row in self.data["components"]:
            field = dict(row.get("component") or row["components"][0])
            field["label"] = row.get("label") or field.get("label")
            field["description"] = row.get("description")
            shown.append(field)
        return shown

    async def submit(self, *values: str, **named: str) -> Answer:
        """Fill the fields, in order or by `custom_id`, and send them."""
        ids = [str(field["custom_id"]) for field in self.fields]
        return await self._person.submit(self, {**dict(zip(ids, values, strict=False)), **named})
