"""Read what a person pastes, and check that it finishes their login (RFC 6749, 4.1.2; state: 10.12; `iss`: RFC 9207).

    paste = read_paste(text)            # finds code and state, or raises the mistake
    code = code_for(paste, expected)    # checks address, state and issuer against one login

No error and no repr contains the paste. A raw `+` in a code or state stays `+`, because no vendor issues spaces.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias
from urllib.parse import SplitResult, unquote, unquote_plus, urlsplit

from openab_auth.oauth.paste import clipboard
from openab_auth.oauth.paste.mistakes import DeniedRedirectError, PasteMistake, paste_refusal, plain_line
from openab_auth.storage.secret import Secret

MAX_BYTES: Final = 8192

_TOKEN_NAMES: Final = frozenset({"access_token", "refresh_token"})
_REQUEST_NAMES: Final = frozenset({"response_type", "code_challenge"})
_ONCE: Final = frozenset({"code", "state", "error", "error_description", "iss"})
_TOKEN_OR_KEY: Final = re.compile(
    r"""(?<![\w-])(?:sk-[\w-]{8,}|gh[opsur]_\w{8,}|github_pat_\w{8,}|ya29\.[\w-]{8,}|AIza[\w-]{20,}|xai-\w{8,}
    |eyJ[\w-]{4,}\.[\w-]{4,}|Bearer\s+[\w.~+/-]{8,})|(?:access|refresh)_token["']?\s{0,9}[:=]""",
    re.VERBOSE | re.IGNORECASE,
)
_CODE_LIKE: Final = re.compile(r"(?=\S*[0-9A-Z])[\x21-\x7e]{6,}\Z")
_LONG_CODE_LIKE: Final = re.compile(r"(?=[^\s0-9]*[0-9])[\x21-\x7e]{16,}\Z")
_CUT_ESCAPE: Final = re.compile(r"%[0-9A-Fa-f]?\Z")
_PARAMETERS: Final = re.compile(r"[?#&]?[\w.~-]{1,40}=")
_HOST_FIRST: Final = re.compile(
    r"(?:localhost|\[[0-9a-f:]{2,39}\]|[\w-]+(?:\.[\w-]+)+)(?::\d{1,5})?(?:/|\Z)", re.IGNORECASE
)
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class ExpectedRedirect:
    """Describe the redirect that finishes one login; `issuer` is None if it is not known.

    `iss_announced`: the issuer promised to name itself in every authorization response (RFC 9207 3).
    """

    redirect_uri: str
    state: Secret
    authorize_url: str
    issuer: str | None = None
    iss_announced: bool = False


@dataclass(frozen=True, slots=True)
class Redirect:
    """Hold a redirect with a code; `address` is the part before the query, None if the paste has no such part.

    `states` are all readings of the state if its end is in doubt, the most likely (`state`) first.
    """

    code: Secret
    state: Secret
    iss: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    states: tuple[Secret, ...] = ()

    def has_state(self, state: Secret) -> bool:
        """Return whether the redirect belongs to the login with this state, in the same time for every wrong state."""
        return _has_state((self.state, *self.states), state)


@dataclass(frozen=True, slots=True)
class ErrorRedirect:
    """Hold a redirect with an error (RFC 6749, 4.1.2.1); some servers omit the state."""

    error: str = field(repr=False)
    description: str | None = field(default=None, repr=False)
    state: Secret | None = None
    iss: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    states: tuple[Secret, ...] = ()

    def has_state(self, state: Secret) -> bool:
        """Return whether the redirect belongs to the login with this state."""
        return self.state is not None and _has_state((self.state, *self.states), state)


Paste: TypeAlias = Redirect | ErrorRedirect


def read_paste(text: str) -> Paste:
    """Return the redirect in a text, whatever a clipboard did to it.

    Raises:
        PasteRefusedError: the text is a `PasteMistake`; the error does not contain the text.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise paste_refusal(PasteMistake.TOO_LONG)
    if clipboard.has_control_characters(text):
        raise paste_refusal(PasteMistake.CONTROL_CHARACTERS)
    tidied = clipboard.clean(text)
    if not tidied.strip():
        raise paste_refusal(PasteMistake.EMPTY)
    outcomes = [_read(found) for found in clipboard.find_addresses(tidied)]
    pastes = {_key(outcome): outcome for outcome in outcomes if not isinstance(outcome, PasteMistake)}
    if len(pastes) > 1:
        raise paste_refusal(PasteMistake.DOUBLED)
    for paste in pastes.values():
        return paste
    raise paste_refusal(_mistake(tidied, [outcome for outcome in outcomes if isinstance(outcome, PasteMistake)]))


def code_for(paste: Paste, expected: ExpectedRedirect) -> Secret:
    """Return the code of a paste that finishes this login.

    Raises:
        DeniedRedirectError: the vendor reports an error; `ends_login` says whether it certainly belongs to this login.
        PasteRefusedError: wrong address, state or issuer; this login still waits.
    """
    if not _leads_to(paste.address, expected.redirect_uri):
        at_the_start = _leads_to(paste.address, expected.authorize_url)
        raise paste_refusal(PasteMistake.AUTHORIZE_LINK if at_the_start else PasteMistake.OTHER_REDIRECT)
    ours = paste.has_state(expected.state)
    if not ours and isinstance(paste, Redirect):
        raise paste_refusal(PasteMistake.FOREIGN_STATE)
    if paste.iss and expected.issuer and paste.iss != expected.issuer:
        raise paste_refusal(_mistake_of_issuer(paste.iss, expected.issuer))
    if expected.iss_announced and not paste.iss:
        raise paste_refusal(PasteMistake.NO_ISSUER)
    if isinstance(paste, Redirect):
        return paste.code
    if not ours:
        raise DeniedRedirectError(ends_login=False)
    state = expected.state.reveal()
    said = [plain_line(words) if words and state not in words else None for words in (paste.error, paste.description)]
    raise DeniedRedirectError(*said, ends_login=True)


def _mistake_of_issuer(iss: str, issuer: str) -> PasteMistake:
    """Return `CUT_OFF` for the beginning of the issuer, also where an escape such as `%3A` was cut in the middle.

    An issuer that lacks only the slash at its end is another issuer (RFC 9207 2.4): servers mix the two up.
    """
    cut_off = issuer.startswith(_CUT_ESCAPE.sub("", iss)) and f"{iss}/" != issuer
    return PasteMistake.CUT_OFF if cut_off else PasteMistake.OTHER_ISSUER


def _has_state(readings: tuple[Secret, ...], state: Secret) -> bool:
    return any([reading == state for reading in readings])  # noqa: C419 - all are compared, for constant time


def _key(paste: Paste) -> tuple[object, ...]:
    """Return what identifies a redirect: both halves of a markdown link have the same key."""
    return (paste.code if isinstance(paste, Redirect) else paste.error, paste.state, paste.iss)


def _read(found: clipboard.FoundAddress) -> Paste | PasteMistake:
    """Return the most likely reading of an address, with the states of readings that differ only in the state."""
    first, *others = (_read_exactly(reading) for reading in found.readings())
    if isinstance(first, PasteMistake) or first.state is None:
        return first
    states = [first.state]
    for other in others:
        if isinstance(other, PasteMistake) or not other.state or other.state in states:
            continue
        if replace(other, state=first.state) == first:
            states.append(other.state)
    return replace(first, states=tuple(states))


def _read_exactly(address: str) -> Paste | PasteMistake:
    before, pairs, is_plain = _split(address)
    given = dict(pairs)
    if not is_plain:
        given |= {name: unquote(given[name]) for name in ("code", "state", "iss") if name in given}
    mistake = _mistake_of_parameters([name for name, _ in pairs], given)
    if mistake:
        return mistake
    state, iss = Secret(given.get("state", "")), given.get("iss") or None
    if given.get("error"):
        description = unquote_plus(given.get("error_description", "")) or None
        return ErrorRedirect(unquote_plus(given["error"]), description, state or None, iss, before)
    return Redirect(Secret(given["code"]), state, iss, before)


def _mistake_of_parameters(names: list[str], given: dict[str, str]) -> PasteMistake | None:
    secrets = given.get("code", "") + given.get("state", "")
    mistakes = {
        PasteMistake.TOKEN_OR_KEY: bool(given.keys() & _TOKEN_NAMES),
        PasteMistake.AUTHORIZE_LINK: "client_id" in given and bool(given.keys() & _REQUEST_NAMES),
        PasteMistake.DOUBLED: any(names.count(name) > 1 for name in _ONCE),
        PasteMistake.CONTROL_CHARACTERS: any(unicodedata.category(c) == "Cc" for c in secrets),
        PasteMistake.NOT_UNDERSTOOD: not secrets.isascii() or bool(given.get("error") and given.get("code")),
        PasteMistake.NO_CODE: not given.get("error") and not given.get("code"),
        PasteMistake.BARE_CODE: not given.get("error") and not given.get("state"),
    }
    return next((mistake for mistake, is_made in mistakes.items() if is_made), None)


def _split(address: str) -> tuple[str | None, list[tuple[str, str]], bool]:
    """Return the part before the query, the parameters (or code and state), and whether they are unescaped."""
    before, hash_sign, fragment = address.partition("#")
    before, question_mark, query = before.partition("?")
    if (
        not question_mark
        and hash_sign
        and not _PARAMETERS.match(address)
        and "://" not in before
        and "=" not in fragment
    ):
        return None, [("code", before), ("state", fragment)], True
    if not question_mark and _PARAMETERS.match(before):
        before, query = "", before
    parameters = f"{query}&{fragment}" if "=" in fragment else query
    pairs = (pair.partition("=") for pair in parameters.split("&"))
    return before or None, [(name, value) for name, equals, value in pairs if equals], False


def _leads_to(address: str | None, uri: str) -> bool:
    """Return whether an address is the redirect URI; all loopback names are equal, and its beginning may be cut off."""
    if address is None:
        return True
    there = urlsplit(uri)
    if "://" not in address and not _HOST_FIRST.match(address):
        return there.path.rstrip("/").endswith(address.rstrip("/"))
    here = _parts(address if "://" in address else f"{there.scheme}://{address}")
    if here is None:
        return False
    loopback = here.hostname in _LOOPBACK and there.hostname in _LOOPBACK
    same_scheme = there.scheme.endswith(here.scheme) or (loopback and here.scheme in _DEFAULT_PORTS)
    ports = {port for port in (_port(here), _port(there)) if port is not None}
    return (
        same_scheme
        and (loopback or here.hostname == there.hostname)
        and "@" not in here.netloc
        and len(ports) < 2  # noqa: PLR2004 - equal, or given on one side only
        and here.path.rstrip("/") == there.path.rstrip("/")
    )


def _parts(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - reading the port checks it
    except ValueError:
        return None
    return parts


def _port(parts: SplitResult) -> int | None:
    return parts.port or (None if parts.hostname in _LOOPBACK else _DEFAULT_PORTS.get(parts.scheme))


def _mistake(text: str, refusals: list[PasteMistake]) -> PasteMistake:
    """Return the most important mistake of a text without a redirect."""
    if _TOKEN_OR_KEY.search(text) or PasteMistake.TOKEN_OR_KEY in refusals:
        return PasteMistake.TOKEN_OR_KEY
    if refusals:
        return refusals[0]
    words = text.split()
    if (len(words) == 1 and _CODE_LIKE.match(words[0])) or any(map(_LONG_CODE_LIKE.match, words)):
        return PasteMistake.BARE_CODE
    return PasteMistake.NOT_UNDERSTOOD
