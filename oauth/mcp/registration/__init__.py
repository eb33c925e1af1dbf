"""Our clients at authorization servers: choose, register, keep and forget them."""

from openab_auth.oauth.mcp.registration.client_metadata import metadata_document
from openab_auth.oauth.mcp.registration.identity import Identity, identify, identity_of
from openab_auth.oauth.mcp.registration.known_clients import client_key, forget_client, issuers_of, keep_client

__all__ = [
    "Identity",
    "client_key",
    "forget_client",
    "identify",
    "identity_of",
    "issuers_of",
    "keep_client",
    "metadata_document",
]
