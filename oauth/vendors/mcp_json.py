"""Read MCP servers from openab's own `mcp.json`: `{"mcpServers": {NAME: {"type": "http", "url": …}}}`.

The file belongs to another program. Unknown keys, and servers without a login from here, are skipped silently. A file
that cannot be read costs its servers and nothing else: it is a problem to report, not a mistake of the config.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Final

from openab_auth.oauth.config import environment_value, expand_home, is_reserved, trusted_file
from openab_auth.oauth.vendors.mcp_server import SERVER_NAME

_HTTP: Final = ("http", "streamable-http")
_VARIABLE: Final = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")
_TEXTS: Final = ("client_id", "redirect_uri")
_COMMENT: Final = re.compile(r"//|/\*|#")
_TRAILING_COMMA: Final = re.compile(r",\s*[\]}]")


class UnusableListError(ValueError):
    """The list of servers cannot be used; `reason` says why, with line and column, and quotes nothing of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_openab_servers(
    path: str, environ: Mapping[str, str], *, taken: Collection[str], http_loopback: bool
) -> dict[str, dict[str, object]]:
    """Return a table, as in `[mcp.NAME]`, for each remote server in the file at `path`.

    Servers with a name in `taken` and servers with plain http are skipped. The file names variables whose values are
    sent to servers, so it must pass the same checks as the config.

    Raises:
        UnusableListError: the file cannot be read, or is no list of servers.
    """
    top = _read(path, environ)
    servers = top.get("mcpServers", {}) if isinstance(top, dict) else None
    if not isinstance(servers, dict):
        reason = "it has no object `mcpServers`"
        raise UnusableListError(reason)
    found: dict[str, dict[str, object]] = {}
    for name, server in servers.items():
        table = _table(server, environ)
        url = str(table.get("url", ""))
        reachable = url.startswith("https://") or (http_loopback and url.startswith("http://"))
        if reachable and SERVER_NAME.fullmatch(name) and name.casefold() not in taken:
            found[name] = table
    return found


def _read(path: str, environ: Mapping[str, str]) -> object:
    """Return the content of the file. A byte order mark is skipped, as Windows' editors write one."""
    place = expand_home(path, environ)
    if place is None:
        reason = "the home folder for `~` is not known here"
        raise UnusableListError(reason)
    text = ""
    try:
        data = trusted_file.read_trusted_file(place, environ)
        text = data.decode(json.detect_encoding(data))
        return json.loads(text)
    except json.JSONDecodeError as error:
        reason = f"line {error.lineno}, column {error.colno}: {_mistake(text, error)}"
        raise UnusableListError(reason) from None
    except OSError as error:
        raise UnusableListError(error.strerror or type(error).__name__) from error
    except UnicodeDecodeError as error:
        reason = f"it is not UTF-8 at byte {error.start}"
        raise UnusableListError(reason) from None
    except RecursionError:
        reason = "it is nested too deeply"
        raise UnusableListError(reason) from None
    except ValueError:  # a number beyond Python's bound, or a path with a null byte
        reason = "it has a number of too many digits, or its path is no path"
        raise UnusableListError(reason) from None


def _mistake(text: str, error: json.JSONDecodeError) -> str:
    """Explain the mistake to somebody who wrote the file by hand or with another program."""
    before, rest = text[: error.pos].rstrip(), text[error.pos :].lstrip()
    if not text.strip():
        return "the file is empty"
    if not rest or (error.msg.startswith(("Unterminated string", "Invalid \\escape")) and "\n" not in rest.rstrip()):
        return "the file ends too early; perhaps its writer has not finished"
    if _COMMENT.match(rest):
        return "JSON has no comments"
    if _TRAILING_COMMA.match(rest if rest[0] == "," else f"{before[-1:]}{rest}"):
        return "JSON has no comma before a closing bracket"
    return error.msg


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
