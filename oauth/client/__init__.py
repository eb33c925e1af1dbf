"""The OAuth client: link, exchange, refresh and revocation at an authorization server, and what its replies mean."""

from openab_auth.lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.oauth.client.discovery import metadata_urls, well_known
    from openab_auth.oauth.client.driver import Driver
    from openab_auth.oauth.client.no_reply import judge_failure
    from openab_auth.oauth.client.oauth_client import Encoding, OAuthClient, SecretMethod
    from openab_auth.oauth.client.pkce import new_state, new_verifier
    from openab_auth.oauth.client.scopes import scopes_of
    from openab_auth.oauth.client.subject import is_other_account, renewed_subject
    from openab_auth.oauth.client.token_response import TokenResponse, read_token_response
    from openab_auth.oauth.client.verdict import (
        CHECK_TABLE,
        RFC_6749_NAMES,
        JsonObject,
        RequestContext,
        error_words,
        is_token,
        json_object,
        judge_reply,
        read_date,
        reason_of,
    )

__all__ = [
    "CHECK_TABLE",
    "RFC_6749_NAMES",
    "Driver",
    "Encoding",
    "JsonObject",
    "OAuthClient",
    "RequestContext",
    "SecretMethod",
    "TokenResponse",
    "error_words",
    "is_other_account",
    "is_token",
    "json_object",
    "judge_failure",
    "judge_reply",
    "metadata_urls",
    "new_state",
    "new_verifier",
    "read_date",
    "read_token_response",
    "reason_of",
    "renewed_subject",
    "scopes_of",
    "well_known",
]

if not TYPE_CHECKING:  # otherwise a type checker would accept every name
    __getattr__ = lazy_names(
        __name__,
        {
            "metadata_urls": "discovery",
            "well_known": "discovery",
            "Driver": "driver",
            "Encoding": "oauth_client",
            "OAuthClient": "oauth_client",
            "SecretMethod": "oauth_client",
            "new_state": "pkce",
            "new_verifier": "pkce",
            "scopes_of": "scopes",
            "is_other_account": "subject",
            "renewed_subject": "subject",
            "TokenResponse": "token_response",
            "read_token_response": "token_response",
            "CHECK_TABLE": "verdict",
            "RFC_6749_NAMES": "verdict",
            "JsonObject": "verdict",
            "RequestContext": "verdict",
            "error_words": "verdict",
            "is_token": "verdict",
            "json_object": "verdict",
            "judge_failure": "no_reply",
            "judge_reply": "verdict",
            "read_date": "verdict",
            "reason_of": "verdict",
        },
    )
