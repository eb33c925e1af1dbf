"""`logout`: revoke a login where the vendor can, then remove it; or end everything that one person has."""

from __future__ import annotations

import argparse
from typing import Final

from openab_auth.bot.cli.arguments import UsageError
from openab_auth.bot.cli.audited import audited
from openab_auth.bot.cli.commands.logins.opening import open_logins
from openab_auth.bot.cli.exit_status import DONE
from openab_auth.bot.cli.output import print_result
from openab_auth.bot.cli.runtime import open_runtime
from openab_auth.oauth.accounts import account_word
from openab_auth.oauth.errors import NothingOfPersonError, one_line
from openab_auth.oauth.logins import EndedLogin, LogoutResult, PersonLogout
from openab_auth.storage import CONSOLE, Tenant, UserId

_PROGRAM: Final = "openab-auth logout"
_ONE_OF_BOTH: Final = "logout needs a TENANT, or --user with the id of a person"
_WITHOUT_TENANT: Final = "--revoke belongs to --user without a TENANT; a TENANT is revoked unless --local is given"
_CONTRADICTION: Final = "--local and --revoke exclude each other"


async def logout(arguments: argparse.Namespace) -> int:
    """Revoke the login at the vendor if possible, then remove it from the store."""
    user = None if arguments.user is None else UserId(arguments.user)
    if arguments.tenant is None:
        return await _end_person(arguments, user)
    if arguments.revoke:
        raise UsageError(_WITHOUT_TENANT, _PROGRAM)
    runtime = open_runtime(arguments)
    async with open_logins(runtime) as logins:
        account = await logins.account(account_word(arguments.tenant, user))
        async with audited(runtime, "logout", user=UserId(user or 0)) as line:
            done = await logins.logout(account, revoke=not arguments.local)
            line.account = done.tenant
    print_result(_json(done), _logged_out(done), as_json=arguments.json)
    return DONE


async def _end_person(arguments: argparse.Namespace, user: UserId | None) -> int:
    """End all logins, pending logins, choices and agreements of one person."""
    if user is None:
        raise UsageError(_ONE_OF_BOTH, _PROGRAM)
    if arguments.local and arguments.revoke:
        raise UsageError(_CONTRADICTION, _PROGRAM)
    runtime = open_runtime(arguments)
    async with open_logins(runtime) as logins, audited(runtime, "end_person", user=CONSOLE) as line:
        line.person = user
        done = await logins.people.end(user, revoke=arguments.revoke)
        if done.ended_nothing:
            raise NothingOfPersonError(user, done.made)
        line.logins, line.pending = tuple(ended.result.tenant for ended in done.logins), tuple(done.pending)
    result = {"user": str(user), "logins": [_ended_json(ended) for ended in done.logins], "pending": done.pending}
    print_result(result, _ended_text(done), as_json=arguments.json)
    return DONE


def _json(done: LogoutResult) -> dict[str, object]:
    result: dict[str, object] = {"tenant": done.tenant, "revoked": done.revoked, "removed": done.removed}
    if done.left:
        result["left"] = done.left
    if done.shared_with:
        result["shared_with"] = list(done.shared_with)
    return result


def _ended_json(ended: EndedLogin) -> dict[str, object]:
    return _json(ended.result) | {"shared_with": list(ended.shared_with)}


def _ended_text(done: PersonLogout) -> str:
    lines = [_logged_out(ended.result) + _not_revoked_for(ended) for ended in done.logins]
    lines += [f"{one_line(vendor)}: the pending login is cancelled." for vendor in done.pending]
    if done.had_choices:
        lines.append("Their choices and agreements in threads have ended.")
    if done.made:
        made = _names(done.made)
        lines.append(f"Shared logins that they made stay: {made}. To end one, use `openab-auth logout TENANT`.")
    return "\n".join(lines)


def _not_revoked_for(ended: EndedLogin) -> str:
    """Name the logins of others that a revocation might have ended."""
    if not ended.shared_with:
        return ""
    return f" The same vendor account is also stored as {_names(ended.shared_with)}, which a revocation might end."


def _names(tenants: tuple[Tenant, ...]) -> str:
    return ", ".join(map(one_line, tenants))


def _logged_out(done: LogoutResult) -> str:
    if done.removed:
        said = "revoked at the vendor and removed here" if done.revoked else "removed here, not revoked at the vendor"
    else:
        said = "another login replaced it meanwhile and was kept" if done.newer_kept else "it was already removed"
        said += "; nothing was removed"
        if done.revoked:
            said += f", but {'the former login' if done.newer_kept else 'it'} is revoked at the vendor"
    left = "".join(f"\nCareful: {what}." for what in done.left)
    shared = f" The revocation may also have ended {_names(done.shared_with)}." if done.shared_with else ""
    return f"{one_line(done.tenant)}: {said}{f' ({done.note})' if done.note else ''}.{shared}{left}"
