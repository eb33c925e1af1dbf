"""Programs without an event loop: tokens, and the same `auth` for httpx2, httpx and requests."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import httpx2
import pytest
import requests

from openab_auth.bot.playground.issuer import ThreadedIssuer
from openab_auth.oauth.entries import AccessToken
from openab_auth.oauth.errors import InsufficientScopeError, NotLoggedInError, ThreadIdError
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.vendors import Catalogue, read_config
from openab_auth.storage import REQUESTS, FileStore, Limit, MemoryStore, Secret
from openab_auth.sync import TokenAuth, TokenSource


@pytest.fixture
def source(store: FileStore, config: Path) -> Iterator[TokenSource]:
    with TokenSource(Runtime(store, Catalogue.from_config(read_config(config, {}), {}), environ={})) as source:
        yield source


@pytest.fixture
def api(issuer: ThreadedIssuer) -> Iterator[str]:
    """Run an API that echoes a body that comes with a token that is still valid."""

    class Echo(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            is_valid = issuer.tokens.family_of(token) is not None
            self.send_response(200 if is_valid else 401)
            self.send_header("Content-Length", str(len(body) if is_valid else 0))
            self.end_headers()
            self.wfile.write(body if is_valid else b"")

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/echo"
        server.shutdown()


Post = Callable[[str, bytes], tuple[int, bytes]]


@contextmanager
def with_httpx2(source: TokenSource) -> Iterator[Post]:
    with httpx2.Client(auth=source.auth("lab")) as client:
        yield lambda url, body: answered(client.post(url, content=body))


@contextmanager
def with_httpx(source: TokenSource) -> Iterator[Post]:
    with httpx.Client(auth=source.auth("lab")) as client:
        yield lambda url, body: answered(client.post(url, content=body))


@contextmanager
def with_requests(source: TokenSource) -> Iterator[Post]:
    """Send each body as a file, which a repetition has to rewind."""
    with requests.Session() as session:
        session.auth = source.auth("lab")
        yield lambda url, body: answered(session.post(url, data=io.BytesIO(body)))


def answered(reply: httpx.Response | httpx2.Response | requests.Response) -> tuple[int, bytes]:
    return reply.status_code, reply.content


def test_an_expired_token_is_renewed_once_for_many_threads(source: TokenSource, issuer: ThreadedIssuer) -> None:
    tokens: list[str] = []
    threads = [threading.Thread(target=lambda: tokens.append(source.get_valid("lab").value.reveal())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(tokens) == 8
    assert len(set(tokens)) == 1
    assert len(issuer.requests("/token")) == 1


@pytest.mark.parametrize("client", [with_httpx2, with_httpx, with_requests])
def test_each_library_sends_the_token_and_repeats_after_a_401(
    client: Callable[[TokenSource], AbstractContextManager[Post]], source: TokenSource, api: str, issuer: ThreadedIssuer
) -> None:
    with client(source) as post:
        assert post(api, b"hello") == (200, b"hello")
        before = source.get_valid("lab")
        issuer.tokens.expire()

        assert post(api, b"again") == (200, b"again")
        assert source.get_valid("lab") != before


def test_errors_are_those_of_the_asynchronous_source() -> None:
    with TokenSource(MemoryStore()) as source, pytest.raises(NotLoggedInError):
        source.get_valid("codex")
    with pytest.raises(ThreadIdError):
        TokenSource(MemoryStore(), thread="general")
    assert not [thread for thread in threading.enumerate() if thread.name == "openab-auth"]


def test_a_limited_account_is_recorded(source: TokenSource, store: FileStore) -> None:
    account = source.limited("lab", until=2_000_000_000)

    assert store.records(REQUESTS) == {f"limit:{account.tenant}": Limit(account.tenant, 2_000_000_000)}


def test_a_forked_process_has_a_source_of_its_own(source: TokenSource) -> None:
    here = source.get_valid("lab").value.reveal()
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:  # pragma: no cover - in the child
        os.write(writing, source.get_valid("lab").value.reveal().encode())
        os._exit(0)
    os.waitpid(child, 0)

    assert os.read(reading, 1000).decode() == here
    os.close(reading)
    os.close(writing)


@pytest.mark.parametrize("carried", [True, False])
def test_only_the_servers_own_403_demands_scopes(carried: bool) -> None:
    """A redirect to another host carries no token, so its 403 says nothing about ours."""

    demanded: list[tuple[str, ...]] = []

    def demand(word: str, scopes: tuple[str, ...]) -> InsufficientScopeError:
        demanded.append(scopes)
        return InsufficientScopeError(word, scopes, "log in again")

    source = SimpleNamespace(
        get_valid=lambda _: AccessToken(Secret("t"), 2**33),
        server_url=lambda _: "https://mcp.example/mcp",
        demand=demand,
    )
    request: Any = httpx2.Request("GET", "https://mcp.example/x")
    flow: Any = TokenAuth(cast("Any", source), "lab").auth_flow(request)
    next(flow)
    if not carried:
        del request.headers["Authorization"]
    challenge = {"www-authenticate": 'Bearer error="insufficient_scope", scope="write"'}
    with pytest.raises(InsufficientScopeError if carried else StopIteration):
        flow.send(httpx2.Response(403, headers=challenge, request=request))

    assert demanded == ([("write",)] if carried else [])
