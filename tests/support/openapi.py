"""Checks of a bot's requests, and of what it gets, against Discord's OpenAPI description."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

DESCRIPTION = Path(__file__).resolve().parents[3] / "shared" / "discord" / "openapi.json"


@cache
def described() -> dict[str, Any]:
    """Return the description; skip the test if it is not available."""
    if not DESCRIPTION.is_file():
        pytest.skip(f"Discord's OpenAPI description is not at hand ({DESCRIPTION.name} in ../shared/discord)")
    loaded: dict[str, Any] = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    return loaded


def check_body(method: str, path: str, body: object) -> None:
    """Check a request body against the description of this method and path.

    Raises:
        AssertionError: the description has no such request, or the body does not match.
    """
    operation = _operation(method, path)
    if isinstance(body, dict) and isinstance(body.get("recipient_id"), int):
        body = {**body, "recipient_id": str(body["recipient_id"])}  # discord.py sends a number, which Discord accepts
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    _check(schema, _numbered_as_text(body), f"{method} {path}")


def check_object(name: str, value: object) -> None:
    """Check an object that Discord sends against the schema with this name.

    Raises:
        AssertionError: the object does not match.
    """
    _check({"$ref": f"#/components/schemas/{name}"}, value, name)


def _check(schema: dict[str, Any], value: object, what: str) -> None:
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **described(), **schema}
    problems = [error.message[:300] for error in jsonschema.Draft202012Validator(document).iter_errors(value)]
    assert not problems, f"{what}: {problems}"


def _numbered_as_text(body: object) -> object:
    """Return the body with the ids of new attachments as strings.

    Discord's reference and all clients use numbers; the description says that all ids are strings.
    """
    if isinstance(body, dict) and isinstance(body.get("attachments"), list):
        return {**body, "attachments": [{**each, "id": str(each["id"])} for each in body["attachments"]]}
    if isinstance(body, dict) and isinstance(body.get("data"), dict):
        return {**body, "data": _numbered_as_text(body["data"])}
    return body


def _operation(method: str, path: str) -> dict[str, Any]:
    """Return the most literal template that matches the path."""
    fitting = [
        template
        for template, methods in described()["paths"].items()
        if method.lower() in methods and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path)
    ]
    assert fitting, f"Discord describes no {method} {path}"
    found: dict[str, Any] = described()["paths"][min(fitting, key=lambda each: each.count("{"))][method.lower()]
    return found
