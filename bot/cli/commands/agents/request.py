"""`request`: ask people in the agent's thread for a login."""

from __future__ import annotations

import argparse
from typing import Final

from openab_auth.bot.cli.arguments import UsageError
from openab_auth.bot.cli.broker import broker_source
from openab_auth.bot.cli.exit_status import DONE
from openab_auth.bot.cli.output import print_result
from openab_auth.bot.cli.runtime import open_runtime
from openab_auth.oauth.errors import one_line
from openab_auth.oauth.requests import LoginRequests
from openab_auth.oauth.threads import thread_in

_PROG: Final = "openab-auth request"
_SAID: Final = {
    "asked": "asked for a login; the bot writes about it in the thread",
    "waiting": "somebody has asked for this login already",
    "there": "the login is there",
}


async def request(arguments: argparse.Namespace) -> int:
    """Ask for a login in the thread, and end at once.

    Raises:
        UsageError: no thread is known.
        OAuthError, StorageError: as `LoginRequests.ask`.
    """
    broker = broker_source(arguments)
    if broker is not None:
        async with broker:
            login, state, place = await broker.ask(arguments.account, arguments.reason)
    else:
        runtime = open_runtime(arguments)
        thread = thread_in(runtime.environ, arguments.thread)
        if thread is None:
            message = "no thread is known; give it with --thread ID"
            raise UsageError(message, _PROG)
        async with runtime:
            login, state = await LoginRequests(runtime, thread).ask(arguments.account, arguments.reason)
        place = str(thread)
    result = {"login": login, "thread": place, "state": state}
    print_result(result, f"{one_line(login)}: {_SAID.get(state, one_line(state))}", as_json=arguments.json)
    return DONE
