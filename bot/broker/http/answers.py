"""The answers of the broker: JSON that no cache keeps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import web

if TYPE_CHECKING:
    from openab_auth.bot.broker.http.problems import Problem

PROBLEM_TYPE: Final = "application/problem+json"
_JSON: Final = "application/json"
_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Server": "openab-auth"}


def good_answer(body: Mapping[str, object]) -> web.Response:
    """Return the answer to a request that succeeded."""
    return _answer(HTTPStatus.OK, body, _JSON)


def problem_answer(problem: Problem) -> web.Response:
    """Return the answer that reports a problem (RFC 9457)."""
    answer = _answer(problem.status, problem.to_json(), PROBLEM_TYPE)
    if problem.retry_after is not None:
        answer.headers["Retry-After"] = str(problem.retry_after)
    if problem.allowed:
        answer.headers["Allow"] = problem.allowed
    if problem.status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="openab-auth"'
    return answer


def _answer(status: int, body: Mapping[str, object], kind: str) -> web.Response:
    return web.Response(status=status, body=json.dumps(body).encode(), headers={**_HEADERS, "Content-Type": kind})
