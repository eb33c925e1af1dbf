"""`exec`: becomes another command, with each token in the variable that the vendor's own tools read."""

from __future__ import annotations

import argparse
import errno
import os
import re
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from openab_auth.bot.cli.output import print_error
from openab_auth.bot.cli.session import Session, open_session
from openab_auth.bot.cli.stop import run_until_told
from openab_auth.bot.cli.words import UsageError
from openab_auth.oauth.accounts import resolve
from openab_auth.oauth.config import find_program
from openab_auth.oauth.errors import NotLoggedInError, VendorMisconfiguredError, safe_name
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Vendor
from openab_auth.storage import OpenabAuthError

_NOT_FOUND: Final = 127  # as shells have it
_NOT_RUNNABLE: Final = 126
_PROG: Final = "openab-auth exec"
_NOT_OF_A_NAME: Final = re.compile(r"[^A-Z0-9]+")


class CommandNotRunError(OpenabAuthError):
    """The command could not be started; the tokens were there."""

    code = "command_not_run"

    def __init__(self, command: str, reason: str) -> None:
        super().__init__(
            f"{command} was not started ({reason})", kept="the logins are untouched", todo="name a program that is here"
        )


class NoVariableError(VendorMisconfiguredError):
    """Nobody knows in which variable this token would be looked for."""

    _happened = "the token of {vendor} was handed to no command ({reason})"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a token goes: its variable, and those that the vendor's tools would read before it."""

    variable: str
    shadows: tuple[str, ...] = ()


def exec(arguments: argparse.Namespace) -> int:  # noqa: A001 - the command's own name
    """Become the command; its signals and its exit status are then its own.

    Raises:
        UsageError: there is no command, or two tokens would go into one variable.
        NoVariableError: nobody knows where a token should go.
        OAuthError, StorageError: as `TokenSource.get_valid`; the command was not started.
    """
    if not arguments.child:
        message = "a command is missing: put it behind `--`, as in `openab-auth exec claude -- claude`"
        raise UsageError(message, _PROG)
    environ = run_until_told(_environ(arguments))
    # From here on a signal ends this process at once, and there is nothing that it could lose.
    program, *_ = arguments.child
    try:
        _restore_signals()
        sys.stdout.flush()
        os.execve(_found(program), arguments.child, environ)  # noqa: S606 - what the person asked for, and no shell
    except OSError as error:
        print_error(CommandNotRunError(program, error.strerror or type(error).__name__), as_json=arguments.json)
        return _NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_RUNNABLE


async def _environ(arguments: argparse.Namespace) -> dict[str, str]:
    session = open_session(arguments)
    places = await _places(session, arguments.tenants)
    environ = dict(os.environ)
    async with TokenSource(session.store, catalogue=session.catalogue) as source:
        for tenant, place in places.items():
            try:
                token = await source.get_valid(tenant)
            except NotLoggedInError:
                if session.catalogue.variables_in_use(tenant):  # the operator's own token, which the command inherits
                    continue
                raise
            for shadow in place.shadows:
                environ.pop(shadow, None)
            environ[place.variable] = token.value.reveal()
    return environ


async def _places(session: Session, words: list[str]) -> Mapping[str, _Place]:
    """Where each token goes, known before any of them is asked for."""
    entries, catalogue = await session.store.read(), session.with_added()
    places: dict[str, _Place] = {}
    for word in words:
        account = resolve(word, catalogue, entries)
        tenant = account.tenant
        places[tenant] = _of_server(tenant) if account.is_server else _of_vendor(word, catalogue.find(tenant))
    variables = [place.variable for place in places.values()]
    if taken := [variable for variable in variables if variables.count(variable) > 1]:
        message = f"two of these tokens would go into ${taken[0]}; run the command with one of them"
        raise UsageError(message, _PROG)
    return places


def _of_vendor(word: str, vendor: Vendor | None) -> _Place:
    if vendor is None:
        todo = "add a [vendors.NAME] table with this tenant and exec_env to the config, or use `openab-auth token`"
        raise NoVariableError(safe_name(word), "no vendor of this name or tenant is configured here", todo)
    if not vendor.exec_env:
        todo = f"set exec_env in [vendors.{vendor.name}] to the variable that the command reads"
        raise NoVariableError(vendor.title, "no variable is known that its tools read", todo)
    before = vendor.env[: vendor.env.index(vendor.exec_env)] if vendor.exec_env in vendor.env else vendor.env
    return _Place(vendor.exec_env, before)


def _of_server(tenant: str) -> _Place:
    """MCP_LINEAR_TOKEN for `linear`: no tool has a variable for it, so there is one rule for all servers."""
    return _Place(f"MCP_{_NOT_OF_A_NAME.sub('_', tenant.removeprefix('mcp:').upper())}_TOKEN")


def _found(program: str) -> str:
    """Return the program's path: as typed where it has a slash, else from PATH as for any program (`oauth.command`).

    Raises:
        FileNotFoundError: there is none.
    """
    path = program if "/" in program else find_program(program, os.environ)
    if path is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    return path


def _restore_signals() -> None:
    """What Python ignores for itself must not be ignored by the command: `| head` would never end it."""
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
