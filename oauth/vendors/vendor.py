"""A vendor is data: its descriptor, frozen, and the checks on an operator's table of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast

from openab_auth.oauth.config.reserved_variables import is_reserved
from openab_auth.oauth.config.table import Mistakes, Table
from openab_auth.oauth.http.urls import url_mistake
from openab_auth.oauth.vendors.flow_rules import flow_names, rules_of
from openab_auth.oauth.vendors.server_names import PREFIX
from openab_auth.storage.entries import Tenant
from openab_auth.storage.errors import InvalidTenantError
from openab_auth.storage.format import check_tenant
from openab_auth.storage.secret import Secret

if TYPE_CHECKING:
    from openab_auth.oauth.http.network_policy import NetworkPolicy

Risk: TypeAlias = Literal["ok", "tos-risk", "experimental"]
RISKS: Final = ("ok", "tos-risk", "experimental")
EXCHANGES: Final = ("github-copilot", "google-code-assist")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")  # people type it, and it stands in a button's custom_id
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED: Final = "a variable that loaders, shells, interpreters or network libraries obey"
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110 5.6.2
_HEADER_VALUE: Final = re.compile(r"([!-~]([ \t!-~]*[!-~])?)?")  # RFC 9110 5.5, in ASCII


@dataclass(frozen=True, slots=True)
class Vendor:
    """What the one driver must know of a vendor; an endpoint that is not there is an empty text."""

    name: str
    title: str
    tenant: Tenant
    flow: str = "pkce"  # a name in the registry of flows
    issuer: str = ""
    authorize_url: str = ""
    token_url: str = ""
    device_url: str = ""
    revoke_url: str = ""
    userinfo_url: str = ""
    client_id: str = ""
    client_id_env: str = ""
    client_secret: Secret | None = None
    client_secret_env: str = ""
    client_secret_obscured: str = field(default="", repr=False)
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
    token_lifetime: int = 3600  # seconds, when a reply has no `expires_in`
    account_from: str = ""
    env: tuple[str, ...] = ()
    exec_env: str = ""
    risk: Risk = "ok"
    verified: Literal["source", "inferred", "live"] = "source"
    note: str = ""
    command: tuple[str, ...] = ()
    command_timeout: int = 840  # seconds
    client_auth: Literal["client_secret_basic", "client_secret_post"] = "client_secret_basic"
    iss_announced: bool = False  # every answer carries `iss` (RFC 9207 3)
    reach: NetworkPolicy | None = None  # which addresses requests may go to; None: those of the table
    token_for: str = ""  # the host of a server that a person added, where the account is one of another host
    account_at: str = ""  # that host


_OURS: Final = frozenset(  # no keys of a table
    {"name", "client_secret", "client_auth", "iss_announced", "reach", "token_for", "account_at"}
)
KEYS: Final = frozenset(one.name for one in fields(Vendor)) - _OURS


def parse_vendor(
    name: str, values: Mapping[str, object], environ: Mapping[str, str], mistakes: Mistakes, *, at: str
) -> Vendor:
    """The vendor that the table `values`, found at the dotted key `at`, describes; what is wrong goes to `mistakes`."""
    table = Table(values, at, mistakes)
    table.only(KEYS)
    if not _NAME.fullmatch(name):
        mistakes.append((at, "a vendor's name is at most 32 lower-case letters, digits, '.', '_' and '-'"))
    client_id_env, secret_env = variable_at(table, "client_id_env"), variable_at(table, "client_secret_env")
    secret = _secret(table, environ.get(secret_env, "") if secret_env else "")
    env = _variables(table, "env")
    vendor = Vendor(
        name=name,
        title=table.text("title", name),
        tenant=_tenant(table, name),
        flow=table.one_of("flow", flow_names(), "pkce"),
        issuer=_issuer(table),
        authorize_url=url_at(table, "authorize_url"),
        token_url=url_at(table, "token_url"),
        device_url=url_at(table, "device_url"),
        revoke_url=url_at(table, "revoke_url"),
        userinfo_url=url_at(table, "userinfo_url"),
        client_id=environ.get(client_id_env, "") or table.text("client_id"),
        client_id_env=client_id_env,
        client_secret=secret,
        client_secret_env=secret_env,
        client_secret_obscured=table.text("client_secret_obscured"),
        redirect_uri=url_at(table, "redirect_uri"),
        scopes=table.texts("scopes"),
        authorize_params=table.fields("authorize_params"),
        token_params=table.fields("token_params"),
        device_params=table.fields("device_params"),
        refresh_params=table.fields("refresh_params"),
        token_body=cast("Literal['form', 'json']", table.one_of("token_body", ("form", "json"), "form")),
        token_sends_state=table.flag("token_sends_state"),
        headers=_headers(table),
        exchange=_exchange(table),
        token_lifetime=table.number("token_lifetime", 3600),
        account_from=table.text("account_from"),
        env=env,
        exec_env=variable_at(table, "exec_env") or (env[-1] if env else ""),
        risk=cast("Risk", table.one_of("risk", RISKS, "ok")),
        verified=cast(
            "Literal['source', 'inferred', 'live']",
            table.one_of("verified", ("source", "inferred", "live"), "source"),
        ),
        note=table.text("note"),
        command=_command(table),
        command_timeout=table.number("command_timeout", 840),
    )
    rules_of(vendor).check(table, vendor)
    return vendor


def url_at(table: Table, key: str, default: str = "") -> str:
    """The address at `key`, or nothing where it is not safe (`safe_url`)."""
    value = table.text(key, default)
    if value and (reason := url_mistake(value)):
        table.wrong(key, reason)
        return ""
    return value


def _issuer(table: Table) -> str:
    value = url_at(table, "issuer")
    if "?" in value:
        table.wrong("issuer", "must not have a query")  # RFC 8414 2
    return value


def _headers(table: Table) -> Mapping[str, str]:
    headers = table.fields("headers")
    for name, value in headers.items():
        if not (_HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value)):
            table.wrong("headers", f"{name!a} cannot be sent: a header is one line of ASCII")
    return headers


def _secret(table: Table, from_environment: str) -> Secret | None:
    """The client's secret: the variable's, else the one that the table has obscured."""
    obscured = table.text("client_secret_obscured")
    if from_environment or not obscured:
        return Secret(from_environment) if from_environment else None
    from openab_auth.oauth.config.obscure import NotObscuredError, reveal  # noqa: PLC0415 - hardly a config has one, and ciphers are heavy

    try:
        return Secret(reveal(obscured))
    except NotObscuredError as error:
        table.wrong("client_secret_obscured", str(error))
        return None


def _exchange(table: Table) -> str:
    value = table.text("exchange")
    if value and value not in EXCHANGES:
        table.wrong("exchange", f"must be one of {', '.join(EXCHANGES)}, or left out")
    return value


def variable_at(table: Table, key: str) -> str:
    """Return the name of an environment variable at `key`; nothing if it is no name, or one that others obey."""
    value = table.text(key)
    if not value:
        return ""
    if not _VARIABLE.fullmatch(value):
        table.wrong(key, "must be the name of an environment variable")
    elif is_reserved(value):
        table.wrong(key, f"names {_RESERVED}")
    else:
        return value
    return ""


def _variables(table: Table, key: str) -> tuple[str, ...]:
    names = table.texts(key)
    if not all(_VARIABLE.fullmatch(name) for name in names):
        table.wrong(key, "must be a list of names of environment variables")
    if any(map(is_reserved, names)):
        table.wrong(key, f"holds {_RESERVED}")
    return names


def _command(table: Table) -> tuple[str, ...]:
    """Return the login program and its arguments; a relative path would be another program in each folder."""
    command = table.texts("command")
    if command and "/" in command[0] and not command[0].startswith("/"):
        table.wrong("command", "must begin with the name of a program on PATH, or with an absolute path")
    return command


def _tenant(table: Table, name: str) -> Tenant:
    tenant = table.text("tenant", name)
    try:
        check_tenant(tenant)  # the lock that its refresh will need
    except InvalidTenantError as error:
        table.wrong("tenant", error.reason)
    if tenant.startswith(("pending:", "mcp-pending:", PREFIX)):
        table.wrong("tenant", "begins with a word that the store keeps for itself")
    return Tenant(tenant)
