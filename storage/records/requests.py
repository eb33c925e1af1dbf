"""What agents ask people for, and what the bot has to tell people about logins.

The records hold no secret. Losing them loses no login: agents ask again, and a notice may be sent twice.

The keys of the records:

    request:THREAD:LOGIN   a login that an agent in this thread needs
    messages:THREAD        when the bot wrote messages about requests in it

    notice:died:LOGIN                  a login died
    notice:ends:LOGIN                  a login will end, and nothing can renew it
    notice:variable-ends:LOGIN:TOKEN   the same of a token in a variable; TOKEN begins its hash
    notice:replaced:LOGIN:PERSON       somebody has replaced the login of this person
    limit:LOGIN                        an account that its vendor limits for some time
"""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

from openab_auth.storage.entries import Json, Tenant
from openab_auth.storage.records.kind import RecordKind
from openab_auth.storage.records.notices import Limit, Notice, limit_to_json, notice_to_json, read_notice
from openab_auth.storage.records.threads import ThreadId

_LONGEST: Final = 10**20  # an agent may name each thread of up to 20 digits


class RequestMessage(NamedTuple):
    """The message about a request: where it is, the reason that it shows, and when the bot last wrote it."""

    channel: int
    message: int
    reason: str
    at: int = 0


class LoginRequest(NamedTuple):
    """A login that an agent in a thread needs; times are unix seconds.

    `id` is short, random and public: buttons and nonces carry it. `name` is the account as `/auth login` takes it.
    `reason` is what the agent says, on one line. `message` is None until the bot has written it. Until
    `claimed_until`, another bot of the same Discord application writes it. `trouble` says why the bot could not
    write into the thread.
    """

    id: str
    thread: ThreadId
    login: Tenant
    name: str
    reason: str
    asked_at: int
    message: RequestMessage | None = None
    claimed_until: int = 0
    trouble: str = ""


class WrittenMessages(NamedTuple):
    """When the bot wrote messages about requests in one thread, in unix seconds, the earliest first."""

    at: tuple[int, ...]


RequestRecord: TypeAlias = LoginRequest | WrittenMessages | Notice | Limit


def request_key(thread: ThreadId, login: Tenant) -> str:
    """Return the key of the request for a login in a thread."""
    return f"request:{thread}:{login}"


def messages_key(thread: ThreadId) -> str:
    """Return the key of the times of the messages in a thread."""
    return f"messages:{thread}"


def _to_json(record: RequestRecord) -> Json:
    if isinstance(record, WrittenMessages):
        return {"at": [*record.at]}
    if isinstance(record, Notice):
        return notice_to_json(record)
    if isinstance(record, Limit):
        return limit_to_json(record)
    return {**record._asdict(), "message": None if record.message is None else record.message._asdict()}


def _from_json(value: object) -> RequestRecord | None:
    match value:
        case {"at": list(at)} if all(map(_is_number, at)):
            return WrittenMessages(tuple(at))
        case {
            "id": str(id_),
            "thread": thread,
            "login": str(login),
            "name": str(name),
            "reason": str(reason),
            "asked_at": asked_at,
            "message": message,
            "claimed_until": claimed_until,
            "trouble": str(trouble),
        } if all(map(_is_number, (thread, asked_at, claimed_until))):
            return LoginRequest(
                *(id_, ThreadId(thread), Tenant(login), name, reason, asked_at),
                message=_message(message),
                claimed_until=claimed_until,
                trouble=trouble,
            )
    return read_notice(value)


def _message(value: object) -> RequestMessage | None:
    match value:
        case {"channel": int(channel), "message": int(message), "reason": str(reason), "at": int(at)}:
            return (
                RequestMessage(channel, message, reason, at) if all(map(_is_number, (channel, message, at))) else None
            )
    return None


def _is_number(value: object) -> bool:
    return type(value) is int and 0 <= value < _LONGEST


REQUESTS: Final[RecordKind[RequestRecord]] = RecordKind("requests", _to_json, _from_json, may_be_lost=True)
