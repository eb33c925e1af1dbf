"""The device flow of AWS SSO-OIDC, a public API: its fields are camelCase, and it registers a client first.

`client/register` and `token` are beside `device_url`. `startUrl` in `device_params` is the portal at which people sign
in; the default is the portal of AWS Builder IDs. Every refresh needs the registered client, so the store keeps it
among its clients.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import urljoin

from openab_auth.oauth.client import (
    Driver,
    JsonObject,
    OAuthClient,
    RequestContext,
    TokenResponse,
    is_token,
    judge_reply,
    read_token_response,
)
from openab_auth.oauth.entries.account_limits import drop_unused_clients
from openab_auth.oauth.errors import LOG_IN_AGAIN, NotRefreshableError
from openab_auth.oauth.flows.device.code import DeviceCode, read_code
from openab_auth.oauth.flows.device.requests import GRANT_TYPE, ApprovalPending, PollOutcome, judge_poll
from openab_auth.oauth.http.interrupt import undisturbed
from openab_auth.storage import NEVER, AsyncStore, ClientRecord, Tenant
from openab_auth.storage.commit.draft import Draft
from openab_auth.storage.entries import Json, PendingEntry
from openab_auth.storage.secret import Secret

_NAME: Final = "openab-auth"
_PORTAL: Final = "https://view.awsapps.com/start"
_NO_CLIENT: Final = "a registration without a usable client"
_FRESH: Final = 24 * 3600  # seconds; a client that expires this soon is replaced
_NAMES: Final = {
    "accessToken": "access_token",
    "refreshToken": "refresh_token",
    "expiresIn": "expires_in",
    "idToken": "id_token",
    "tokenType": "token_type",
}


class AwsDevice:
    """Sends the requests of AWS SSO-OIDC; `store` keeps the registered client under the vendor's tenant."""

    def __init__(self, driver: Driver, store: AsyncStore, clock: Callable[[], float]) -> None:
        self._driver = driver
        self._store = store
        self._clock = clock

    async def start(self, client: OAuthClient) -> DeviceCode:
        """See `DeviceRequests.start`; register a client first, unless the store has one."""
        record = await self._registered(client.tenant)
        if record is None or record.expires_at < self._clock() + _FRESH:
            record = await self._register(client)
        context = RequestContext(client.name, client.tenant, "other", _secrets(record))
        fields = {**_identified(record), "startUrl": _PORTAL, **client.device_params}
        response = await self._driver.send(client, context, client.device_url, json=fields)
        body = judge_reply(context, response, now=self._clock())
        return read_code(
            client,
            device_code=body.get("deviceCode"),
            user_code=body.get("userCode"),
            uri=body.get("verificationUri"),
            complete_uri=body.get("verificationUriComplete"),
            interval=body.get("interval"),
            expires_in=body.get("expiresIn"),
            now=self._clock(),
        )

    async def poll(self, client: OAuthClient, pending: PendingEntry) -> PollOutcome:
        """See `DeviceRequests.poll`."""
        record = await self._registered_client(client)
        context = RequestContext(client.name, client.tenant, "code", (pending.verifier, *_secrets(record)))
        fields = {**_identified(record), "grantType": GRANT_TYPE, "deviceCode": pending.verifier.reveal()}
        asked_at = self._clock()
        response = await self._driver.send(client, context, pending.token_url, json=fields)

        def read() -> PollOutcome:
            body = judge_poll(context, response, now=self._clock(), names=_NAMES)
            return body if isinstance(body, ApprovalPending) else read_token_response(client, body, now=asked_at)

        return undisturbed(read)

    async def renew(self, client: OAuthClient, refresh_token: Secret, token_endpoint: str) -> TokenResponse:
        """Request the next tokens of a login, once, with the client that was registered for the login.

        Raises:
            LoginDeadError, VendorUnavailableError, VendorMisconfiguredError: see `Driver.refresh`.
            NotRefreshableError: the store no longer has this client.
        """
        record = await self._registered_client(client)
        context = RequestContext(client.name, client.tenant, "refresh", (refresh_token, *_secrets(record)))
        fields = {**_identified(record), "grantType": "refresh_token", "refreshToken": refresh_token.reveal()}
        asked_at = self._clock()
        response = await self._driver.send(client, context, token_endpoint, json=fields)

        def read() -> TokenResponse:
            body = judge_reply(context, response, now=self._clock(), names=_NAMES)
            return read_token_response(client, body, now=asked_at, renewable=True)

        return undisturbed(read)

    async def _registered(self, tenant: Tenant) -> ClientRecord | None:
        return (await self._store.clients()).get(client_key(tenant))

    async def _registered_client(self, client: OAuthClient) -> ClientRecord:
        record = await self._registered(client.tenant)
        if record is None or record.expires_at <= self._clock():
            raise NotRefreshableError(client.name, "the client that it was made with is gone", LOG_IN_AGAIN)
        return record

    async def _register(self, client: OAuthClient) -> ClientRecord:
        """Register a public client, and store it before it is used."""
        context = RequestContext(client.name, client.tenant, "other")
        fields: dict[str, Json] = {
            "clientName": _NAME,
            "clientType": "public",
            "scopes": list(client.scopes),
            "grantTypes": [GRANT_TYPE, "refresh_token"],
            "issuerUrl": client.device_params.get("startUrl", _PORTAL),
        }
        response = await self._driver.send(client, context, urljoin(client.device_url, "client/register"), json=fields)
        record = _read_client(context, judge_reply(context, response, now=self._clock()))

        def store(draft: Draft) -> None:
            draft.clients[client_key(client.tenant)] = record
            drop_unused_clients(draft, client_key(client.tenant))

        await self._store.update(store)
        return record


def client_key(tenant: Tenant) -> str:
    """Return the key of a vendor's client among the clients of the store; MCP servers have other keys."""
    return f"vendor:{tenant}"


def _read_client(context: RequestContext, body: JsonObject) -> ClientRecord:
    client_id, secret, end = body.get("clientId"), body.get("clientSecret"), body.get("clientSecretExpiresAt")
    if not (isinstance(client_id, str) and isinstance(secret, str) and is_token(client_id) and is_token(secret)):
        raise context.unavailable(_NO_CLIENT)
    return ClientRecord(client_id, Secret(secret), expires_at=end if type(end) is int and end > 0 else NEVER)


def _identified(client: ClientRecord) -> dict[str, Json]:
    secret = client.client_secret.reveal() if client.client_secret else ""
    return {"clientId": client.client_id, "clientSecret": secret}


def _secrets(client: ClientRecord) -> tuple[Secret, ...]:
    return (client.client_secret,) if client.client_secret else ()
