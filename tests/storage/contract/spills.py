"""What every backend promises about a renewed login that could not be committed yet."""

from __future__ import annotations

import pytest

from openab_auth.storage import (
    InvalidEntryError,
    InvalidTenantError,
    LoginFacts,
    Note,
    Secret,
    Store,
    TokenEntry,
    UserId,
)
from tests.storage.entries import put, token


def facts_for(entry: TokenEntry) -> LoginFacts:
    return LoginFacts((entry.refresh_token.fingerprint(),), {"client_id": "c"})


class SpillContract:
    def test_a_spilled_renewal_is_read_at_once_and_committed_next(self, store: Store) -> None:
        store.update(put("codex", token()))
        version = store.version()
        store.spill("codex", token(value="new"), token().refresh_token)

        assert store.version() != version
        assert store.read()["codex"] == token(value="new")
        assert store.update(lambda draft: draft["codex"]) == token(value="new")
        assert store.problems() == ()

    @pytest.mark.parametrize("renewed", [False, True])
    def test_a_spilled_new_login_brings_its_note_and_its_renewal_keeps_it(self, store: Store, *, renewed: bool) -> None:
        ada, bob = Note(logged_in_by=UserId(1), generation="ada's"), Note(logged_in_by=UserId(2), generation="bob's")
        store.update(put("codex", token()))
        store.update(lambda draft: draft.notes.update(codex=ada))
        store.spill("codex", token(value="bob"), token().refresh_token, bob)
        if renewed:
            store.spill("codex", token(value="next"), token(value="bob").refresh_token)

        assert store.notes() == {"codex": bob}
        assert store.update(lambda draft: draft.notes["codex"]) == bob
        assert store.notes() == {"codex": bob}

    def test_the_note_of_a_spill_that_came_too_late_is_dropped_with_it(self, store: Store) -> None:
        store.update(put("codex", token()))
        store.spill("codex", token(value="late"), Secret("rt-gone"), Note(generation="late"))
        assert store.notes() == {}
        store.update(lambda draft: draft["codex"])
        assert store.notes() == {}

    @pytest.mark.parametrize("times", [1, 2])
    def test_a_spilled_renewal_takes_over_the_facts_of_the_login_before_it(self, store: Store, times: int) -> None:
        store.update(put("codex", token()))
        store.update(lambda draft: draft.facts.update(codex=facts_for(token())))
        for number in range(times):
            before = store.read()["codex"]
            assert isinstance(before, TokenEntry)
            store.spill("codex", token(value=f"new{number}"), before.refresh_token)

        def hold() -> bool:
            entry = store.read()["codex"]
            assert isinstance(entry, TokenEntry)
            return store.facts()["codex"].hold_for(entry.refresh_token)

        assert hold()
        store.update(put("more", token("more")))
        assert hold()

    def test_a_spilled_new_login_takes_over_no_facts(self, store: Store) -> None:
        store.update(put("codex", token()))
        store.update(lambda draft: draft.facts.update(codex=facts_for(token())))
        store.spill("codex", token(value="bob"), token().refresh_token, Note(generation="bob's"))

        assert not store.facts()["codex"].hold_for(token(value="bob").refresh_token)
        store.update(put("more", token("more")))
        assert not store.facts()["codex"].hold_for(token(value="bob").refresh_token)

    def test_a_spill_over_another_login_or_over_none_is_dropped(self, store: Store) -> None:
        store.spill("codex", token(value="new"), Secret("rt-gone"))
        assert dict(store.read()) == {}
        store.update(put("codex", token()))
        store.spill("codex", token(value="new"), Secret("rt-gone"))
        assert dict(store.read()) == {"codex": token()}

    def test_a_spill_does_not_bring_back_what_was_logged_out(self, store: Store) -> None:
        store.update(put("codex", token()))
        store.spill("codex", token(value="new"), token().refresh_token)
        store.update(lambda draft: draft.pop("codex"))
        assert dict(store.read()) == {}

    def test_what_agents_would_refuse_is_not_spilled(self, store: Store) -> None:
        store.update(put("codex", token()))
        with pytest.raises(InvalidEntryError):
            store.spill("codex", token(expires_at=-1), token().refresh_token)
        with pytest.raises(InvalidTenantError):
            store.spill("a/b", token("a/b"), token().refresh_token)
        assert dict(store.read()) == {"codex": token()}
