"""`request`: ask people in the agent's thread for a login."""

from __future__ import annotations

import argparse
from typing import Final

from openab_auth.bot.cli.arguments import UsageError
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
    runtime = open_runtime(arguments)
    thread = thread_in(runtime.environ, arguments.thread)
    if thread is None:
        message = "no thread is known; give it with --thread ID"
        raise UsageError(message, _PROG)
    async with runtime:
        asked = await LoginRequests(runtime, thread).ask(arguments.account, arguments.reason)
    result = {"login": asked.login, "thread": str(thread), "state": asked.state}
    print_result(result, f"{one_line(asked.login)}: {_SAID[asked.state]}", as_json=arguments.json)
    return DONE
