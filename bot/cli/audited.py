"""Write a line about a command of the command line to the audit log, with the real user id of the process."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from openab_auth.oauth.audit import AuditLine, AuditLog, audit_path, outcome_of
from openab_auth.oauth.errors import LoginDeadError, ThreadIdError
from openab_auth.oauth.threads import thread_in

if TYPE_CHECKING:
    from openab_auth.oauth.runtime import Runtime
    from openab_auth.storage import UserId

Event: TypeAlias = Literal[
    "login",
    "complete",
    "cancel",
    "logout",
    "end_person",
    "token",
    "refresh",
    "exec",
    "use",
    "mcp_add",
    "mcp_remove",
    "key_add",
    "key_revoke",
]
_AGENTS: Final = ("token", "exec")  # agents call these often


@asynccontextmanager
async def audited(
    runtime: Runtime, event: Event, *, user: UserId | None = None, thread: str | None = None
) -> AsyncIterator[AuditLine]:
    """Write a line when the block ends, however it ends; the block names the account in it.

    `user` is the person whom `--user` names, and `thread` the word of `--thread`. A token has at most one line for each
    user id, account, thread, outcome and minute. Agents may have no right to write to the log, so a failure of such a
    line is shown only with `--verbose`.

    Raises:
        ConfigError: OPENAB_AUTH_AUDIT is relative.
    """
    log = AuditLog(audit_path(runtime.location, runtime.environ), runtime.clock)
    line, begun = AuditLine("cli", event, user=user, uid=os.getuid()), time.monotonic()
    with suppress(ThreadIdError):  # a command that works in a thread refuses it, and others need none
        line.thread = thread_in(runtime.environ, thread)
    try:
        yield line
    except BaseException as error:
        line.outcome = outcome_of(error)
        if isinstance(error, LoginDeadError):
            line.account = line.account or error.tenant
        raise
    finally:
        line.seconds = time.monotonic() - begun
        is_agents = event in _AGENTS
        await log.write(line, once_a_minute=is_agents, failure=logging.DEBUG if is_agents else logging.ERROR)
