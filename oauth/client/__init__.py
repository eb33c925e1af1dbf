"""The OAuth client: link, exchange, refresh and revocation at an authorization server, and what its replies mean."""

from openab_auth.lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.oauth.client.discovery import metadata_urls, supported_method, well_known
    from openab_auth.oauth.client.driver import Driver
    from openab_auth.oauth.client.oauth_client import Encoding, OAuthClient, SecretMethod
    from openab_auth.oauth.client.pkce import new_state, new_verifier
    from openab_auth.oauth.client.replies.no_reply import judge_failure
    from openab_auth.oauth.client.replies.subject import is_other_account, renewed_subject
    from openab_auth.oauth.client.replies.token_response import TokenResponse, jwt_claims, read_token_response
    from openab_auth.oauth.client.replies.verdict import (
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
    from openab_auth.oauth.client.scopes import scopes_of

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
    "jwt_claims",
    "metadata_urls",
    "new_state",
    "new_verifier",
    "read_date",
    "read_token_response",
    "reason_of",
    "renewed_subject",
    "scopes_of",
    "supported_method",
    "well_known",
]

if not TYPE_CHECKING:  # otherwise a type checker would accept every name
    __getattr__ = lazy_names(
        __name__,
        {
            "metadata_urls": "discovery",
            "supported_method": "discovery",
            "well_known": "discovery",
            "Driver": "driver",
            "Encoding": "oauth_client",
            "OAuthClient": "oauth_client",
            "SecretMethod": "oauth_client",
            "new_state": "pkce",
            "new_verifier": "pkce",
            "scopes_of": "scopes",
            "is_other_account": "replies.subject",
            "renewed_subject": "replies.subject",
            "TokenResponse": "replies.token_response",
            "jwt_claims": "replies.token_response",
            "read_token_response": "replies.token_response",
            "CHECK_TABLE": "replies.verdict",
            "RFC_6749_NAMES": "replies.verdict",
            "JsonObject": "replies.verdict",
            "RequestContext": "replies.verdict",
            "error_words": "replies.verdict",
            "is_token": "replies.verdict",
            "json_object": "replies.verdict",
            "judge_failure": "replies.no_reply",
            "judge_reply": "replies.verdict",
            "read_date": "replies.verdict",
            "reason_of": "replies.verdict",
        },
    )
