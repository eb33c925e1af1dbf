"""Write a finished login at a server: the entry that the Rust agents read, its note and its binding."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from openab_auth.oauth.mcp.scopes import carried_over
from openab_auth.storage import CONSOLE, NEVER, Draft, Json, McpEntry, Note, pending_key

if TYPE_CHECKING:
    from openab_auth.oauth.client import TokenResponse
    from openab_auth.oauth.mcp.binding import Binding
    from openab_auth.oauth.vendors import Vendor


def write(
    binding: Binding, draft: Draft, vendor: Vendor, _token_url: str, tokens: TokenResponse, note: Note
) -> str | None:
    """Write the login in the shape, and under the key, that the Rust agents expect; return the former account.

    The entry has no token endpoint: `binding` records it.
    """
    before = draft.notes.get(vendor.tenant, Note()).account if vendor.tenant in draft else None
    reply: dict[str, Json] = {"access_token": tokens.access_token.reveal(), "token_type": "bearer"}
    received_at = int(note.logged_in_at or 0)
    if tokens.expires_at < NEVER:  # without it the Rust agents take a token as good, too
        reply["expires_in"] = max(0, tokens.expires_at - received_at)
    if tokens.refresh_token:
        reply["refresh_token"] = tokens.refresh_token.reveal()
    if tokens.scopes:
        reply["scope"] = " ".join(tokens.scopes)
    draft[vendor.tenant] = McpEntry(
        client_id=binding.client_id,
        token_response=reply,
        granted_scopes=tokens.scopes or binding.scopes,
        token_received_at=received_at,
        issuer=binding.issuer,
    )
    if tokens.auth_method:  # what worked, for the refreshes
        binding = replace(binding, auth_method=tokens.auth_method)
    draft.clients[vendor.tenant] = carried_over(binding.as_client(), draft.clients.get(vendor.tenant))
    draft.clients.pop(pending_key(vendor.name, note.logged_in_by or CONSOLE), None)
    draft.notes[vendor.tenant] = note
    return before
