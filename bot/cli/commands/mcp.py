"""`mcp`: add an MCP server that people can log in to, or remove one that was added."""

from __future__ import annotations

import argparse
from typing import Final

from openab_auth.bot.cli.arguments import UsageError
from openab_auth.bot.cli.audited import audited
from openab_auth.bot.cli.exit_status import DONE
from openab_auth.bot.cli.output import print_result
from openab_auth.bot.cli.runtime import open_runtime
from openab_auth.oauth.errors import ServerNotThereError, one_line
from openab_auth.oauth.mcp import AddedServers
from openab_auth.oauth.vendors import full_name
from openab_auth.storage import CONSOLE

_PROG: Final = "openab-auth mcp"


async def mcp(arguments: argparse.Namespace) -> int:
    """Add or remove a server; the person at the console may remove what anybody has added.

    Raises:
        UsageError: the address is missing, or there is one that means nothing.
        ServerNotAddedError, ServerNotRemovedError: the rules of `/auth mcp` forbid it.
        StorageError: the store cannot be read or written.
    """
    if (arguments.action == "add") != bool(arguments.url):
        message = "give the address after `add NAME`, and none after `remove NAME`"
        raise UsageError(message, _PROG)
    runtime, name = open_runtime(arguments), arguments.name
    async with runtime:
        await runtime.load_catalogue()
        servers = AddedServers(runtime.current_catalogue, runtime.store, clock=runtime.clock)
        if arguments.action == "add":
            async with audited(runtime, "mcp_add", user=CONSOLE) as line:
                server, is_new = await servers.add(name, arguments.url, CONSOLE)
                line.name(server.vendor)
            name, url, done = server.name, server.url, "added" if is_new else "was there already"
        else:
            there = (await servers.all()).get(name)
            if there is None:
                raise ServerNotThereError
            async with audited(runtime, "mcp_remove", user=CONSOLE) as line:
                line.account, line.vendor = name, full_name(name)
                await servers.remove(name, lambda _: None)
            url, done = there.url, "removed"
    print_result({"server": name, "url": url}, f"{one_line(name)} at {one_line(url)}: {done}", as_json=arguments.json)
    return DONE
