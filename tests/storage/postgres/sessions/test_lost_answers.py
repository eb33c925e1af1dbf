"""The connection is lost around a commit: nobody repeats what was done, and nobody loses what was not."""

from __future__ import annotations

import threading

import pytest

from openab_auth.storage import Draft, StorageError, Store, TokenEntry
from tests.storage.entries import put, token, token_in
from tests.storage.postgres.away.outages import attempt, login
from tests.storage.postgres.places import Place
from tests.support.patience import PATIENCE
from tests.support.postgres.proxy import Proxy, When

COMMIT = b"commit\0"  # the table `commits` is in other statements
TEXTS = (b"begin", b"for update", b"into", COMMIT)


@pytest.fixture
def store(place: Place, proxy: Proxy) -> Store:
    store = place.through(proxy.folder).open()
    store.update(put("codex", token(expires_at=0)))
    return store


def count(draft: Draft) -> int:
    """Add one; a commit that is repeated adds two."""
    entry = token_in(draft)
    draft["codex"] = TokenEntry(
        entry.access_token, entry.refresh_token, entry.expires_at + 1, entry.token_endpoint, "codex"
    )
    return entry.expires_at + 1


def stored(place: Place) -> int:
    return token_in(place.open().read()).expires_at


def test_a_commit_whose_answer_is_lost_was_made_once(place: Place, proxy: Proxy, store: Store) -> None:
    reached = proxy.cut(COMMIT, "after")

    assert store.update(count) == 1

    assert reached.is_set()
    assert stored(place) == 1
    assert token_in(store.read()).expires_at == 1
    assert store.update(count) == 2
    assert stored(place) == 2


def test_logins_that_were_written_without_reading_may_lose_their_answer(
    place: Place, proxy: Proxy, store: Store
) -> None:
    """The process has read nothing, and does not know what it replaces."""
    store.update(put("claude", token("claude")))
    blind = place.through(proxy.folder).open()
    reached = proxy.cut(COMMIT, "after")

    blind.update_all([put("claude", token("claude", "new")), put("codex", token(value="new"))])

    assert reached.is_set()
    assert store.entry("claude") == token("claude", "new")
    assert store.entry("codex") == token(value="new")


def test_a_commit_that_the_server_never_got_is_refused_or_made_once(place: Place, proxy: Proxy, store: Store) -> None:
    reached = proxy.cut(COMMIT, "before")

    made = attempt(lambda: store.update(count))
    made = 0 if isinstance(made, StorageError) else made

    assert reached.is_set()
    assert stored(place) == made
    assert store.update(count) == made + 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("text", TEXTS)
def test_wherever_the_connection_is_lost_the_store_says_what_was_kept(
    text: bytes, when: When, place: Place, proxy: Proxy, store: Store
) -> None:
    reached = proxy.cut(text, when)

    made = attempt(lambda: store.update(count))
    made = 0 if isinstance(made, StorageError) else made

    assert reached.is_set()
    assert stored(place) == made
    assert token_in(store.read()).expires_at == made
    assert store.update(count) == made + 1
    assert stored(place) == made + 1


def test_a_commit_that_arrives_after_the_client_gave_up_is_refused(place: Place, proxy: Proxy, store: Store) -> None:
    """Else a process could say that nothing was committed, and it would be committed later."""
    reached = proxy.hold(b"into", "before")
    outcome: list[object] = []
    updating = threading.Thread(target=lambda: outcome.append(attempt(lambda: store.update(count))))

    updating.start()
    assert reached.wait(PATIENCE)
    updating.join(PATIENCE)
    proxy.release()

    assert len(outcome) == 1
    assert isinstance(outcome[0], StorageError)
    assert store.update(count) == 1
    assert stored(place) == 1


def test_a_lost_answer_is_known_while_the_database_is_away_for_a_moment(
    place: Place, proxy: Proxy, store: Store
) -> None:
    """A restart loses the answer, and refuses the first connections that ask for the outcome."""
    reached = proxy.cut(COMMIT, "after")
    proxy.cut(b"into", "before")  # of the question about the token, at most

    made = attempt(lambda: store.update(count))

    assert reached.is_set()
    assert made == stored(place) or (isinstance(made, StorageError) and "nothing was changed" not in str(made))


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lease_whose_answer_is_lost_is_not_held(when: When, place: Place, proxy: Proxy, store: Store) -> None:
    """The process does not know whether it has it, so it must not think so; others wait until it ends."""
    lease = store.lease("codex")
    reached = proxy.cut(b"leases", when)

    with pytest.raises(StorageError):
        lease.try_acquire()

    assert reached.is_set()
    assert not lease.mark_posted(1.0)
    assert place.open().lease("codex").try_acquire() is (when == "before")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_mark_whose_answer_is_lost_lets_nobody_post(when: When, proxy: Proxy, store: Store) -> None:
    lease = store.lease("codex")
    assert lease.try_acquire()
    reached = proxy.cut(b"posted_at", when)

    with pytest.raises(StorageError):
        lease.mark_posted(1.0)

    assert reached.is_set()


def test_no_secret_is_in_an_error_of_a_lost_connection(proxy: Proxy, store: Store) -> None:
    for text in TEXTS:
        proxy.cut(text, "before")
        attempt(lambda: store.update(put("codex", login())))
