"""Read MCP servers from openab's own `mcp.json`: `{"mcpServers": {NAME: {"type": "http", "url": …}}}`.

The file belongs to another program. Unknown keys, and servers without a login from here, are skipped silently. Only a
file that cannot be read is a mistake.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Final

from openab_auth.oauth.config import ConfigMistakes, environment_value, expand_home, is_reserved, trusted_file
from openab_auth.oauth.vendors.mcp_server import SERVER_NAME

KEY: Final = "auth.mcp_json"
_HTTP: Final = ("http", "streamable-http")
_VARIABLE: Final = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")
_TEXTS: Final = ("client_id", "redirect_uri")


def read_openab_servers(
    path: str, environ: Mapping[str, str], mistakes: ConfigMistakes, *, taken: Collection[str], http_loopback: bool
) -> dict[str, dict[str, object]]:
    """Return a table, as in `[mcp.NAME]`, for each remote server in the file at `path`.

    Servers with a name in `taken` and servers with plain http are skipped. The file names variables whose values are
    sent to servers, so it must pass the same checks as the config.
    """
    try:
        top = json.loads(trusted_file.read_trusted_file(expand_home(path, environ) or path, environ))
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not JSON"
        mistakes.append((KEY, f"{path} cannot be read ({why})"))
        return {}
    servers = top.get("mcpServers") if isinstance(top, dict) else None
    found: dict[str, dict[str, object]] = {}
    for name, server in servers.items() if isinstance(servers, dict) else ():
        table = _table(server, environ)
        url = str(table.get("url", ""))
        reachable = url.startswith("https://") or (http_loopback and url.startswith("http://"))
        if reachable and SERVER_NAME.fullmatch(name) and name.casefold() not in taken:
            found[name] = table
    return found


def _table(server: object, environ: Mapping[str, str]) -> dict[str, object]:
    """Return the server as a table `[mcp.NAME]`; the table is empty if the server is not remote."""
    if not isinstance(server, dict) or server.get("type") not in _HTTP:
        return {}
    login = server.get("oauth")
    login = login if isinstance(login, dict) else {}
    table: dict[str, object] = {"url": _text(server.get("url"), environ)}
    table |= {key: text for key in _TEXTS if (text := _text(login.get(key), environ))}
    scopes = login.get("scopes")
    if isinstance(scopes, list) and scopes and all(isinstance(scope, str) for scope in scopes):
        table["scopes"] = scopes
    secret = login.get("client_secret")
    if isinstance(secret, str) and (variable := _VARIABLE.fullmatch(secret)) and not is_reserved(variable[1]):
        table["client_secret_env"] = variable[1]
    return table


def _text(value: object, environ: Mapping[str, str]) -> str:
    """Return a text with each `${env:VAR}` replaced; empty if a variable is not set."""
    if not isinstance(value, str) or any(name not in environ for name in _VARIABLE.findall(value)):
        return ""
    return _VARIABLE.sub(lambda match: environment_value(environ, match[1]), value)
