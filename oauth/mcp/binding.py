"""What a login at a server is bound to, kept in the clients file: the Rust agents' rewrites drop most of it.

A token goes to the token endpoint that was recorded before its link was shown, with the client and the `resource` of
then, and nowhere else; a server that names another authorization server later gets nothing of the old login.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, cast

from openab_auth.oauth.client import OAuthClient
from openab_auth.oauth.http import NetworkPolicy, shorten_host
from openab_auth.oauth.mcp.accounts import account_hosts
from openab_auth.oauth.vendors import AUTH_METHODS, AuthMethod, McpServer, Vendor
from openab_auth.storage.entries import Json, McpEntry
from openab_auth.storage.records.clients import ClientRecord
from openab_auth.storage.secret import Secret


@dataclass(frozen=True, slots=True)
class Binding:
    """Issuer, endpoints, client and request of one login.

    `url` is the server's endpoint of then. `configured` says that the client is the operator's: its secret is in the
    environment and not in the file.
    """

    url: str
    issuer: str
    resource: str
    authorize_url: str
    token_url: str
    redirect_uri: str
    client_id: str
    auth_method: AuthMethod = "none"
    client_secret: Secret | None = field(default=None, repr=False)
    revoke_url: str = ""
    iss_announced: bool = False
    scopes: tuple[str, ...] = ()
    configured: bool = False

    def as_client(self) -> ClientRecord:
        """The record that is kept of it."""
        facts: dict[str, Json] = {
            "url": self.url,
            "issuer": self.issuer,
            "resource": self.resource,
            "authorize_url": self.authorize_url,
            "token_url": self.token_url,
            "redirect_uri": self.redirect_uri,
            "auth_method": self.auth_method,
            "revoke_url": self.revoke_url,
            "iss_announced": self.iss_announced,
            "scopes": list(self.scopes),
            "configured": self.configured,
        }
        return ClientRecord(self.client_id, None if self.configured else self.client_secret, facts=facts)

    def client(self, server: McpServer) -> OAuthClient:
        """Return the client with which the driver makes every request of this login.

        Where the name means another server by now, the table of that server allows nothing to the recorded one.
        """
        server = self._server_of_then(server)
        resource = {"resource": self.resource} if server.send_resource else {}
        scope = {"scope": " ".join(self.scopes)} if server.scope_in_refresh and self.scopes else {}
        secret = server.client_secret if self.configured else self.client_secret
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
            auth_method="client_secret_post" if self.auth_method == "client_secret_post" else "client_secret_basic",
            redirect_uri=self.redirect_uri,
            scopes=self.scopes,
            authorize_params={**_consent(self.scopes), **server.authorize_params, **resource},
            token_params=resource,
            refresh_params={**resource, **scope},
            iss_announced=self.iss_announced,
            network_policy=server.network_policy,
        )

    def vendor(self, server: McpServer) -> Vendor:
        """Return the server as people see it among the vendors, with the hosts whose account it would use."""
        server = self._server_of_then(server)
        elsewhere = account_hosts(server, self.issuer, self.authorize_url, self.token_url)
        return replace(
            server.vendor,
            token_for=shorten_host(server.host) if elsewhere else "",
            account_at=", ".join(map(shorten_host, elsewhere)),
            redirect_uri=self.redirect_uri,
            scopes=self.scopes,
        )

    def _server_of_then(self, now: McpServer) -> McpServer:
        """Return the recorded server: `now` if it has the same address, otherwise with the defaults of an address."""
        if now.url == self.url:
            return now
        return McpServer(
            now.name,
            self.url,
            client_secret=now.client_secret,
            client_secret_env=now.client_secret_env,
            network_policy=NetworkPolicy(http_loopback=now.network_policy.http_loopback),
            added_by=now.added_by,
        )


def read_binding(client: ClientRecord | None) -> Binding | None:
    """The binding that a record holds, or None when it holds none."""
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
        auth_method=cast("Literal['none', 'client_secret_basic', 'client_secret_post']", method),
        iss_announced=facts.get("iss_announced") is True,
        scopes=tuple(one for one in scopes if isinstance(one, str)) if isinstance(scopes, list) else (),
        configured=facts.get("configured") is True,
    )


def binding_of(entry: McpEntry, client: ClientRecord | None) -> Binding | None:
    """The binding of this very login, or None when the record is another one's, or holds none."""
    binding = read_binding(client)
    if binding and binding.client_id == entry.client_id and entry.issuer in (None, binding.issuer):
        return binding
    return None


_TEXTS = ("url", "issuer", "resource", "authorize_url", "token_url", "redirect_uri", "revoke_url")


def _consent(scopes: tuple[str, ...]) -> dict[str, str]:
    """OpenID Connect Core 11: a refresh token for later is given only after asking the person."""
    return {"prompt": "consent"} if "offline_access" in scopes else {}
