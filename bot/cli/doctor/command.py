"""`doctor`: check everything that a login needs, and name the repair for each failure."""

from __future__ import annotations

import argparse
import asyncio
import os
from dataclasses import asdict

from openab_auth.bot.cli.doctor.network import check_environment, check_network
from openab_auth.bot.cli.doctor.servers import check_servers
from openab_auth.bot.cli.doctor.settings import (
    check_access,
    check_config,
    check_offers,
    check_servers_of_openab,
    check_variables,
)
from openab_auth.bot.cli.doctor.stores import check_store
from openab_auth.bot.cli.exit_status import CHECK_FAILED, DONE
from openab_auth.bot.cli.output import print_result


async def doctor(arguments: argparse.Namespace) -> int:
    """Print every check; the exit status is 1 if a check fails."""
    setting = check_config(arguments, os.environ)
    (stored, entries), network = await asyncio.gather(
        asyncio.to_thread(check_store, setting.location),
        check_network(
            [one for one in setting.catalogue.offered() if one.network_policy is None],
            setting.discord,
            setting.proxy,
            for_bot=arguments.process == "bot",
            needs_members=setting.auth.on_leave is not None,
        ),
    )
    runs_bot = setting.discord and (arguments.process == "bot" or setting.discord.bot_token)
    access = check_access(setting.discord, setting.auth) if setting.discord and runs_bot else []
    servers = await check_servers(setting.catalogue, setting.location, entries)
    settings = [*check_servers_of_openab(setting), *check_offers(setting), *check_variables(setting, entries)]
    checks = [setting.check, *access, *stored, *settings, *check_environment(os.environ), *network, *servers]
    result = {"checks": [asdict(check) for check in checks]}
    print_result(result, "\n".join(map(str, checks)), as_json=arguments.json)
    return DONE if all(check.ok for check in checks) else CHECK_FAILED
