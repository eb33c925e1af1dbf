"""Notices about logins to the people whom they concern, and accounts that their vendor limits for some time.

They lie among the records of requests; `storage.records.requests` has their keys.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias, TypeGuard, get_args

from openab_auth.storage.entries import Json, Tenant, UserId

About: TypeAlias = Literal["died", "ends", "variable-ends", "replaced"]
Channel: TypeAlias = Literal["dm", "operators"]
_ABOUT: Final = frozenset(get_args(About))
_CHANNELS: Final = frozenset(get_args(Channel))


class Notice(NamedTuple):
    """A message about a login, and in which channels it was told; times are unix seconds.

    `id` is short and random, and the message's nonce; it is empty until a bot has claimed the notice. `mark` tells the
    login from others under the same key: the hash of its token, or the generation of the login that was replaced.
    `at` is when the login died, ends, or was replaced. `lead` is the time before its end at which this notice is due.

    `person` is who made the login; None if nobody knows. `by` is who replaced it. `told` has the channels in which the
    notice was sent, and `refused` those in which Discord refused it. Until `claimed_until`, another bot sends it.
    """

    id: str
    about: About
    login: Tenant
    mark: str
    at: int
    person: UserId | None = None
    by: UserId | None = None
    lead: int = 0
    told: tuple[Channel, ...] = ()
    refused: tuple[Channel, ...] = ()
    claimed_until: int = 0

    @property
    def key(self) -> str:
        """Return the key of the record. A newer notice about the same login replaces an older one.

        Bots may have different tokens in their variables, and people may replace a login one after the other, so these
        notices do not replace each other.
        """
        beside = {"variable-ends": f":{self.mark[:16]}", "replaced": f":{self.person}"}.get(self.about, "")
        return f"notice:{self.about}:{self.login}{beside}"


class Limit(NamedTuple):
    """An account that its vendor limits until a time, in unix seconds."""

    login: Tenant
    until: int


def limit_key(login: Tenant) -> str:
    """Return the key of the limit of an account."""
    return f"limit:{login}"


def notice_to_json(notice: Notice) -> Json:
    """Return the JSON of a notice."""
    return {**notice._asdict(), "told": [*notice.told], "refused": [*notice.refused]}


def limit_to_json(limit: Limit) -> Json:
    """Return the JSON of a limit."""
    return {**limit._asdict()}


def read_notice(value: object) -> Notice | Limit | None:
    """Return the notice or the limit in a JSON value; None if it is neither."""
    match value:
        case {"login": str(login), "until": until} if _is_number(until):
            return Limit(Tenant(login), until)
        case {
            "id": str(id_),
            "about": str(about),
            "login": str(login),
            "mark": str(mark),
            "at": at,
            "person": person,
            "by": by,
            "lead": lead,
            "told": list(told),
            "refused": list(refused),
            "claimed_until": claimed_until,
        } if (
            _is_about(about)
            and all(map(_is_number, (at, lead, claimed_until)))
            and all(one is None or _is_number(one) for one in (person, by))
        ):
            return Notice(
                *(id_, about, Tenant(login), mark, at),
                person=None if person is None else UserId(person),
                by=None if by is None else UserId(by),
                lead=lead,
                told=tuple(filter(_is_channel, told)),
                refused=tuple(filter(_is_channel, refused)),
                claimed_until=claimed_until,
            )
    return None


def _is_about(value: str) -> TypeGuard[About]:
    return value in _ABOUT


def _is_channel(value: object) -> TypeGuard[Channel]:
    return isinstance(value, str) and value in _CHANNELS


def _is_number(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 <= value < 2**64
