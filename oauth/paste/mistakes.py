"""Explain why a paste is refused: each mistake has its own sentences, and no sentence repeats the paste."""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from typing import Final

from openab_auth.oauth.errors import BEGIN_AGAIN, OLDER_UNTOUCHED, PasteRefusedError

_DESCRIPTION_LIMIT: Final = 200
_HARMLESS: Final = frozenset(" .,;:'!?()/+=%-")
_COPY_ALL: Final = "copy the whole address of the last page from the address bar and paste it"
_COPY_KEY: Final = "copy the key alone and paste it"
_NEW_LINK: Final = f"{BEGIN_AGAIN} for a new link"


class PasteMistake(StrEnum):
    """List the mistakes that a paste can be; the values are stable, for translations and the audit log."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    CONTROL_CHARACTERS = "control_characters"
    NOT_UNDERSTOOD = "not_understood"
    NO_CODE = "no_code"
    BARE_CODE = "bare_code"
    DOUBLED = "doubled"
    AUTHORIZE_LINK = "authorize_link"
    TOKEN_OR_KEY = "token_or_key"  # noqa: S105 - the name of a mistake
    OTHER_REDIRECT = "other_redirect"
    FOREIGN_STATE = "foreign_state"
    CUT_OFF = "cut_off"
    OTHER_ISSUER = "other_issuer"
    NO_ISSUER = "no_issuer"
    DENIED = "denied"
    NOT_A_KEY = "not_a_key"
    ADDRESS_NOT_KEY = "address_not_key"
    OTHER_VENDORS_KEY = "other_vendors_key"
    KEY_REFUSED = "key_refused"


_SENTENCES: Final[dict[PasteMistake, tuple[str, str]]] = {
    PasteMistake.EMPTY: ("this paste is empty", _COPY_ALL),
    PasteMistake.TOO_LONG: (
        "this paste is longer than 8 kB, so it is no redirect",
        "copy only the address of the last page from the address bar",
    ),
    PasteMistake.CONTROL_CHARACTERS: (
        "this paste was damaged: it contains control characters",
        "copy the address from the browser's address bar, not from a terminal or a log",
    ),
    PasteMistake.NOT_UNDERSTOOD: (
        "there is no redirect in this paste",
        f"open the link, sign in, then {_COPY_ALL}, even if that page does not load",
    ),
    PasteMistake.NO_CODE: (
        "this address has no code: it is not from the last page, or it is incomplete",
        f"finish the sign-in, then {_COPY_ALL}, with everything after the ?",
    ),
    PasteMistake.BARE_CODE: (
        "there is a code, but not the state that says which login it belongs to",
        f"{_COPY_ALL}; where a page shows code#state, copy both sides of the #",
    ),
    PasteMistake.DOUBLED: (
        "this paste contains two addresses, or the same parameter twice",
        "paste one address, once",
    ),
    PasteMistake.AUTHORIZE_LINK: (
        "this is the login link, not the address of the last page",
        f"open that link in a browser and sign in, then {_COPY_ALL}",
    ),
    PasteMistake.TOKEN_OR_KEY: (
        "this is an access token or an API key, not a redirect; it was neither used nor stored",
        f"revoke it at the vendor now, since others may have seen it, and delete the message with it; then {_COPY_ALL}",
    ),
    PasteMistake.OTHER_REDIRECT: (
        "this address is not the last page of this login",
        f"finish the sign-in with the newest link, then {_COPY_ALL}",
    ),
    PasteMistake.FOREIGN_STATE: (
        "this address is from a different login, or it is incomplete",
        f"{_COPY_ALL}; if it is refused again, {_NEW_LINK}",
    ),
    PasteMistake.CUT_OFF: (
        "the end of this address is missing",
        f"{_COPY_ALL}, to its very end",
    ),
    PasteMistake.OTHER_ISSUER: (
        "this address names another issuer than this login's vendor, so its code is not used",
        f"{_NEW_LINK}, and open only that link",
    ),
    PasteMistake.NO_ISSUER: (
        "this address does not name its issuer, although the vendor promised that, so its code is not used",
        f"{_COPY_ALL}; if it is refused again, {_NEW_LINK}",
    ),
    PasteMistake.NOT_A_KEY: (
        "this is not an API key, or there is more in this paste than one key; it was sent nowhere",
        _COPY_KEY,
    ),
    PasteMistake.ADDRESS_NOT_KEY: (
        "this is an address, not an API key; it was sent nowhere",
        f"make a key on the vendor's page, then {_COPY_KEY}",
    ),
    PasteMistake.OTHER_VENDORS_KEY: (
        "the name of its variable says that this key is for something else; it was sent nowhere",
        f"{_COPY_KEY}, from this vendor's page",
    ),
    PasteMistake.KEY_REFUSED: (
        "the vendor does not accept this key; it was not stored",
        f"{_COPY_KEY}, or make a new one; if it is another vendor's key, revoke it there: this vendor has seen it",
    ),
}


def paste_refusal(reason: PasteMistake) -> PasteRefusedError:
    """Return the error for a mistake that the person can correct; the login still waits."""
    happened, todo = _SENTENCES[reason]
    return PasteRefusedError(reason, happened, todo=todo)


class DeniedRedirectError(PasteRefusedError):
    """The redirect reports an error (RFC 6749, 4.1.2.1); it ends the login only if it contains the login's state."""

    def __init__(self, error: str | None = None, description: str | None = None, *, ends_login: bool) -> None:
        said = ": ".join(words for words in (error, description) if words)
        if ends_login:
            super().__init__(
                PasteMistake.DENIED,
                f"the vendor declined this login ({said or 'it gave no reason'})",
                kept=f"this login is over; {OLDER_UNTOUCHED}",
                todo=_NEW_LINK,
            )
        else:
            super().__init__(
                PasteMistake.DENIED,
                "this address reports an error, but it may be from a different login",
                todo=f"continue with the newest link; if the address came from it, {_NEW_LINK}",
            )
        self.said = said
        self.ends_login = ends_login


def plain_line(words: str) -> str:
    """Return a vendor's words as one line of at most 200 characters, without markup and links."""
    plain = "".join(c if c in _HARMLESS or unicodedata.category(c)[0] in "LN" else " " for c in words)
    line = " ".join(plain.replace("//", " ").split())
    return line if len(line) <= _DESCRIPTION_LIMIT else line[: _DESCRIPTION_LIMIT - 1] + "…"
