"""The REST API: its routes, the check of the bot's token, the request log, and the injected faults."""

from __future__ import annotations

from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from openab_auth.bot.playground.discord.api.faults import Faults
from openab_auth.bot.playground.discord.api.gateway import Gateway
from openab_auth.bot.playground.discord.api.interactions import SHOWN, Interactions
from openab_auth.bot.playground.discord.api.received import (
    BODY,
    FILES,
    PREFIX,
    ApiRequest,
    needs_token,
    object_list,
    object_of,
    read_request,
)
from openab_auth.bot.playground.discord.api.uploads import Uploads
from openab_auth.bot.playground.discord.guild import Json, Message, State, payloads
from openab_auth.bot.playground.discord.rules import (
    ApiError,
    check_commands,
    check_entry_point,
    errors,
    json_reply,
    limits,
    without_localizations,
)

ATTACHMENTS: Final = "/attachments"


class Rest:
    """Serve Discord's API."""

    def __init__(self, state: State, gateway: Gateway, faults: Faults, token: str, gateway_url: str) -> None:
        self._state = state
        self._gateway = gateway
        self._faults = faults
        self._token = token
        self._gateway_url = gateway_url
        self._interactions = Interactions(state, gateway)
        self.seen: list[ApiRequest] = []
        self.uploads = Uploads(gateway_url.replace("ws", "http", 1).replace("/gateway", ATTACHMENTS), state.new_id)

    def routes(self) -> list[web.RouteDef]:
        """Return every route that a bot with commands and messages needs."""
        commands = "/applications/{app}/commands"
        in_guild = "/applications/{app}/guilds/{guild}/commands"
        answer = "/webhooks/{app}/{token}/messages/{message}"
        message = "/channels/{channel}/messages/{message}"
        routes = [
            web.get("/gateway", self._gateway_address),
            web.get("/gateway/bot", self._gateway_address),
            web.get("/users/@me", self._me),
            web.get("/users/@me/guilds", self._guilds),
            web.get("/users/{user}", self._user),
            web.get("/guilds/{guild}", self._guild),
            web.get("/guilds/{guild}/members/{user}", self._member),
            web.get("/oauth2/applications/@me", self._application),
            web.get("/applications/@me", self._application),
            *(web.get(path, self._list_commands) for path in (commands, in_guild)),
            *(web.put(path, self._put_commands) for path in (commands, in_guild)),
            web.post("/interactions/{id}/{token}/callback", self._callback),
            web.post("/webhooks/{app}/{token}", self._follow_up),
            web.get(answer, self._get_answer),
            web.patch(answer, self._edit_answer),
            web.delete(answer, self._delete_answer),
            web.post("/users/@me/channels", self._open_dm),
            web.get("/channels/{channel}", self._get_channel),
            web.post("/channels/{channel}/typing", self._typing),
            web.post("/channels/{channel}/messages", self._post_message),
            web.get(message, self._get_message),
            web.patch(message, self._edit_message),
            web.delete(message, self._delete_message),
        ]
        api = [web.RouteDef(each.method, PREFIX + each.path, each.handler, each.kwargs) for each in routes]
        return [*api, web.get(f"{ATTACHMENTS}/{{attachment}}/{{filename}}", self._attachment)]

    @web.middleware
    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Log and check the request, then handle it or inject the next fault for its kind."""
        if not request.path.startswith(PREFIX):
            return await handler(request)
        body, request[FILES] = await read_request(request)
        request[BODY] = body
        resource = request.match_info.route.resource
        template = resource.canonical.removeprefix(PREFIX) if resource is not None else ""
        fault = self._faults.take_for(request.method, template)
        if fault is None:
            reply = await self._checked(request, handler)
        else:
            reply = await fault.play(request, lambda same: self._checked(same, handler))
        status = 0 if fault is not None and fault.cut else reply.status
        path = request.path.removeprefix(PREFIX)
        self.seen.append(ApiRequest(request.method, path, dict(request.query), body, status))
        return reply

    async def _checked(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            if request.match_info.http_exception is None and needs_token(request):
                self._check_token(request)
            return await handler(request)
        except ApiError as error:
            return error.reply()
        except web.HTTPException as error:
            return ApiError(error.status, 0, f"{error.status}: {error.reason}").reply()

    def _check_token(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bot {self._token}":
            raise errors.unauthorized()
        if request.match_info.get("app", self._state.application_id) != self._state.application_id:
            raise ApiError(403, 20012, "You are not authorized to perform this action on this application")
        if request.match_info.get("guild", self._state.guild_id) not in self._state.guild_ids:
            raise errors.missing_access()

    async def _gateway_address(self, request: web.Request) -> web.Response:
        limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
        bot = {"shards": self._state.shards, "session_start_limit": limit} if request.path.endswith("/bot") else {}
        return json_reply({"url": self._gateway_url, **bot})

    async def _me(self, _request: web.Request) -> web.Response:
        return json_reply(self._state.bot)

    async def _user(self, request: web.Request) -> web.Response:
        user = self._state.users.get(request.match_info["user"])
        if user is None:
            raise errors.unknown_user()
        return json_reply(user)

    async def _application(self, _request: web.Request) -> web.Response:
        return json_reply(payloads.application(self._state))

    async def _guild(self, request: web.Request) -> web.Response:
        return json_reply(payloads.guild(self._state, request.match_info["guild"]))

    async def _guilds(self, _request: web.Request) -> web.Response:
        return json_reply([payloads.guild_of_bot(self._state, guild_id) for guild_id in self._state.guild_ids])

    async def _member(self, request: web.Request) -> web.Response:
        user_id = request.match_info["user"]
        roles = self._state.roles_in(request.match_info["guild"], user_id)
        if roles is None:
            raise errors.unknown_member()
        return json_reply(payloads.member(self._state.users[user_id], roles))

    async def _list_commands(self, request: web.Request) -> web.Response:
        commands = self._state.commands(request.match_info.get("guild", ""))
        if request.query.get("with_localizations") != "true":
            commands = [without_localizations(command) for command in commands]
        return json_reply(commands)

    async def _put_commands(self, request: web.Request) -> web.Response:
        commands = object_list(request)
        check_commands(commands)
        guild_id = request.match_info.get("guild", "")
        check_entry_point(commands, self._state.commands(guild_id))
        return json_reply(self._state.register(commands, guild_id))

    async def _callback(self, request: web.Request) -> web.Response:
        id_, token, body = request.match_info["id"], request.match_info["token"], object_of(request)
        if "data" in body:
            body = {**body, "data": self.uploads.message(body["data"], request[FILES])}
        outcome = await self._interactions.acknowledge(id_, token, body)
        if request.query.get("with_response") in {"1", "true"}:
            return json_reply(outcome)
        return web.Response(status=204)

    async def _follow_up(self, request: web.Request) -> web.Response:
        app, token = request.match_info["app"], request.match_info["token"]
        return _shown(await self._interactions.follow_up(app, token, self._message_body(request)))

    async def _get_answer(self, request: web.Request) -> web.Response:
        return _shown(self._interactions.find(**_response_of(request)))

    async def _edit_answer(self, request: web.Request) -> web.Response:
        return _shown(self._interactions.edit(**_response_of(request), body=self._message_body(request)))

    async def _delete_answer(self, request: web.Request) -> web.Response:
        self._interactions.delete(**_response_of(request))
        return web.Response(status=204)

    async def _open_dm(self, request: web.Request) -> web.Response:
        user_id = str(object_of(request).get("recipient_id"))
        if user_id not in self._state.users:
            raise ApiError(400, 50033, "Invalid Recipient(s)")
        return json_reply(payloads.channel(self._state, self._state.dm_channel(user_id)))

    async def _get_channel(self, request: web.Request) -> web.Response:
        return json_reply(payloads.channel(self._state, self._channel(request)))

    async def _typing(self, request: web.Request) -> web.Response:
        self._writable(request)
        return web.Response(status=204)

    async def _post_message(self, request: web.Request) -> web.Response:
        channel_id, body = self._writable(request), self._message_body(request)
        limits.check_message(body)
        if not any(body.get(key) for key in SHOWN):
            raise errors.empty_message()
        if body.get("enforce_nonce") and (before := self._state.message_with_nonce(str(body.get("nonce")))):
            return _shown(before)
        await self._gateway.unarchive(channel_id)
        message = self._state.post(channel_id, self._state.bot, body)
        await self._gateway.announce(message)
        return _shown(message)

    async def _get_message(self, request: web.Request) -> web.Response:
        return _shown(self._message(request))

    async def _edit_message(self, request: web.Request) -> web.Response:
        message, body = self._message(request), self._message_body(request)
        if message.author["id"] != self._state.application_id:
            raise ApiError(403, 50005, "Cannot edit a message authored by another user")
        self._check_active(message)
        limits.check_message(body, before=message.body)
        message.change(body)
        self._state.changed()
        return _shown(message)

    async def _delete_message(self, request: web.Request) -> web.Response:
        message = self._message(request)
        if message.author["id"] != self._state.application_id and self._state.dm_partner(message.channel_id):
            raise ApiError(403, 50003, "Cannot execute action on a DM channel")
        self._check_active(message)
        self._state.delete(message)
        return web.Response(status=204)

    def _message_body(self, request: web.Request) -> Json:
        return self.uploads.message(object_of(request), request[FILES])

    async def _attachment(self, request: web.Request) -> web.Response:
        return self.uploads.serve(request.match_info["attachment"])

    def _channel(self, request: web.Request) -> str:
        channel_id = request.match_info["channel"]
        if channel_id not in self._state.messages:
            raise errors.unknown_channel()
        if not self._state.bot_may("view_channel", channel_id):
            raise errors.missing_access()
        return channel_id

    def _writable(self, request: web.Request) -> str:
        channel_id = self._channel(request)
        thread = self._state.threads.get(channel_id)
        if not self._state.bot_may("send_messages_in_threads" if thread else "send_messages", channel_id):
            raise errors.missing_permissions()
        if thread is not None and thread.archived and thread.locked:
            raise errors.thread_archived(locked=True)
        return channel_id

    def _check_active(self, message: Message) -> None:
        thread = self._state.threads.get(message.channel_id)
        if thread is not None and thread.archived:  # only a new message opens it again
            raise errors.thread_archived(locked=False)

    def _message(self, request: web.Request) -> Message:
        message = self._state.message(request.match_info["message"])
        if message is None or message.ephemeral or message.channel_id != self._channel(request):
            raise errors.unknown_message()  # an ephemeral message needs its interaction's token
        return message


def _response_of(request: web.Request) -> dict[str, str]:
    found = request.match_info
    return {"application_id": found["app"], "token": found["token"], "message_id": found["message"]}


def _shown(message: Message) -> web.Response:
    return json_reply(message.payload())
