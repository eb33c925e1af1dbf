"""Read a vendor's table into a row, and name every mistake in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final, Literal, cast

from openab_auth.oauth.config import ConfigMistakes, ConfigTable, environment_value, is_reserved, without_blanks
from openab_auth.oauth.http import why_unsafe
from openab_auth.oauth.vendors.exchange_rules import exchange_names
from openab_auth.oauth.vendors.flow_rules import flow_names, rules_of
from openab_auth.oauth.vendors.server_names import OF_OPENAB, VendorName, names_server
from openab_auth.oauth.vendors.vendor import KEYS, RISKS, FoundSecret, Risk, Vendor
from openab_auth.storage.entries import Tenant
from openab_auth.storage.errors import InvalidTenantError
from openab_auth.storage.format import check_tenant
from openab_auth.storage.secret import Secret

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")  # people type it, and a button's custom_id holds it


_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


_RESERVED: Final = "a variable that loaders, shells, interpreters or network libraries obey"


_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110 5.6.2


_HEADER_VALUE: Final = re.compile(r"([!-~]([ \t!-~]*[!-~])?)?")  # RFC 9110 5.5, in ASCII


_INSTALLED_APPS: Final = ("gemini", "agy")  # the keys of `installed_secret.PROGRAMS`


def parse_vendor(  # noqa: PLR0913 - the parts of a config
    name: str,
    values: Mapping[str, object],
    environ: Mapping[str, str],
    mistakes: ConfigMistakes,
    *,
    at: str,
    file: str = "",
) -> Vendor:
    """Return the vendor in the table `values` at the dotted key `at` of the config `file`, and note mistakes."""
    vendor = read_row(name, values, environ, mistakes, at=at, file=file)
    rules_of(vendor).check(ConfigTable(values, at, mistakes), vendor)
    return vendor


def read_row(  # noqa: PLR0913 - as above
    name: str,
    values: Mapping[str, object],
    environ: Mapping[str, str],
    mistakes: ConfigMistakes,
    *,
    at: str,
    file: str = "",
) -> Vendor:
    """Return the vendor in the table, as `parse_vendor` does; a key that its flow needs may be missing."""
    table = ConfigTable(values, at, mistakes)
    table.only(KEYS)
    if not _NAME.fullmatch(name):
        mistakes.append((at, "a vendor's name is at most 32 lower-case letters, digits, '.', '_' and '-'"))
    client_id_env, secret_env = read_variable(table, "client_id_env"), read_variable(table, "client_secret_env")
    client_id = environment_value(environ, client_id_env) or without_blanks(table.text("client_id"))
    installed_secret = _installed_secret(table, name, client_id, environ)
    secret_file = table.text("client_secret_file")
    env = _variables(table, "env")
    return Vendor(
        name=VendorName(name),
        title=table.text("title", name),
        tenant=_tenant(table, name),
        flow=table.one_of("flow", flow_names(), "pkce"),
        issuer=_issuer(table),
        authorize_url=read_url(table, "authorize_url"),
        token_url=read_url(table, "token_url"),
        device_url=read_url(table, "device_url"),
        revoke_url=read_url(table, "revoke_url"),
        userinfo_url=read_url(table, "userinfo_url"),
        check_url=read_url(table, "check_url"),
        client_id=client_id,
        client_id_env=client_id_env,
        client_secret=_secret(table, environment_value(environ, secret_env)),
        client_secret_env=secret_env,
        client_secret_file=secret_file,
        client_secret_obscured=table.text("client_secret_obscured"),
        client_secret_from="installed" if installed_secret else "",
        find_secret=_secret_in_file(secret_file, environ, file) if secret_file else installed_secret,
        redirect_uri=read_url(table, "redirect_uri"),
        scopes=table.texts("scopes"),
        authorize_params=table.fields("authorize_params"),
        token_params=table.fields("token_params"),
        device_params=table.fields("device_params"),
        refresh_params=table.fields("refresh_params"),
        token_body=cast("Literal['form', 'json']", table.one_of("token_body", ("form", "json"), "form")),
        token_sends_state=table.flag("token_sends_state"),
        headers=_headers(table),
        exchange=_exchange(table),
        token_lifetime=table.number("token_lifetime", None),
        account_from=table.text("account_from"),
        env=env,
        exec_env=read_variable(table, "exec_env") or (env[-1] if env else ""),
        risk=cast("Risk", table.one_of("risk", RISKS, "ok")),
        verified=cast(
            "Literal['source', 'inferred', 'live']",
            table.one_of("verified", ("source", "inferred", "live"), "source"),
        ),
        note=table.text("note"),
        command=_command(table),
        command_timeout=table.number("command_timeout", 840),
    )


def read_url(table: ConfigTable, key: str, default: str = "") -> str:
    """Return the address at `key`; empty if no request may go there (`why_unsafe`)."""
    value = table.text(key, default)
    if value and (reason := why_unsafe(value)):
        table.wrong(key, reason)
        return ""
    return value


def read_variable(table: ConfigTable, key: str) -> str:
    """Return the name of an environment variable at `key`; empty if it is not valid or reserved."""
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


def _issuer(table: ConfigTable) -> str:
    value = read_url(table, "issuer")
    if "?" in value:
        table.wrong("issuer", "must not have a query")  # RFC 8414 2
    return value


def _headers(table: ConfigTable) -> Mapping[str, str]:
    headers = table.fields("headers")
    for name, value in headers.items():
        if not (_HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value)):
            table.wrong("headers", f"{name!a} cannot be sent: a header is one line of ASCII")
    return headers


def _secret(table: ConfigTable, from_environment: str) -> Secret | None:
    """Return the client's secret: that of the environment, otherwise the obscured one if the table names no file."""
    if from_environment:
        return Secret(from_environment)
    if table.text("client_secret_file") or not table.text("client_secret_obscured"):
        return None
    return _unobscured(table)


def _secret_in_file(path: str, environ: Mapping[str, str], file: str) -> Callable[[], FoundSecret]:
    """Return the function that reads the secret in a file, once, when somebody needs it.

    An agent that may not read the file can use this config, too, as long as its tokens are valid.
    """

    @cache
    def find() -> FoundSecret:
        from openab_auth.oauth.config import SecretFileError, read_secret_file  # noqa: PLC0415 - rarely needed

        try:
            return read_secret_file(path, environ, file=file), ""
        except SecretFileError as error:
            return None, f"its file {error.reason}"

    return find


def _installed_secret(
    table: ConfigTable, name: str, client_id: str, environ: Mapping[str, str]
) -> Callable[[], FoundSecret] | None:
    """Return the function that reads the secret of the installed app, once, when somebody needs it."""
    if table.one_of("client_secret_from", ("", "installed"), "") != "installed":
        return None
    if name not in _INSTALLED_APPS:
        table.wrong("client_secret_from", f"works only for {' and '.join(_INSTALLED_APPS)}; use client_secret_env")
        return None

    @cache
    def find() -> FoundSecret:
        from openab_auth.oauth.vendors.installed_secret import InstalledSecretError, find_secret  # noqa: PLC0415 - rarely needed

        try:
            return find_secret(name, client_id, environ), ""
        except InstalledSecretError as error:
            return None, str(error)

    return find


def _unobscured(table: ConfigTable) -> Secret | None:
    obscured = table.text("client_secret_obscured")
    from openab_auth.oauth.config import NotObscuredError, unobscure  # noqa: PLC0415 - ciphers are heavy, and few configs need them

    try:
        return Secret(without_blanks(unobscure(obscured)))
    except NotObscuredError as error:
        table.wrong("client_secret_obscured", str(error))
        return None


def _exchange(table: ConfigTable) -> str:
    value = table.text("exchange")
    if value and value not in exchange_names():
        table.wrong("exchange", f"must be one of {', '.join(exchange_names())}, or left out")
        return ""
    return value


def _variables(table: ConfigTable, key: str) -> tuple[str, ...]:
    names = table.texts(key)
    if not all(_VARIABLE.fullmatch(name) for name in names):
        table.wrong(key, "must be a list of names of environment variables")
    if any(map(is_reserved, names)):
        table.wrong(key, f"holds {_RESERVED}")
    return names


def _command(table: ConfigTable) -> tuple[str, ...]:
    """Return the login program and its arguments; a relative path is a mistake."""
    command = table.texts("command")
    if command and "/" in command[0] and not command[0].startswith("/"):
        table.wrong("command", "must begin with the name of a program on PATH, or with an absolute path")
    return command


def _tenant(table: ConfigTable, name: str) -> Tenant:
    tenant = table.text("tenant", name)
    try:
        check_tenant(tenant)  # the lock that its refresh will need
    except InvalidTenantError as error:
        table.wrong("tenant", error.reason)
    if tenant.startswith(("pending:", "mcp-pending:")) or names_server(tenant):
        table.wrong("tenant", "begins with a word that the store keeps for itself")
    if OF_OPENAB in {tenant.casefold(), name}:
        table.wrong("tenant", f"{OF_OPENAB!r} is the name of openab's own login")
    return Tenant(tenant)
