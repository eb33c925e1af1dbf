"""Read the answers of a broker: each problem (RFC 9457) becomes the error that a source on a store would raise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, NamedTuple, NoReturn, TypeAlias, cast

from openab_auth.oauth.entries import AccessToken
from openab_auth.oauth.errors import (
    BrokerRefusedError,
    BrokerUnavailableError,
    LoginDeadError,
    NoAccountForThreadError,
    NotAgreedError,
    NotLoggedInError,
    OAuthError,
    RefreshBusyError,
    redact,
)
from openab_auth.storage import Json, Secret, Tenant

JsonObject: TypeAlias = Mapping[str, Json]
_MISSING: Final = frozenset(kind.code for kind in (NotLoggedInError, NoAccountForThreadError, NotAgreedError))
_LONGEST_TEXT: Final = 400  # characters of a sentence of the broker that are shown
_LONGEST_TOKEN: Final = 2**16  # characters, as in the store
_LATEST: Final = 2**64  # unix seconds; the end of a token without an end is just below
_LONGEST_REST: Final = 86_400.0  # seconds
_OTHER_ADDRESS: Final = "check its address: something else answers there"


class BrokerToken(NamedTuple):
    """An access token, and the key of the login to which it belongs.

    `because` is the rule that chose the login, if the broker says it; `refreshed` tells whether the broker renewed it.
    """

    token: AccessToken
    login: Tenant
    because: str | None = None
    refreshed: bool = False


class BrokerRequest(NamedTuple):
    """A question to people for a login: `asked` now, `waiting` since somebody asked before, or already `there`."""

    login: Tenant
    state: str
    thread: str | None


@dataclass(frozen=True, slots=True)
class BrokerReply:
    """A reply of something at the address of a broker, as it came."""

    status: int
    content: bytes = field(repr=False)
    retry_after: str = ""


class Asked(NamedTuple):
    """Hold a question to the broker at `place`, about the account that `word` means, with or without a key."""

    place: str
    word: str = ""
    key: Secret | None = None

    def unreadable(self, status: int) -> OAuthError:
        """Return the error for a reply that no broker sends: the proxy before it may fail for a moment."""
        reason = f"HTTP {status} without the answer of a broker"
        if _may_pass(status):
            return self.unavailable(reason)
        return BrokerRefusedError(self.place, status, reason, _OTHER_ADDRESS)

    def unavailable(self, reason: str, retry_after: float | None = None) -> BrokerUnavailableError:
        """Return the error for a broker that cannot answer now."""
        return BrokerUnavailableError(self.place, reason, retry_after=retry_after)

    def shown(self, text: Json) -> str:
        """Return a sentence of the broker as it may be shown: on one line, without the key."""
        secrets = () if self.key is None else (self.key,)
        return redact(text, secrets, longest=_LONGEST_TEXT) if isinstance(text, str) else ""


def read_reply(asked: Asked, reply: BrokerReply) -> JsonObject:
    """Return the JSON object of a good answer.

    Raises:
        NotLoggedInError, LoginDeadError, RefreshBusyError: as a source on the store of the broker raised them.
        BrokerRefusedError: the broker refuses the client or the request.
        BrokerUnavailableError: the broker cannot serve the request now.
    """
    found = _object(reply.content)
    if found is None:
        raise asked.unreadable(reply.status)
    if reply.status != HTTPStatus.OK:
        _raise_problem(asked, reply, found)
    return found


def read_token(asked: Asked, found: JsonObject) -> BrokerToken:
    """Return the token in a good answer.

    Raises:
        BrokerRefusedError: it holds no token.
    """
    value, expires_at, login = found.get("access_token"), found.get("expires_at"), found.get("login")
    is_token = isinstance(value, str) and 0 < len(value) <= _LONGEST_TOKEN and value.isascii() and value.isprintable()
    if not is_token or type(expires_at) is not int or not 0 <= expires_at < _LATEST or not isinstance(login, str):
        raise asked.unreadable(HTTPStatus.OK)
    because = found.get("because")
    return BrokerToken(
        AccessToken(Secret(cast("str", value)), expires_at),
        Tenant(login),
        because if isinstance(because, str) else None,
        found.get("refreshed") is True,
    )


def read_request(asked: Asked, found: JsonObject) -> BrokerRequest:
    """Return what became of a question to people.

    Raises:
        BrokerRefusedError: the answer does not say it.
    """
    login, state, thread = found.get("login"), found.get("state"), found.get("thread")
    if not isinstance(login, str) or not isinstance(state, str):
        raise asked.unreadable(HTTPStatus.OK)
    return BrokerRequest(Tenant(login), state, thread if isinstance(thread, str) else None)


def read_logins(asked: Asked, found: JsonObject) -> tuple[JsonObject, ...]:
    """Return the rows of the logins in the answer about the status.

    Raises:
        BrokerRefusedError: it has none.
    """
    rows = found.get("logins")
    if not isinstance(rows, list):
        raise asked.unreadable(HTTPStatus.OK)
    return tuple(row for row in rows if isinstance(row, dict) and isinstance(row.get("tenant"), str))


def _object(content: bytes) -> JsonObject | None:
    try:
        found: Json = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _raise_problem(asked: Asked, reply: BrokerReply, found: JsonObject) -> NoReturn:
    """Raise the error that a problem stands for, in the broker's own words where it has some."""
    code, status = found.get("code"), reply.status
    if not isinstance(code, str):
        raise asked.unreadable(status)
    happened, kept = _sentences(asked.shown(found.get("detail")))
    todo = asked.shown(found.get("hint"))
    error: OAuthError
    if status == HTTPStatus.NOT_FOUND and code in _MISSING:
        error = NotLoggedInError(asked.word)
    elif status == HTTPStatus.CONFLICT:
        error = LoginDeadError(asked.word, "says the broker")
    elif _may_pass(status):
        rest = _seconds(reply.retry_after)
        is_busy = code == RefreshBusyError.code
        error = RefreshBusyError(asked.word, 0, rest) if is_busy else asked.unavailable(f"HTTP {status}", rest)
    elif status == HTTPStatus.UNAUTHORIZED:
        raise _unknown_client(asked)
    else:
        todo = todo or "ask the operator of the broker"
        raise BrokerRefusedError(asked.place, status, happened or f"HTTP {status}", todo)
    error.happened, error.kept, error.todo = happened or error.happened, kept or error.kept, todo or error.todo
    raise error


def _unknown_client(asked: Asked) -> OAuthError:
    """Return the error for a client that the broker does not know; only the client knows whether it sent a key."""
    reason = "this key is wrong, expired or revoked"
    todo = "ask the operator for another key (`openab-auth key add`)"
    if asked.key is None:
        reason = "it does not serve this client without a key"
        todo = "ask the operator for a key (`openab-auth key add`), and set OPENAB_AUTH_BROKER_KEY or key=…"
    return BrokerRefusedError(asked.place, HTTPStatus.UNAUTHORIZED, reason, todo)


def _sentences(detail: str) -> tuple[str, str]:
    """Return what happened and what was kept, which a broker separates as the command line does."""
    happened, separator, kept = detail.rpartition("; ")
    return (happened, kept) if separator else (detail, "")


def _may_pass(status: int) -> bool:
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS


def _seconds(header: str) -> float | None:
    """Return the seconds in a Retry-After header, or None if it names none."""
    digits = header.strip()
    return min(float(digits), _LONGEST_REST) if digits.isascii() and digits.isdigit() else None
