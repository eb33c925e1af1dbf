"""The gateway: IDENTIFY, heartbeats, RESUME, and the events that a bot with its intents receives."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import Final

from aiohttp import WSMsgType, web

from openab_auth.bot.playground.discord import payloads
from openab_auth.bot.playground.discord.model import Json, Message
from openab_auth.bot.playground.discord.state import State

DISPATCH: Final = 0
HEARTBEAT: Final = 1
IDENTIFY: Final = 2
RESUME: Final = 6
INVALID_SESSION: Final = 9
HELLO: Final = 10
HEARTBEAT_ACK: Final = 11

GUILDS: Final = 1 << 0
GUILD_MESSAGES: Final = 1 << 9
DM_MESSAGES: Final = 1 << 12
PRIVILEGED: Final = 1 << 1 | 1 << 8 | 1 << 15  # members, presences, message content

_GOING_AWAY: Final = 1001
_AUTHENTICATION_FAILED: Final = 4004
_DISALLOWED_INTENTS: Final = 4014
_HEARTBEAT_MS: Final = 41_250


@dataclass(slots=True, eq=False)
class Session:
    """One bot's session; its events are kept, so that a RESUME gets what it missed."""

    id: str
    intents: int
    socket: web.WebSocketResponse | None
    events: list[str] = field(default_factory=list)

    async def send(self, name: str, data: Json) -> None:
        """Dispatch one event, or keep it for when the bot is back."""
        event = json.dumps({"op": DISPATCH, "t": name, "s": len(self.events) + 1, "d": data})
        self.events.append(event)
        if self.socket is not None:
            await _send(self.socket, event)

    async def resume(self, socket: web.WebSocketResponse, seen: int) -> None:
        """Send what was missed in order, then go on with `socket`."""
        while seen < len(self.events):
            await _send(socket, self.events[seen])
            seen += 1
        self.socket = socket
        await self.send("RESUMED", {})


class Gateway:
    """The bot's sessions; a bot that starts anew leaves its former session behind."""

    def __init__(self, state: State, token: str, url: str) -> None:
        self._state = state
        self._token = token
        self._url = url
        self._sockets: set[web.WebSocketResponse] = set()
        self._session: Session | None = None
        self.intents: list[int] = []
        """What each IDENTIFY asked for."""
        self.resumes = 0
        """How many sessions were resumed."""

    @property
    def connected(self) -> bool:
        """Whether a bot has identified itself and its connection stands."""
        return self._session is not None and self._session.socket is not None

    async def dispatch(self, name: str, data: Json, *, intent: int = 0) -> None:
        """Send an event to the bot if it asked for `intent` (0: it need not)."""
        if self._session is not None and (not intent or self._session.intents & intent):
            await self._session.send(name, data)

    async def announce(self, message: Message) -> None:
        """Tell the bot of a message that is not for one person alone."""
        if message.ephemeral:
            return
        if self._state.dm_partner(message.channel_id) is not None:
            await self.dispatch("MESSAGE_CREATE", message.payload(), intent=DM_MESSAGES)
        else:
            data = {**message.payload(), "guild_id": self._state.guild_id}
            await self.dispatch("MESSAGE_CREATE", data, intent=GUILD_MESSAGES)

    async def announce_roles(self) -> None:
        """Tell the bot of roles that came up since it got the guild."""
        for role_id, told in self._state.roles.items():
            if not told:
                self._state.roles[role_id] = True
                data = {"guild_id": self._state.guild_id, "role": payloads.role(role_id, f"role {role_id}")}
                await self.dispatch("GUILD_ROLE_CREATE", data, intent=GUILDS)

    async def drop(self, code: int = 4000) -> None:
        """Close every connection; the bot may resume."""
        for socket in tuple(self._sockets):
            await socket.close(code=code)

    async def close(self) -> None:
        """Close every connection for good."""
        self._session = None
        await self.drop(_GOING_AWAY)

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """One connection of a bot."""
        socket = web.WebSocketResponse(timeout=1.0)
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            await _send(socket, json.dumps({"op": HELLO, "d": {"heartbeat_interval": _HEARTBEAT_MS}}))
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    await self._hear(socket, frame.json())
        finally:
            self._sockets.discard(socket)
            if self._session is not None and self._session.socket is socket:
                self._session.socket = None
                self._state.changed()
        return socket

    async def _hear(self, socket: web.WebSocketResponse, message: Json) -> None:
        if message["op"] == HEARTBEAT:
            await _send(socket, json.dumps({"op": HEARTBEAT_ACK}))
        elif message["op"] == IDENTIFY:
            await self._identify(socket, message["d"])
        elif message["op"] == RESUME:
            await self._resume(socket, message["d"])

    async def _identify(self, socket: web.WebSocketResponse, data: Json) -> None:
        intents = int(data["intents"])
        self.intents.append(intents)
        if data["token"] != self._token:
            await socket.close(code=_AUTHENTICATION_FAILED, message=b"Authentication failed.")
        elif intents & PRIVILEGED:
            await socket.close(code=_DISALLOWED_INTENTS, message=b"Disallowed intent(s).")
        else:
            self._session = session = Session(secrets.token_hex(16), intents, socket)
            await session.send("READY", self._ready(session))
            if intents & GUILDS:
                self._state.roles = dict.fromkeys(self._state.roles, True)
                await session.send("GUILD_CREATE", payloads.guild(self._state))
            self._state.changed()

    async def _resume(self, socket: web.WebSocketResponse, data: Json) -> None:
        session = self._session
        if session is None or (data["session_id"], data["token"]) != (session.id, self._token):
            await _send(socket, json.dumps({"op": INVALID_SESSION, "d": False}))
            return
        self.resumes += 1
        await session.resume(socket, int(data["seq"]))

    def _ready(self, session: Session) -> Json:
        guilds = [{"id": self._state.guild_id, "unavailable": True}] if session.intents & GUILDS else []
        return {
            "v": 10,
            "user": self._state.bot,
            "guilds": guilds,
            "session_id": session.id,
            "resume_gateway_url": self._url,
            "application": {"id": self._state.application_id, "flags": 0},
        }


async def _send(socket: web.WebSocketResponse, text: str) -> None:
    """Send, or do nothing when the other side is gone: what is kept is sent after a RESUME."""
    try:
        await socket.send_str(text)
    except ConnectionError:
        return
