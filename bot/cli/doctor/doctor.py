"""`doctor`: looks at everything a login needs and says, for each thing that is wrong, the repair."""

from __future__ import annotations

import argparse
import asyncio
import os
from dataclasses import asdict

from openab_auth.bot.cli.doctor.reach import look_at_network
from openab_auth.bot.cli.doctor.servers import look_at_servers
from openab_auth.bot.cli.doctor.setting import look_at_config, look_at_variables
from openab_auth.bot.cli.doctor.stored import look_at_store
from openab_auth.bot.cli.output import CHECK_FAILED, DONE, print_result


async def doctor(arguments: argparse.Namespace) -> int:
    """Print every check; the exit status is 1 when one fails."""
    setting = look_at_config(arguments, os.environ)
    (stored, entries), network = await asyncio.gather(
        asyncio.to_thread(look_at_store, setting.location),
        look_at_network([one for one in setting.catalogue.offered() if one.network_policy is None], setting.discord),
    )
    servers = await look_at_servers(setting.catalogue, setting.location, entries)
    checks = [setting.check, *stored, *look_at_variables(setting, entries), *network, *servers]
    result = {"checks": [asdict(check) for check in checks]}
    print_result(result, "\n".join(map(str, checks)), as_json=arguments.json)
    return DONE if all(check.ok for check in checks) else CHECK_FAILED
