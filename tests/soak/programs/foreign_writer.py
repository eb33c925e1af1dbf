"""A program that renews logins as the agents written in Rust do, from their protocol and from nothing of ours.

Sidecar locks with flock, a temporary file and a rename; fields that it does not know are dropped. It writes a line of
JSON as `agent` does.
"""

from __future__ import annotations

import fcntl
import json
import os
import random
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.support.strict_reader import is_token

KNOWN: Final[tuple[str, ...]] = ("access_token", "refresh_token", "expires_at", "token_endpoint", "provider")
SKEW: Final = 120  # seconds; a token that ends sooner is renewed
Entries = dict[str, dict[str, Any]]


class ForeignWriter:
    """Renews the logins of the store at `path` with the client `client_id`."""

    def __init__(self, path: Path, client_id: str) -> None:
        self._path = path
        self._client_id = client_id
        self._sequence = 0

    def renew(self, tenant: str) -> str:
        """Renew the login when it is about to end; return how that ended."""
        if not _ends_soon(self._load().get(tenant)):
            return "ok"
        with self._lock(f"refresh.{tenant}", 20) as locked:
            if not locked:
                return "busy"
            entry = self._load().get(tenant)
            if entry is None or not _ends_soon(entry):
                return "ok"
            try:
                reply = self._post(entry)
            except urllib.error.HTTPError as refusal:
                return f"refused with {refusal.code}"

            def put(entries: Entries) -> None:
                if entries.get(tenant, {}).get("refresh_token") == entry["refresh_token"]:
                    tokens = {name: reply[name] for name in ("access_token", "refresh_token")}
                    entries[tenant] |= {**tokens, "expires_at": int(time.time()) + reply["expires_in"]}

            self._save(put)
        return "ok"

    def _post(self, entry: dict[str, Any]) -> dict[str, Any]:
        fields = {
            "grant_type": "refresh_token", "refresh_token": entry["refresh_token"], "client_id": self._client_id,
        }  # fmt: skip
        request = urllib.request.Request(entry["token_endpoint"], urllib.parse.urlencode(fields).encode())  # noqa: S310
        with urllib.request.urlopen(request, timeout=60) as reply:  # noqa: S310 - the issuer of this test
            found: dict[str, Any] = json.load(reply)
        return found

    def _load(self) -> Entries:
        entries: Entries = json.loads(self._path.read_bytes())
        return entries

    def _save(self, change: Callable[[Entries], None]) -> None:
        with self._lock("global", 600) as locked:
            assert locked
            entries: Entries = {
                key: {name: entry[name] for name in KNOWN if name in entry} if is_token(entry) else entry
                for key, entry in self._load().items()
            }
            change(entries)
            self._sequence += 1
            temporary = f"{self._path}.tmp.{os.getpid()}.{self._sequence}"
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(descriptor, json.dumps(entries, indent=2).encode())
            os.fsync(descriptor)
            os.close(descriptor)
            Path(temporary).rename(self._path)

    @contextmanager
    def _lock(self, name: str, wait: float) -> Iterator[bool]:
        descriptor = os.open(f"{self._path}.{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            yield _locked(descriptor, time.monotonic() + wait)
        finally:
            os.close(descriptor)


def _locked(descriptor: int, end: float) -> bool:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                return False
            time.sleep(0.1)
        else:
            return True


def _ends_soon(entry: dict[str, Any] | None) -> bool:
    return entry is not None and is_token(entry) and entry["expires_at"] <= time.time() + SKEW


def main(store: str, client_id: str, seed: str, *tenants: str) -> None:
    """Renew what has to be, for ever."""
    writer, chance = ForeignWriter(Path(store), client_id), random.Random(seed)  # noqa: S311 - no secret
    while True:
        tenant = chance.choice(tenants)
        sys.stdout.write(json.dumps([tenant, writer.renew(tenant)]) + "\n")
        sys.stdout.flush()
        time.sleep(chance.uniform(0, 0.05))


if __name__ == "__main__":
    main(*sys.argv[1:])
