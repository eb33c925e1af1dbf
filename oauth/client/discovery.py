"""A vendor's endpoints from its issuer's metadata (RFC 8414, then OpenID Connect Discovery 1.0)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeAlias
from urllib.parse import urlsplit, urlunsplit

from openab_auth.oauth.client.verdict import CHECK_TABLE, JsonObject
from openab_auth.oauth.errors import VendorMisconfiguredError
from openab_auth.oauth.http.urls import url_mistake
from openab_auth.oauth.vendors.flow_rules import rules_of
from openab_auth.oauth.vendors.vendor import Vendor

Fetch: TypeAlias = Callable[[str], Awaitable[JsonObject]]


def needs_discovery(vendor: Vendor) -> bool:
    """Whether the table gives an issuer and leaves an endpoint of the login to its metadata."""
    begins_at = vendor.device_url if rules_of(vendor).begins_at == "device_url" else vendor.authorize_url
    return bool(vendor.issuer) and not (begins_at and vendor.token_url)


async def fetch_metadata(vendor: Vendor, fetch: Fetch) -> JsonObject:
    """The metadata that the vendor's issuer publishes.

    Raises:
        VendorMisconfiguredError: there is none, or it is of another issuer (RFC 8414 3.3 wants them identical).
        VendorUnavailableError: no usable answer; it may come later.
    """
    issuer = vendor.issuer
    *others, last = metadata_urls(issuer)
    for url in others:
        try:
            metadata = await fetch(url)
            break
        except VendorMisconfiguredError:  # nothing there: many servers publish the OpenID document alone
            continue
    else:
        metadata = await fetch(last)
    if metadata.get("issuer") != issuer:
        raise VendorMisconfiguredError(vendor.name, f"its metadata is of another issuer than {issuer}", CHECK_TABLE)
    return metadata


def with_endpoints(vendor: Vendor, metadata: JsonObject) -> Vendor:
    """The vendor with the endpoints of its issuer; what its own table names stays.

    Raises:
        VendorMisconfiguredError: an endpoint is missing or unsafe, or the server does not know S256.
    """
    methods = metadata.get("code_challenge_methods_supported")
    if isinstance(methods, list) and "S256" not in methods:
        raise VendorMisconfiguredError(vendor.name, "it does not know PKCE with S256", CHECK_TABLE)
    if rules_of(vendor).begins_at == "device_url":
        vendor = replace(
            vendor, device_url=vendor.device_url or _endpoint(vendor, metadata, "device_authorization_endpoint")
        )  # RFC 8628 4
    else:
        vendor = replace(
            vendor, authorize_url=vendor.authorize_url or _endpoint(vendor, metadata, "authorization_endpoint")
        )
    return replace(
        vendor,
        token_url=vendor.token_url or _endpoint(vendor, metadata, "token_endpoint"),
        revoke_url=vendor.revoke_url or _optional(metadata, "revocation_endpoint"),
        userinfo_url=vendor.userinfo_url or _optional(metadata, "userinfo_endpoint"),
    )


def metadata_urls(issuer: str) -> tuple[str, ...]:
    """Where the document may be: RFC 8414 puts its word between host and path, OpenID Connect after the path."""
    oauth = well_known(issuer, "oauth-authorization-server")[0]
    openid = well_known(issuer, "openid-configuration")[0]
    parts = urlsplit(issuer)
    appended = urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/.well-known/openid-configuration"))
    return tuple(dict.fromkeys((oauth, openid, appended)))


def well_known(url: str, word: str) -> tuple[str, ...]:
    """The well-known addresses of `word` for `url`: with its path behind the word, then without (RFC 8414 3.1)."""
    parts = urlsplit(url)
    paths = dict.fromkeys((parts.path.rstrip("/"), ""))
    return tuple(urlunsplit(parts._replace(path=f"/.well-known/{word}{path}", query="", fragment="")) for path in paths)


def _endpoint(vendor: Vendor, metadata: JsonObject, name: str) -> str:
    if found := _optional(metadata, name):
        return found
    raise VendorMisconfiguredError(vendor.name, f"its metadata has no usable {name}", CHECK_TABLE)


def _optional(metadata: JsonObject, name: str) -> str:
    value = metadata.get(name)
    return value if isinstance(value, str) and url_mistake(value) is None else ""
