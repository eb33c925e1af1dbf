"""A secret is never printed: not by itself, not in an entry, not in an error."""

import pickle
import traceback
from collections.abc import Callable

import pytest

from openab_auth.storage import FileStore, McpEntry, PendingEntry, Secret, StorageError, TokenEntry
from openab_auth.storage.secret import UnpicklableSecretError

CANARY = "canary-secret-1b"


def test_no_way_of_printing_shows_it() -> None:
    secret = Secret(CANARY)

    for text in (repr(secret), str(secret), f"{secret}", f"{secret:>40}", "%s" % secret, ascii([secret])):  # noqa: UP031
        assert CANARY not in text
    with pytest.raises(UnpicklableSecretError):
        pickle.dumps(secret)


def test_it_equals_only_the_same_secret() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
    assert not Secret("")


def test_no_entry_shows_its_secrets() -> None:
    entries = [
        TokenEntry(Secret(CANARY), Secret(CANARY), 1, "t", "p", {"id_token": CANARY}),
        PendingEntry(Secret(CANARY), Secret(CANARY), "t", "p", extra={"x": CANARY}),
        McpEntry("c", {"access_token": CANARY}, extra={"client_secret": CANARY}),
    ]

    assert CANARY not in repr(entries)


def test_no_error_shows_what_was_to_be_written(store: FileStore, token: Callable[..., TokenEntry]) -> None:
    with pytest.raises(StorageError) as caught:
        store.update(lambda entries: entries.__setitem__("codex", token(access=CANARY, expires_at=-1)))

    assert CANARY not in "".join(traceback.format_exception(caught.value))
