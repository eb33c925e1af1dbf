"""What the bot tells agents about threads, and what people have chosen: agents cannot ask Discord.

The records hold no secret. They decide which account serves which thread. So a file that is damaged counts as
unreadable, and not as empty: without its records, a shared account would serve a thread that must not have one.

The keys of the records:

    policy:APPLICATION    the policies of one bot, by the id of its Discord application
    thread:ID             what this bot knows of a thread or channel
    choice:ID             the accounts that people chose in it
    agreement:USER        the threads that a person's own accounts may serve

A version without threads neither reads nor writes this file; a logout there leaves choices and agreements.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, NewType, TypeAlias

from openab_auth.storage.entries import Json, UserId
from openab_auth.storage.records.kind import RecordKind

ThreadId = NewType("ThreadId", int)  # of a thread, a channel or a DM
AccountPolicy: TypeAlias = Literal["shared", "personal"]  # whose account serves a thread in which nobody has chosen
SHARED_ACCOUNTS: Final[AccountPolicy] = "shared"
PERSONAL_ACCOUNTS: Final[AccountPolicy] = "personal"
_LONGEST_ID: Final = 20  # digits


class Policies(NamedTuple):
    """The policies of one bot or one config: for all threads, by guild, and by channel."""

    everywhere: AccountPolicy = SHARED_ACCOUNTS
    guilds: Mapping[int, AccountPolicy] = MappingProxyType({})
    channels: Mapping[int, AccountPolicy] = MappingProxyType({})

    def policy_of(self, channel: int, guild: int | None) -> AccountPolicy:
        """Return the policy of a channel: its own, otherwise that of its guild, otherwise that of all threads."""
        of_guild = self.everywhere if guild is None else self.guilds.get(guild, self.everywhere)
        return self.channels.get(channel, of_guild)

    @property
    def has_personal(self) -> bool:
        """Return whether any of the policies is `personal`."""
        return PERSONAL_ACCOUNTS in (self.everywhere, *self.guilds.values(), *self.channels.values())


class SeenThread(NamedTuple):
    """A thread, channel or DM that a bot has seen: its guild, its parent channel and the person who started it.

    `guild` is None for a DM, `parent` for a channel and a DM. `owner` is None for a channel, and for a thread whose
    owner Discord does not show.
    """

    application: int
    guild: int | None = None
    parent: int | None = None
    owner: UserId | None = None


class ThreadChoices(NamedTuple):
    """The labels of the accounts that people chose in a thread; an empty label is the shared default.

    `labels` has the tenant of a vendor's shared default, or the `mcp:NAME` of a server, as its key.
    """

    labels: Mapping[str, str]


class Agreement(NamedTuple):
    """The threads that a person's own accounts may serve: these, and with `all_own` all that the person starts."""

    threads: frozenset[ThreadId] = frozenset()
    all_own: bool = False


ThreadRecord: TypeAlias = Policies | SeenThread | ThreadChoices | Agreement


def policy_key(application: int) -> str:
    """Return the key of the policies of a bot."""
    return f"policy:{application}"


def thread_key(thread: ThreadId) -> str:
    """Return the key of what the bot knows of a thread."""
    return f"thread:{thread}"


def choice_key(thread: ThreadId) -> str:
    """Return the key of the choices in a thread."""
    return f"choice:{thread}"


def agreement_key(person: UserId) -> str:
    """Return the key of a person's agreement."""
    return f"agreement:{person}"


def _to_json(record: ThreadRecord) -> Json:
    match record:
        case Policies(everywhere, guilds, channels):
            return {"accounts": everywhere, "guilds": _by_text(guilds), "channels": _by_text(channels)}
        case SeenThread(application, guild, parent, owner):
            return {"application": application, "guild": guild, "parent": parent, "owner": owner}
        case ThreadChoices(labels):
            return {"labels": dict(labels)}
        case Agreement(threads, all_own):
            return {"threads": [*sorted(threads)], "all_own": all_own}


def _by_text(policies: Mapping[int, AccountPolicy]) -> dict[str, Json]:
    return {str(number): policy for number, policy in policies.items()}


def _from_json(value: object) -> ThreadRecord | None:
    match value:
        case {"accounts": everywhere, "guilds": dict(guilds), "channels": dict(channels)}:
            return _policies(everywhere, guilds, channels)
        case {"application": application, "guild": guild, "parent": parent, "owner": owner} if _is_id(application):
            if all(number is None or _is_id(number) for number in (guild, parent, owner)):
                return SeenThread(application, guild, parent, owner)
        case {"labels": dict(labels)} if all(isinstance(label, str) for label in labels.values()):
            return ThreadChoices(labels)
        case {"threads": list(threads), "all_own": bool(all_own)} if all(map(_is_id, threads)):
            return Agreement(frozenset(threads), all_own)
    return None


def _policies(everywhere: object, guilds: dict[str, object], channels: dict[str, object]) -> Policies | None:
    of_guilds, of_channels = _by_id(guilds), _by_id(channels)
    if of_guilds is None or of_channels is None or not (found := _policy(everywhere)):
        return None
    return Policies(found, of_guilds, of_channels)


def _by_id(policies: dict[str, object]) -> dict[int, AccountPolicy] | None:
    ids = (text for text in policies if text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID)
    found = {int(text): policy for text in ids if (policy := _policy(policies[text]))}
    return found if len(found) == len(policies) else None


def _policy(value: object) -> AccountPolicy | None:
    return next((policy for policy in (SHARED_ACCOUNTS, PERSONAL_ACCOUNTS) if value == policy), None)


def _is_id(value: object) -> bool:
    return type(value) is int and value >= 0


THREADS: Final[RecordKind[ThreadRecord]] = RecordKind("threads", _to_json, _from_json, must_be_whole=True)
