"""The description of the broker's HTTP in OpenAPI 3.1, served at /v1/openapi.json."""

from __future__ import annotations

import importlib.metadata
from typing import Final

from openab_auth.bot.broker.http.answers import PROBLEM_TYPE
from openab_auth.bot.broker.http.routes import LONGEST_REASON, MIN_TTL, MOST_MIN_TTL, MOST_WAIT

Schema = dict[str, object]

_TEXT: Final[Schema] = {"type": "string"}
_TIME: Final[Schema] = {"type": "integer", "minimum": 0, "description": "unix seconds"}
_THREAD_ID: Final[Schema] = {"type": "string", "pattern": "^[0-9]{1,20}$"}
_PROBLEMS: Final = {
    400: "The request is not understood.",
    401: "There is no key, or it is wrong, expired or revoked.",
    403: "The key does not cover this login, or may not name this thread.",
    404: "Nobody is logged in there.",
    405: "The path has no such method.",
    409: "The login is dead: a person has to log in again.",
    429: "Too many requests of this client, or of this login, in too short a time.",
    503: "The broker, its store or the vendor cannot answer now.",
}
_ALWAYS: Final = (400, 401, 429, 503)  # what every path behind a key may answer


async def openapi_page() -> Schema:
    """Return the description as the answer of a page."""
    return _openapi()


def _openapi() -> Schema:
    try:
        version = importlib.metadata.version("openab-auth")
    except importlib.metadata.PackageNotFoundError:
        version = "0"
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "openab-auth broker",
            "version": version,
            "description": "Access tokens for agents that must not hold refresh tokens.",
        },
        "paths": {
            "/v1/token/{account}": {"get": _token()},
            "/v1/token/{account}/rejected": {"post": _rejected()},
            "/v1/request": {"post": _request()},
            "/v1/status": {"get": _status()},
            "/healthz": {"get": _open("Return whether the broker lives.", {"status": _TEXT}, ("status",))},
            "/readyz": {
                "get": _open("Return whether the broker can read its store.", _READY, ("ready", "checks"), 503)
            },
            "/v1/openapi.json": {"get": _open("Return this page.", {"openapi": _TEXT}, ("openapi",))},
        },
        "components": {
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key of `openab-auth key add`; on the socket, users in `[broker] uids` need none.",
                }
            },
            "schemas": {"Problem": _PROBLEM},
        },
    }


_READY: Final[Schema] = {
    "ready": {"const": True},
    "checks": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"name": _TEXT, "ok": {"type": "boolean"}},
            "required": ["name", "ok"],
        },
    },
}
_PROBLEM: Final[Schema] = {
    "type": "object",
    "properties": {
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "what happened, for programs"},
        "detail": {"type": "string", "description": "what happened, for people"},
        "hint": {"type": "string", "description": "what to do next"},
    },
    "required": ["status", "code", "detail", "hint"],
}
_TOKEN: Final[Schema] = {
    "access_token": _TEXT,
    "expires_at": _TIME,
    "token_type": {"const": "Bearer"},
    "login": {"type": "string", "description": "the key of the login in the store"},
    "because": {"enum": ["named", "thread", "personal", "shared"], "description": "the rule that chose the login"},
}
_ACCOUNT: Final[Schema] = {
    "name": "account",
    "in": "path",
    "required": True,
    "description": "a vendor, mcp:NAME, or one account: vendor@label, vendor@shared, vendor@me",
    "schema": {"type": "string", "minLength": 1, "maxLength": 256},
    "example": "codex",
}
_THREAD: Final[Schema] = {
    "name": "thread",
    "in": "query",
    "description": "the Discord thread; a key may name only its own, and a user without a key any",
    "schema": _THREAD_ID,
}


def _token() -> Schema:
    return {
        "operationId": "token",
        "summary": "Return an access token.",
        "parameters": [
            _ACCOUNT,
            _seconds("min_ttl", MOST_MIN_TTL, MIN_TTL, "the token lives for longer than this"),
            _seconds("wait", MOST_WAIT, 0, "wait so long for a login; repeat the request for a longer wait"),
            _THREAD,
        ],
        **_behind_key(_object(_TOKEN, ("access_token", "expires_at", "token_type", "login", "because")), 403, 404, 409),
    }


def _rejected() -> Schema:
    body: Schema = {"sha256": {"type": "string", "pattern": "^[0-9a-fA-F]{64}$"}}
    answer = {**_TOKEN, "refreshed": {"type": "boolean", "description": "whether this broker renewed the login"}}
    return {
        "operationId": "rejected",
        "summary": "Report an access token that a server refused, by its SHA-256, and return the current one.",
        "parameters": [_ACCOUNT, _THREAD],
        "requestBody": _body(_object(body, ("sha256",), closed=True)),
        **_behind_key(
            _object(answer, ("access_token", "expires_at", "token_type", "login", "refreshed")), 403, 404, 409
        ),
    }


def _request() -> Schema:
    body: Schema = {
        "account": {"type": "string", "minLength": 1, "maxLength": 256},
        "reason": {"type": "string", "maxLength": LONGEST_REASON},
        "thread": _THREAD_ID,
    }
    answer: Schema = {"login": _TEXT, "thread": _THREAD_ID, "state": {"enum": ["asked", "waiting", "there"]}}
    return {
        "operationId": "request",
        "summary": "Ask people in the key's thread for a login.",
        "requestBody": _body(_object(body, ("account",), closed=True)),
        **_behind_key(_object(answer, ("login", "thread", "state")), 403, 404),
    }


def _status() -> Schema:
    server = {"type": ["string", "null"], "description": "the only address to which the token of an MCP server may go"}
    states = {"enum": ["ok", "expiring", "expired", "dead"]}
    row = _object({"tenant": _TEXT, "state": states, "server_url": server}, ("tenant", "state", "server_url"))
    answer: Schema = {
        "client": _TEXT,
        "thread": {"type": ["string", "null"]},
        "logins": {"type": "array", "items": row},
    }
    return {
        "operationId": "status",
        "summary": "Return the logins that the key covers, without secrets.",
        "parameters": [_THREAD],
        **_behind_key(_object(answer, ("client", "thread", "logins")), 403),
    }


def _open(summary: str, properties: Schema, required: tuple[str, ...], *problems: int) -> Schema:
    """Describe a page for everybody."""
    return {"summary": summary, "responses": _responses(_object(properties, required), *problems)}


def _behind_key(answer: Schema, *problems: int) -> Schema:
    return {"security": [{"key": []}], "responses": _responses(answer, *_ALWAYS, *problems)}


def _responses(answer: Schema, *problems: int) -> Schema:
    found: Schema = {"200": {"description": "Done.", "content": {"application/json": {"schema": answer}}}}
    problem = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status in sorted({*problems, 405}):
        found[str(status)] = {"description": _PROBLEMS[status], "content": problem}
    return found


def _seconds(name: str, most: int, default: int, description: str) -> Schema:
    schema = {"type": "integer", "minimum": 0, "maximum": most, "default": default}
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _body(schema: Schema) -> Schema:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _object(properties: Schema, required: tuple[str, ...], *, closed: bool = False) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": [*required],
        **({"additionalProperties": False} if closed else {}),
    }
