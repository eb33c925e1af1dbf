"""Logins by the vendor's own program, which runs on this machine and keeps the login itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from openab_auth.oauth.config import find_program
from openab_auth.oauth.flows.flow import Flow

if TYPE_CHECKING:
    from openab_auth.oauth.config import ConfigTable
    from openab_auth.oauth.flows.login_context import BeginRequest, LoginContext
    from openab_auth.oauth.flows.login_offer import LoginOffer
    from openab_auth.oauth.vendors import Vendor


class CommandFlow(Flow):
    """A login that ends when the vendor's program ends; the program may ask for a paste."""

    name = "command"
    takes_paste = True
    waits = True
    in_store = False
    runs_program = True

    def check(self, table: ConfigTable, vendor: Vendor) -> None:
        """Require the program."""
        if not vendor.command:
            table.wrong("command", "is missing")

    def can_begin(self, vendor: Vendor, environ: Mapping[str, str]) -> bool:
        """Return whether the program is installed."""
        return find_program(vendor.command[0], environ) is not None

    async def begin(self, context: LoginContext, vendor: Vendor, request: BeginRequest) -> LoginOffer:
        """Start the program, and return the link that it prints."""
        from openab_auth.oauth.flows.command.program import start_program  # noqa: PLC0415 - only a login pays for it

        return await start_program(context, vendor, request.user)
