"""Why a paste is refused: each mistake with its own sentence, none with a word of the paste in it."""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from typing import Final

from openab_auth.oauth.errors import BEGIN_AGAIN, OLDER_UNTOUCHED, PasteRefusedError

_DESCRIPTION_LIMIT: Final = 200
_HARMLESS: Final = frozenset(" .,;:'!?()/+=%-")
_COPY_ALL: Final = "copy the whole address of the last page from the address bar and paste it"
_NEW_LINK: Final = f"{BEGIN_AGAIN} for a new link"


class PasteMistake(StrEnum):
    """The mistakes that a paste can be; the value is stable, for words in any language and for the audit log."""

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
    OTHER_ISSUER = "other_issuer"
    NO_ISSUER = "no_issuer"
    DENIED = "denied"


_SENTENCES: Final[dict[PasteMistake, tuple[str, str]]] = {
    PasteMistake.EMPTY: ("there is nothing in this paste", _COPY_ALL),
    PasteMistake.TOO_LONG: (
        "this paste is longer than 8 kB, which no redirect is",
        "copy only the address of the last page from the address bar",
    ),
    PasteMistake.CONTROL_CHARACTERS: (
        "there are control characters in this paste, so it was damaged on the way",
        "copy the address from the browser's address bar, not from a terminal or a log",
    ),
    PasteMistake.NOT_UNDERSTOOD: (
        "there is no redirect in this paste",
        f"open the link, sign in, then {_COPY_ALL}, even if that page does not load",
    ),
    PasteMistake.NO_CODE: (
        "this address carries no code: it is not the last page's, or was cut off",
        f"finish the sign-in, then {_COPY_ALL}, with all that follows the ?",
    ),
    PasteMistake.BARE_CODE: (
        "this is a code without its state, so nobody can tell whose login it ends",
        f"{_COPY_ALL}; where a page shows code#state, copy both sides of the #",
    ),
    PasteMistake.DOUBLED: (
        "this paste says the same thing twice: two addresses in one, or a parameter that came doubled",
        "paste one address, once",
    ),
    PasteMistake.AUTHORIZE_LINK: (
        "this is the link that begins the login, not the address that ends it",
        f"open that link in a browser and sign in, then {_COPY_ALL}",
    ),
    PasteMistake.TOKEN_OR_KEY: (
        "this is an access token or an API key, not a redirect; it was neither used nor stored",
        f"revoke it at the vendor now, since others may have seen it, and delete the message with it; then {_COPY_ALL}",
    ),
    PasteMistake.OTHER_REDIRECT: (
        "this address leads to another place than this login's last page",
        f"finish the sign-in with the newest link, then {_COPY_ALL}",
    ),
    PasteMistake.FOREIGN_STATE: (
        "this redirect belongs to another login: yours of before, another person's, or its end was cut off",
        f"{_COPY_ALL} with its end; if it is refused again, {_NEW_LINK}",
    ),
    PasteMistake.OTHER_ISSUER: (
        "this redirect says that it comes from another issuer than this login's vendor, so its code is not sent there",
        f"{_NEW_LINK}, and open only that link",
    ),
    PasteMistake.NO_ISSUER: (
        "this redirect does not say which issuer it comes from, as its vendor has promised, so its code is not used",
        f"{_COPY_ALL} with its end; if it is refused again, {_NEW_LINK}",
    ),
}


def paste_refusal(reason: PasteMistake) -> PasteRefusedError:
    """The error for a mistake that the person can mend; the login still waits."""
    happened, todo = _SENTENCES[reason]
    return PasteRefusedError(reason, happened, todo=todo)


class DeniedRedirectError(PasteRefusedError):
    """The vendor answered with an error (RFC 6749, 4.1.2.1); it ends the login only if its state came too."""

    def __init__(self, error: str | None = None, description: str | None = None, *, ends_login: bool) -> None:
        said = ": ".join(words for words in (error, description) if words)
        if ends_login:
            super().__init__(
                PasteMistake.DENIED,
                f"the vendor did not let this login through ({said or 'it gave no reason'})",
                kept=f"this login is over; {OLDER_UNTOUCHED}",
                todo=_NEW_LINK,
            )
        else:
            super().__init__(
                PasteMistake.DENIED,
                "this address reports an error, and it is not certain that it belongs to this login",
                todo=f"go on with the newest link; if that is where it came from, {_NEW_LINK}",
            )
        self.said = said
        self.ends_login = ends_login


def plain_line(words: str) -> str:
    """What a vendor says, fit to be shown: one line of at most 200 characters that is neither markup nor a link."""
    plain = "".join(c if c in _HARMLESS or unicodedata.category(c)[0] in "LN" else " " for c in words)
    line = " ".join(plain.replace("//", " ").split())
    return line if len(line) <= _DESCRIPTION_LIMIT else line[: _DESCRIPTION_LIMIT - 1] + "…"
