"""What this Discord knows: ids, messages, interactions, and who sees what."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from bot.playground.embedded.limits import EPHEMERAL, LOADING

Where: TypeAlias = Literal["guild", "dm"]
DISCORD_EPOCH: Final = 1_420_070_400_000
_ids: Final = itertools.count(1)


def snowflake(now: float) -> str:
    """A new id of the moment `now`, in unix seconds."""
    return str(((int(now * 1000) - DISCORD_EPOCH) << 22) | (next(_ids) & 0x3FFFFF))


@dataclass(slots=True, eq=False)
class Message:
    """A message; `seen_by` is the one person who sees an ephemeral one."""

    id: str
    channel_id: str
    author: dict[str, Any]
    body: dict[str, Any]
    seen_by: str | None = None
    command: str | None = None
    edits: int = 0

    @property
    def flags(self) -> int:
        """Discord's message flags."""
        return int(self.body.get("flags") or 0)

    @property
    def loading(self) -> bool:
        """Whether it says "is thinking…"."""
        return bool(self.flags & LOADING)

    def fill(self, body: dict[str, Any], seen_by: str) -> None:
        """Give a deferred message its content and, as Discord does, the visibility of what fills it."""
        self.body = {**body, "flags": int(body.get("flags") or 0) & ~LOADING}
        self.seen_by = seen_by if self.flags & EPHEMERAL else None

    def edit(self, body: dict[str, Any]) -> None:
        """Change what `body` names; whether it is ephemeral cannot be changed."""
        kept = self.flags & EPHEMERAL
        self.body = {**self.body, **body}
        self.body["flags"] = (self.flags & ~LOADING & ~EPHEMERAL) | kept
        self.edits += 1

    def payload(self) -> dict[str, Any]:
        """As the API and the gateway show it."""
        return {
            "id": self.id,
            "type": 0,
            "channel_id": self.channel_id,
            "author": self.author,
            "content": self.body.get("content") or "",
            "embeds": self.body.get("embeds") or [],
            "components": self.body.get("components") or [],
            "flags": self.flags,
            "attachments": [],
            "mentions": [],
            "mention_roles": [],
            "mention_everyone": False,
            "pinned": False,
            "tts": False,
            "timestamp": "2026-01-01T00:00:00+00:00",
            "edited_timestamp": "2026-01-01T00:00:00+00:00" if self.edits else None,
        }


@dataclass(slots=True, eq=False)
class Interaction:
    """One act of a person, waiting for the bot's answer."""

    id: str
    kind: int  # 2 command, 3 component, 4 autocomplete, 5 modal submit
    person_id: str
    channel_id: str
    begun: float
    command: str | None = None
    message: Message | None = None  # the one whose component was used
    token: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    ack: int | None = None  # the callback's type
    ack_ms: float | None = None
    original: Message | None = None
    followups: list[Message] = field(default_factory=list)
    modal: dict[str, Any] | None = None
    choices: list[dict[str, Any]] | None = None
    answered: asyncio.Event = field(default_factory=asyncio.Event)
