"""The promises of every backend about a renewed login that could not be committed yet."""

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
    has_journal = True  # otherwise a spill is committed at once

    def test_a_spilled_renewal_is_read_at_once_and_committed_next(self, store: Store) -> None:
        store.update(put("codex", token()))
        version = store.version()
        assert store.spill("codex", token(value="new"), token())

        assert store.version() != version
        assert store.read()["codex"] == token(value="new")
        assert store.update(lambda draft: draft["codex"]) == token(value="new")
        assert store.problems() == ()

    def test_spills_are_counted_until_they_are_committed(self, store: Store) -> None:
        store.update(put("codex", token()))
        assert store.count_spills() == 0
        assert store.spill("codex", token(value="new"), token())
        assert store.count_spills() == int(self.has_journal)
        store.update(put("other", token()))
        store.close()

        assert store.count_spills() == 0

    @pytest.mark.parametrize("renewed", [False, True])
    def test_a_spilled_new_login_brings_its_note_and_its_renewal_keeps_it(self, store: Store, *, renewed: bool) -> None:
        ada, bob = Note(logged_in_by=UserId(1), generation="ada's"), Note(logged_in_by=UserId(2), generation="bob's")
        store.update(put("codex", token()))
        store.update(lambda draft: draft.notes.update(codex=ada))
        store.spill("codex", token(value="bob"), token(), bob)
        if renewed:
            store.spill("codex", token(value="next"), token(value="bob"))

        assert store.notes() == {"codex": bob}
        assert store.update(lambda draft: draft.notes["codex"]) == bob
        assert store.notes() == {"codex": bob}

    def test_the_note_of_a_spill_that_came_too_late_is_dropped_with_it(self, store: Store) -> None:
        store.update(put("codex", token()))
        assert not store.spill("codex", token(value="late"), token(value="gone"), Note(generation="late"))
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
            store.spill("codex", token(value=f"new{number}"), before)

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
        store.spill("codex", token(value="bob"), token(), Note(generation="bob's"))

        assert not store.facts()["codex"].hold_for(token(value="bob").refresh_token)
        store.update(put("more", token("more")))
        assert not store.facts()["codex"].hold_for(token(value="bob").refresh_token)

    def test_a_spill_over_another_login_or_over_none_is_dropped(self, store: Store) -> None:
        assert not store.spill("codex", token(value="new"), token(value="gone"))
        assert dict(store.read()) == {}
        store.update(put("codex", token()))
        assert not store.spill("codex", token(value="new"), token(value="gone"))
        assert dict(store.read()) == {"codex": token()}

    @pytest.mark.parametrize("earlier", [-1, 0, 1])
    @pytest.mark.parametrize("refresh", ["", "not rotated"])
    def test_a_spill_replaces_the_login_before_it_whatever_their_ends(
        self, store: Store, refresh: str, earlier: int
    ) -> None:
        old = token(value="old", refresh_token=Secret(refresh))
        new = token(value="new", refresh_token=Secret(refresh), expires_at=old.expires_at - earlier)
        store.update(put("codex", old))
        assert store.spill("codex", new, old)
        assert dict(store.read()) == {"codex": new}
        assert store.update(lambda draft: draft["codex"]) == new

    @pytest.mark.parametrize("refresh", ["", "not rotated"])
    def test_a_later_login_stays_even_if_it_ends_before_a_late_spill(self, store: Store, refresh: str) -> None:
        old, later = (token(value=value, refresh_token=Secret(refresh)) for value in ("old", "later"))
        late = token(value="late", refresh_token=Secret(refresh), expires_at=later.expires_at + 10)
        store.update(put("codex", later))
        assert not store.spill("codex", late, old)
        assert dict(store.read()) == {"codex": later}

    def test_a_spill_does_not_bring_back_what_was_logged_out(self, store: Store) -> None:
        store.update(put("codex", token()))
        store.spill("codex", token(value="new"), token())
        store.update(lambda draft: draft.pop("codex"))
        assert dict(store.read()) == {}

    def test_what_agents_would_refuse_is_not_spilled(self, store: Store) -> None:
        store.update(put("codex", token()))
        with pytest.raises(InvalidEntryError):
            store.spill("codex", token(expires_at=-1), token())
        with pytest.raises(InvalidTenantError):
            store.spill("a/b", token("a/b"), token())
        assert dict(store.read()) == {"codex": token()}
