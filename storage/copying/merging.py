"""How a copy that was interrupted continues: which entries the target must have."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from openab_auth.storage.contents import Contents, has_lost_refresh_token
from openab_auth.storage.entries import Entry
from openab_auth.storage.format import codec


def fingerprint(key: str, entry: Entry) -> str:
    """Return a text that identifies an entry without showing it."""
    return sha256(codec.check(key, entry).encode()).hexdigest()


def merged(source: Contents, target: Mapping[str, Entry], filled: Mapping[str, list[str]]) -> dict[str, Entry]:
    """Return the entries that the target must have.

    `filled` has the fingerprints of what earlier runs wrote into the target, so that a login that a person has made
    there since stays, and a login that a person has ended in the source goes. A login whose refresh token an earlier
    run removed from the source is whole only in the target.
    """
    wanted: dict[str, Entry] = {}
    for key, entry in source.entries.items():
        held = target.get(key)
        is_ours = held is None or fingerprint(key, held) in filled.get(key, ())
        wanted[key] = entry if held is None or (is_ours and not has_lost_refresh_token(entry, held)) else held
    made_there = {
        key: held
        for key, held in target.items()
        if key not in source.entries and fingerprint(key, held) not in filled.get(key, ())
    }
    return wanted | made_there
