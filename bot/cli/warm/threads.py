"""Decide which account serves a thread in the plain cases; otherwise raise `ValueError`.

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


def accounts_of(store: str, thread: str, policy: str, channels: dict[str, str]) -> tuple[dict[str, str], str]:
    """Return the labels of the accounts that people chose in a thread, and the label of the owner's own account.

    The second is empty where the shared defaults serve. `policy` and `channels` are those of the config.

    Raises:
        ValueError, OSError, RecursionError: only the full command can tell, or the records are damaged.
    """
    try:
        descriptor = os.open(f"{store}.threads", _FILE_FLAGS)
    except FileNotFoundError:
        found: object = {}
    else:
        with open(descriptor, encoding="utf-8") as file:  # noqa: PTH123 - pathlib costs 2 ms
            found = json_text.parse(file.read())
    if type(found) is not dict or any(_is_unclear(key, record) for key, record in found.items()):
        raise ValueError
    records: dict[str, dict[str, object]] = found
    chosen = records.get(f"choice:{thread}", {})
    labels = chosen.get("labels", {})
    if not isinstance(labels, dict) or not all(isinstance(label, str) for label in labels.values()):
        raise ValueError
    return labels, _own_label(records, thread, policy, channels)


def _own_label(records: dict[str, dict[str, object]], thread: str, policy: str, channels: dict[str, str]) -> str:
    """Return the label of the owner's own account if it serves the thread, or nothing if the shared defaults do."""
    ours = [record for key, record in records.items() if key.startswith("policy:")]
    everywhere = {policy, *channels.values(), *(one for record in ours for one in _policies(record))}
    if everywhere == {"shared"}:
        return ""
    seen = records.get(f"thread:{thread}", {})
    stored, owner = records.get(f"policy:{seen.get('application')}"), seen.get("owner")
    if stored is None:
        raise ValueError
    channel = str(thread if seen["parent"] is None else seen["parent"])
    of_guild = _table(stored, "guilds").get(str(seen["guild"]), stored["accounts"])
    if {_table(stored, "channels").get(channel, of_guild), channels.get(channel, policy)} == {"shared"}:
        return ""
    agreement = records.get(f"agreement:{owner}", {})
    served = agreement.get("threads")
    if type(owner) is not int or not isinstance(served, list):
        raise ValueError
    if agreement["all_own"] is not True and int(thread) not in served:
        raise ValueError
    return f"u{owner}"


def _policies(record: dict[str, object]) -> list[object]:
    return [record["accounts"], *_table(record, "guilds").values(), *_table(record, "channels").values()]


def _table(record: dict[str, object], name: str) -> dict[str, object]:
    table = record[name]
    if not isinstance(table, dict):
        raise ValueError  # noqa: TRY004 - as everything that the full command decides
    return table


def _is_unclear(key: str, record: object) -> bool:
    """Return whether a record is none that this module knows."""
    if not isinstance(record, dict):
        return True
    kind = key.partition(":")[0]
    if kind == "policy":
        tables = record.get("guilds"), record.get("channels")
        if not all(isinstance(table, dict) for table in tables):
            return True
        return not all(policy in ("shared", "personal") for policy in _policies(record))
    return kind not in _MEMBERS or not _MEMBERS[kind] <= record.keys()


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID
