"""The access token of a login, as agents get it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from openab_auth.storage.secret import Secret

if TYPE_CHECKING:
    from openab_auth.storage import LoginEntry


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token to send as `Authorization: Bearer`; `value.reveal()` gives it, `expires_at` is in unix seconds."""

    value: Secret
    expires_at: int

    @classmethod
    def of(cls, entry: LoginEntry) -> Self:
        """Return the access token of a stored login."""
        return cls(entry.access_token, entry.expires_at)

    @staticmethod
    def value_in(token: AccessToken | Secret | str) -> Secret:
        """Return the secret of a token that a program holds in any of these forms."""
        if isinstance(token, AccessToken):
            return token.value
        return token if isinstance(token, Secret) else Secret(token)
