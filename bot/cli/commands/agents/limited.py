"""`limited`: record that a vendor limits an account until a time."""

from __future__ import annotations

import argparse
from typing import Final

from openab_auth.bot.cli.exit_status import DONE
from openab_auth.bot.cli.output import print_result
from openab_auth.bot.cli.runtime import open_runtime
from openab_auth.oauth.errors import one_line
from openab_auth.oauth.threads import thread_in
from openab_auth.oauth.tokens import TokenSource

_SAID: Final = {"limited": "limited; status shows it until then, and nothing switches by itself", "free": "not limited"}


async def limited(arguments: argparse.Namespace) -> int:
    """Record that an account is limited; a time in the past ends the limit.

    Raises:
        OAuthError, StorageError: as `TokenSource.limited`.
    """
    runtime = open_runtime(arguments)
    thread = thread_in(runtime.environ, arguments.thread)
    async with runtime, TokenSource(runtime, thread=thread) as source:
        login = (await source.limited(arguments.account, until=arguments.until)).tenant
    state = "limited" if arguments.until > runtime.clock() else "free"
    result = {"login": login, "thread": None if thread is None else str(thread), "state": state}
    print_result(result, f"{one_line(login)}: {_SAID[state]}", as_json=arguments.json)
    return DONE
