"""`logout`: revoke a login where the vendor can, then remove it."""

from __future__ import annotations

import argparse

from openab_auth.bot.cli.commands.logins import open_logins
from openab_auth.bot.cli.exit_status import DONE
from openab_auth.bot.cli.output import print_result
from openab_auth.bot.cli.runtime import open_runtime
from openab_auth.oauth.errors import one_line
from openab_auth.oauth.logins import LogoutResult


async def logout(arguments: argparse.Namespace) -> int:
    """Revoke the login at the vendor if possible, then remove it from the store."""
    async with open_logins(open_runtime(arguments)) as logins:
        done = await logins.logout(await logins.account(arguments.tenant), revoke=not arguments.local)
    result: dict[str, object] = {"tenant": done.tenant, "revoked": done.revoked, "removed": done.removed}
    if done.left:
        result["left"] = done.left
    print_result(result, _logged_out(done), as_json=arguments.json)
    return DONE


def _logged_out(done: LogoutResult) -> str:
    if done.removed:
        said = "revoked at the vendor and removed here" if done.revoked else "removed here, not revoked at the vendor"
    else:
        said = "another login replaced it meanwhile and was kept" if done.newer_kept else "it was already removed"
        said += "; nothing was removed"
        if done.revoked:
            said += f", but {'the former login' if done.newer_kept else 'it'} is revoked at the vendor"
    left = "".join(f"\nCareful: {what}." for what in done.left)
    return f"{one_line(done.tenant)}: {said}{f' ({done.note})' if done.note else ''}.{left}"
