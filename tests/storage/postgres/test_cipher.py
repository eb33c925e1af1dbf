"""Rows at rest: only the right key opens a row, only in its own place, and nothing shows a key."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from openab_auth.storage.errors import DamagedRowError, OpenabAuthError, UnknownStoreKeyError, WrongStoreKeyError
from openab_auth.storage.postgres.sealed.cipher import Cipher, StoreNotEncryptedError, key_check, verify_key_check
from openab_auth.storage.postgres.sealed.keys import StoreKeys, new_key
from openab_auth.storage.secret import Secret

STORE = UUID(int=1)
OLD, NEW, OTHER = new_key(), new_key(), new_key()
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
places = st.tuples(names, names, names)


def cipher(*keys: tuple[str, Secret], store: UUID = STORE, plaintext: bool = False) -> Cipher:
    return Cipher(store, StoreKeys(dict(keys)) if keys else None, plaintext=plaintext)


ours = cipher(("new", NEW), ("old", OLD))
plain = cipher()


@given(places, st.binary(max_size=2000))
def test_a_row_opens_in_its_own_place(place: tuple[str, str, str], text: bytes) -> None:
    sealed, key_id = ours.seal(*place, text)

    assert key_id == "new"
    assert ours.open(*place, sealed, key_id) == text
    assert len(sealed) == len(text) + 28


@given(places, places)
def test_a_row_opens_in_no_other_place(here: tuple[str, str, str], there: tuple[str, str, str]) -> None:
    assume(here != there)
    sealed, key_id = ours.seal(*here, b"text")

    with pytest.raises(DamagedRowError):
        ours.open(*there, sealed, key_id)


def test_a_row_opens_in_no_other_store() -> None:
    sealed, key_id = ours.seal("entries", "token", "codex", b"text")

    with pytest.raises(DamagedRowError):
        cipher(("new", NEW), store=UUID(int=2)).open("entries", "token", "codex", sealed, key_id)


def test_names_that_join_to_the_same_letters_are_different_places() -> None:
    sealed, key_id = ours.seal("records", "a", "bc", b"text")

    with pytest.raises(DamagedRowError):
        ours.open("records", "ab", "c", sealed, key_id)


@given(st.binary(min_size=1, max_size=50), st.data())
def test_one_changed_bit_is_damage(text: bytes, data: st.DataObject) -> None:
    sealed, key_id = ours.seal("entries", "token", "codex", text)
    at, bit = data.draw(st.integers(0, len(sealed) - 1)), data.draw(st.integers(0, 7))
    changed = sealed[:at] + bytes([sealed[at] ^ 1 << bit]) + sealed[at + 1 :]

    with pytest.raises(DamagedRowError, match="codex"):
        ours.open("entries", "token", "codex", changed, key_id)


@given(st.binary(max_size=20), st.data())
def test_a_row_that_was_cut_off_is_damage(text: bytes, data: st.DataObject) -> None:
    sealed, key_id = ours.seal("entries", "token", "codex", text)
    end = data.draw(st.integers(0, len(sealed) - 1))

    with pytest.raises(DamagedRowError):
        ours.open("entries", "token", "codex", sealed[:end], key_id)


def test_two_seals_of_one_text_differ() -> None:
    assert ours.seal("entries", "token", "codex", b"text") != ours.seal("entries", "token", "codex", b"text")


def test_every_key_decrypts_and_the_first_one_encrypts() -> None:
    sealed, key_id = cipher(("old", OLD)).seal("entries", "token", "codex", b"text")

    assert key_id == "old"
    assert ours.open("entries", "token", "codex", sealed, key_id) == b"text"
    assert (ours.key_id, ours.key_ids) == ("new", ("new", "old"))


@pytest.mark.parametrize("reader", [plain, cipher(("new", NEW))], ids=["without keys", "with another key"])
def test_a_row_whose_key_is_missing_names_the_key(reader: Cipher) -> None:
    sealed, key_id = cipher(("old", OLD)).seal("entries", "token", "codex", b"text")

    for data in (sealed, sealed[:3]):
        with pytest.raises(UnknownStoreKeyError, match=r"'old'.*do not log in again") as caught:
            reader.open("entries", "token", "codex", data, key_id)
        assert caught.value.key_id == "old"


def test_without_keys_a_row_is_kept_as_it_is() -> None:
    assert plain.seal("entries", "token", "codex", b"text") == (b"text", "")
    assert plain.open("entries", "token", "codex", b"text", "") == b"text"
    assert (plain.key_id, plain.key_ids) == ("", ())


def test_with_keys_a_row_that_is_not_encrypted_needs_a_permission() -> None:
    """Otherwise somebody who may write to the database could put in logins of his own."""
    with pytest.raises(DamagedRowError, match="not encrypted"):
        ours.open("entries", "token", "codex", b"text", "")

    allowing = cipher(("new", NEW), plaintext=True)
    assert allowing.open("entries", "token", "codex", b"text", "") == b"text"


@pytest.mark.parametrize("reader", [ours, cipher(("old", OLD)), cipher(("later", OTHER), ("new", NEW))])
def test_the_key_check_accepts_every_process_that_has_one_of_the_keys(reader: Cipher) -> None:
    verify_key_check(key_check(ours), reader)


def test_the_key_check_shows_another_key_of_the_same_id() -> None:
    for wrong in (cipher(("new", OTHER)), cipher(("old", OLD), ("new", OTHER))):
        with pytest.raises(WrongStoreKeyError, match=r"'new'.*same value as the other hosts") as caught:
            verify_key_check(key_check(ours), wrong)
        assert caught.value.key_id == "new"


def test_the_key_check_belongs_to_one_store() -> None:
    with pytest.raises(WrongStoreKeyError):
        verify_key_check(key_check(ours), cipher(("new", NEW), store=UUID(int=2)))


@pytest.mark.parametrize("reader", [plain, cipher(("later", OTHER))])
def test_the_key_check_shows_that_every_key_is_missing(reader: Cipher) -> None:
    with pytest.raises(UnknownStoreKeyError, match="'new'"):
        verify_key_check(key_check(ours), reader)


def test_keys_for_a_store_without_encryption_need_a_permission() -> None:
    check = key_check(plain)

    verify_key_check(check, plain)
    verify_key_check(check, cipher(("new", NEW), plaintext=True))
    with pytest.raises(StoreNotEncryptedError, match="rekey"):
        verify_key_check(check, ours)


@given(st.binary(max_size=30) | st.sampled_from([b"[]", b'{"new": 1}', b'{"new": "\xff"}', b"null"]))
def test_a_damaged_key_check_is_damage(data: bytes) -> None:
    assume(data != b"{}")

    with pytest.raises(DamagedRowError, match="key_check"):
        verify_key_check(data, ours)


def test_nothing_shows_a_key_or_a_text() -> None:
    text = b"canary-refresh-token"
    sealed, key_id = ours.seal("entries", "token", "codex", text)
    said = [repr(ours), str(ours), repr(StoreKeys({"new": NEW})), repr(key_check(ours)), repr(sealed)]
    wrongs: list[Callable[[], object]] = [
        lambda: ours.open("entries", "token", "pi", sealed, key_id),
        lambda: pickle.dumps(ours),
    ]
    for wrong in wrongs:
        with pytest.raises((OpenabAuthError, TypeError)) as caught:
            wrong()
        said.append("".join(traceback.format_exception(caught.value)))

    assert not any(secret in one for one in said for secret in (text.decode(), NEW.reveal(), OLD.reveal()))
