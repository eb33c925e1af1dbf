"""The device flow of AWS SSO-OIDC, a public API: its fields are camelCase, and a client is registered first.

`device_url` has its neighbours `client/register` and `token`; `startUrl` in `device_params` is the portal that people
sign in at, that of AWS Builder IDs if it is not given. The registered client is needed for every refresh, so it is
kept with the store's clients.
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
from openab_auth.oauth.errors import LOG_IN_AGAIN, NotRefreshableError
from openab_auth.oauth.flows.device.code import DeviceCode, read_code
from openab_auth.oauth.flows.device.flow import GRANT_TYPE, NotYet, PollResult, judge_poll
from openab_auth.storage import NEVER, AsyncStore, ClientRecord, Tenant
from openab_auth.storage.draft import Draft
from openab_auth.storage.entries import Json, PendingEntry
from openab_auth.storage.secret import Secret

_NAME: Final = "openab-auth"
_PORTAL: Final = "https://view.awsapps.com/start"
_NO_CLIENT: Final = "a registration without a usable client"
_FRESH: Final = 24 * 3600  # seconds; a client this close to its end is registered anew
_NAMES: Final = {
    "accessToken": "access_token",
    "refreshToken": "refresh_token",
    "expiresIn": "expires_in",
    "idToken": "id_token",
    "tokenType": "token_type",
}


class AwsDevice:
    """Asks the service's endpoints; the registered client lies in `store` under the vendor's tenant."""

    def __init__(self, driver: Driver, store: AsyncStore, clock: Callable[[], float]) -> None:
        self._driver = driver
        self._store = store
        self._clock = clock

    async def start(self, client: OAuthClient) -> DeviceCode:
        """As `DeviceFlow.start`, with the client that is registered, or a new one."""
        record = await self._registered(client.tenant)
        if record is None or record.expires_at < self._clock() + _FRESH:
            record = await self._register(client)
        question = RequestContext(client.name, client.tenant, "other", _secrets(record))
        fields = {**_identified(record), "startUrl": _PORTAL, **client.device_params}
        answer = await self._driver.send(client, question, client.device_url, json=fields)
        reply = judge_reply(question, answer, now=self._clock())
        return read_code(
            client,
            device_code=reply.get("deviceCode"),
            user_code=reply.get("userCode"),
            uri=reply.get("verificationUri"),
            complete_uri=reply.get("verificationUriComplete"),
            interval=reply.get("interval"),
            expires_in=reply.get("expiresIn"),
            now=self._clock(),
        )

    async def poll(self, client: OAuthClient, pending: PendingEntry) -> PollResult:
        """As `DeviceFlow.poll`."""
        record = await self._registered_client(client)
        question = RequestContext(client.name, client.tenant, "code", (pending.verifier, *_secrets(record)))
        fields = {**_identified(record), "grantType": GRANT_TYPE, "deviceCode": pending.verifier.reveal()}
        asked_at = self._clock()
        answer = await self._driver.send(client, question, pending.token_url, json=fields)
        reply = judge_poll(question, answer, now=self._clock(), names=_NAMES)
        return reply if isinstance(reply, NotYet) else read_token_response(client, reply, now=asked_at)

    async def renew(self, client: OAuthClient, refresh_token: Secret, token_endpoint: str) -> TokenResponse:
        """The next tokens of a login, in one request with the client that it was made with.

        Raises:
            LoginDeadError, VendorUnavailableError, VendorMisconfiguredError: as `Driver.refresh`.
            NotRefreshableError: that client is not known here any more.
        """
        record = await self._registered_client(client)
        question = RequestContext(client.name, client.tenant, "refresh", (refresh_token, *_secrets(record)))
        fields = {**_identified(record), "grantType": "refresh_token", "refreshToken": refresh_token.reveal()}
        asked_at = self._clock()
        answer = await self._driver.send(client, question, token_endpoint, json=fields)
        return read_token_response(client, judge_reply(question, answer, now=self._clock(), names=_NAMES), now=asked_at)

    async def _registered(self, tenant: Tenant) -> ClientRecord | None:
        return (await self._store.clients()).get(client_key(tenant))

    async def _registered_client(self, client: OAuthClient) -> ClientRecord:
        record = await self._registered(client.tenant)
        if record is None or record.expires_at <= self._clock():
            raise NotRefreshableError(client.name, "the client that it was made with is gone", LOG_IN_AGAIN)
        return record

    async def _register(self, client: OAuthClient) -> ClientRecord:
        """A new public client, kept before it is used."""
        question = RequestContext(client.name, client.tenant, "other")
        fields: dict[str, Json] = {
            "clientName": _NAME,
            "clientType": "public",
            "scopes": list(client.scopes),
            "grantTypes": [GRANT_TYPE, "refresh_token"],
            "issuerUrl": client.device_params.get("startUrl", _PORTAL),
        }
        answer = await self._driver.send(client, question, urljoin(client.device_url, "client/register"), json=fields)
        record = _read_client(question, judge_reply(question, answer, now=self._clock()))

        def keep(draft: Draft) -> None:
            draft.clients[client_key(client.tenant)] = record

        await self._store.update(keep)
        return record


def client_key(tenant: Tenant) -> str:
    """Under which of the store's clients the one of a vendor's tenant lies; MCP servers have other keys."""
    return f"vendor:{tenant}"


def _read_client(question: RequestContext, reply: JsonObject) -> ClientRecord:
    client_id, secret, end = reply.get("clientId"), reply.get("clientSecret"), reply.get("clientSecretExpiresAt")
    if not (isinstance(client_id, str) and isinstance(secret, str) and is_token(client_id) and is_token(secret)):
        raise question.unavailable(_NO_CLIENT)
    return ClientRecord(client_id, Secret(secret), expires_at=end if type(end) is int and end > 0 else NEVER)


def _identified(client: ClientRecord) -> dict[str, Json]:
    secret = client.client_secret.reveal() if client.client_secret else ""
    return {"clientId": client.client_id, "clientSecret": secret}


def _secrets(client: ClientRecord) -> tuple[Secret, ...]:
    return (client.client_secret,) if client.client_secret else ()
