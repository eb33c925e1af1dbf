"""Messages, interactions and members: their content, and who sees a message."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal, Protocol, TypeAlias

Json: TypeAlias = dict[str, Any]
Where: TypeAlias = Literal["guild", "thread", "dm"]

EPHEMERAL: Final = 64
LOADING: Final = 128


class Member(Protocol):
    """A user in the guild: their roles, and the language of their client."""

    user: Json
    roles: tuple[int, ...]
    locale: str


@dataclass(slots=True, eq=False)
class Message:
    """A message; `seen_by` is the one person who sees an ephemeral one, `asked_by` whose command it answers."""

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
        """Discord's message flags."""
        return int(self.body.get("flags") or 0)

    @property
    def content(self) -> str:
        """Its text."""
        return str(self.body.get("content") or "")

    @property
    def ephemeral(self) -> bool:
        """Whether one person alone sees it."""
        return self.seen_by is not None

    @property
    def loading(self) -> bool:
        """Whether it says "is thinking…"."""
        return bool(self.flags & LOADING)

    def change(self, body: Json) -> None:
        """Take what `body` names; visibility stays, and the first words of a deferred message are no edit."""
        self.edits += not self.loading
        kept = self.flags & EPHEMERAL
        self.body = {**self.body, **body}
        self.body["flags"] = (self.flags & ~(LOADING | EPHEMERAL)) | kept

    def payload(self) -> Json:
        """As the API and the gateway show it."""
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
            "attachments": self.body.get("attachments") or [],
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
    """One act of a person, waiting for the bot's answer."""

    id: str
    kind: int
    person_id: str
    channel_id: str
    begun: float  # unix seconds
    command: str | None = None
    message: Message | None = None  # the one whose component was used
    token: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    ack: int | None = None  # the callback's type
    ack_ms: float | None = None
    original: Message | None = None
    followups: list[Message] = field(default_factory=list)
    modal: Json | None = None
    choices: list[Json] = field(default_factory=list)
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    sent: float = field(default_factory=time.perf_counter)

    def acknowledge(self, kind: int) -> None:
        """The bot has answered; whoever waits goes on."""
        self.ack = kind
        self.ack_ms = (time.perf_counter() - self.sent) * 1000
        self.answered.set()
