"""Realistic pastes, as data in pastes.toml."""

import tomllib
import traceback
from pathlib import Path
from typing import Any

import pytest

from openab_auth.oauth.errors import PasteRefusedError
from openab_auth.oauth.paste import ExpectedRedirect, PasteMistake, code_for, read_paste
from openab_auth.storage.secret import Secret

CORPUS = tomllib.loads((Path(__file__).parent / "pastes.toml").read_text(encoding="utf-8"))
PASTES: list[dict[str, Any]] = CORPUS["paste"]
STATE = Secret(CORPUS["state"])
LOGINS = {
    "codex": ExpectedRedirect(
        "http://localhost:1455/auth/callback",
        STATE,
        "https://auth.openai.com/oauth/authorize?client_id=app_1",
        "https://auth.openai.com",
    ),
    "claude": ExpectedRedirect(
        "https://platform.claude.com/oauth/code/callback", STATE, "https://claude.ai/oauth/authorize?code=true"
    ),
    "mcp": ExpectedRedirect(
        "http://localhost:53682/callback",
        STATE,
        "https://as.example/authorize",
        "https://as.example/",
        iss_announced=True,
    ),
}


def named(pastes: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(paste, id=paste["name"]) for paste in pastes]


@pytest.mark.parametrize("paste", named([paste for paste in PASTES if "outcome" not in paste]))
def test_the_code_is_read_exactly(paste: dict[str, Any]) -> None:
    assert code_for(read_paste(paste["text"]), LOGINS[paste.get("login", "codex")]).reveal() == CORPUS["code"]


@pytest.mark.parametrize("paste", named([paste for paste in PASTES if "outcome" in paste]))
def test_the_mistake_is_named_and_nothing_secret_repeated(paste: dict[str, Any]) -> None:
    with pytest.raises(PasteRefusedError) as refusal:
        code_for(read_paste(paste["text"]), LOGINS[paste.get("login", "codex")])

    assert refusal.value.reason == paste["outcome"]
    assert refusal.value.__context__ is None
    shown = "".join(traceback.format_exception_only(refusal.value)) + repr(refusal.value)
    canaries = [CORPUS["code"], CORPUS["state"], *(word for word in paste["text"].split() if len(word) > 15)]
    assert not any(canary in shown for canary in canaries)


OF_KEYS = {  # test_pasted_keys.py has them
    PasteMistake.NOT_A_KEY,
    PasteMistake.ADDRESS_NOT_KEY,
    PasteMistake.OTHER_VENDORS_KEY,
    PasteMistake.KEY_REFUSED,
}


def test_names_are_unique_and_every_mistake_but_too_long_is_in_the_corpus() -> None:
    assert len({paste["name"] for paste in PASTES}) == len(PASTES)
    assert {paste["outcome"] for paste in PASTES if "outcome" in paste} == set(PasteMistake) - {
        PasteMistake.TOO_LONG,
        *OF_KEYS,
    }
