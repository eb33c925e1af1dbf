"""The environment variables in which commands look for tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openab_auth.bot.cli.arguments import UsageError
from openab_auth.oauth.errors import VendorMisconfiguredError, safe_name
from openab_auth.oauth.threads import vendor_key
from openab_auth.oauth.vendors import Vendor, bare_name

if TYPE_CHECKING:
    from openab_auth.oauth.accounts import Account
    from openab_auth.oauth.entries import AccessToken

_PROG: Final = "openab-auth exec"
_NOT_OF_A_NAME: Final = re.compile(r"[^A-Z0-9]+")


class NoVariableError(VendorMisconfiguredError):
    """No environment variable is known for this token."""

    _happened = "the token of {vendor} was not passed to the command ({reason})"


@dataclass(frozen=True, slots=True)
class Place:
    """The variable for a token, and the variables that the vendor's tools would read before it."""

    variable: str
    shadows: tuple[str, ...] = ()

    def put(self, environ: MutableMapping[str, str], token: AccessToken) -> None:
        """Put the token into an environment, without the variables that would hide it."""
        for shadow in self.shadows:
            environ.pop(shadow, None)
        environ[self.variable] = token.value.reveal()


def place_of_vendor(word: str, vendor: Vendor | None) -> Place:
    """Return the place of a vendor's token.

    Raises:
        NoVariableError: nobody knows the variable.
    """
    if vendor is None:
        todo = "add a [vendors.NAME] table with this tenant and exec_env to the config, or use `openab-auth token`"
        raise NoVariableError(safe_name(word), "no vendor with this name or tenant is configured", todo)
    if not vendor.exec_env:
        todo = f"set exec_env in [vendors.{vendor.default_name}] to the variable that the command reads"
        raise NoVariableError(vendor.title, "we do not know the variable that its tools read", todo)
    before = vendor.env[: vendor.env.index(vendor.exec_env)] if vendor.exec_env in vendor.env else vendor.env
    return Place(vendor.exec_env, before)


def place_of_server(account: Account) -> Place:
    """Return the place of an MCP server's token: MCP_LINEAR_TOKEN for every account of `linear`, and so on."""
    return Place(f"MCP_{_NOT_OF_A_NAME.sub('_', bare_name(vendor_key(account)).upper())}_TOKEN")


def check_apart(places: Iterable[Place]) -> None:
    """Check that no two tokens need the same variable.

    Raises:
        UsageError: two of them do.
    """
    variables = [place.variable for place in places]
    if taken := [variable for variable in variables if variables.count(variable) > 1]:
        message = f"two of these tokens need the variable ${taken[0]}; run the command with one of them"
        raise UsageError(message, _PROG)
