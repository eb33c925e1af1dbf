"""Write a finished login at a vendor: the entry that the agents read, its note and its facts.

A login must not need another module once the vendor has answered: an upgrade may have replaced the package since.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from openab_auth.oauth.entries.recorded_facts import record_facts
from openab_auth.oauth.vendors.facts import facts_of
from openab_auth.storage.entries import TokenEntry
from openab_auth.storage.records.notes import Note
from openab_auth.storage.secret import Secret

if TYPE_CHECKING:
    from openab_auth.oauth.client import TokenResponse
    from openab_auth.oauth.vendors import Vendor
    from openab_auth.storage.commit.draft import Draft


def write(draft: Draft, vendor: Vendor, token_url: str, tokens: TokenResponse, note: Note) -> str | None:
    """Write the credential, its note and its facts; return the label of the account that was there before."""
    before = draft.notes.get(vendor.tenant, Note()).account if vendor.tenant in draft else None
    draft[vendor.tenant] = TokenEntry(
        access_token=tokens.access_token,
        refresh_token=tokens.refresh_token or Secret(""),
        expires_at=tokens.expires_at,
        token_endpoint=token_url,
        provider=vendor.tenant,
    )
    draft.notes[vendor.tenant] = note
    if tokens.auth_method:  # what worked, for the refreshes
        vendor = dataclasses.replace(vendor, auth_method=tokens.auth_method)
    record_facts(draft, vendor.tenant, facts_of(vendor), tokens.refresh_token or Secret(""))
    return before
