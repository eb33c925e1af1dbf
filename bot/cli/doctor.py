"""`doctor`: looks at everything a login needs and says, for each thing that is wrong, the repair."""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from typing import Final

import httpx2

from bot.cli.output import CHECK_FAILED, DONE, print_result
from bot.cli.session import Session, open_session
from cogs.auth.settings import read_settings
from oauth.vendor import Vendor
from storage import FileStore, Problem
from storage.errors import StorageError

_DEADLINE: Final = 8.0  # seconds for each request
_CLOCK_SKEW: Final = 60  # seconds; half of the time before its end at which a token is refreshed
_DOCTORS_TENANT: Final = "openab-auth-doctor"  # a lock of its own, so that no agent waits for this check
_TAKE_LOCK: Final = """
import sys
from storage import open_store
sys.exit(0 if open_store(sys.argv[1]).refresh_lock(sys.argv[2]).try_acquire() else 3)
"""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; `hint` is the repair when it is not well."""

    name: str
    ok: bool
    message: str
    hint: str | None = None


async def doctor(arguments: argparse.Namespace) -> int:
    """Print every check; the exit status is 1 when one fails."""
    session = open_session(arguments)
    checks = [Check("config", ok=True, message=session.config.file or "no config; defaults hold")]
    checks.append(await asyncio.to_thread(_check_store, session))
    checks.append(await asyncio.to_thread(_check_locks, session))
    checks += [Check("store contents", ok=False, message=p.what, hint=p.repair) for p in await _problems(session)]
    checks += [
        Check(f"{vendor.name} variables", ok=False, message=f"${name} is set", hint=_shadow_hint(name, vendor))
        for vendor in await _logged_in(session)
        if (name := session.catalogue.shadowed_by(vendor))
    ]
    async with httpx2.AsyncClient(timeout=_DEADLINE) as http:
        checks.append(await _check_discord(session, os.environ, http))
        checks += await asyncio.gather(*(_check_vendor(vendor, http) for vendor in session.catalogue.offered()))
    result = {"checks": [asdict(check) for check in checks]}
    lines = [
        f"{'ok  ' if check.ok else 'FAIL'} {check.name}: {check.message}{f'; {check.hint}' if check.hint else ''}"
        for check in checks
    ]
    print_result(result, "\n".join(lines), as_json=arguments.json)
    return DONE if all(check.ok for check in checks) else CHECK_FAILED


async def _logged_in(session: Session) -> list[Vendor]:
    """The vendors with a login here: a variable that shadows none is nobody's trouble."""
    try:
        entries = await session.store.read()
    except StorageError:
        return []
    return [vendor for vendor in session.catalogue.all() if vendor.tenant in entries]


async def _problems(session: Session) -> tuple[Problem, ...]:
    try:
        return await session.store.problems()
    except StorageError:
        return ()  # the store's own check has named it


def _check_store(session: Session) -> Check:
    store = session.backend
    try:
        logins = len(store.read())
        store.check_writable()
    except StorageError as error:
        return Check("store", ok=False, message=error.happened, hint=error.todo)
    return Check("store", ok=True, message=f"{session.location}: {logins} entries, readable and writable")


def _check_locks(session: Session) -> Check:
    """Hold a lock here and let another process ask for it: only the file system can say whether that works."""
    store = session.backend
    if not isinstance(store, FileStore):
        return Check("locks", ok=True, message="the backend's own")
    lock = store.refresh_lock(_DOCTORS_TENANT)
    try:
        if not lock.try_acquire():
            return Check("locks", ok=True, message="another doctor is looking at them")
        try:
            held = _status_of_other_process(session.location)
        finally:
            lock.release()
        free = _status_of_other_process(session.location)
    except (StorageError, OSError, subprocess.TimeoutExpired) as error:
        message = error.happened if isinstance(error, StorageError) else f"no other process could try ({error})"
        return Check("locks", ok=False, message=message, hint="mend the rights of the store's folder")
    if (held, free) == (3, 0):
        return Check("locks", ok=True, message="two processes exclude each other")
    hint = "move the store to a local file system: this one does not share flock(2)"
    return Check("locks", ok=False, message="two processes do not exclude each other", hint=hint)


def _status_of_other_process(location: str) -> int:
    command = [sys.executable, "-c", _TAKE_LOCK, location, _DOCTORS_TENANT]
    return subprocess.run(command, check=False, timeout=20, capture_output=True).returncode  # noqa: S603 - our own words


async def _check_discord(session: Session, environ: Mapping[str, str], http: httpx2.AsyncClient) -> Check:
    settings = read_settings(session.config, environ)
    if settings.bot_token is None:
        hint = "set DISCORD_TOKEN or [discord] bot_token, unless this machine runs no bot"
        return Check("discord", ok=True, message="no bot token is set", hint=hint)
    headers = {"Authorization": f"Bot {settings.bot_token.reveal()}"}
    try:
        async with asyncio.timeout(_DEADLINE):
            reply = await http.get(f"{settings.api_base}/users/@me", headers=headers)
    except (httpx2.HTTPError, TimeoutError) as error:
        message = f"no answer from {settings.api_base} ({type(error).__name__})"
        return Check("discord", ok=False, message=message, hint="check the network and the proxy")
    if reply.status_code == httpx2.codes.UNAUTHORIZED:
        hint = "copy the token anew from the Bot page of Discord's developer portal"
        return Check("discord", ok=False, message="Discord refuses the bot token", hint=hint)
    message = f"{settings.api_base} answers {reply.status_code}"
    return Check("discord", ok=reply.is_success, message=message, hint=None if reply.is_success else "try again later")


async def _check_vendor(vendor: Vendor, http: httpx2.AsyncClient) -> Check:
    """Any answer of the token endpoint is reach; its `Date` header shows whether our clock is right."""
    name = f"{vendor.name} reach"
    url = vendor.token_url or vendor.issuer
    if not url:
        return Check(name, ok=True, message="needs no network")
    try:
        async with asyncio.timeout(_DEADLINE):
            reply = await http.get(url)
    except (httpx2.HTTPError, TimeoutError) as error:
        host = httpx2.URL(url).host
        message = f"no answer from {host} ({type(error).__name__})"
        return Check(name, ok=False, message=message, hint="check the network, the proxy and the vendor's address")
    skew = _skew(reply.headers.get("Date"))
    if skew is not None and abs(skew) > _CLOCK_SKEW:
        message = f"this machine's clock is {abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}"
        return Check(name, ok=False, message=message, hint="set the clock; tokens are refreshed by it")
    return Check(name, ok=True, message=f"answers {reply.status_code}")


def _skew(date: str | None) -> float | None:
    """How far this machine's clock is ahead of an HTTP `Date`, in seconds; None where there is none."""
    try:
        return time.time() - parsedate_to_datetime(date or "").timestamp()
    except (ValueError, TypeError):
        return None


def _shadow_hint(name: str, vendor: Vendor) -> str:
    return f"unset it where agents should use the login to {vendor.title}: {name} wins over any stored login"
