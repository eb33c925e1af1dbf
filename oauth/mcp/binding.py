"""The binding of a login: the server, issuer, endpoints and client for which it was made.

It is kept in the clients file, because the Rust agents would drop most of its fields from the entry.

A token goes only to the token endpoint that was recorded before the link was shown, with the recorded client and
`resource`. A server that names another authorization server later gets nothing of the old login.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, cast

from openab_auth.oauth.http import shorten_host
from openab_auth.oauth.mcp.foreign_hosts import foreign_hosts
from openab_auth.oauth.vendors import AUTH_METHODS, AuthMethod, McpServer, Vendor
from openab_auth.storage.entries import Json, McpEntry
from openab_auth.storage.records.clients import ClientRecord
from openab_auth.storage.secret import Secret

if TYPE_CHECKING:
    from openab_auth.oauth.client import OAuthClient, SecretMethod
    from openab_auth.oauth.mcp.discovery import Discovered
    from openab_auth.oauth.mcp.registration import Identity

_BASIC: Final = "client_secret_basic"
_WITH_ID: Final = "client_secret_basic_with_id"  # noted apart: an older version knows only the registered methods
_TEXTS: Final = ("url", "issuer", "resource", "authorize_url", "token_url", "redirect_uri", "revoke_url")


@dataclass(frozen=True, slots=True)
class Binding:
    """The issuer, the endpoints, the client and the scopes of one login.

    `url` is the server's address when the link was shown. `configured` says that the client is the operator's, whose
    secret is in the environment and not in the file.
    """

    url: str
    issuer: str
    resource: str
    authorize_url: str
    token_url: str
    redirect_uri: str
    client_id: str
    auth_method: AuthMethod | SecretMethod = "none"
    client_secret: Secret | None = field(default=None, repr=False)
    revoke_url: str = ""
    iss_announced: bool = False
    scopes: tuple[str, ...] = ()
    configured: bool = False

    @property
    def addresses(self) -> tuple[str, ...]:
        """Return the server's address, then those of its authorization server."""
        return self.url, self.issuer, self.authorize_url, self.token_url

    def as_client(self) -> ClientRecord:
        """Return the record that the clients file keeps; `read_binding` reads it."""
        facts: dict[str, Json] = {name: getattr(self, name) for name in _TEXTS}
        facts |= {
            "auth_method": _BASIC if self.auth_method == _WITH_ID else self.auth_method,
            "client_id_in_form": self.auth_method == _WITH_ID,
            "iss_announced": self.iss_announced,
            "scopes": list(self.scopes),
            "configured": self.configured,
        }
        return ClientRecord(self.client_id, None if self.configured else self.client_secret, facts=facts)

    def client(self, server: McpServer) -> OAuthClient:
        """Return the client with which the driver makes every request of this login.

        If the name now means another server, the settings of that server do not apply to the recorded server. The
        operator's secret is only that of the client in the table.
        """
        from openab_auth.oauth.client import OAuthClient  # noqa: PLC0415 - `status` sends no request

        same_client = self.is_client_of(server)
        server = self._recorded_server(server)
        resource = {"resource": self.resource} if server.send_resource else {}
        scope = {"scope": " ".join(self.scopes)} if server.scope_in_refresh and self.scopes else {}
        secret = self.client_secret if not self.configured else server.client_secret if same_client else None
        return OAuthClient(
            name=server.vendor_name,
            title=server.title,
            tenant=server.tenant,
            issuer=self.issuer,
            authorize_url=self.authorize_url,
            token_url=self.token_url,
            revoke_url=self.revoke_url,
            client_id=self.client_id,
            client_secret=None if self.auth_method == "none" else secret,
            auth_method="client_secret_basic" if self.auth_method == "none" else self.auth_method,
            redirect_uri=self.redirect_uri,
            scopes=self.scopes,
            authorize_params={**_consent(self.scopes), **server.authorize_params, **resource},
            token_params=resource,
            refresh_params={**resource, **scope},
            iss_announced=self.iss_announced,
            token_lifetime=server.token_lifetime,
            network_policy=server.network_policy,
        )

    def vendor(self, server: McpServer) -> Vendor:
        """Return the server's row among the vendors, with the hosts whose accounts its login would use."""
        server = self._recorded_server(server)
        elsewhere = foreign_hosts(server, self.issuer, self.authorize_url, self.token_url)
        return replace(
            server.vendor,
            token_for=shorten_host(server.host) if elsewhere else "",
            account_at=", ".join(map(shorten_host, elsewhere)),
            redirect_uri=self.redirect_uri,
            scopes=self.scopes,
        )

    def is_client_of(self, server: McpServer) -> bool:
        """Return whether the table still names this server and this client, and so the client's secret."""
        return (self.url, self.client_id) == (server.url, server.client_id)

    def _recorded_server(self, now: McpServer) -> McpServer:
        """Return the recorded server: `now` if it has the same address, otherwise a server with default settings."""
        if now.url == self.url:
            return now
        return McpServer(
            now.name,
            self.url,
            network_policy=replace(now.network_policy, hosts=frozenset(), networks=()),
            added_by=now.added_by,
            label=now.label,
        )


def bind(server: McpServer, found: Discovered, asked: tuple[str, ...], client: Identity) -> Binding:
    """Return the binding of a login at the discovered endpoints, for the scopes `asked`."""
    return Binding(
        url=server.url,
        issuer=found.issuer,
        resource=found.resource,
        authorize_url=found.authorize_url,
        token_url=found.token_url,
        redirect_uri=server.redirect_uri,
        client_id=client.client_id,
        auth_method=client.auth_method,
        client_secret=client.client_secret,
        revoke_url=found.revoke_url,
        iss_announced=found.iss_announced,
        scopes=asked,
        configured=client.configured,
    )


def read_binding(client: ClientRecord | None) -> Binding | None:
    """Return the binding in a record, or None when the record has none."""
    if client is None:
        return None
    facts = client.facts
    texts = {name: value for name in _TEXTS if isinstance(value := facts.get(name), str)}
    method = facts.get("auth_method")
    if len(texts) < len(_TEXTS) or method not in AUTH_METHODS:
        return None
    scopes = facts.get("scopes")
    return Binding(
        **texts,
        client_id=client.client_id,
        client_secret=client.client_secret,
        auth_method=_WITH_ID if facts.get("client_id_in_form") is True else cast("AuthMethod", method),
        iss_announced=facts.get("iss_announced") is True,
        scopes=tuple(scope for scope in scopes if isinstance(scope, str)) if isinstance(scopes, list) else (),
        configured=facts.get("configured") is True,
    )


def binding_of(entry: McpEntry, client: ClientRecord | None) -> Binding | None:
    """Return the binding of the login in `entry`; None if the record belongs to another login, or has no binding."""
    binding = read_binding(client)
    if binding and binding.client_id == entry.client_id and entry.issuer in (None, binding.issuer):
        return binding
    return None


def _consent(scopes: tuple[str, ...]) -> dict[str, str]:
    """Ask the person for consent: without it a server may give no refresh token (OpenID Connect Core 11)."""
    return {"prompt": "consent"} if "offline_access" in scopes else {}
