"""No login: the vendor's tools read their token from the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openab_auth.oauth.errors import NoLoginError
from openab_auth.oauth.flows.flow import Flow

if TYPE_CHECKING:
    from openab_auth.oauth.config import ConfigTable
    from openab_auth.oauth.flows.login_context import BeginRequest, LoginContext
    from openab_auth.oauth.flows.login_offer import LoginOffer
    from openab_auth.oauth.vendors import Vendor


class EnvironmentFlow(Flow):
    """A row whose token stays in a variable; nobody logs in."""

    name = "env"
    needs_login = False

    def check(self, table: ConfigTable, vendor: Vendor) -> None:
        """Require a variable."""
        if not vendor.env:
            table.wrong("env", "is missing")

    async def begin(self, context: LoginContext, vendor: Vendor, request: BeginRequest) -> LoginOffer:  # noqa: ARG002
        """Refuse: nobody can log in here."""
        raise NoLoginError(vendor.title, vendor.env, vendor.note)
