"""`token` and `refresh`: print a valid access token, or renew a login, for agents and scripts."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Coroutine
from typing import Any, Final

from openab_auth.bot.cli.audited import audited
from openab_auth.bot.cli.broker import broker_source
from openab_auth.bot.cli.exit_status import DONE
from openab_auth.bot.cli.output import print_result
from openab_auth.bot.cli.runtime import open_runtime
from openab_auth.oauth.entries import SKEW
from openab_auth.oauth.errors import one_line
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import Secret

_log: Final = logging.getLogger(__name__)


async def token(arguments: argparse.Namespace) -> int:
    """Print a valid access token; refresh it first if necessary, and with `--wait` wait until somebody logs in."""
    min_ttl = SKEW if arguments.min_ttl is None else arguments.min_ttl
    broker = broker_source(arguments)
    if broker is not None:
        async with broker:
            valid, login, because, _ = await broker.get_token(arguments.tenant, min_ttl=min_ttl, wait=arguments.wait)
    else:
        runtime = open_runtime(arguments)
        async with runtime, audited(runtime, "token", thread=arguments.thread) as line:
            async with TokenSource(runtime, thread=arguments.thread) as source:
                chosen, valid = await source.get_chosen(arguments.tenant, min_ttl=min_ttl, wait=arguments.wait)
            line.account = chosen.account.tenant
        _log.debug("the token is of %s (%s)", chosen.account.tenant, chosen.because)
        login, because = chosen.account.tenant, chosen.because
    value = valid.value.reveal()
    result = {
        "access_token": value,
        "expires_at": valid.expires_at,
        "token_type": "Bearer",
        "login": login,
        "because": because,
    }
    print_result(result, value, as_json=arguments.json)
    return DONE


def refresh(arguments: argparse.Namespace) -> Coroutine[Any, Any, int]:
    """Refresh a login now; with `--rejected`, only if the refused token is still the stored one."""
    return _refresh(arguments, Secret(sys.stdin.readline().strip()) if arguments.rejected else None)


async def _refresh(arguments: argparse.Namespace, rejected: Secret | None) -> int:
    broker = broker_source(arguments)
    if broker is not None:
        async with broker:
            renewed, tenant, _, refreshed = await broker.replace(arguments.tenant, rejected)
    else:
        runtime = open_runtime(arguments)
        async with (
            runtime,
            audited(runtime, "refresh", thread=arguments.thread) as line,
            TokenSource(runtime, thread=arguments.thread) as source,
        ):
            account = (await source.account_for(arguments.tenant)).account
            line.account = account.tenant if account.tenant in await runtime.store.read() else None
            renewed = await source.force_refresh(account, rejected=rejected)
            tenant, refreshed = account.tenant, source.has_renewed(account, renewed)
    result = {"tenant": tenant, "expires_at": renewed.expires_at, "refreshed": refreshed}
    done = "refreshed" if refreshed else "another token was already stored; no request was sent"
    print_result(result, f"{one_line(tenant)}: {done}", as_json=arguments.json)
    return DONE
