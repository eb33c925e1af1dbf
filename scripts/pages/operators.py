"""The errors of the command line, the bot and the broker.

Each class makes its own sentences, with the names of its values in place of the values.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from functools import cache
from typing import Final, Self, SupportsIndex

from pages.block import table

import openab_auth
from openab_auth.bot.broker.refusals import RequestError
from openab_auth.bot.cli.exit_status import status_of
from openab_auth.oauth.errors import ConfigError, LoginNotStoredError
from openab_auth.storage.errors import OpenabAuthError, StoreUnwritableError
from openab_auth.storage.file_faults import NUMBERS, FaultError
from openab_auth.storage.postgres.wire.faults import FAULTS

HEAD: Final = ("message", "what was kept", "what to do next")
STATUSES: Final = {
    1: "a check failed, or an error without a status of its own",
    2: "usage or config",
    3: "nobody is logged in",
    4: "the login is dead",
    5: "try again later",
    6: "the store",
    7: "the login was not finished",
    8: "nothing waits",
}
_EMPTY: Final = "HAPPENED"  # of a class that only its children use
_IN_MESSAGE: Final = ("TODO", "KEPT")
_PEOPLE: Final = "openab_auth.cogs."


class Name(str):
    """The name of a value, in capitals, in place of the value itself."""

    __slots__ = ()

    def __new__(cls, name: str) -> Self:
        """Make the text that the message shows."""
        return super().__new__(cls, name.strip("_").upper())

    def __format__(self, spec: str) -> str:
        """Return the name, also where a number is expected."""
        del spec
        return str.__str__(self)

    def __repr__(self) -> str:
        return str.__str__(self)

    def __iter__(self) -> Iterator[str]:
        """Yield the name once, where a list of names is expected."""
        yield str.__str__(self)

    def __getattr__(self, name: str) -> Name:
        """Return the name of a part."""
        if name.startswith("__"):
            raise AttributeError(name)
        return Name(name)

    def __truediv__(self, other: float) -> Name:
        """Return the name, where a number is divided."""
        del other
        return self

    def __round__(self, digits: SupportsIndex = 0) -> Name:
        """Return the name, where a number is rounded."""
        return self


def text() -> str:
    """Return the sections of the page."""
    errors = [error for kind in _kinds() if (error := _example(kind)) is not None]
    own = [error for error in errors if not type(error).__module__.startswith(_PEOPLE)]
    refusals = [error for error in own if isinstance(error, RequestError)]
    parts = [
        f"## Exit status {status}: {what}\n\n{table(HEAD, rows)}"
        for status, what in STATUSES.items()
        if (rows := [_row(error) for error in own if error not in refusals and status_of(error) == status])
    ]
    answers = [(f"`{error.code}`", str(error.status), *_row(error)) for error in refusals]
    parts.append(
        "## What the broker answers\n\n"
        "An error above that meets a request of a client is a problem with the same code, too.\n\n"
        + table(("code", "HTTP status", *HEAD), answers)
    )
    return "\n".join([*parts, _faults()])


def _row(error: OpenabAuthError) -> tuple[str, str, str]:
    kept, todo = ("as the message says" if said in _IN_MESSAGE else said for said in (error.kept, error.todo))
    return error.happened, kept, todo.replace("TODO; ", "").replace("; TODO", "")


def _faults() -> str:
    """Return what the reason in brackets means where the store cannot be read or written."""
    rows = {}
    for number in sorted(NUMBERS):
        error = StoreUnwritableError("PATH", OSError(number, "the system's words"))
        rows[error.fault] = (f"`{error.fault}`", error.todo)
    for fault in FAULTS:
        error = StoreUnwritableError("PATH", FaultError(None, "the server's words", fault))
        rows[error.fault] = (f"`{error.fault}`", error.todo)
    return (
        "## The store cannot be read or written\n\n"
        "The words in brackets are the system's or the server's own. What to do depends on the kind of fault, which "
        "`doctor` tells, too:\n\n" + table(("kind of fault", "what to do next"), list(rows.values()))
    )


def _example(kind: type[OpenabAuthError]) -> OpenabAuthError | None:
    """Return an error whose sentences have the names of its values, or None if only its children are used."""
    if kind is ConfigError:
        return ConfigError("FILE", (("TABLE.KEY", "REASON"),))
    if kind is LoginNotStoredError:
        return LoginNotStoredError("VENDOR", StoreUnwritableError("PATH", "REASON"))
    required = [
        one
        for one in list(inspect.signature(kind.__init__).parameters.values())[1:]
        if one.default is one.empty and one.kind not in {one.VAR_POSITIONAL, one.VAR_KEYWORD}
    ]
    words = [Name(one.name) for one in required if one.kind is not one.KEYWORD_ONLY]
    named = {one.name: Name(one.name) for one in required if one.kind is one.KEYWORD_ONLY}
    if kind.__module__.startswith(_PEOPLE):
        return None
    error = kind(*words, **named)
    return None if error.happened in {_EMPTY, "REASON"} else error


@cache
def _kinds() -> tuple[type[OpenabAuthError], ...]:
    """Return every error class of the product, after every module was imported."""
    for module in pkgutil.walk_packages(openab_auth.__path__, "openab_auth."):
        if ".playground" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found = dict.fromkeys(_children(OpenabAuthError))
    return tuple(sorted(found, key=lambda kind: (kind.__module__, kind.__name__)))


def _children(of: type[OpenabAuthError]) -> Iterator[type[OpenabAuthError]]:
    for child in of.__subclasses__():
        if child.__module__.startswith("openab_auth.") and ".playground" not in child.__module__:
            yield child
        yield from _children(child)
