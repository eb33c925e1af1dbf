"""Send every OAuth request: link, exchange, refresh and revocation, with authlib's async client.

authlib builds the requests. `verdict` judges each raw reply before authlib sees it, so that a failure means the same
everywhere. Each request has a total deadline. Nothing is repeated here after silence. If the server says that it has
not processed a request, some requests are sent once more in another encoding.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final, Literal
from urllib.parse import urlencode

import httpx2
from authlib.integrations.httpx_client import AsyncOAuth2Client

from openab_auth.oauth.client import client_auth, link
from openab_auth.oauth.client.discovery import fetch_metadata, with_endpoints
from openab_auth.oauth.client.oauth_client import OAuthClient
from openab_auth.oauth.client.replies.token_response import TokenResponse, account_label, read_token_response
from openab_auth.oauth.client.replies.verdict import JsonObject, RequestContext, judge_reply
from openab_auth.oauth.client.sender import RequestSender
from openab_auth.oauth.http import (
    REQUEST_DEADLINE,
    NetworkPolicy,
)
from openab_auth.oauth.http.interrupt import undisturbed
from openab_auth.storage.entries import Json, PendingEntry
from openab_auth.storage.secret import Secret

_log: Final = logging.getLogger(__name__)
_MOST_ISSUERS: Final = 200
_WRONG_ENCODING: Final = (httpx2.codes.BAD_REQUEST, httpx2.codes.UNSUPPORTED_MEDIA_TYPE)


class Driver:
    """Speak to authorization servers; one driver for each event loop.

    `transport` replaces the network. `deadline` limits each request, in seconds. `environ` names the proxies and the
    trusted certificates; if it is unusable, every method that sends a request raises a `NetworkVariableError` instead.
    """

    def __init__(
        self,
        transport: httpx2.AsyncBaseTransport | None = None,
        *,
        clock: Callable[[], float] = time.time,
        deadline: float = REQUEST_DEADLINE,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._sender = RequestSender(transport, environ, deadline=deadline)
        self._clock = clock
        self._metadata: dict[str, JsonObject] = {}  # by issuer

    @property
    def deadline(self) -> float:
        """Return the limit of each request, in seconds."""
        return self._sender.deadline

    async def resolve(self, client: OAuthClient) -> OAuthClient:
        """Return the client with its endpoints; they are discovered once if only the issuer is known.

        Raises:
            VendorMisconfiguredError: the issuer's metadata is missing or wrong.
            VendorUnavailableError: the issuer gave no usable answer.
        """
        if not client.needs_discovery:
            return client
        if known := self._metadata.get(client.issuer):
            return with_endpoints(client, known)
        metadata, resolved = await fetch_metadata(client, lambda url: self._get(client, url))
        while len(self._metadata) >= _MOST_ISSUERS:  # people can add any number of servers over time
            del self._metadata[next(iter(self._metadata))]
        self._metadata[client.issuer] = metadata
        return resolved

    def authorize_url(self, client: OAuthClient, pending: PendingEntry) -> str:
        """Return the login link; the endpoints must be known (`resolve`)."""
        return link.authorize_url(client, pending)

    async def exchange(self, client: OAuthClient, code: Secret, pending: PendingEntry) -> TokenResponse:
        """Exchange the code for tokens at the pending login's token endpoint (RFC 6749 4.1.3).

        A server that refuses the client's authentication has not looked at the code. Then the code is posted once more,
        with another method (`client_auth.other_method`).

        Raises:
            ExchangeRefusedError: the vendor refused the code.
            VendorUnavailableError: no usable answer; if `processed` is False, the code is certainly unused.
            VendorMisconfiguredError: the vendor refuses this client.
        """
        extra = dict(client.token_params)
        if client.sends_state:
            extra["state"] = pending.state.reveal()
        context = RequestContext(client.name, client.tenant, "code", (code, pending.verifier, pending.state))

        async def post(session: AsyncOAuth2Client) -> None:
            await session.fetch_token(
                pending.token_url,
                grant_type="authorization_code",
                code=code.reveal(),
                code_verifier=pending.verifier.reveal(),
                redirect_uri=client.redirect_uri,
                body=urlencode(extra),
                headers=_headers(client),
            )

        asked_at = self._clock()
        reply = await self._sender.send(client, context, post)
        if other := undisturbed(partial(client_auth.other_method, client, reply)):
            _log.info("%s: the server refused the client's authentication; %s is tried once", client.name, other)
            client, asked_at = replace(client, auth_method=other), self._clock()
            reply = await self._sender.send(client, context, post)
        return self._token_response(client, context, reply, asked_at)

    async def refresh(self, client: OAuthClient, refresh_token: Secret, token_endpoint: str) -> TokenResponse:
        """Renew a login, in one POST without `scope` (RFC 6749 6); the caller holds the tenant's lease.

        Raises:
            LoginDeadError: the vendor refused the refresh token for good.
            RefreshRefusedError: the vendor refused it in words that nobody here knows.
            VendorUnavailableError: no usable answer; if `processed` is True, the token may have been rotated.
            VendorMisconfiguredError: the vendor refuses this client.
        """
        context = RequestContext(client.name, client.tenant, "refresh", (refresh_token,))
        asked_at = self._clock()
        reply = await self._sender.send(
            client,
            context,
            lambda session: session.refresh_token(
                token_endpoint,
                refresh_token=refresh_token.reveal(),
                body=urlencode(client.refresh_params),
                headers=_headers(client),
            ),
        )
        return self._token_response(client, context, reply, asked_at)

    async def revoke(self, client: OAuthClient, token: Secret, *, hint: str = "refresh_token") -> bool:
        """Revoke the token (RFC 7009); return False if the server offers no revocation.

        If the server refuses an encoding, the next of `revocation_encodings` is tried: revoking twice is harmless.

        Raises:
            VendorUnavailableError: no usable answer.
            VendorMisconfiguredError: the vendor refuses this client.
        """
        client = await self.resolve(client)
        if not client.revoke_url:
            return False
        context = RequestContext(client.name, client.tenant, "other", (token,))
        for encoding in client.revocation_encodings:
            reply = await self._sender.send(
                client, context, partial(self._send_revocation, client, token, hint, encoding)
            )
            if reply.is_success:
                return True
            if encoding == client.revocation_encodings[-1] or reply.status_code not in _WRONG_ENCODING:
                judge_reply(context, reply, now=self._clock())
        return False

    async def account(self, client: OAuthClient, response: TokenResponse) -> str | None:
        """Return the account's label: from the token response, otherwise from userinfo (OpenID Connect Core 5.3).

        Raises:
            VendorUnavailableError, VendorMisconfiguredError: userinfo gave no usable answer.
        """
        if response.account or not client.account_label_path:
            return response.account
        client = await self.resolve(client)
        if not client.userinfo_url:
            return None
        renews = client.userinfo_token == "refresh_token"  # noqa: S105 - a member's name
        bearer = response.refresh_token if renews and response.refresh_token else response.access_token
        return account_label(client, await self._get(client, client.userinfo_url, bearer=bearer))

    async def post(
        self,
        client: OAuthClient,
        context: RequestContext,
        url: str,
        fields: Mapping[str, str],
        *,
        encoding: Literal["form", "json"] = "form",
    ) -> httpx2.Response:
        """Send one POST with the client's identification; the caller judges the reply.

        Raises:
            VendorUnavailableError: no complete reply came.
            VendorMisconfiguredError: no request can go to this address.
        """
        return await self._sender.send(
            client,
            context,
            lambda session: session.request(
                "POST",
                url,
                withhold_token=True,
                auth=session.client_auth(encoding),
                data=dict(fields),
                headers=_headers(client),
            ),
        )

    async def send(
        self,
        client: OAuthClient,
        context: RequestContext,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Mapping[str, Json] | None = None,
    ) -> httpx2.Response:
        """Send one GET, or one POST of `json`, without the client's identification; the caller judges the reply.

        Raises:
            VendorUnavailableError, VendorMisconfiguredError: as `post`.
        """
        return await self._sender.send(
            client,
            context,
            lambda session: session.request(
                "GET" if json is None else "POST",
                url,
                withhold_token=True,
                headers={**_headers(client), **(headers or {})},
                json=json,
            ),
        )

    def http(self, policy: NetworkPolicy | None = None) -> httpx2.AsyncClient:
        """Return the HTTP client for this policy; see `RequestSender.http`."""
        return self._sender.http(policy)

    async def aclose(self) -> None:
        """Close every connection; the driver cannot be used afterwards."""
        await self._sender.aclose()

    async def _get(self, client: OAuthClient, url: str, *, bearer: Secret | None = None) -> JsonObject:
        context = RequestContext(client.name, client.tenant, "other", (bearer,) if bearer else ())
        headers = {"Authorization": f"Bearer {bearer.reveal()}"} if bearer else {}
        return judge_reply(context, await self.send(client, context, url, headers=headers), now=self._clock())

    def _token_response(
        self, client: OAuthClient, context: RequestContext, reply: httpx2.Response, asked_at: float
    ) -> TokenResponse:
        """Judge a token reply; lifetimes start at `asked_at`, as this process may have stood still since the answer."""

        def read() -> TokenResponse:
            judged = judge_reply(context, reply, now=self._clock())
            renewable = context.asked == "refresh"
            found = read_token_response(client, judged, now=asked_at, sent=context.secrets, renewable=renewable)
            worked = None if renewable or client.client_secret is None else client.auth_method
            return replace(found, auth_method=worked)

        return undisturbed(read)

    async def _send_revocation(
        self, client: OAuthClient, token: Secret, hint: str, encoding: str, session: AsyncOAuth2Client
    ) -> None:
        await session.revoke_token(
            client.revoke_url,
            token=token.reveal(),
            token_type_hint=hint,
            auth=session.client_auth(encoding),
            headers=_headers(client),
        )


def _headers(client: OAuthClient) -> dict[str, str]:
    return {"Accept": "application/json", "User-Agent": "openab-auth", **client.headers}
