"""What we remember beside a login and may lose: never a secret, and losing all of it loses no login."""

from __future__ import annotations

from dataclasses import dataclass

from storage.entries import UserId


@dataclass(frozen=True, slots=True)
class DeadToken:
    """A refresh token that the vendor will never take again, known by its hash alone; `since` is in unix seconds."""

    fingerprint: str
    reason: str
    since: int


@dataclass(frozen=True, slots=True)
class Note:
    """Whose login it is, who made it and when (unix seconds), with which scopes, and whether it has died."""

    account: str | None = None
    logged_in_by: UserId | None = None
    logged_in_at: int | None = None
    scopes: tuple[str, ...] = ()
    dead: DeadToken | None = None
