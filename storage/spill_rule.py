"""Decides whether a renewed login that could not be committed may still replace the stored one.

Every backend spills a renewed login by this rule, whatever the place in which it keeps the spill.
"""

from __future__ import annotations

from typing import Final

from openab_auth.storage.entries import Entry, LoginEntry, PendingEntry
from openab_auth.storage.secret import Secret

_NO_LOGIN: Final = "no login"  # stands in the place of a fingerprint where the tenant had no login before


def comes_after(entry: LoginEntry, stored: Entry | None, replaces: tuple[str, ...]) -> bool:
    """Return whether `entry` may replace `stored`, because nobody else has written a login in the meantime.

    The stored refresh token must be one of the tokens in `replaces`. If nothing is stored, `replaces` must say that
    there was no login before. If the vendor did not rotate the refresh token, the entry that expires later wins.
    """
    if stored is None:
        return _NO_LOGIN in replaces
    if isinstance(stored, PendingEntry) or stored.refresh_token.fingerprint() not in replaces:
        return False
    return stored.refresh_token != entry.refresh_token or stored.expires_at < entry.expires_at


def replaced_mark(replaces: Secret | None) -> str:
    """Return the mark of a replaced refresh token, which is its fingerprint, or the mark for no earlier login."""
    return _NO_LOGIN if replaces is None else replaces.fingerprint()
