"""Discord's rules for the bot's response to an interaction: callback, followups and edits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from openab_auth.bot.playground.discord.api.gateway import Gateway
from openab_auth.bot.playground.discord.guild import EPHEMERAL, LOADING, Interaction, Json, Message, State
from openab_auth.bot.playground.discord.rules import errors, limits

COMMAND: Final = 2
COMPONENT: Final = 3
AUTOCOMPLETE: Final = 4
MODAL_SUBMIT: Final = 5

MESSAGE: Final = 4
DEFER: Final = 5
DEFER_UPDATE: Final = 6
UPDATE: Final = 7
CHOICES: Final = 8
MODAL: Final = 9

SHOWN: Final = ("content", "embeds", "components", "attachments")


class Interactions:
    """Apply the rules of `/interactions`, and of `/webhooks` with an interaction's token."""

    def __init__(self, state: State, gateway: Gateway) -> None:
        self._state = state
        self._gateway = gateway

    async def acknowledge(self, interaction_id: str, token: str, body: Json) -> Json:
        """Apply the bot's callback, and return Discord's reply.

        Raises:
            ApiError: 10062 for an interaction that is unknown or older than 3 s, 40060 for a second callback, 50035 for
                a type of callback that this interaction does not accept.
        """
        act = self._state.interactions.get(token)
        if act is None or act.id != interaction_id:
            raise errors.unknown_interaction()
        if act.ack is not None:
            raise errors.already_acknowledged()
        if self._state.clock() - act.begun > limits.ACK_DEADLINE:
            act.answered.set()
            raise errors.unknown_interaction()
        kind, data = body.get("type"), body.get("data") or {}
        allowed = _callback_types(act)
        if kind not in allowed:
            raise errors.bad_field("type", f"Value must be one of {allowed}.")
        message = await self._apply(act, kind, data)
        act.acknowledge(kind)
        self._state.changed()
        return _outcome(act, kind, message)

    async def follow_up(self, application_id: str, token: str, body: Json) -> Message:
        """Post a followup; the first followup after a defer fills the deferred message and keeps its visibility.

        Raises:
            ApiError: 10015, 50027, or an exceeded limit.
        """
        act = self._living(application_id, token)
        limits.check_message(body)
        _check_not_empty(body)
        if act.original is not None and act.original.loading:
            act.original.change(body)
            self._state.changed()
            return act.original
        message = self._post(act, body)
        act.followups.append(message)
        self._state.changed()
        await self._gateway.announce(message)
        return message

    def edit(self, application_id: str, token: str, message_id: str, body: Json) -> Message:
        """Edit the response (`@original`) or one of its followups.

        Raises:
            ApiError: 10008, 10015, 50027, or an exceeded limit.
        """
        message = self.find(application_id, token, message_id)
        limits.check_message(body, before=message.body)
        _check_not_empty({**message.body, **body})
        message.change(body)
        self._state.changed()
        return message

    def delete(self, application_id: str, token: str, message_id: str) -> None:
        """Delete the response or a followup.

        Raises:
            ApiError: 10008, 10015, 50027.
        """
        self._state.delete(self.find(application_id, token, message_id))

    def find(self, application_id: str, token: str, message_id: str) -> Message:
        """Return the response or a followup.

        Raises:
            ApiError: 10008, 10015, 50027.
        """
        act = self._living(application_id, token)
        known = [act.original, act.message, *act.followups]
        if message_id == "@original":
            found = act.original
        else:
            found = next((each for each in known if each is not None and each.id == message_id), None)
        if found is None or self._state.message(found.id) is None:
            raise errors.unknown_message()
        return found

    def _living(self, application_id: str, token: str) -> Interaction:
        act = self._state.interactions.get(token)
        if application_id != self._state.application_id or (act is not None and act.ack is None):
            raise errors.unknown_webhook()
        if act is None or self._state.clock() - act.begun > limits.TOKEN_LIFETIME:
            raise errors.invalid_token()
        return act

    async def _apply(self, act: Interaction, kind: int, data: Json) -> Message | None:
        if kind == CHOICES:
            choices = list(data.get("choices") or [])
            limits.check_choices(choices)
            act.choices = choices
        elif kind == MODAL:
            limits.check_modal(data)
            act.modal = data
        elif kind == DEFER:
            act.original = self._post(act, {"flags": int(data.get("flags") or 0) & EPHEMERAL | LOADING})
        elif kind == MESSAGE:
            limits.check_message(data, "data.")
            _check_not_empty(data)
            act.original = self._post(act, data)
            await self._gateway.announce(act.original)
        elif act.message is not None:
            act.original = act.message
            if kind == DEFER_UPDATE:
                act.edits_before = act.message.edits
            if kind == UPDATE:
                limits.check_message(data, "data.", act.message.body)
                act.message.change(data)
        return act.original

    def _post(self, act: Interaction, body: Json) -> Message:
        flags = int(body.get("flags") or 0)
        seen_by = act.person_id if flags & EPHEMERAL else None
        command = act.command if act.kind == COMMAND else None
        asked_by = act.person_id if command else None
        return self._state.post(
            act.channel_id, self._state.bot, body, seen_by=seen_by, command=command, asked_by=asked_by
        )


def _callback_types(act: Interaction) -> set[int]:
    """Return the allowed callback types: no modal in response to a modal, no update without a message."""
    if act.kind == AUTOCOMPLETE:
        return {CHOICES}
    types = {MESSAGE, DEFER}
    if act.kind != MODAL_SUBMIT:
        types.add(MODAL)
    if act.message is not None:
        types |= {DEFER_UPDATE, UPDATE}
    return types


def _check_not_empty(body: Mapping[str, Any]) -> None:
    if not any(body.get(key) for key in SHOWN):
        raise errors.empty_message()


def _outcome(act: Interaction, kind: int, message: Message | None) -> Json:
    """Return Discord's InteractionCallbackResponse."""
    shown: Json = {"id": act.id, "type": act.kind}
    resource: Json = {"type": kind}
    if message is not None:
        shown |= {
            "response_message_id": message.id,
            "response_message_loading": message.loading,
            "response_message_ephemeral": message.ephemeral,
        }
        if kind in {MESSAGE, DEFER, UPDATE}:
            resource["message"] = message.payload()
    return {"interaction": shown, "resource": resource}
