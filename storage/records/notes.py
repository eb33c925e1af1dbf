"""What we remember beside a login and may lose: never a secret, and losing all of it loses no login."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from openab_auth.storage.entries import UserId


@dataclass(frozen=True, slots=True)
class DeadToken:
    """A refresh token that the vendor will never take again, known by its hash alone; `since` is in unix seconds.

    `told` says that whoever made the login was told, so that nobody else tells it again.
    """

    fingerprint: str
    reason: str
    since: int
    told: bool = False


@dataclass(frozen=True, slots=True)
class RefreshAttempt:
    """A refresh that was begun and did not end in a commit; its token is known by its hash, times are unix seconds.

    `answered` is False while nobody knows whether the vendor has taken the token. Nobody asks again before
    `not_before`, which is the further off the more `failures` there were. Where a client or its settings were refused,
    `todo` says what to change, and only who would ask with the same `settings`, a hash, has to wait.
    """

    fingerprint: str
    at: float
    reason: str
    answered: bool
    failures: int = 0
    not_before: float = 0.0
    todo: str = ""
    settings: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """The account of a login, by identifiers that its vendor never changes; each is kept as a hash, by its kind.

    They hold for the refresh token with this `fingerprint`. Another program may have put another account's login in its
    place without telling us, so for any other token they say nothing.
    """

    ids: Mapping[str, str]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Begun:
    """Where a pending login began, and what it may replace.

    `replaces` is the generation of the login that the person agreed to replace; `guild` is the Discord server.
    """

    replaces: str | None = None
    guild: int | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Whose login it is, who made it and when (unix seconds), with which scopes; what became of its last refresh.

    `generation` stays the same while the login is renewed; each login that a person makes has another one. `account` is
    a label for people, which decides nothing. A pending login's note holds `begun` alone.
    """

    account: str | None = None
    logged_in_by: UserId | None = None
    logged_in_at: int | None = None
    scopes: tuple[str, ...] = ()
    dead: DeadToken | None = None
    attempt: RefreshAttempt | None = None
    generation: str | None = None
    subject: Subject | None = None
    begun: Begun | None = None
