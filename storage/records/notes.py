"""Notes beside a login; a note never holds a secret, and losing all notes loses no login."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from openab_auth.storage.entries import Json, UserId
from openab_auth.storage.records.kind import RecordKind

MOST_FAILURES: Final = 16  # in a row; more change no pause
_LATEST: Final = 2**63  # unix seconds; json also reads Infinity and NaN, and neither is a time
_OLD_CONFIG_HASH: Final = "settings"  # an earlier version wrote the hash under this name


class DeadToken(NamedTuple):
    """A refresh token that the vendor will never accept again; only its hash is kept, and `since` is in unix seconds.

    `doubtful`: the vendor refused the token in unknown words, again and again. `told` is True once the person who made
    the login was told, so that nobody tells that person twice.
    """

    fingerprint: str
    reason: str
    since: int
    told: bool = False
    doubtful: bool = False


class RefreshAttempt(NamedTuple):
    """A refresh that began and did not end in a commit; only the hash of its token is kept, times are unix seconds.

    `refusals` counts the answers in a row that refused this token without saying that it is dead, since the time
    `refused_since`.
    `answered` is False while nobody knows whether the vendor has used up the token. No process refreshes before
    `not_before`, and this pause grows with the number of `failures`. If the vendor refused the configuration, `todo`
    says what to change. Then only a process with the same `config_hash` has to wait.
    """

    fingerprint: str
    at: float
    reason: str
    answered: bool
    failures: int = 0
    not_before: float = 0.0
    todo: str = ""
    config_hash: str = ""
    refusals: int = 0
    refused_since: float = 0.0


class Subject(NamedTuple):
    """The account of a login: identifiers that the vendor never changes, each hashed, by the kind of the identifier.

    They are valid only for the refresh token with this `fingerprint`. Another program may have replaced the login with
    that of another account, so they say nothing about any other token.
    """

    ids: Mapping[str, str]
    fingerprint: str


class Begun(NamedTuple):
    """The beginning of a pending login: its Discord server, and what the person agreed to.

    `replaces` is the generation of the login that it may replace. `beside` is the generation of all other logins of the
    same vendor account together, beside which it may be stored. `guild` is the Discord server.
    """

    replaces: str | None = None
    guild: int | None = None
    beside: str | None = None


class RefusedToken(NamedTuple):
    """An access token that a server has refused; only its hash is kept, and `at` is in unix seconds."""

    fingerprint: str
    at: int


class Note(NamedTuple):
    """The account of a login, who made it and when (unix seconds), its scopes, and how its last refresh ended.

    Renewing a login keeps its `generation`; every login that a person makes gets a new one. `account` is a label for
    people and decides nothing. `left_at` is when a bot noted that the person of this login has left. `refused` is
    the last access token that a broker refreshed at the word of a client. `waits` is True while a restored
    login waits for `store adopt` with its refresh token. The note of a pending login holds `begun` and `left_at` alone.
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
    left_at: int | None = None
    refused: RefusedToken | None = None
    waits: bool = False


def _to_json(note: Note) -> dict[str, Json]:
    left = {} if note.left_at is None else {"left_at": note.left_at}
    refused = {} if note.refused is None else {"refused": note.refused._asdict()}
    return {
        "account": note.account,
        "logged_in_by": note.logged_in_by,
        "logged_in_at": note.logged_in_at,
        "scopes": list(note.scopes),
        "dead": None if note.dead is None else note.dead._asdict(),
        "attempt": None if note.attempt is None else note.attempt._asdict(),
        "generation": note.generation,
        "subject": None if note.subject is None else note.subject._asdict(),
        "begun": None if note.begun is None else note.begun._asdict(),
        **left,
        **refused,
        **({"waits": True} if note.waits else {}),
    }


def _from_json(value: object) -> Note | None:
    """Read one note; leave out every field that has the wrong type."""
    if not isinstance(value, dict):
        return None
    account, scopes = value.get("account"), value.get("scopes")
    by, at = _integer(value.get("logged_in_by")), _integer(value.get("logged_in_at"))
    return Note(
        account=account if isinstance(account, str) and account.isprintable() else None,
        logged_in_by=None if by is None else UserId(by),
        logged_in_at=at,
        scopes=tuple(scope for scope in scopes if isinstance(scope, str)) if isinstance(scopes, list) else (),
        dead=_dead(value.get("dead")),
        attempt=_attempt(value.get("attempt")),
        generation=generation if isinstance(generation := value.get("generation"), str) else None,
        subject=_subject(value.get("subject")),
        begun=_begun(value.get("begun")),
        left_at=_integer(value.get("left_at")),
        refused=_refused(value.get("refused")),
        waits=value.get("waits") is True,
    )


def _dead(value: object) -> DeadToken | None:
    match value:
        case {"fingerprint": str(fingerprint), "reason": str(reason), "since": since, **others} if (
            _integer(since) is not None
        ):
            told, doubtful = others.get("told") is True, others.get("doubtful") is True
            return DeadToken(fingerprint, reason, since, told=told, doubtful=doubtful)
    return None


def _attempt(value: object) -> RefreshAttempt | None:
    match value:
        case {
            "fingerprint": str(fingerprint),
            "at": int() | float() as at,
            "reason": str(reason),
            "answered": bool(answered),
            "failures": int(failures),
            "not_before": int() | float() as not_before,
            **others,
        } if 0 <= at < _LATEST and 0 <= not_before < _LATEST:
            todo, config_hash = others.get("todo"), others.get("config_hash", others.get(_OLD_CONFIG_HASH))
            return RefreshAttempt(
                *(fingerprint, at, reason, answered, _count(failures), not_before),
                todo=todo if isinstance(todo, str) else "",
                config_hash=config_hash if isinstance(config_hash, str) else "",
                refusals=_count(_integer(others.get("refusals")) or 0),
                refused_since=_time(others.get("refused_since")),
            )
    return None


def _subject(value: object) -> Subject | None:
    match value:
        case {"ids": dict(ids), "fingerprint": str(fingerprint)} if all(isinstance(one, str) for one in ids.values()):
            return Subject(ids, fingerprint)
    return None


def _begun(value: object) -> Begun | None:
    match value:
        case {"replaces": str() | None as replaces, "guild": guild, **others} if (
            guild is None or _integer(guild) is not None
        ):
            beside = others.get("beside")
            return Begun(replaces, guild, beside if isinstance(beside, str) else None)
    return None


def _refused(value: object) -> RefusedToken | None:
    match value:
        case {"fingerprint": str(fingerprint), "at": at} if _integer(at) is not None:
            return RefusedToken(fingerprint, at)
    return None


def _time(value: object) -> float:
    return value if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _LATEST else 0.0


def _count(found: int) -> int:
    """Return a count of failures within its bounds; the notes may be damaged, or another program's."""
    return max(0, min(found, MOST_FAILURES))


def _integer(value: object) -> int | None:
    return value if type(value) is int else None


NOTES: Final = RecordKind("notes", _to_json, _from_json, may_be_lost=True)
