"""What a person gets when a login begins, whichever flow it goes through."""

from __future__ import annotations

from dataclasses import dataclass

from openab_auth.oauth.vendors import Vendor


@dataclass(frozen=True, slots=True)
class LoginOffer:
    """Step one: the link to open, and until when (unix seconds) its paste is taken.

    Where there is nothing to paste, or the vendor's own program may want none, `waits` says so: the person types the
    `user_code` at the link, and `Logins.outcome` tells the end. `generation` is that of the pending login.
    """

    vendor: Vendor
    url: str
    expires_at: int
    user_code: str | None = None
    generation: str = ""

    @property
    def waits(self) -> bool:
        """Whether the login may end without a paste."""
        return self.vendor.flow != "pkce"
