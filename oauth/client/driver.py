"""The one driver for every vendor: link, exchange, refresh and revocation, on authlib's async client.

authlib builds the requests; `oauth.verdict` judges each raw reply before authlib looks at it, so that a failure has one
meaning wherever it came from. Each request is one POST under a total deadline, and is never repeated here.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final, Literal
from urllib.parse import urlencode

import httpx2
from authlib.integrations.httpx_client import AsyncOAuth2Client

from openab_auth.oauth.client import client_auth, link
from openab_auth.oauth.client.discovery import fetch_metadata, needs_discovery, with_endpoints
from openab_auth.oauth.client.token_response import TokenResponse, account_label, read_grant
from openab_auth.oauth.client.verdict import JsonObject, RequestContext, json_object, judge_failure, judge_reply
from openab_auth.oauth.http.deadline import awake_timeout
from openab_auth.oauth.http.interrupt import postpone, undisturbed
from openab_auth.oauth.http.network_policy import NetworkPolicy
from openab_auth.oauth.http.pinned import PinnedTransport
from openab_auth.oauth.http.transport import REQUEST_DEADLINE, BoundedTransport, direct_transport, new_client
from openab_auth.oauth.vendors.vendor import Vendor
from openab_auth.storage.entries import Json, PendingEntry
from openab_auth.storage.secret import Secret

_log: Final = logging.getLogger(__name__)
_MOST_ISSUERS: Final = 200
_REVOKES_BY_JSON: Final = frozenset({"codex"})  # tenants; no RFC 7009 endpoint, whatever the token endpoint takes
_WRONG_ENCODING: Final = (httpx2.codes.BAD_REQUEST, httpx2.codes.UNSUPPORTED_MEDIA_TYPE)


class Driver:
    """Speaks to the vendors; one per event loop. `transport` replaces the network, `deadline` bounds a request (s)."""

    def __init__(
        self,
        transport: httpx2.AsyncBaseTransport | None = None,
        *,
        clock: Callable[[], float] = time.time,
        deadline: float = REQUEST_DEADLINE,
    ) -> None:
        self._transport = transport
        self._clock = clock
        self.deadline = deadline
        self._http: dict[NetworkPolicy | None, httpx2.AsyncClient] = {}
        self._metadata: dict[str, JsonObject] = {}  # by issuer

    async def resolve(self, vendor: Vendor) -> Vendor:
        """The vendor with its endpoints, discovered once when its table gives the issuer alone.

        Raises:
            VendorMisconfiguredError: its metadata is missing or wrong.
            VendorUnavailableError: its metadata could not be had now.
        """
        if not needs_discovery(vendor):
            return vendor
        issuer = vendor.issuer
        if issuer not in self._metadata:
            while len(self._metadata) >= _MOST_ISSUERS:  # people may add and remove servers without end
                del self._metadata[next(iter(self._metadata))]
            self._metadata[issuer] = await fetch_metadata(vendor, lambda url: self._get(vendor, url))
        return with_endpoints(vendor, self._metadata[issuer])

    def authorize_url(self, vendor: Vendor, pending: PendingEntry) -> str:
        """The login link of a vendor whose endpoints are known (`resolve`)."""
        return link.authorize_url(vendor, pending)

    async def exchange(self, vendor: Vendor, code: Secret, pending: PendingEntry) -> TokenResponse:
        """Trade the code for a grant, in one POST to the token endpoint of the login's first step (RFC 6749 4.1.3).

        Raises:
            ExchangeRefusedError: the vendor refused the code.
            VendorUnavailableError: no usable answer; when `sent` is False the code is certainly unused.
            VendorMisconfiguredError: the vendor refuses this client.
        """
        extra = dict(vendor.token_params)
        if vendor.token_sends_state:
            extra["state"] = pending.state.reveal()
        question = RequestContext(vendor.name, vendor.tenant, "code", (code, pending.verifier, pending.state))
        asked_at = self._clock()
        reply = await self._ask(
            vendor,
            question,
            lambda client: client.fetch_token(
                pending.token_url,
                grant_type="authorization_code",
                code=code.reveal(),
                code_verifier=pending.verifier.reveal(),
                redirect_uri=vendor.redirect_uri,
                body=urlencode(extra),
                headers=_headers(vendor),
            ),
        )
        return self._grant(vendor, question, reply, asked_at)

    async def refresh(self, vendor: Vendor, refresh_token: Secret, token_endpoint: str) -> TokenResponse:
        """Renew a login, in one POST without `scope` (RFC 6749 6); the caller holds the tenant's lock.

        Raises:
            LoginDeadError: the vendor will never take this refresh token again.
            VendorUnavailableError: no usable answer; when `sent` is True the token may have been rotated all the same.
            VendorMisconfiguredError: the vendor refuses this client.
        """
        question = RequestContext(vendor.name, vendor.tenant, "refresh", (refresh_token,))
        asked_at = self._clock()
        reply = await self._ask(
            vendor,
            question,
            lambda client: client.refresh_token(
                token_endpoint,
                refresh_token=refresh_token.reveal(),
                body=urlencode(vendor.refresh_params),
                headers=_headers(vendor),
            ),
        )
        return self._grant(vendor, question, reply, asked_at)

    async def revoke(self, vendor: Vendor, token: Secret, *, hint: str = "refresh_token") -> bool:
        """Have the vendor forget the grant (RFC 7009); False when it offers no way to.

        An operator's vendor that wants another encoding here than at its token endpoint is asked once more: revoking
        twice is harmless.

        Raises:
            VendorUnavailableError: no usable answer.
            VendorMisconfiguredError: the vendor refuses this client.
        """
        vendor = await self.resolve(vendor)
        if not vendor.revoke_url:
            return False
        encodings = sorted(("form", "json"), key=lambda encoding: encoding != vendor.token_body)
        if vendor.reach is not None:  # an MCP server's
            encodings = ["form"]  # what RFC 7009 2.1 says
        elif vendor.tenant in _REVOKES_BY_JSON:
            encodings = ["json"]
        question = RequestContext(vendor.name, vendor.tenant, "other", (token,))
        for encoding in encodings:
            reply = await self._ask(vendor, question, partial(self._send_revocation, vendor, token, hint, encoding))
            if reply.is_success:
                return True
            if encoding == encodings[-1] or reply.status_code not in _WRONG_ENCODING:
                judge_reply(question, reply, now=self._clock())
        return False

    async def account(self, vendor: Vendor, grant: TokenResponse) -> str | None:
        """Whose login it is: the label in the grant, else what userinfo says (OpenID Connect Core 5.3).

        Raises:
            VendorUnavailableError, VendorMisconfiguredError: userinfo gave no usable answer.
        """
        if grant.account or not vendor.account_from:
            return grant.account
        vendor = await self.resolve(vendor)
        if not vendor.userinfo_url:
            return None
        # after a second step the vendor's own token is the one that renews; its userinfo knows no other
        traded = vendor.exchange == "github-copilot"
        bearer = grant.refresh_token if traded and grant.refresh_token else grant.access_token
        return account_label(vendor, await self._get(vendor, vendor.userinfo_url, bearer=bearer))

    async def post(
        self,
        vendor: Vendor,
        question: RequestContext,
        url: str,
        fields: Mapping[str, str],
        *,
        encoding: Literal["form", "json"] = "form",
    ) -> httpx2.Response:
        """One POST as the vendor's client; the caller judges the reply.

        Raises:
            VendorUnavailableError: no whole reply came.
            VendorMisconfiguredError: nothing can be sent there.
        """
        return await self._ask(
            vendor,
            question,
            lambda client: client.request(
                "POST",
                url,
                withhold_token=True,
                auth=client.client_auth(encoding),
                data=dict(fields),
                headers=_headers(vendor),
            ),
        )

    async def send(
        self,
        vendor: Vendor,
        question: RequestContext,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Mapping[str, Json] | None = None,
    ) -> httpx2.Response:
        """One GET, or one POST of `json`, without the client's identification; the caller judges the reply.

        Raises:
            VendorUnavailableError, VendorMisconfiguredError: as `post`.
        """
        return await self._ask(
            vendor,
            question,
            lambda client: client.request(
                "GET" if json is None else "POST",
                url,
                withhold_token=True,
                headers={**_headers(vendor), **(headers or {})},
                json=json,
            ),
        )

    def http(self, reach: NetworkPolicy | None = None) -> httpx2.AsyncClient:
        """The client for what may be reached, made at its first request: loading the certificates takes a while.

        Without `reach` an address is a table's, and proxies of the environment are used; else it may be a stranger's.
        """
        if reach not in self._http:
            transport = self._transport
            if reach is not None:
                transport = PinnedTransport(reach, transport or direct_transport())
            self._http[reach] = new_client(transport)
        return self._http[reach]

    async def aclose(self) -> None:
        """Close every connection; the driver may not be used afterwards."""
        for http in self._http.values():
            await http.aclose()

    async def _get(self, vendor: Vendor, url: str, *, bearer: Secret | None = None) -> JsonObject:
        question = RequestContext(vendor.name, vendor.tenant, "other", (bearer,) if bearer else ())
        headers = {"Authorization": f"Bearer {bearer.reveal()}"} if bearer else {}
        return judge_reply(question, await self.send(vendor, question, url, headers=headers), now=self._clock())

    def _grant(
        self, vendor: Vendor, question: RequestContext, reply: httpx2.Response, asked_at: float
    ) -> TokenResponse:
        """Judge a token reply; its tokens live from `asked_at` on, for we may have stood still since the answer."""

        def read() -> TokenResponse:
            judged = judge_reply(question, reply, now=self._clock())
            return read_grant(vendor, judged, now=asked_at, sent=question.secrets)

        return undisturbed(read)

    async def _ask(
        self, vendor: Vendor, question: RequestContext, send: Callable[[AsyncOAuth2Client], Awaitable[object]]
    ) -> httpx2.Response:
        """Return the reply to the one request that `send` makes, not judged yet.

        Whatever goes wrong once the reply is there goes wrong in vain, and so does an end that does not come after a
        whole JSON object. Every other error is an `OAuthError`.
        """
        door = BoundedTransport(self.http(vendor.reach))
        client = client_auth.client_of(vendor, door, self.deadline)
        for hook in ("access_token_response", "refresh_token_response"):
            # authlib's own parser trips over lifetimes that are no integers: it gets what it needs and no more
            client.register_compliance_hook(hook, lambda _: httpx2.Response(httpx2.codes.OK, json={"access_token": ""}))
        try:
            async with awake_timeout(self.deadline):
                await send(client)
        except BaseException as error:
            reply = door.reply or _complete(door.torn)
            if isinstance(error, Exception):
                if not isinstance(error, httpx2.HTTPError | httpx2.InvalidURL | OSError | OverflowError):
                    _log.error("%s: a request ended with an unforeseen error (%s)", vendor.name, type(error).__name__)
                if reply is None:  # `from None`: an httpx2 error holds the request, and so the token
                    raise judge_failure(question, error, unsent=door.certainly_unsent) from None
            elif reply is None:
                raise
            else:
                postpone(error)
            return reply
        assert door.reply is not None  # noqa: S101 - a client that raises nothing has read one
        return door.reply

    async def _send_revocation(
        self, vendor: Vendor, token: Secret, hint: str, encoding: str, client: AsyncOAuth2Client
    ) -> None:
        await client.revoke_token(
            vendor.revoke_url,
            token=token.reveal(),
            token_type_hint=hint,
            auth=client.client_auth(encoding),
            headers=_headers(vendor),
        )


def _complete(torn: httpx2.Response | None) -> httpx2.Response | None:
    """Return a reply that was cut off where all that matters of it has come: one JSON object."""
    return None if torn is None or json_object(torn) is None else torn


def _headers(vendor: Vendor) -> dict[str, str]:
    return {"Accept": "application/json", "User-Agent": "openab-auth", **vendor.headers}
