"""The names that are taken: no server may have the name or the tenant of a vendor, nor the name of another server.

The tenant of openab's own login is always taken.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from openab_auth.oauth.vendors.server_names import OF_OPENAB

if TYPE_CHECKING:
    from openab_auth.oauth.vendors.vendor import Vendor


def owners_of_names(vendors: Iterable[Vendor] = (), servers: Iterable[str] = ()) -> dict[str, str]:
    """Return the owner of each name, in words for people; names are case-folded, as some file systems ignore case."""
    words = {word.casefold(): f"the vendor {one.name}" for one in vendors for word in (one.name, one.tenant)}
    words |= {name.casefold(): f"the server {name}" for name in servers}
    return words | {OF_OPENAB: "openab's own login"}
