"""Find the pending logins that a paste may finish, and read the paste in a text."""

from __future__ import annotations

from openab_auth.oauth.entries.pending_entry import PendingLogin
from openab_auth.oauth.entries.pending_logins import PendingLogins
from openab_auth.oauth.errors import NoPendingLoginError, PasteRefusedError
from openab_auth.oauth.flows.registry import flow_of
from openab_auth.oauth.paste import Paste, PasteMistake, read_paste
from openab_auth.oauth.vendors import Catalogue, VendorName
from openab_auth.oauth.vendors.account_labels import person_of
from openab_auth.storage.entries import CONSOLE, PendingEntry, UserId


async def pasteable(
    pending: PendingLogins, catalogue: Catalogue, user: UserId, vendor: str | None, generation: str | None
) -> list[tuple[PendingLogin, PendingEntry]]:
    """Return a person's pending logins in the store that a paste can end, at vendors that are offered.

    With a `vendor` or a `generation`, only the logins of that vendor or that generation.
    """
    found = await pending.of(user, {vendor} if vendor else ())
    return [
        (login, entry)
        for login, entry in found
        if generation in {None, login.generation} and _takes_paste(catalogue, VendorName(login.vendor), user)
    ]


def _takes_paste(catalogue: Catalogue, name: VendorName, user: UserId) -> bool:
    """Return whether this person's paste may finish such a login; a personal account is its person's alone."""
    row = catalogue.named(name)
    if row is None or (user != CONSOLE and person_of(row.label) not in {None, user}):
        return False
    return flow_of(row).takes_paste and flow_of(row).in_store and not catalogue.refusal(name)


def read_expected(text: str, *, expected: bool, vendor: str | None) -> Paste:
    """Return the paste in a text; `expected` tells whether a login waits for it.

    Raises:
        PasteRefusedError: the text is no paste. If no login waits, only a token or a key raises this error.
        NoPendingLoginError: no login waits, and the text is no paste.
    """
    try:
        return read_paste(text)
    except PasteRefusedError as refusal:
        if expected or refusal.reason == PasteMistake.TOKEN_OR_KEY:  # the person must learn that they showed a token
            raise
        raise NoPendingLoginError(vendor) from None
