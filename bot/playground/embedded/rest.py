"""The REST API: what a bot asks for, and how Discord answers, refusals and faults included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.playground.embedded import limits
from bot.playground.embedded.faults import Fault, Kind
from bot.playground.embedded.limits import EPHEMERAL, LOADING, ApiError
from bot.playground.embedded.model import Interaction, Message, snowflake
from bot.playground.embedded.wire import json_reply

if TYPE_CHECKING:
    from bot.playground.embedded.server import EmbeddedDiscord

# callback types
_MESSAGE: Final = 4
_DEFER: Final = 5
_DEFER_UPDATE: Final = 6
_UPDATE: Final = 7
_CHOICES: Final = 8
_MODAL: Final = 9
# interaction types
_COMPONENT: Final = 3
_AUTOCOMPLETE: Final = 4
_MODAL_SUBMIT: Final = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that the bot made; `route` has its parameters' names instead of their values."""

    method: str
    route: str
    path: str
    body: Any


def application(discord: EmbeddedDiscord) -> web.Application:
    """The server's routes."""
    api = _Api(discord)
    app = web.Application(middlewares=[api.answer_like_discord], client_max_size=1 << 20)
    root = "/api/v10"
    app.add_routes(
        [
            web.get("/gateway", discord.gateway.connect),
            web.get("/gateway/", discord.gateway.connect),
            web.get(f"{root}/gateway", api.gateway),
            web.get(f"{root}/gateway/bot", api.gateway),
            web.get(f"{root}/users/@me", api.me),
            web.get(f"{root}/oauth2/applications/@me", api.application_info),
            web.get(f"{root}/applications/{{application}}/commands", api.get_commands),
            web.put(f"{root}/applications/{{application}}/commands", api.put_commands),
            web.get(f"{root}/applications/{{application}}/guilds/{{guild}}/commands", api.get_commands),
            web.put(f"{root}/applications/{{application}}/guilds/{{guild}}/commands", api.put_commands),
            web.post(f"{root}/interactions/{{interaction}}/{{token}}/callback", api.callback),
            web.post(f"{root}/webhooks/{{application}}/{{token}}", api.followup),
            web.get(f"{root}/webhooks/{{application}}/{{token}}/messages/{{message}}", api.get_message),
            web.patch(f"{root}/webhooks/{{application}}/{{token}}/messages/{{message}}", api.edit_message),
            web.delete(f"{root}/webhooks/{{application}}/{{token}}/messages/{{message}}", api.delete_message),
            web.post(f"{root}/users/@me/channels", api.open_dm),
            web.post(f"{root}/channels/{{channel}}/messages", api.send_message),
            web.patch(f"{root}/channels/{{channel}}/messages/{{message}}", api.edit_channel_message),
        ]
    )
    return app


def _kind(request: web.Request, route: str) -> Kind | None:
    if route.endswith("/callback"):
        return "callback"
    if "/webhooks/" in route:
        return "followup" if request.method == "POST" else "edit"
    if route.endswith("/commands"):
        return "commands"
    return "message" if "/channels/" in route else None


class _Api:
    def __init__(self, discord: EmbeddedDiscord) -> None:
        self._discord = discord

    @web.middleware
    async def answer_like_discord(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Check the bot's token, play faults, and put refusals into Discord's words."""
        resource = request.match_info.route.resource
        route = resource.canonical if resource is not None else request.path
        if not route.startswith("/api"):
            return await handler(request)
        body = await request.json() if request.can_read_body else None
        self._discord.requests.append(Seen(request.method, route, request.path, body))
        fault = self._discord.faults.take(kind) if (kind := _kind(request, route)) else None
        if fault is not None and fault.when == "before":
            return self._play(request, fault)
        try:
            self._check_right(request, route if resource is not None else None)
            reply = await handler(request)
        except ApiError as error:
            reply = error.reply()
        await self._discord.touch()
        return reply if fault is None else self._play(request, fault)

    def _check_right(self, request: web.Request, route: str | None) -> None:
        """Refuse what leads nowhere, and a bot without its token where the path holds no other secret."""
        if route is None:
            raise ApiError(404, 0, "404: Not Found")
        is_open = "{token}" in route or route.endswith("/gateway")
        if not is_open and request.headers.get("Authorization") != f"Bot {self._discord.bot_token}":
            raise ApiError(401, 0, "401: Unauthorized")

    def _play(self, request: web.Request, fault: Fault) -> web.Response:
        if fault.cut and request.transport is not None:
            request.transport.abort()
        headers = {"Via": "1.1 embedded"} if fault.via else {}
        if fault.status == 429:
            body = {"message": "You are being rate limited.", "retry_after": fault.retry_after, "global": False}
            return json_reply(body, status=429, headers=headers)
        return json_reply({"message": "fault", "code": 0}, status=fault.status, headers=headers)

    async def gateway(self, _request: web.Request) -> web.Response:
        limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
        url = f"ws://{self._discord.address}/gateway"
        return json_reply({"url": url, "shards": 1, "session_start_limit": limit})

    async def me(self, _request: web.Request) -> web.Response:
        return json_reply(self._discord.bot_user)

    async def application_info(self, _request: web.Request) -> web.Response:
        return json_reply(
            {
                "id": self._discord.application_id,
                "name": "openab-auth",
                "icon": None,
                "description": "",
                "bot_public": False,
                "bot_require_code_grant": False,
                "owner": self._discord.bot_user,
                "summary": "",
                "verify_key": "",
                "flags": 0,
            }
        )

    async def get_commands(self, request: web.Request) -> web.Response:
        return json_reply(self._discord.registered.get(request.match_info.get("guild"), []))

    async def put_commands(self, request: web.Request) -> web.Response:
        commands = await request.json()
        limits.check_commands(commands)
        now = self._discord.clock()
        registered = [
            {
                "default_member_permissions": None,
                **command,
                "id": snowflake(now),
                "application_id": self._discord.application_id,
                "version": snowflake(now),
            }
            for command in commands
        ]
        self._discord.registered[request.match_info.get("guild")] = registered
        return json_reply(registered)

    async def callback(self, request: web.Request) -> web.Response:
        interaction = self._interaction(request, 10062)
        waited = self._discord.clock() - interaction.begun
        if waited > limits.ACK_DEADLINE:
            raise limits.unknown_interaction()
        if interaction.ack is not None:
            raise limits.already_acknowledged()
        body = await request.json()
        message = self._apply(interaction, body["type"], body.get("data") or {})
        interaction.ack, interaction.ack_ms = body["type"], waited * 1000
        interaction.answered.set()
        if request.query.get("with_response") not in {"1", "true"}:
            return web.Response(status=204)
        said: dict[str, Any] = {"id": interaction.id, "type": interaction.kind}
        resource: dict[str, Any] = {"type": body["type"]}
        if message is not None:
            said |= {
                "response_message_id": message.id,
                "response_message_loading": message.loading,
                "response_message_ephemeral": bool(message.flags & EPHEMERAL),
            }
            resource["message"] = message.payload()
        return json_reply({"interaction": said, "resource": resource})

    def _apply(self, interaction: Interaction, kind: int, data: dict[str, Any]) -> Message | None:
        """Do what a callback says, if Discord would."""
        if (kind == _CHOICES) != (interaction.kind == _AUTOCOMPLETE):
            raise limits.invalid_form("type", "Invalid interaction response type")
        if kind == _CHOICES:
            limits.check_choices(data.get("choices") or [])
            interaction.choices = data.get("choices") or []
            return None
        if kind == _MODAL:
            if interaction.kind == _MODAL_SUBMIT:
                raise limits.invalid_form("type", "A modal cannot answer a modal")
            limits.check_modal(data)
            interaction.modal = data
            return None
        if kind in {_DEFER_UPDATE, _UPDATE}:
            if interaction.message is None or interaction.kind not in {_COMPONENT, _MODAL_SUBMIT}:
                raise limits.invalid_form("type", "There is no message to update")
            if kind == _UPDATE:
                limits.check_message(data, partial=True)
                interaction.message.edit(data)
            interaction.original = interaction.message
            return interaction.message
        if kind == _DEFER:
            body = {"flags": int(data.get("flags") or 0) | LOADING}
        elif kind == _MESSAGE:
            limits.check_message(data)
            body = data
        else:
            raise limits.invalid_form("type", "Invalid interaction response type")
        interaction.original = self._post(interaction, body)
        return interaction.original

    async def followup(self, request: web.Request) -> web.Response:
        interaction = self._interaction(request, 10015)
        body = await request.json()
        limits.check_message(body)
        original = interaction.original
        if original is not None and original.loading and interaction.ack == _DEFER:
            visible = int(original.flags) & EPHEMERAL  # what was deferred in public stays public, and the reverse
            original.fill(
                {**body, "flags": (int(body.get("flags") or 0) & ~EPHEMERAL) | visible}, interaction.person_id
            )
            return json_reply(original.payload())
        message = self._post(interaction, body)
        interaction.followups.append(message)
        return json_reply(message.payload())

    async def get_message(self, request: web.Request) -> web.Response:
        return json_reply(self._message(request).payload())

    async def edit_message(self, request: web.Request) -> web.Response:
        message = self._message(request)
        body = await request.json()
        limits.check_message(body, partial=True)
        message.edit(body)
        return json_reply(message.payload())

    async def delete_message(self, request: web.Request) -> web.Response:
        message = self._message(request)
        self._discord.channel(message.channel_id).remove(message)
        return web.Response(status=204)

    async def open_dm(self, request: web.Request) -> web.Response:
        person_id = str((await request.json())["recipient_id"])
        channel_id = self._discord.open_dm(person_id)
        return json_reply(
            {
                "id": channel_id,
                "type": 1,
                "recipients": [{"id": person_id, "username": "person", "discriminator": "0", "avatar": None}],
            }
        )

    async def send_message(self, request: web.Request) -> web.Response:
        body = await request.json()
        limits.check_message(body)
        try:
            message = self._discord.post(request.match_info["channel"], body)
        except KeyError:
            raise ApiError(404, 10003, "Unknown Channel") from None
        return json_reply(message.payload())

    async def edit_channel_message(self, request: web.Request) -> web.Response:
        message = self._discord.message(request.match_info["message"])
        if message is None:
            raise ApiError(404, 10008, "Unknown Message")
        body = await request.json()
        limits.check_message(body, partial=True)
        message.edit(body)
        return json_reply(message.payload())

    def _interaction(self, request: web.Request, unknown: int) -> Interaction:
        interaction = self._discord.interactions.get(request.match_info["token"])
        if interaction is None or request.match_info.get("interaction", interaction.id) != interaction.id:
            raise ApiError(404, unknown, "Unknown interaction")
        if self._discord.clock() - interaction.begun > limits.TOKEN_LIFETIME:
            raise limits.invalid_token()
        return interaction

    def _message(self, request: web.Request) -> Message:
        interaction = self._interaction(request, 10015)
        wanted = request.match_info["message"]
        mine = [each for each in (interaction.original, *interaction.followups) if each is not None]
        for message in mine:
            if wanted in {message.id, "@original"}:
                return message
        raise ApiError(404, 10008, "Unknown Message")

    def _post(self, interaction: Interaction, body: dict[str, Any]) -> Message:
        message = self._discord.post(interaction.channel_id, body, seen_by=interaction.person_id)
        message.command = interaction.command
        return message
