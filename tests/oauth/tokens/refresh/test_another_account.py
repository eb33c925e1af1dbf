"""The account of a refreshed login: learned, with a new label, or another account and refused."""

from __future__ import annotations

import dataclasses
import logging

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.errors import LoginDeadError
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import AsyncStore, Draft, Secret, TokenEntry
from tests.oauth.tokens.stored_logins import stored


async def test_a_refresh_with_another_account_is_refused_and_the_entry_kept(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore
) -> None:
    issuer.families[0].account = "eve@example.com"

    for _ in range(2):
        with pytest.raises(LoginDeadError, match=r"belongs to ada@example.com.* renewed it as eve@example.com"):
            await source.force_refresh("lab")

    assert await stored(store) == login
    assert (await store.notes())["lab"].account == "ada@example.com"
    assert len(issuer.requests("/token")) == 1


async def test_a_changed_label_of_the_same_account_is_stored_with_its_tokens(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore, caplog: pytest.LogCaptureFixture
) -> None:
    """OpenID Connect Core 5.7: `sub` and `iss` name an account; an e-mail address may change."""
    caplog.set_level(logging.INFO)
    for email in ("Ada@Example.com", "ada.lovelace@example.com"):
        issuer.families[0].email = email

        await source.force_refresh("lab")

        note = (await store.notes())["lab"]
        assert (note.account, note.dead, note.attempt) == (email, None, None)
    assert (await stored(store)).refresh_token.reveal() == issuer.families[0].refresh_token
    assert "with the label ada@example.com has the label Ada@Example.com now" in caplog.text


async def test_another_account_under_the_same_label_is_refused_told_and_marked(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore, caplog: pytest.LogCaptureFixture
) -> None:
    issuer.families[0].email = issuer.families[0].account
    issuer.families[0].account = "another-subject"

    for _ in range(2):
        with pytest.raises(LoginDeadError, match="which was not stored"):
            await source.force_refresh("lab")

    assert await stored(store) == login
    assert (await store.notes())["lab"].dead
    assert len(issuer.requests("/token")) == 1
    assert any("tokens of ada@example.com, which are not stored" in line.getMessage() for line in caplog.records)


@pytest.mark.parametrize("lost", ["the notes", "the subject"])
async def test_an_account_that_is_not_known_is_learned_and_never_refused(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore, lost: str
) -> None:
    """A note of an older version has only a label, which decides nothing."""

    def lose(draft: Draft) -> None:
        note = draft.notes.pop("lab")
        if lost == "the subject":
            draft.notes["lab"] = note._replace(subject=None)

    await store.update(lose)
    issuer.families[0].account = "eve@example.com"
    await source.force_refresh("lab")
    issuer.families[0].account = "ada@example.com"

    with pytest.raises(LoginDeadError, match=r"belongs to eve@example\.com"):
        await source.force_refresh("lab")


async def test_an_account_that_another_program_put_there_is_no_wrong_answer(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore
) -> None:
    """A Rust agent that logs in writes no note, so our note still describes the login before."""
    reply = issuer.tokens.issue("openab-playground", "eve@example.com", ("openid", "offline_access"))
    foreign = dataclasses.replace(login, refresh_token=Secret(str(reply["refresh_token"])))
    await store.update(lambda draft: draft.update(lab=foreign))

    await source.force_refresh("lab")

    assert (await store.notes())["lab"].account == "eve@example.com"
    assert (await stored(store)).refresh_token.reveal() == issuer.families[1].refresh_token
