"""Change a login during its refresh."""

from __future__ import annotations

import dataclasses

from openab_auth.storage import AsyncStore, TokenEntry


async def change(store: AsyncStore, login: TokenEntry, **fields: object) -> TokenEntry:
    """Write the login with other fields, as any process with only the global lock could."""
    changed = dataclasses.replace(login, **fields)  # type: ignore[arg-type] # whichever field
    await store.update(lambda draft: draft.update(lab=changed))
    return changed
