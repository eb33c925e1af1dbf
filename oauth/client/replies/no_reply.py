"""Judge a request that got no complete reply: each case has one error class."""

from __future__ import annotations

import errno
import ssl
from typing import Final, TypeVar

import httpx2

from openab_auth.oauth.client.replies.verdict import RequestContext
from openab_auth.oauth.errors import OAuthError, redact
from openab_auth.oauth.http import RefusedAddressError
from openab_auth.oauth.http.transport import UnreadReplyError

E = TypeVar("E", bound=BaseException)

_CUT_OFF: Final = (  # the connection broke or stayed silent, which may pass
    ssl.SSLEOFError,
    ssl.SSLSyscallError,
    ssl.SSLWantReadError,
    ssl.SSLWantWriteError,
    ssl.SSLZeroReturnError,
)
_NO_MEMORY: Final = frozenset({errno.ENOMEM, errno.ENOBUFS})
_CHECK_TLS: Final = "check the clock, the certificates of this machine (SSL_CERT_FILE) and any proxy in between"


def judge_failure(context: RequestContext, error: Exception, *, unsent: bool, begun: bool = False) -> OAuthError:
    """Return the error for a request that got no complete reply; `begun` tells that a part of one arrived."""
    if isinstance(error, RefusedAddressError):
        return context.misconfigured(str(error), processed=not unsent)
    if isinstance(error, httpx2.UnsupportedProtocol | httpx2.InvalidURL | OverflowError):  # OverflowError: a bad port
        return context.misconfigured("no request can be sent to its address")
    if (trouble := _cause(error, ssl.SSLError)) and not isinstance(trouble, _CUT_OFF):
        return context.misconfigured(_tls_trouble(trouble), _CHECK_TLS, processed=not unsent)
    if isinstance(error, UnreadReplyError) and not unsent:
        return context.unavailable(str(error), unread=True)
    never_connected = isinstance(
        error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout | httpx2.ProxyError
    )
    sent = not (unsent or never_connected)
    ours = _fault_here(error)
    if sent and (begun or ours):  # no silence: the server has taken the request, or this process failed
        here, part = f"could not be read here: {type(ours).__name__}", f"came only in part: {_silence(error)}"
        return context.unavailable(f"its answer {here if ours else part}", unread=True)
    return context.unavailable(_silence(error), processed=sent, unanswered=sent)


def _fault_here(error: Exception) -> BaseException | None:
    """Return the error of this process or its system, or None if the connection failed.

    If there is no memory to read from the socket, the event loop closes the connection, and the answer is lost with it.
    """
    if lack := _cause(error, MemoryError):
        return lack
    if (failed := _cause(error, OSError)) and failed.errno in _NO_MEMORY:
        return failed
    return None if isinstance(error, httpx2.HTTPError | OSError) else error


def _cause(error: BaseException | None, kind: type[E]) -> E | None:
    seen = 0
    while error is not None and seen < 8:  # noqa: PLR2004  # no honest chain of causes is longer
        if isinstance(error, kind):
            return error
        error = error.__cause__ or error.__context__
        seen += 1
    return None


def _tls_trouble(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate could not be verified: {redact(error.verify_message)}"
    reason = str(getattr(error, "reason", None) or "the handshake failed")
    return f"no secure connection could be made: {redact(reason.lower().replace('_', ' '))}"


def _silence(error: Exception) -> str:
    """Describe a failure in our own words: the library's message may quote the server."""
    match error:
        case TimeoutError() | httpx2.TimeoutException():
            return "no answer in time"
        case httpx2.ProxyError():
            return "the proxy did not let us through"
        case httpx2.ConnectError():
            return "no connection"
        case _ if type(error).__module__.startswith("openab_auth."):
            return str(error)
        case _:
            return "the connection was cut"
