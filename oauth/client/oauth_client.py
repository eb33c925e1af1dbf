"""An OAuth client (RFC 6749 2): what the driver needs to speak to one authorization server on behalf of one account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from openab_auth.oauth.http import NetworkPolicy
    from openab_auth.storage.entries import Tenant
    from openab_auth.storage.secret import Secret

Encoding: TypeAlias = Literal["form", "json"]
# How the secret is sent (RFC 6749 2.3.1). The last one also has the client id in the form, which some servers demand.
SecretMethod: TypeAlias = Literal["client_secret_basic", "client_secret_post", "client_secret_basic_with_id"]


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """Hold the endpoints, the client's identification and the request parameters; a missing endpoint is empty.

    `name`, `title` and `tenant` are for messages and logs. `network_policy` is None where the operator's table names
    the addresses; otherwise it says which addresses a stranger's metadata may lead to.
    """

    name: str
    title: str
    tenant: Tenant
    issuer: str = ""
    authorize_url: str = ""
    token_url: str = ""
    device_url: str = ""
    revoke_url: str = ""
    userinfo_url: str = ""
    client_id: str = ""
    client_secret: Secret | None = None
    auth_method: SecretMethod = "client_secret_basic"
    redirect_uri: str = ""
    scopes: tuple[str, ...] = ()
    authorize_params: Mapping[str, str] = field(default_factory=dict, repr=False)
    token_params: Mapping[str, str] = field(default_factory=dict, repr=False)
    device_params: Mapping[str, str] = field(default_factory=dict, repr=False)
    refresh_params: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    encoding: Encoding = "form"  # of requests to the token endpoint
    revocation_encodings: tuple[Encoding, ...] = ("form",)  # in the order of the tries; RFC 7009 2.1 has the form
    sends_state: bool = False  # with the code, to the token endpoint
    begins_with_code: bool = False  # a device login: it begins at `device_url`, not at `authorize_url`
    iss_announced: bool = False  # every authorization response carries `iss` (RFC 9207 3)
    token_lifetime: int | None = None  # seconds, where a token response names no end; None: nobody knows
    account_label_path: str = ""  # dotted path to the account's label, in the id_token, token response or userinfo
    account_id_path: str = ""  # dotted path to the vendor's own id of the account, in the id_token or token response
    userinfo_token: Literal["access_token", "refresh_token"] = "access_token"  # noqa: S105 - a member's name
    network_policy: NetworkPolicy | None = None

    @property
    def needs_discovery(self) -> bool:
        """Return whether an endpoint of the login has to come from the issuer's metadata."""
        begins_at = self.device_url if self.begins_with_code else self.authorize_url
        return bool(self.issuer) and not (begins_at and self.token_url)

    @property
    def may_revoke(self) -> bool:
        """Return whether the server offers revocation, or whether its metadata still may name the endpoint."""
        return bool(self.revoke_url) or self.needs_discovery
