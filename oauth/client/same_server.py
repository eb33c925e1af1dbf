"""Tell whether a stored login was made at the server that its vendor's table names now.

Whoever writes the store writes the login's token endpoint, too. So this endpoint alone never gets the client's secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from openab_auth.oauth.client import Driver, OAuthClient

ANOTHER_SERVER: Final = "the login was made at another server than the table names"


async def is_same_server(driver: Driver, client: OAuthClient, token_endpoint: str) -> bool:
    """Return whether the login's token endpoint has the origin of the client's token endpoint or issuer (RFC 6454).

    The issuer's metadata is fetched only if the table has no token endpoint and the issuer has another origin. A row
    that was recorded with its login names no server, so that its login has the only address.

    Raises:
        VendorUnavailableError, VendorMisconfiguredError: the issuer gave no usable metadata.
    """
    named = client.token_url or client.issuer
    if not named or have_same_origin(named, token_endpoint):
        return True
    if client.token_url:
        return False
    return have_same_origin((await driver.resolve(client)).token_url, token_endpoint)


def have_same_origin(one: str, other: str) -> bool:
    """Return whether both addresses have the same origin; an address that no request could use has none."""
    import httpx2  # noqa: PLC0415 - only a refresh or a logout pays for it

    from openab_auth.oauth.http import origin_of  # noqa: PLC0415 - loads httpx2

    try:
        return origin_of(one) == origin_of(other)
    except httpx2.InvalidURL:
        return False
