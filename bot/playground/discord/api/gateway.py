"""The gateway: IDENTIFY, heartbeats, RESUME, and the events that the bot's intents allow."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from aiohttp import WSMsgType, web

from openab_auth.bot.playground.discord.guild import Json, Message, State, Thread, payloads

DISPATCH: Final = 0
HEARTBEAT: Final = 1
IDENTIFY: Final = 2
RESUME: Final = 6
INVALID_SESSION: Final = 9
HELLO: Final = 10
HEARTBEAT_ACK: Final = 11

GUILDS: Final = 1 << 0
GUILD_MEMBERS: Final = 1 << 1
GUILD_MESSAGES: Final = 1 << 9
DM_MESSAGES: Final = 1 << 12
PRIVILEGED: Final = 1 << 1 | 1 << 8 | 1 << 15  # members, presences, message content

_GOING_AWAY: Final = 1001
_ENDED_BY_BOT: Final = frozenset({1000, _GOING_AWAY})  # Discord ends a session whose bot closes with such a code
_AUTHENTICATION_FAILED: Final = 4004
_INVALID_SHARD: Final = 4010
_SHARDING_REQUIRED: Final = 4011
_DISALLOWED_INTENTS: Final = 4014
_HEARTBEAT_MS: Final = 41_250
_MOST_LOST: Final = 16  # sessions without a connection, which may still be resumed


class Shard(NamedTuple):
    """The part of the guilds that a session serves; without shards, a session serves all of them."""

    number: int = 0
    total: int = 1

    def serves(self, guild_id: str | None) -> bool:
        """Return whether events of this guild belong to the shard; None is a direct message."""
        return (0 if guild_id is None else (int(guild_id) >> 22) % self.total) == self.number


@dataclass(slots=True, eq=False)
class Session:
    """A bot's session. It keeps all events, so that a RESUME can repeat the missed ones."""

    id: str
    intents: int
    shard: Shard
    socket: web.WebSocketResponse | None
    events: list[str] = field(default_factory=list)

    async def send(self, name: str, data: Json) -> None:
        """Store one event, and send it if the bot is connected."""
        event = json.dumps({"op": DISPATCH, "t": name, "s": len(self.events) + 1, "d": data})
        self.events.append(event)
        if self.socket is not None:
            await _send(self.socket, event)

    async def resume(self, socket: web.WebSocketResponse, seen: int) -> None:
        """Send the missed events in order, then continue on `socket`."""
        while seen < len(self.events):
            await _send(socket, self.events[seen])
            seen += 1
        self.socket = socket
        await self.send("RESUMED", {})


class Gateway:
    """The bot's connections and sessions. Each IDENTIFY begins one more session, also for a shard that has one.

    Discord sends an event to every session of its shard: two processes with the same token both receive it.
    """

    def __init__(self, state: State, token: str, url: str) -> None:
        self._state = state
        self._token = token
        self._url = url
        self._sockets: set[web.WebSocketResponse] = set()
        self._sessions: dict[str, Session] = {}
        self.intents: list[int] = []
        """The intents of each IDENTIFY."""
        self.shards: list[Shard] = []
        """The shard of each IDENTIFY that was accepted."""
        self.resumes = 0
        """The number of successful RESUMEs."""

    @property
    def connected(self) -> bool:
        """Return whether an identified bot is connected."""
        return any(session.socket is not None for session in self._sessions.values())

    async def dispatch(self, name: str, data: Json, *, intent: int = 0) -> None:
        """Send an event to each session of its shard whose intents include `intent`; 0 means always."""
        guild_id = data.get("id") if name.startswith("GUILD_") and "guild_id" not in data else data.get("guild_id")
        for session in tuple(self._sessions.values()):
            if session.shard.serves(guild_id) and (not intent or session.intents & intent):
                await session.send(name, data)

    async def announce(self, message: Message) -> None:
        """Send MESSAGE_CREATE for a message that is not ephemeral."""
        if message.ephemeral or not self._state.bot_may("view_channel", message.channel_id):
            return
        if self._state.dm_partner(message.channel_id) is not None:
            await self.dispatch("MESSAGE_CREATE", message.payload(), intent=DM_MESSAGES)
        else:
            data = {**message.payload(), "guild_id": self._state.guild_id}
            await self.dispatch("MESSAGE_CREATE", data, intent=GUILD_MESSAGES)

    async def announce_thread(self, name: str, thread: Thread, **more: object) -> None:
        """Send an event about a thread that the bot may see."""
        if self._state.bot_may("view_channel", thread.id):
            await self.dispatch(name, {**payloads.thread(self._state, thread), **more}, intent=GUILDS)

    async def unarchive(self, channel_id: str) -> None:
        """Open an archived thread again, because somebody writes there, and send THREAD_UPDATE."""
        thread = self._state.threads.get(channel_id)
        if thread is not None and thread.archived:
            self._state.archive(thread, archived=False)
            await self.announce_thread("THREAD_UPDATE", thread)

    async def announce_roles(self) -> None:
        """Send GUILD_ROLE_CREATE for each role that the bot does not know yet."""
        for role_id, announced in self._state.roles.items():
            if not announced:
                self._state.roles[role_id] = True
                data = {"guild_id": self._state.guild_id, "role": payloads.role(role_id, f"role {role_id}")}
                await self.dispatch("GUILD_ROLE_CREATE", data, intent=GUILDS)

    async def announce_member(self, name: str, guild_id: str, user: Json) -> None:
        """Send GUILD_MEMBER_ADD or GUILD_MEMBER_REMOVE, which need the server members intent."""
        data = {"guild_id": guild_id, "user": user}
        if name == "GUILD_MEMBER_ADD":
            data |= payloads.member(user, ())
        await self.dispatch(name, data, intent=GUILD_MEMBERS)

    async def fail_guild(self, guild_id: str) -> None:
        """Tell the bot that a guild is unavailable because of an outage."""
        await self.dispatch("GUILD_DELETE", {"id": guild_id, "unavailable": True}, intent=GUILDS)

    async def drop(self, code: int = 4000, *, shard: int | None = None) -> None:
        """Close every connection, or that of one shard; the bot can resume."""
        dropped = [each for each in self._sessions.values() if shard is None or each.shard.number == shard]
        sockets = {each.socket for each in dropped if each.socket} if shard is not None else {*self._sockets}
        for session in dropped:
            session.socket = None  # before the bot answers with a code of its own
        for socket in sockets:
            await socket.close(code=code)

    async def close(self) -> None:
        """End the sessions and close every connection."""
        self._sessions.clear()
        await self.drop(_GOING_AWAY)

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one connection of a bot."""
        socket = web.WebSocketResponse(timeout=1.0)
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            await _send(socket, json.dumps({"op": HELLO, "d": {"heartbeat_interval": _HEARTBEAT_MS}}))
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    await self._receive(socket, frame.json())
        finally:
            self._sockets.discard(socket)
            self._lose(socket)
        return socket

    def _lose(self, socket: web.WebSocketResponse) -> None:
        """Keep the session of a lost connection for a RESUME, unless the bot has ended it."""
        for session in [each for each in self._sessions.values() if each.socket is socket]:
            session.socket = None
            if socket.close_code in _ENDED_BY_BOT:
                del self._sessions[session.id]
        lost = [each.id for each in self._sessions.values() if each.socket is None]
        for session_id in lost[:-_MOST_LOST]:
            del self._sessions[session_id]
        self._state.changed()

    async def _receive(self, socket: web.WebSocketResponse, message: Json) -> None:
        if message["op"] == HEARTBEAT:
            await _send(socket, json.dumps({"op": HEARTBEAT_ACK}))
        elif message["op"] == IDENTIFY:
            await self._identify(socket, message["d"])
        elif message["op"] == RESUME:
            await self._resume(socket, message["d"])

    async def _identify(self, socket: web.WebSocketResponse, data: Json) -> None:
        intents, shard = int(data["intents"]), _shard_in(data)
        self.intents.append(intents)
        if data["token"] != self._token:
            await socket.close(code=_AUTHENTICATION_FAILED, message=b"Authentication failed.")
        elif shard is None:
            await socket.close(code=_INVALID_SHARD, message=b"Invalid shard.")
        elif shard.total < self._state.shards:
            await socket.close(code=_SHARDING_REQUIRED, message=b"Sharding required.")
        elif intents & PRIVILEGED & ~self._state.privileged_intents:
            await socket.close(code=_DISALLOWED_INTENTS, message=b"Disallowed intent(s).")
        else:
            self.shards.append(shard)
            session = Session(secrets.token_hex(16), intents, shard, socket)
            self._sessions[session.id] = session
            await self._welcome(session, sharded="shard" in data)

    async def _welcome(self, session: Session, *, sharded: bool) -> None:
        guilds = [each for each in self._state.guild_ids if session.shard.serves(each)]
        guilds = guilds if session.intents & GUILDS else []
        await session.send("READY", self._ready(session, guilds, sharded=sharded))
        if guilds:
            self._state.roles = dict.fromkeys(self._state.roles, True)
        for guild_id in guilds:
            await session.send("GUILD_CREATE", payloads.guild(self._state, guild_id))
        self._state.changed()

    async def _resume(self, socket: web.WebSocketResponse, data: Json) -> None:
        session = self._sessions.get(data["session_id"])
        if session is None or data["token"] != self._token:
            await _send(socket, json.dumps({"op": INVALID_SESSION, "d": False}))
            return
        self.resumes += 1
        await session.resume(socket, int(data["seq"]))

    def _ready(self, session: Session, guilds: list[str], *, sharded: bool) -> Json:
        return {
            "v": 10,
            "user": self._state.bot,
            "guilds": [{"id": guild_id, "unavailable": True} for guild_id in guilds],
            "session_id": session.id,
            "resume_gateway_url": self._url,
            "application": {"id": self._state.application_id, "flags": payloads.flags(self._state)},
            **({"shard": [*session.shard]} if sharded else {}),
        }


def _shard_in(identify: Json) -> Shard | None:
    """Return the shard that an IDENTIFY names; None if there is no such shard."""
    match identify.get("shard", [0, 1]):
        case [int(number), int(count)] if 0 <= number < count:
            return Shard(number, count)
    return None


async def _send(socket: web.WebSocketResponse, text: str) -> None:
    """Send, or do nothing if the connection is closed: a RESUME repeats the event."""
    try:
        await socket.send_str(text)
    except ConnectionError:
        return
