"""Messages, interactions and members: their content, and who sees a message."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal, NewType, Protocol, TypeAlias

from openab_auth.bot.playground.discord.rules import IS_COMPONENTS_V2, text_of

Json: TypeAlias = dict[str, Any]
ChannelId = NewType("ChannelId", str)  # of a channel or a thread
Where: TypeAlias = Literal["guild", "thread", "dm"] | ChannelId
"""Where a person acts: the first channel, its first thread, the DM with the bot, or any channel or thread by its id."""

HAS_THREAD: Final = 32
EPHEMERAL: Final = 64
LOADING: Final = 128


class Member(Protocol):
    """A user in the guild: their roles, and the language of their client."""

    user: Json
    roles: tuple[int, ...]
    locale: str


@dataclass(slots=True, eq=False)
class Thread:
    """A public thread. `owner` started it; `name` is its name. It was archived or opened again at `changed_at`."""

    id: str
    name: str
    parent_id: str
    owner: Json
    changed_at: float  # unix seconds
    archived: bool = False
    locked: bool = False


@dataclass(slots=True, eq=False)
class Message:
    """A message. `seen_by` is the only person who sees an ephemeral message; `asked_by` sent the command."""

    id: str
    channel_id: str
    author: Json
    body: Json
    at: float  # unix seconds
    seen_by: str | None = None
    command: str | None = None
    asked_by: str | None = None
    edits: int = 0

    @property
    def flags(self) -> int:
        """Return Discord's message flags."""
        return int(self.body.get("flags") or 0)

    @property
    def content(self) -> str:
        """Return the text."""
        return str(self.body.get("content") or "")

    @property
    def text(self) -> str:
        """Return what people read: the content, or the texts of components v2."""
        return text_of(self.body.get("components") or []) if self.flags & IS_COMPONENTS_V2 else self.content

    @property
    def ephemeral(self) -> bool:
        """Return whether only one person sees the message."""
        return self.seen_by is not None

    @property
    def loading(self) -> bool:
        """Return whether the message says "is thinking…"."""
        return bool(self.flags & LOADING)

    def change(self, body: Json) -> None:
        """Apply `body`; the visibility stays, and the first text of a deferred message does not count as an edit."""
        self.edits += not self.loading
        kept = self.flags & (EPHEMERAL | IS_COMPONENTS_V2) | int(body.get("flags") or 0) & IS_COMPONENTS_V2
        self.body = {**self.body, **body}
        self.body["flags"] = (self.flags & ~(LOADING | EPHEMERAL)) | kept

    def payload(self) -> Json:
        """Return the message in the form that the API and the gateway use."""
        written = datetime.fromtimestamp(self.at, UTC).isoformat()
        return {
            "id": self.id,
            "type": 0,
            "channel_id": self.channel_id,
            "author": self.author,
            "content": self.content,
            "embeds": self.body.get("embeds") or [],
            "components": self.body.get("components") or [],
            "flags": self.flags,
            # Discord does not list the files of a message in components v2.
            "attachments": [] if self.flags & IS_COMPONENTS_V2 else self.body.get("attachments") or [],
            "mentions": [],
            "mention_roles": [],
            "mention_everyone": False,
            "pinned": False,
            "tts": False,
            "timestamp": written,
            "edited_timestamp": written if self.edits else None,
        }


@dataclass(slots=True, eq=False)
class Interaction:
    """A person's interaction with the bot: a command, a button, a form or an autocomplete request."""

    id: str
    kind: int
    person_id: str
    channel_id: str
    begun: float  # unix seconds
    command: str | None = None
    message: Message | None = None  # the message with the component that the person used
    token: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    ack: int | None = None  # the type of the bot's callback
    ack_ms: float | None = None
    original: Message | None = None
    edits_before: int | None = None  # of the message that the bot has promised to edit in place
    followups: list[Message] = field(default_factory=list)
    modal: Json | None = None
    choices: list[Json] = field(default_factory=list)
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    sent: float = field(default_factory=time.perf_counter)

    def acknowledge(self, kind: int) -> None:
        """Record the bot's callback, and wake the client that waits for it."""
        self.ack = kind
        self.ack_ms = (time.perf_counter() - self.sent) * 1000
        self.answered.set()
