"""Decide which account serves a thread where the rules need one read of the records; otherwise raise `ValueError`.

`oauth.threads.choice` has the rules; a test compares the answers.
"""

import os

from openab_auth.storage.format import json_text

_LONGEST_ID = 20  # digits
_MEMBERS = {
    "thread": {"application", "guild", "parent", "owner"},
    "choice": {"labels"},
    "agreement": {"threads", "all_own"},
}
_FILE_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW


def thread_in(named: str | None, environ: "os._Environ[str]") -> str:
    """Return the id of the thread, or an empty text for no thread.

    Raises:
        ValueError: what was named, or our variable, is no id.
    """
    if named is None:
        named = environ.get("OPENAB_AUTH_THREAD")
    if named is not None:
        if not _is_id(named):
            raise ValueError
        return str(int(named))
    kind, _, channel = environ.get("OPENAB_CHANNEL_ID", "").partition(":")
    for text in (environ.get("OPENAB_THREAD_ID", ""), channel if kind == "discord" else ""):
        if _is_id(text):
            return str(int(text))
    return ""


def labels_of(store: str, thread: str) -> dict[str, str]:
    """Return the labels of the accounts that people chose in a thread, if every account may serve every thread.

    Raises:
        ValueError, OSError, RecursionError: a policy is `personal`, or the records are damaged or cannot be read.
    """
    try:
        descriptor = os.open(f"{store}.threads", _FILE_FLAGS)
    except FileNotFoundError:
        return {}
    with open(descriptor, encoding="utf-8") as file:  # noqa: PTH123 - pathlib costs 2 ms
        records = json_text.parse(file.read())
    if type(records) is not dict or any(_is_unclear(key, record) for key, record in records.items()):
        raise ValueError
    chosen = records.get(f"choice:{thread}")
    labels = chosen.get("labels") if isinstance(chosen, dict) else {}
    if not isinstance(labels, dict) or not all(isinstance(label, str) for label in labels.values()):
        raise ValueError
    return labels


def _is_unclear(key: str, record: object) -> bool:
    """Return whether a record is none that this module knows, or is a policy that is not `shared`."""
    if not isinstance(record, dict):
        return True
    kind = key.partition(":")[0]
    if kind == "policy":
        guilds, channels = record.get("guilds"), record.get("channels")
        if not (isinstance(guilds, dict) and isinstance(channels, dict)):
            return True
        return any(policy != "shared" for policy in (record.get("accounts"), *guilds.values(), *channels.values()))
    return kind not in _MEMBERS or not _MEMBERS[kind] <= record.keys()


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID
