"""A logout at the console while another process logs in or out: its message is true."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.storage import Draft, FileStore, Mutation, Note, Secret, TokenEntry, UserId
from tests.bot.cli.started_commands import begin, finish, log_in
from tests.support.patience import until

NOTHING = "nothing was removed, but "


@pytest.fixture(autouse=True)
def config(issuer: Issuer, home: Path) -> None:
    (home / ".config/openab-auth/config.toml").write_text(f"""
        [vendors.lab]
        authorize_url = "{issuer.authorize_url}"
        token_url = "{issuer.token_url}"
        revoke_url = "{issuer.revoke_url}"
        client_id = "{CLIENT_ID}"
        redirect_uri = "{REDIRECT_URI}"
        scopes = ["openid", "offline_access"]
    """)


def log_in_again(draft: Draft) -> None:
    entry = draft["lab"]
    assert isinstance(entry, TokenEntry)
    draft["lab"] = replace(entry, access_token=Secret("another"), refresh_token=Secret("another"))
    draft.notes["lab"] = Note(logged_in_by=UserId(7), logged_in_at=1)


def log_out(draft: Draft) -> None:
    del draft["lab"]


@pytest.mark.parametrize(
    ("meanwhile", "said", "left"),
    [
        (None, "lab: revoked at the vendor and removed here.", []),
        (log_out, f"lab: it was already removed; {NOTHING}", []),
        (
            log_in_again,
            f"lab: another login replaced it meanwhile and was kept; {NOTHING}",
            ["lab"],
        ),
    ],
)
@pytest.mark.parametrize("as_json", [False, True])
async def test_it_says_if_the_login_was_removed_was_gone_or_is_another_by_now(
    issuer: Issuer, home: Path, meanwhile: Mutation[None] | None, said: str, left: list[str], as_json: bool
) -> None:
    await log_in(issuer, home)
    issuer.faults.next("/revoke", delay=1.0)
    leaving = await begin(home, "logout", "lab", *(["--json"] if as_json else []))
    await until(lambda: bool(issuer.requests("/revoke")))
    store = FileStore(home / ".openab/agent/auth.json")
    if meanwhile:
        await asyncio.to_thread(store.update, meanwhile)

    status, out, err = await finish(leaving)

    assert (status, err) == (0, "")
    assert list(store.read()) == left
    if as_json:
        assert json.loads(out) == {"tenant": "lab", "revoked": True, "removed": meanwhile is None}
    else:
        assert out.startswith(said)
        assert "revoked at the vendor" in out
