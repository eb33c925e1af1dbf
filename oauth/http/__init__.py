"""HTTP with limits: transports that bound each reply, the network policy, deadlines, and checks on addresses."""

from openab_auth.lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.oauth.http.challenge import BearerChallenge, read_bearer
    from openab_auth.oauth.http.deadline import LAST_REQUEST, LAST_TRY, Deadline, awake_timeout
    from openab_auth.oauth.http.network_policy import NetworkPolicy, read_network_policy
    from openab_auth.oauth.http.pinned import PinnedTransport, PrivateAddressError
    from openab_auth.oauth.http.transport import (
        REQUEST_DEADLINE,
        BoundedTransport,
        RefusedAddressError,
        UnsafeUrlError,
        direct_transport,
        new_client,
        origin_of,
    )
    from openab_auth.oauth.http.urls import host_of, is_loopback, shorten_host, why_ambiguous, why_unsafe

__all__ = [
    "LAST_REQUEST",
    "LAST_TRY",
    "REQUEST_DEADLINE",
    "BearerChallenge",
    "BoundedTransport",
    "Deadline",
    "NetworkPolicy",
    "PinnedTransport",
    "PrivateAddressError",
    "RefusedAddressError",
    "UnsafeUrlError",
    "awake_timeout",
    "direct_transport",
    "host_of",
    "is_loopback",
    "new_client",
    "origin_of",
    "read_bearer",
    "read_network_policy",
    "shorten_host",
    "why_ambiguous",
    "why_unsafe",
]

if not TYPE_CHECKING:  # otherwise a type checker would accept every name
    __getattr__ = lazy_names(
        __name__,
        {
            "BearerChallenge": "challenge",
            "read_bearer": "challenge",
            "LAST_REQUEST": "deadline",
            "LAST_TRY": "deadline",
            "Deadline": "deadline",
            "awake_timeout": "deadline",
            "NetworkPolicy": "network_policy",
            "read_network_policy": "network_policy",
            "PinnedTransport": "pinned",
            "PrivateAddressError": "pinned",
            "REQUEST_DEADLINE": "transport",
            "BoundedTransport": "transport",
            "RefusedAddressError": "transport",
            "UnsafeUrlError": "transport",
            "direct_transport": "transport",
            "new_client": "transport",
            "origin_of": "transport",
            "host_of": "urls",
            "is_loopback": "urls",
            "shorten_host": "urls",
            "why_ambiguous": "urls",
            "why_unsafe": "urls",
        },
    )
