"""`store`: hand each of its actions to the module that does the work."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Final

from openab_auth.bot.cli.arguments import UsageError
from openab_auth.bot.cli.commands.store.adopt import adopt
from openab_auth.bot.cli.commands.store.backup import backup
from openab_auth.bot.cli.commands.store.copy import copy
from openab_auth.bot.cli.commands.store.init import init
from openab_auth.bot.cli.commands.store.new_key import new_key
from openab_auth.bot.cli.commands.store.rekey import rekey
from openab_auth.bot.cli.commands.store.restore import restore

_PROG: Final = "openab-auth store"
_ACTIONS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    "adopt": adopt,
    "backup": backup,
    "copy": copy,
    "init": init,
    "new-key": new_key,
    "rekey": rekey,
    "restore": restore,
}
_PLACES: Final = {"copy": 2, "backup": 1, "restore": 1}


def store(arguments: argparse.Namespace) -> int:
    """Do one action on a store.

    Raises:
        UsageError: the words or options do not belong to this action.
        StorageError: the store cannot be read or written.
    """
    if len(arguments.places) != _PLACES.get(arguments.action, 0):
        message = "give FROM and TO after `copy`, one FILE after `backup` and `restore`, and none after the others"
        raise UsageError(message, _PROG)
    if arguments.grant and arguments.action != "init":
        message = "--grant belongs to `init`"
        raise UsageError(message, _PROG)
    if arguments.keep_source and arguments.action != "copy":
        message = "--keep-source belongs to `copy`"
        raise UsageError(message, _PROG)
    if arguments.replace and arguments.action != "restore":
        message = "--replace belongs to `restore`"
        raise UsageError(message, _PROG)
    return _ACTIONS[arguments.action](arguments)
