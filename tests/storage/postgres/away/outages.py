"""What can happen to a database, each as a block; and every call that a store must end whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from openab_auth.storage import NOTES, Secret, StorageError, Store, TokenEntry
from tests.storage.entries import put, token
from tests.support.postgres.pattern import Servers
from tests.support.postgres.proxy import Proxy
from tests.support.postgres.server import Server

ACCESS, REFRESH = "canary-access-41c7", "canary-refresh-90b2"


def login(tenant: str = "codex", value: str = "1") -> TokenEntry:
    """Return a login whose secrets are canaries."""
    return token(tenant, f"{ACCESS}-{value}", refresh_token=Secret(f"{REFRESH}-{value}"))


def attempt(call: Callable[[], object]) -> object:
    """Return what the call returned, or the error of ours that it raised, which must show no secret."""
    try:
        return call()
    except StorageError as error:
        failed = error
    said = f"{failed} {failed!r} {failed.__cause__!r} {failed.__context__!r}"
    assert failed.todo
    assert ACCESS not in said
    assert REFRESH not in said
    return failed


@dataclass(frozen=True, slots=True)
class Scene:
    """A server behind a proxy."""

    servers: Servers
    server: Server
    proxy: Proxy


Outage = Callable[[Scene], AbstractContextManager[None]]


@contextmanager
def stopped(scene: Scene) -> Iterator[None]:
    scene.server.stop()
    yield
    scene.server.start()


@contextmanager
def killed(scene: Scene) -> Iterator[None]:
    scene.server.kill()
    yield
    scene.server.start()


@contextmanager
def starting(scene: Scene) -> Iterator[None]:
    """Answer as a server that repairs its files after a crash: with an error, to every connection."""
    standby = scene.servers.make_standby(scene.server).start(hot_standby="off")
    with scene.proxy.leading_to(standby.folder):
        yield
    standby.remove()


@contextmanager
def failed_over_to_a_standby(scene: Scene) -> Iterator[None]:
    standby = scene.servers.make_standby(scene.server).start()
    with scene.proxy.leading_to(standby.folder):
        yield
    standby.remove()


def read_only(scene: Scene) -> AbstractContextManager[None]:
    return scene.server.configured(default_transaction_read_only="on")


@contextmanager
def out_of_connections(scene: Scene) -> Iterator[None]:
    scene.proxy.cut_all()
    with scene.server.full():
        yield


def frozen(scene: Scene) -> AbstractContextManager[None]:
    return scene.server.frozen()


def silent_network(scene: Scene) -> AbstractContextManager[None]:
    return scene.proxy.silent()


def broken_network(scene: Scene) -> AbstractContextManager[None]:
    return scene.proxy.refusing()


AWAY: tuple[Outage, ...] = (
    stopped,
    killed,
    starting,
    out_of_connections,
    frozen,
    silent_network,
    broken_network,
)
UNWRITABLE: tuple[Outage, ...] = (failed_over_to_a_standby, read_only)

READS: dict[str, Callable[[Store], object]] = {
    "read": lambda store: store.read(),
    "entry": lambda store: store.entry("codex"),
    "records": lambda store: store.records(NOTES),
    "record": lambda store: store.record(NOTES, "codex"),
}
WRITES: dict[str, Callable[[Store], object]] = {
    "update": lambda store: store.update(put("other", token("other"))),
    "check_writable": lambda store: store.check_writable(),
    "check_usable": lambda store: store.check_usable(),
    "try_acquire": lambda store: store.lease("claude").try_acquire(),
}
