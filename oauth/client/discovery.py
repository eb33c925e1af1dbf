"""Discover endpoints in the issuer's metadata (RFC 8414, then OpenID Connect Discovery 1.0)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Literal, TypeAlias, TypeVar
from urllib.parse import urlsplit, urlunsplit

from openab_auth.oauth.client.oauth_client import OAuthClient, SecretMethod
from openab_auth.oauth.client.replies.verdict import CHECK_TABLE, JsonObject
from openab_auth.oauth.errors import (
    ForeignMetadataError,
    OAuthError,
    PkceMissingError,
    VendorMisconfiguredError,
    VendorUnavailableError,
)
from openab_auth.oauth.http import why_unsafe

Fetch: TypeAlias = Callable[[str], Awaitable[JsonObject]]
Method = TypeVar("Method", bound=SecretMethod)
T = TypeVar("T")


async def fetch_metadata(client: OAuthClient, fetch: Fetch) -> tuple[JsonObject, OAuthClient]:
    """Return the metadata that the issuer publishes, and the client with the endpoints in it (`with_endpoints`).

    Raises:
        PkceMissingError: the metadata names PKCE methods, and S256 is not among them.
        VendorMisconfiguredError: there is no metadata, it names another issuer (RFC 8414 3.3), or it lacks an endpoint.
        VendorUnavailableError: no usable answer; try again later.
    """
    issuer = client.issuer

    def usable(metadata: JsonObject) -> tuple[JsonObject, OAuthClient] | None:
        if not isinstance(metadata.get("issuer"), str):
            return None
        if metadata["issuer"] != issuer:
            reason = f"its metadata names another issuer than {issuer}"
            raise ForeignMetadataError(client.name, reason, CHECK_TABLE)
        return metadata, with_endpoints(client, metadata)

    if found := await first_usable(metadata_urls(issuer), fetch, usable):
        return found
    raise VendorMisconfiguredError(client.name, f"{issuer} publishes no metadata", CHECK_TABLE)


async def first_usable(
    urls: Iterable[str], fetch: Callable[[str], Awaitable[JsonObject | None]], use: Callable[[JsonObject], T | None]
) -> T | None:
    """Return what `use` makes of the first document that it can use; None where no address has a document.

    An address that does not answer, or that has an unusable document, does not end the search.

    Raises:
        ForeignMetadataError: a document belongs to another issuer or resource.
        PkceMissingError: a document names PKCE methods, and S256 is not among them.
        OAuthError: no document can be used. An unusable document says most, then an address that gave no answer.
    """
    unusable, unanswered, refused = list[OAuthError](), list[OAuthError](), list[OAuthError]()
    for url in urls:
        try:
            document = await fetch(url)
        except VendorUnavailableError as error:
            unanswered.append(error)
            continue
        except VendorMisconfiguredError as error:
            refused.append(error)
            continue
        try:
            found = None if document is None else use(document)
        except (ForeignMetadataError, PkceMissingError):
            raise
        except VendorMisconfiguredError as error:
            unusable.append(error)
            continue
        if found is not None:
            return found
    for failure in (*unusable, *unanswered, *refused):
        raise failure
    return None


def with_endpoints(client: OAuthClient, metadata: JsonObject) -> OAuthClient:
    """Return the client with the endpoints of its issuer; endpoints that it already has stay.

    Raises:
        PkceMissingError: the metadata names PKCE methods, and S256 is not among them.
        VendorMisconfiguredError: an endpoint is missing or unsafe.
    """
    methods = metadata.get("code_challenge_methods_supported")
    if isinstance(methods, list) and "S256" not in methods:
        raise PkceMissingError(client.name, "it does not support PKCE with S256", CHECK_TABLE)
    if client.begins_with_code:
        found = client.device_url or _endpoint(client, metadata, "device_authorization_endpoint")  # RFC 8628 4
        client = replace(client, device_url=found)
    else:
        found = client.authorize_url or _endpoint(client, metadata, "authorization_endpoint")
        client = replace(client, authorize_url=found)
    return replace(
        client,
        auth_method=supported_method(metadata.get("token_endpoint_auth_methods_supported"), client.auth_method),
        token_url=client.token_url or _endpoint(client, metadata, "token_endpoint"),
        revoke_url=client.revoke_url or _optional(metadata, "revocation_endpoint"),
        userinfo_url=client.userinfo_url or _optional(metadata, "userinfo_endpoint"),
    )


def supported_method(announced: object, preferred: Method) -> Method | Literal["client_secret_post"]:
    """Return `preferred`, unless metadata announces only other methods with a secret, and we know one (RFC 8414 2)."""
    if not isinstance(announced, list | tuple) or preferred in announced:
        return preferred
    return "client_secret_post" if "client_secret_post" in announced else preferred


def metadata_urls(issuer: str) -> tuple[str, ...]:
    """Return the addresses of the metadata: RFC 8414 has its word before the path, OpenID Connect after it."""
    oauth = well_known(issuer, "oauth-authorization-server")[0]
    openid = well_known(issuer, "openid-configuration")[0]
    parts = urlsplit(issuer)
    appended = urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/.well-known/openid-configuration"))
    return tuple(dict.fromkeys((oauth, openid, appended)))


def well_known(url: str, word: str) -> tuple[str, ...]:
    """Return the well-known addresses of `word` for `url`: with the path, then without it (RFC 8414 3.1)."""
    parts = urlsplit(url)
    paths = dict.fromkeys((parts.path.rstrip("/"), ""))
    return tuple(urlunsplit(parts._replace(path=f"/.well-known/{word}{path}", query="", fragment="")) for path in paths)


def _endpoint(client: OAuthClient, metadata: JsonObject, name: str) -> str:
    if found := _optional(metadata, name):
        return found
    raise VendorMisconfiguredError(client.name, f"its metadata has no usable {name}", CHECK_TABLE)


def _optional(metadata: JsonObject, name: str) -> str:
    value = metadata.get(name)
    return value if isinstance(value, str) and why_unsafe(value) is None else ""
