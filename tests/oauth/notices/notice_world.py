"""A store with logins, and the notices that are due in it."""

from __future__ import annotations

from functools import partial

from openab_auth.oauth.notices import VariableToken, claim_notice, due_notices, note_told
from openab_auth.storage import (
    REQUESTS,
    DeadToken,
    Draft,
    LoginEntry,
    Note,
    Notice,
    Secret,
    Store,
    Tenant,
    TokenEntry,
    UserId,
)
from openab_auth.storage.records.notices import Channel

NOW = 1_800_000_000
HOUR, DAY = 3_600, 86_400
ADA, BOB = UserId(41), UserId(42)


def login(ends_in: int = HOUR, refresh_token: str = "") -> TokenEntry:
    return TokenEntry(Secret("at"), Secret(refresh_token), NOW + ends_in, "https://vendor.example/token", "codex")


def put(store: Store, entry: LoginEntry, note: Note, tenant: str = "codex") -> None:
    def change(draft: Draft) -> None:
        draft[tenant], draft.notes[tenant] = entry, note

    store.update(change)


def put_dead(store: Store, by: UserId | None = ADA, *, told: bool = False, refresh_token: str = "rt") -> None:
    dead = DeadToken(Secret(refresh_token).fingerprint(), "revoked", NOW, told=told)
    put(store, login(refresh_token=refresh_token), Note(logged_in_by=by, dead=dead))


def due(store: Store, now: float = NOW, variables: tuple[VariableToken, ...] = ()) -> tuple[Notice, ...]:
    return due_notices(store.read(), store.notes(), store.records(REQUESTS), variables, now)


def claim(store: Store, notice: Notice, now: float = NOW, variables: tuple[VariableToken, ...] = ()) -> Notice | None:
    claimed = store.update(lambda draft: claim_notice(draft, notice, variables, now))
    return claimed.notice if claimed else None


def tell(store: Store, now: float = NOW, channel: Channel = "dm", *, refused: bool = False) -> list[Notice]:
    """Tell all that is due, and return it."""
    told = [claimed for notice in due(store, now) if (claimed := claim(store, notice, now))]
    for notice in told:
        store.update(partial(note_told, notice=notice, channel=channel, refused=refused))
    return told


def variable(ends_in: int, made_at: int | None = None, token: str = "t") -> VariableToken:
    return VariableToken(Tenant("codex"), "CODEX_TOKEN", Secret(token).fingerprint(), NOW + ends_in, made_at)
