"""The gateway: IDENTIFY, heartbeats, RESUME, and the events that a bot with its intents receives."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import WSMsgType, web

DISPATCH: Final = 0
HEARTBEAT: Final = 1
IDENTIFY: Final = 2
RESUME: Final = 6
INVALID_SESSION: Final = 9
HELLO: Final = 10
HEARTBEAT_ACK: Final = 11
GUILDS: Final = 1 << 0
DM_MESSAGES: Final = 1 << 12
_BAD_TOKEN: Final = 4004


@dataclass(slots=True, eq=False)
class Session:
    """One bot's session; events are kept so that a RESUME gets what it missed."""

    id: str
    intents: int
    socket: web.WebSocketResponse | None
    events: list[dict[str, Any]] = field(default_factory=list)

    async def send(self, name: str, data: dict[str, Any]) -> None:
        """Dispatch one event, or keep it for a session that is cut off."""
        event = {"op": DISPATCH, "t": name, "s": len(self.events) + 1, "d": data}
        self.events.append(event)
        if self.socket is not None and not self.socket.closed:
            await self.socket.send_str(json.dumps(event))


class Gateway:
    """Bots' sessions; `first_events` gives what follows a READY."""

    def __init__(self, token: str, ready: Callable[[], dict[str, Any]], guild: Callable[[], dict[str, Any]]) -> None:
        self._token = token
        self._ready = ready
        self._guild = guild
        self.sessions: dict[str, Session] = {}
        self.resumes = 0

    async def dispatch(self, name: str, data: dict[str, Any], *, intent: int = 0) -> None:
        """Send an event to every session that asked for `intent` (0: to all)."""
        for session in self.sessions.values():
            if not intent or session.intents & intent:
                await session.send(name, data)

    async def drop(self, code: int = 4000) -> None:
        """Close every connection; bots may resume."""
        for session in self.sessions.values():
            if session.socket is not None:
                await session.socket.close(code=code)

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """One connection of a bot."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(json.dumps({"op": HELLO, "d": {"heartbeat_interval": 41_250}}))
        session: Session | None = None
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                break
            message = frame.json()
            if message["op"] == HEARTBEAT:
                await socket.send_str(json.dumps({"op": HEARTBEAT_ACK}))
            elif message["op"] == IDENTIFY:
                if message["d"]["token"] != self._token:
                    await socket.close(code=_BAD_TOKEN)
                    break
                session = await self._identify(socket, int(message["d"]["intents"]))
            elif message["op"] == RESUME:
                session = await self._resume(socket, message["d"])
        if session is not None and session.socket is socket:
            session.socket = None
        return socket

    async def _identify(self, socket: web.WebSocketResponse, intents: int) -> Session:
        session = Session(secrets.token_hex(16), intents, socket)
        self.sessions = {session.id: session}  # a bot that starts anew has left its former session behind
        await session.send("READY", {**self._ready(), "session_id": session.id})
        if intents & GUILDS:
            await session.send("GUILD_CREATE", self._guild())
        return session

    async def _resume(self, socket: web.WebSocketResponse, data: dict[str, Any]) -> Session | None:
        session = self.sessions.get(data["session_id"])
        if session is None or data["token"] != self._token:
            await socket.send_str(json.dumps({"op": INVALID_SESSION, "d": False}))
            return None
        self.resumes += 1
        session.socket = socket
        for event in session.events[data["seq"] :]:
            await socket.send_str(json.dumps(event))
        await session.send("RESUMED", {})
        return session
