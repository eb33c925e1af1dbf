"""Send one OAuth request with authlib, and return the vendor's raw reply, whatever authlib makes of it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Final

import httpx2
from authlib.integrations.httpx_client import AsyncOAuth2Client

from openab_auth.oauth.client import client_auth
from openab_auth.oauth.client.oauth_client import OAuthClient
from openab_auth.oauth.client.replies.no_reply import judge_failure
from openab_auth.oauth.client.replies.verdict import RequestContext, json_object
from openab_auth.oauth.http import BoundedTransport, NetworkPolicy, awake_timeout, new_client
from openab_auth.oauth.http.interrupt import postpone, undisturbed

_log: Final = logging.getLogger(__name__)


class RequestSender:
    """Owns one HTTP client for each network policy; `deadline` limits each request, in seconds.

    `transport` replaces the network. `environ` names the proxies and the trusted certificates.
    """

    def __init__(
        self, transport: httpx2.AsyncBaseTransport | None, environ: Mapping[str, str], *, deadline: float
    ) -> None:
        self._transport = transport
        self._environ = environ
        self._http: dict[NetworkPolicy | None, httpx2.AsyncClient] = {}
        self.deadline = deadline

    def http(self, policy: NetworkPolicy | None = None) -> httpx2.AsyncClient:
        """Return the HTTP client for this policy, made at its first request: loading the certificates takes a while.

        Call it before something is taken or noted for a request: it fails before anything is sent.

        Raises:
            NetworkVariableError: a variable about proxies or certificates is unusable; the next call reads it again.
        """
        if policy not in self._http:
            self._http[policy] = new_client(policy, self._environ, transport=self._transport)
        return self._http[policy]

    async def aclose(self) -> None:
        """Close every connection; the sender cannot be used afterwards."""
        for http in self._http.values():
            await http.aclose()

    async def send(
        self, client: OAuthClient, context: RequestContext, request: Callable[[AsyncOAuth2Client], Awaitable[object]]
    ) -> httpx2.Response:
        """Return the raw reply to the one request that `request` makes.

        Once the reply is there, no error is raised; a reply that was cut off after a whole JSON object counts, too.
        Before, every error is an `OAuthError`.
        """
        transport = BoundedTransport(self.http(client.network_policy))
        session = client_auth.authlib_client(client, transport, self.deadline)
        minimal = {"access_token": "taken"}  # authlib's own parser fails on lifetimes that are not integers
        for hook in ("access_token_response", "refresh_token_response"):
            session.register_compliance_hook(hook, lambda _: httpx2.Response(httpx2.codes.OK, json=minimal))
        try:
            async with awake_timeout(self.deadline):
                await request(session)
        except BaseException as error:
            reply = undisturbed(partial(_usable_reply, transport))
            if isinstance(error, Exception):
                if not isinstance(error, httpx2.HTTPError | httpx2.InvalidURL | OSError | OverflowError):
                    with suppress(MemoryError):  # the judgement below says it, too
                        _log.error("%s: an unexpected error ended a request (%s)", client.name, type(error).__name__)
                if reply is None:  # `from None`: an httpx2 error holds the request, and so the token
                    unsent, begun = transport.certainly_unsent, transport.answer_has_begun
                    raise undisturbed(partial(judge_failure, context, error, unsent=unsent, begun=begun)) from None
            elif reply is None:
                raise
            else:
                postpone(error)
            return reply
        reply = undisturbed(transport.received)
        assert reply is not None  # noqa: S101 - a session that raises nothing has read a reply
        return reply


def _usable_reply(transport: BoundedTransport) -> httpx2.Response | None:
    """Return the reply if it is complete, or was cut off after one whole JSON object."""
    reply = transport.received()
    if reply is None or not (transport.complete or json_object(reply) is not None):
        return None
    return reply
