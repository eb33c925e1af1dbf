"""Describe a vendor as a frozen row of data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from openab_auth.oauth.vendors.account_labels import base_of, label_title, with_label
from openab_auth.oauth.vendors.exchange_rules import exchange_rules
from openab_auth.oauth.vendors.flow_rules import rules_of
from openab_auth.oauth.vendors.server_names import VendorName
from openab_auth.storage.entries import Tenant
from openab_auth.storage.secret import Secret

if TYPE_CHECKING:
    from openab_auth.oauth.client import Encoding, OAuthClient, SecretMethod
    from openab_auth.oauth.http import NetworkPolicy

Risk: TypeAlias = Literal["ok", "tos-risk", "experimental"]
FoundSecret: TypeAlias = "tuple[Secret | None, str]"  # a secret, or why there is none
RISKS: Final = ("ok", "tos-risk", "experimental")


@dataclass(frozen=True, slots=True)
class Vendor:
    """Hold one row of the vendor table; a missing endpoint is an empty text.

    `client` returns the part that the driver needs. A row with a `label` is that of another account of the vendor,
    whose name and tenant end in `@label`.
    """

    name: VendorName
    title: str
    tenant: Tenant
    flow: str = "pkce"  # a name in the registry of flows
    issuer: str = ""
    authorize_url: str = ""
    token_url: str = ""
    device_url: str = ""
    revoke_url: str = ""
    userinfo_url: str = ""
    check_url: str = ""
    client_id: str = ""
    client_id_env: str = ""
    client_secret: Secret | None = None
    client_secret_env: str = ""
    client_secret_file: str = ""
    client_secret_obscured: str = field(default="", repr=False)
    client_secret_from: Literal["", "installed"] = ""
    find_secret: Callable[[], FoundSecret] | None = field(default=None, repr=False, compare=False)
    redirect_uri: str = ""
    scopes: tuple[str, ...] = ()
    authorize_params: Mapping[str, str] = field(default_factory=dict, repr=False)
    token_params: Mapping[str, str] = field(default_factory=dict, repr=False)
    device_params: Mapping[str, str] = field(default_factory=dict, repr=False)
    refresh_params: Mapping[str, str] = field(default_factory=dict, repr=False)
    token_body: Literal["form", "json"] = "form"  # noqa: S105 - an encoding
    token_sends_state: bool = False
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    exchange: str = ""
    token_lifetime: int | None = None  # seconds, if a token response names no end; None: nobody knows
    account_from: str = ""
    env: tuple[str, ...] = ()
    exec_env: str = ""
    risk: Risk = "ok"
    verified: Literal["source", "inferred", "live"] = "source"
    note: str = ""
    command: tuple[str, ...] = ()
    command_timeout: int = 840  # seconds
    network_policy: NetworkPolicy | None = None  # which addresses requests may reach; None: those in the table
    token_for: str = ""  # an added server's host, if its login uses an account at another host
    account_at: str = ""  # that host
    auth_method: SecretMethod = "client_secret_basic"  # how a login's client authenticated; no key of a table
    label: str = ""  # no key of a table
    in_config: bool = False  # whether the operator's config has a table for it
    written: tuple[Mapping[str, object], Mapping[str, object]] = field(default=({}, {}), repr=False)

    # `written` holds the shipped and the operator's table with their `${VAR}`s; see `vendors.facts`.

    def of_account(self, label: str) -> Vendor:
        """Return the row of the vendor's account with this label."""
        return replace(
            self,
            name=VendorName(with_label(self.name, label)),
            tenant=Tenant(with_label(self.tenant, label)),
            title=label_title(self.title, label),
            label=label,
        )

    @property
    def default_name(self) -> VendorName:
        """Return the vendor's name without the label of this account."""
        return VendorName(base_of(self.name)) if self.label else self.name

    @property
    def default_tenant(self) -> Tenant:
        """Return the tenant of the vendor's shared default."""
        return Tenant(base_of(self.tenant)) if self.label else self.tenant

    @property
    def default_title(self) -> str:
        """Return the vendor's title without the label of this account."""
        return self.title.removesuffix(label_title("", self.label))

    @property
    def lacks_secret(self) -> bool:
        """Return whether the client needs a secret, and none was found."""
        named = self.client_secret_env or self.client_secret_file or self.client_secret_from
        return bool(named) and self._secret()[0] is None

    @property
    def secret_problem(self) -> str:
        """Return why the file or the installed app gave no secret; empty if it was not asked, or gave one."""
        return self._secret()[1]

    def with_secret(self) -> Vendor:
        """Return the row with the secret of its file or installed app as its own; the first call reads that file."""
        return replace(self, client_secret=self._secret()[0], find_secret=None) if self.find_secret else self

    def _secret(self) -> FoundSecret:
        """Return the secret of the environment or the table, otherwise that of its file or the installed app."""
        if self.client_secret is not None or self.find_secret is None:
            return self.client_secret, ""
        return self.find_secret()

    def client(self) -> OAuthClient:
        """Return the client that the driver uses at this vendor."""
        from openab_auth.oauth.client import OAuthClient  # noqa: PLC0415 - a program without requests does not pay for it

        other: Encoding = "json" if self.token_body == "form" else "form"  # noqa: S105 - an encoding
        both = (self.token_body, other)  # revoking twice is harmless, and not every server says which one it wants
        return OAuthClient(
            name=self.name,
            title=self.title,
            tenant=self.tenant,
            issuer=self.issuer,
            authorize_url=self.authorize_url,
            token_url=self.token_url,
            device_url=self.device_url,
            revoke_url=self.revoke_url,
            userinfo_url=self.userinfo_url,
            client_id=self.client_id,
            client_secret=self._secret()[0],
            auth_method=self.auth_method,
            redirect_uri=self.redirect_uri,
            scopes=self.scopes,
            authorize_params=self.authorize_params,
            token_params=self.token_params,
            device_params=self.device_params,
            refresh_params=self.refresh_params,
            headers=self.headers,
            encoding=self.token_body,
            revocation_encodings=("json",) if self.default_tenant in _REVOKES_BY_JSON else both,
            sends_state=self.token_sends_state,
            begins_with_code=rules_of(self).begins_at == "device_url",
            token_lifetime=self.token_lifetime,
            account_label_path=self.account_from,
            account_id_path=_ACCOUNT_ID_PATHS.get(self.default_tenant, ""),
            userinfo_token=exchange_rules(self.exchange).userinfo_token,
            network_policy=self.network_policy,
        )


_REVOKES_BY_JSON: Final = frozenset({"codex"})  # tenants; the endpoint is not that of RFC 7009
_ACCOUNT_ID_PATHS: Final = {  # by tenant: the vendor's own id, in a token response or in the claims of its id_token
    "anthropic-oauth": "account.uuid",
    "codex": "https://api.openai.com/auth.chatgpt_account_id",
}
_OURS: Final = frozenset(  # not keys of a table
    {
        "name",
        "client_secret",
        "find_secret",
        "network_policy",
        "token_for",
        "account_at",
        "in_config",
        "written",
        "auth_method",
        "label",
    }
)
KEYS: Final = frozenset(one.name for one in fields(Vendor)) - _OURS
