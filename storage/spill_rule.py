"""Decides whether a login that could not be committed may still replace the stored one.

Every backend spills a login by this rule, whatever the place in which it keeps the spill.
"""

from __future__ import annotations

from typing import Final

from openab_auth.storage.entries import Entry, LoginEntry, PendingEntry, last_token

_NO_LOGIN: Final = "no login"  # stands in the place of a fingerprint where the tenant had no login before
_ACCESS: Final = "access "  # before the fingerprint of a replaced access token


def comes_after(entry: LoginEntry, stored: Entry | None, replaces: tuple[str, ...]) -> bool:
    """Return whether `entry` may replace `stored`, because nobody else has written a login in the meantime.

    `replaces` are the marks of the logins that `entry` replaces (`replaced_marks`). If nothing is stored, they must say
    that there was no login before. If the vendor did not rotate the refresh token, the stored access token must be one
    of the replaced tokens.
    """
    if stored is None:
        return _NO_LOGIN in replaces
    if isinstance(stored, PendingEntry):
        return False
    if not any(mark.startswith(_ACCESS) for mark in replaces):
        return _comes_after_by_expiry(entry, stored, replaces)
    if last_token(stored).fingerprint() not in replaces:
        return False
    return last_token(stored) != last_token(entry) or _access_mark(stored) in replaces


def replaced_marks(login: LoginEntry | None) -> tuple[str, ...]:
    """Return the marks of a replaced login: the fingerprints of its last token and of its access token.

    If there was no login before, one mark says so.
    """
    return (_NO_LOGIN,) if login is None else (last_token(login).fingerprint(), _access_mark(login))


def _access_mark(login: LoginEntry) -> str:
    return _ACCESS + login.access_token.fingerprint()


def _comes_after_by_expiry(entry: LoginEntry, stored: LoginEntry, replaces: tuple[str, ...]) -> bool:
    """Decide for a spill of an earlier version, which marked only refresh tokens, even if they were empty."""
    if stored.refresh_token.fingerprint() not in replaces:
        return False
    return stored.refresh_token != entry.refresh_token or stored.expires_at < entry.expires_at
