"""A proxy between a store and its server that loses the connection at a statement, or holds back what was sent."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

_SSL, _GSS, _CANCEL = 80877103, 80877104, 80877102  # what a first message may be instead of a startup message
_READY: Final = b"Z"  # the server's last message in its answer to a statement

When = Literal["before", "after"]
Happens = Literal["cut", "hold"]


@dataclass
class _Rule:
    """What happens once at the next statement that contains `text`."""

    text: bytes
    when: When
    happens: Happens
    reached: threading.Event = field(default_factory=threading.Event)


@dataclass
class _Link:
    """One connection of a client, and the one to the server that belongs to it."""

    client: socket.socket
    server: socket.socket
    answering: _Rule | None = None  # the rule for the answer that the server sends now
    going_on: threading.Event = field(default_factory=threading.Event)

    def cut(self) -> None:
        for end in (self.client, self.server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@dataclass
class Proxy:
    """Pass on the messages of PostgreSQL's protocol (version 3), without TLS.

    `statements` has what was passed on to the server. Clients connect to the socket in `folder`.
    """

    folder: Path
    server: Path
    statements: list[bytes] = field(default_factory=list)
    _rules: list[_Rule] = field(default_factory=list)
    _links: list[_Link] = field(default_factory=list)
    _passing: threading.Event = field(default_factory=threading.Event)
    _refusing: bool = False

    @contextmanager
    def listening(self) -> Iterator[Proxy]:
        self._passing.set()
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(self.folder / ".s.PGSQL.5432"))
            listener.listen(100)
            accepting = threading.Thread(target=self._accept, args=(listener,), daemon=True)
            accepting.start()
            try:
                yield self
            finally:
                listener.shutdown(socket.SHUT_RDWR)
                accepting.join()
                self._passing.set()
                self.release()
                self.cut_all()

    def cut(self, text: bytes, when: When) -> threading.Event:
        """Lose the connection at the next statement that contains `text`, and return an event that says so.

        "before": the server does not get the statement. "after": it does, and its answer is lost.
        """
        return self._at(text, when, "cut")

    def hold(self, text: bytes, when: When) -> threading.Event:
        """Hold back the next statement that contains `text`, or its answer, and all that follows on its connection."""
        return self._at(text, when, "hold")

    def release(self) -> None:
        """Pass on everything that was held back."""
        for link in list(self._links):
            link.going_on.set()

    def cut_all(self) -> None:
        """Lose every connection that is open."""
        for link in list(self._links):
            link.cut()

    @contextmanager
    def leading_to(self, server: Path) -> Iterator[None]:
        """Lose every connection, and lead the next ones to another server, as after a failover."""
        before, self.server = self.server, server
        self.cut_all()
        try:
            yield
        finally:
            self.server = before
            self.cut_all()

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Lose every connection, and each new one at once."""
        self._refusing = True
        self.cut_all()
        try:
            yield
        finally:
            self._refusing = False

    @contextmanager
    def refusing_after(self, reached: threading.Event) -> Iterator[None]:
        """Refuse every connection as soon as a rule was reached."""

        def refuse() -> None:
            reached.wait()
            self._refusing = True
            self.cut_all()

        waiting = threading.Thread(target=refuse, daemon=True)
        waiting.start()
        try:
            yield
        finally:
            reached.set()
            waiting.join()
            self._refusing = False

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Pass on nothing in either direction, as a network that drops packets; connections stay open."""
        self._passing.clear()
        try:
            yield
        finally:
            self._passing.set()

    def _at(self, text: bytes, when: When, happens: Happens) -> threading.Event:
        rule = _Rule(text, when, happens)
        self._rules.append(rule)
        return rule.reached

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                if self._refusing:
                    client.close()
                    continue
                server = socket.socket(socket.AF_UNIX)
                with suppress(OSError):  # a server that is down: the client finds its connection closed
                    server.connect(str(self.server / ".s.PGSQL.5432"))
                link = _Link(client, server)
                link.going_on.set()
                self._links.append(link)
                for passing in (self._pass_statements, self._pass_answers):
                    threading.Thread(target=self._until_lost, args=(passing, link), daemon=True).start()

    def _until_lost(self, passing: Callable[[_Link], None], link: _Link) -> None:
        with suppress(OSError, EOFError):
            passing(link)
        link.cut()

    def _pass_statements(self, link: _Link) -> None:
        while True:
            length, code = struct.unpack("!II", (head := _exactly(link.client, 8)))
            if code not in {_SSL, _GSS}:
                break
            link.client.sendall(b"N")
        self._passing.wait()
        link.server.sendall(head + _exactly(link.client, length - 8))
        if code == _CANCEL:
            return
        while True:
            message = _message(link.client)
            self._wait(link)
            rule = next((rule for rule in self._rules if rule.text in message), None)
            if rule is not None:
                self._rules.remove(rule)
                if rule.when == "after":
                    link.answering = rule
                else:
                    self._happens(rule, link)
            self.statements.append(message)
            link.server.sendall(message)

    def _pass_answers(self, link: _Link) -> None:
        while True:
            message = _message(link.server)
            held = b""
            while (rule := link.answering) is not None:
                held += message
                if message[:1] == _READY:
                    link.answering = None
                    self._happens(rule, link)
                    message = held
                else:
                    message = _message(link.server)
            self._wait(link)
            link.client.sendall(message)

    def _happens(self, rule: _Rule, link: _Link) -> None:
        if rule.happens == "hold":
            link.going_on.clear()
        rule.reached.set()
        if rule.happens == "cut":
            link.cut()
        self._wait(link)

    def _wait(self, link: _Link) -> None:
        self._passing.wait()
        link.going_on.wait()


def _message(end: socket.socket) -> bytes:
    head = _exactly(end, 5)
    return head + _exactly(end, int.from_bytes(head[1:], "big") - 4)


def _exactly(end: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        found += (more := end.recv(size - len(found)))
        if not more:
            raise EOFError
    return found
