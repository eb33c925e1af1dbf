"""The offer that a person gets when a login begins, the same for every flow."""

from __future__ import annotations

from dataclasses import dataclass

from openab_auth.oauth.vendors import Vendor, rules_of


@dataclass(frozen=True, slots=True)
class LoginOffer:
    """Hold the result of step one.

    `url` is the link to open, empty if there is none. `expires_at` is the end of the login's wait, in unix seconds.

    `user_code` is the code to type at the link, if the vendor gave one. `generation` is that of the pending login.
    """

    vendor: Vendor
    url: str
    expires_at: int
    user_code: str | None = None
    generation: str = ""

    @property
    def waits(self) -> bool:
        """Return whether the login may end without a paste; `Logins.outcome` waits for that end."""
        return rules_of(self.vendor).waits

    @property
    def takes_paste(self) -> bool:
        """Return whether a paste may end the login."""
        return rules_of(self.vendor).takes_paste

    @property
    def takes_key(self) -> bool:
        """Return whether the paste is an API key."""
        return rules_of(self.vendor).takes_key

    @property
    def by_program(self) -> bool:
        """Return whether the vendor's own program makes the login; its output may still change the offer."""
        return rules_of(self.vendor).runs_program
