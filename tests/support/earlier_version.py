"""Write the store as the version before accounts did; written from its source, and frozen.

That version reads the three shapes and keeps fields of entries that it does not know. It rewrites notes, clients, added
servers and facts with the members that it knows, and leaves files alone that it does not know. It drops the notes and
the facts of keys that have no entry, and pending logins that are older than 15 minutes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tests.support import strict_reader
from tests.support.locks import foreign_lock

Entries = dict[str, dict[str, Any]]
_LIFETIME: Final = 15 * 60  # seconds
_NOTE: Final = ("account", "logged_in_by", "logged_in_at", "scopes", "dead", "attempt", "generation", "subject")
_KNOWN: Final = {
    "notes": _NOTE,  # and `begun`
    "clients": ("client_id", "client_secret", "expires_at", "facts"),
    "servers": ("url", "added_by", "added_at"),
    "facts": ("fingerprints", "row"),
}


class EarlierVersion:
    """A process of that version on the store at `path`; `clock` gives unix seconds."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self.path = path
        self._clock = clock

    def update(self, change: Callable[[Entries], object]) -> None:
        """Change the entries under the global lock, and rewrite every file that this version knows."""
        with foreign_lock(self.path.with_name(f"{self.path.name}.global.lock")):
            entries = {key: entry for key, (_, entry) in strict_reader.read(self.path).items()}
            change(entries)
            now = self._clock()
            entries = {key: entry for key, entry in entries.items() if not _is_stale(key, entry, now)}
            for kind in _KNOWN:
                self._rewrite(kind, entries)
            self._replace(self.path, entries)

    def renew(self, tenant: str, post: Callable[[str], dict[str, Any]]) -> None:
        """Renew a vendor's login under the lock of its key; `post` returns the reply to a refresh token."""
        with foreign_lock(self.path.with_name(f"{self.path.name}.refresh.{tenant}.lock")):
            reply = post(strict_reader.read(self.path)[tenant][1]["refresh_token"])
            renewed = {name: reply[name] for name in ("access_token", "refresh_token")}
            expires_at = int(self._clock()) + reply["expires_in"]
            self.update(lambda entries: entries[tenant].update(renewed, expires_at=expires_at))

    def _rewrite(self, kind: str, entries: Entries) -> None:
        place = self.path.with_name(f"{self.path.name}.{kind}")
        if not place.exists():
            return
        records = json.loads(place.read_text())
        kept = {}
        for key, record in records.items():
            if kind in {"notes", "facts"} and key not in entries:
                continue
            kept[key] = {name: record.get(name) for name in _KNOWN[kind]}
            if kind == "notes":
                begun = record.get("begun")
                kept[key]["begun"] = begun and {name: begun[name] for name in ("replaces", "guild")}
        self._replace(place, kept)

    def _replace(self, place: Path, content: object) -> None:
        temporary = self.path.with_name(f"{self.path.name}.tmp.99998.0")
        temporary.write_text(json.dumps(content, indent=2, ensure_ascii=False))
        temporary.chmod(0o600)
        temporary.replace(place)


def _is_stale(key: str, entry: dict[str, Any], now: float) -> bool:
    pending = key.startswith("pending:") and "verifier" in entry
    return pending and abs(now - entry.get("created_at", 0)) > _LIFETIME
