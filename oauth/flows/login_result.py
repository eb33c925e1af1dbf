"""The result of a login, whichever flow it went through."""

from __future__ import annotations

from dataclasses import dataclass

from openab_auth.oauth.vendors import Vendor, rules_of


@dataclass(frozen=True, slots=True)
class LoginResult:
    """A login is in the store; `replaced` is the account of the login before it, if it was another account.

    `lacks_project`: the account still needs a project before agents can use it. `elsewhere`: another process has
    stored the login and written its audit line.
    """

    vendor: Vendor
    expires_at: int
    account: str | None
    replaced: str | None = None
    lacks_project: bool = False
    elsewhere: bool = False

    @property
    def by_program(self) -> bool:
        """Return whether the vendor's own program made the login and keeps it."""
        return rules_of(self.vendor).runs_program

    @property
    def waited(self) -> bool:
        """Return whether the login was one of `WaitingLogins`, which writes the audit line of its end."""
        return rules_of(self.vendor).waits
