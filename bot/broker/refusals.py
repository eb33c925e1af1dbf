"""Why a request of a client is refused; `http.problems` says how each refusal and each error is answered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final

from openab_auth.storage.errors import OpenabAuthError

_NOTHING: Final = "nothing was changed"
_RETRY: Final = 5  # seconds


class RequestError(OpenabAuthError):
    """A request of a client that is not answered with what it asks for; `retry_after` is in seconds."""

    status: ClassVar[int] = 400

    def __init__(self, happened: str, todo: str, retry_after: float | None = None) -> None:
        super().__init__(happened, kept=_NOTHING, todo=todo)
        self.retry_after = retry_after


class BadParameterError(RequestError):
    """A parameter or a member of the body is wrong; the sentence repeats nothing of its value."""

    code = "bad_parameter"

    def __init__(self, name: str, rule: str) -> None:
        super().__init__(f"{name} {rule}", "correct the request")


class BadAccountError(BadParameterError):
    """No account has such a name."""

    def __init__(self) -> None:
        super().__init__("account", "must name a vendor, mcp:NAME or vendor@label")


class BadThreadError(BadParameterError):
    """The thread is not named by an id."""

    def __init__(self) -> None:
        super().__init__("thread", "must be the id of a thread, a text of 1 to 20 digits")


class BadHashError(BadParameterError):
    """The refused token is not named by its hash."""

    def __init__(self) -> None:
        super().__init__("sha256", "must be the SHA-256 of the refused access token, 64 hex digits")


class BadReasonError(BadParameterError):
    """The reason is no text, or too long."""

    def __init__(self, most: int) -> None:
        super().__init__("reason", f"must be a text of at most {most} characters")


class BadNumberError(BadParameterError):
    """A parameter is no number within its bounds."""

    def __init__(self, name: str, most: int) -> None:
        super().__init__(name, f"must be a whole number from 0 to {most}")


class BadQueryError(BadParameterError):
    """The query has a parameter that its path does not take, or one twice."""

    def __init__(self, known: Iterable[str]) -> None:
        super().__init__("the query", f"may have each of these once: {', '.join(known) or 'nothing'}")


class BadBodyError(RequestError):
    """The body of a request is not what its path takes."""

    code = "bad_body"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"the body is no JSON object of at most {most} bytes with the members that this path takes",
            "see /v1/openapi.json",
        )


class UnreadableError(RequestError):
    """The bytes of a client are no HTTP request, or its headers are too long."""

    code = "unreadable"

    def __init__(self) -> None:
        super().__init__("this is no HTTP request that the broker can read", "correct the request")


class UnauthorizedError(RequestError):
    """There is no key, or it is wrong, expired or revoked; the client does not learn which."""

    code, status = "unauthorized", 401

    def __init__(self) -> None:
        super().__init__(
            "this request needs a valid key", "send `Authorization: Bearer KEY`; an operator makes keys with `key add`"
        )


class NotCoveredError(RequestError):
    """The key does not cover this login."""

    code, status = "not_covered", 403

    def __init__(self) -> None:
        super().__init__("this key does not cover this login", "ask an operator for a key that covers it")


class PersonalAccountError(RequestError):
    """A personal account was asked for with a key that has no thread of its own."""

    code, status = "personal_account", 403

    def __init__(self) -> None:
        super().__init__("personal accounts need a key with its own thread", "ask an operator for a key with --thread")


class OtherThreadError(RequestError):
    """The request names a thread that is not the key's own."""

    code, status = "other_thread", 403

    def __init__(self) -> None:
        super().__init__("this key may not name this thread", "leave the thread out, or ask for a key with --thread")


class NoThreadError(RequestError):
    """People can be asked only in a thread, and this client has none."""

    code, status = "no_thread", 403

    def __init__(self) -> None:
        super().__init__("no thread is known in which people could be asked", "ask an operator for a key with --thread")


class NotFoundError(RequestError):
    """The path is none of the broker's."""

    code, status = "not_found", 404

    def __init__(self) -> None:
        super().__init__("there is nothing at this path", "see /v1/openapi.json")


class MethodError(RequestError):
    """The path is there, but not for this method; `allowed` are those that it has."""

    code, status = "method_not_allowed", 405

    def __init__(self, *allowed: str) -> None:
        self.allowed = ", ".join(allowed)
        super().__init__("this path has no such method", f"use {self.allowed}")


class TooManyWaitError(RequestError):
    """This client has its most requests waiting."""

    code, status = "too_many_waiting", 429

    def __init__(self, most: int) -> None:
        super().__init__(f"this client has {most} requests waiting", "wait for one of their answers", 1)


class RefreshedLatelyError(RequestError):
    """A client's word caused a refresh of this login less than a minute ago."""

    code, status = "refreshed_lately", 429

    def __init__(self, seconds: float) -> None:
        super().__init__("this login was refreshed less than a minute ago", "try again later", seconds)


class StoppingError(RequestError):
    """The broker stops."""

    code, status = "stopping", 503

    def __init__(self) -> None:
        super().__init__("this broker stops", "try again in a moment", 1)


class NotReadyError(RequestError):
    """The store cannot be read in time, so that the broker cannot answer."""

    code, status = "not_ready", 503

    def __init__(self) -> None:
        super().__init__("the store of this broker cannot be read", "try again in a moment", _RETRY)
