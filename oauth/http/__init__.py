"""HTTP with limits: transports that bound each reply, the network policy, deadlines, and checks on addresses."""

from openab_auth.lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.oauth.http.challenge import BearerChallenge, read_bearer
    from openab_auth.oauth.http.client import check_environment, new_client, new_local_client
    from openab_auth.oauth.http.deadline import LAST_REQUEST, LAST_TRY, Deadline, awake_timeout
    from openab_auth.oauth.http.network_policy import NetworkPolicy, read_network_policy
    from openab_auth.oauth.http.pinned import PinnedTransport, PrivateAddressError
    from openab_auth.oauth.http.proxies import Proxy, all_proxies, proxy_for, read_proxy
    from openab_auth.oauth.http.transport import (
        REQUEST_DEADLINE,
        BoundedTransport,
        RefusedAddressError,
        UnsafeUrlError,
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
    "Proxy",
    "RefusedAddressError",
    "UnsafeUrlError",
    "all_proxies",
    "awake_timeout",
    "check_environment",
    "host_of",
    "is_loopback",
    "new_client",
    "new_local_client",
    "origin_of",
    "proxy_for",
    "read_bearer",
    "read_network_policy",
    "read_proxy",
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
            "check_environment": "client",
            "new_client": "client",
            "new_local_client": "client",
            "LAST_REQUEST": "deadline",
            "LAST_TRY": "deadline",
            "Deadline": "deadline",
            "awake_timeout": "deadline",
            "NetworkPolicy": "network_policy",
            "read_network_policy": "network_policy",
            "PinnedTransport": "pinned",
            "PrivateAddressError": "pinned",
            "Proxy": "proxies",
            "all_proxies": "proxies",
            "proxy_for": "proxies",
            "read_proxy": "proxies",
            "REQUEST_DEADLINE": "transport",
            "BoundedTransport": "transport",
            "RefusedAddressError": "transport",
            "UnsafeUrlError": "transport",
            "origin_of": "transport",
            "host_of": "urls",
            "is_loopback": "urls",
            "shorten_host": "urls",
            "why_ambiguous": "urls",
            "why_unsafe": "urls",
        },
    )
